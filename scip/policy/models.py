"""The Edition: every figure of the programme that can change, in one editable row."""

from datetime import date
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

PERCENT = [MinValueValidator(0), MaxValueValidator(100)]


class EditionQuerySet(models.QuerySet["Edition"]):
    def in_force(self, on: date | None = None) -> "Edition":
        """The edition in force on a day (default today). Edition.DoesNotExist if there is none."""
        on = on or timezone.localdate()
        return self.filter(in_force_from__lte=on).order_by("-in_force_from").get_first()

    def get_first(self) -> "Edition":
        edition = self.first()
        if edition is None:
            raise Edition.DoesNotExist(
                "No edition is in force. Run `manage.py install_pathway` or add one in the admin."
            )
        return edition

    def visible_to(self, user: object) -> Self:
        """Rules are public."""
        return self


class Edition(models.Model):
    """Rules and fees as they hold from a date on.

    Defaults are the figures of the programme's public material, and, where that says
    nothing or contradicts itself, the policy lines of the house. A cohort copies what
    concerns it when it opens; a candidate keeps the edition of their registration.
    """

    class MscRequiredFor(models.TextChoices):
        LEVEL_A = "level_a", _("before Level A")
        LEVEL_B = "level_b", _("before Level B")

    class RetreatRequiredFor(models.TextChoices):
        REGISTRATION = "registration", _("before registration")
        SUBMISSION = "submission", _("before the final submission")

    name = models.CharField(max_length=80, unique=True)
    in_force_from = models.DateField(unique=True)
    currency = models.CharField(max_length=3, default="USD")

    # Wording of certificates and receipts
    organisation = models.CharField(max_length=120, default="Center for Mindful Self-Compassion")
    signatory_name = models.CharField(
        max_length=120,
        blank=True,
        help_text=_("Who signs certificates; empty leaves a line to sign."),
    )
    signatory_title = models.CharField(max_length=120, default="For CMSC Professional Training")

    restrict_protected_title = models.BooleanField(
        default=False,
        help_text=_(
            "Where “psychotherapist” is a protected title, the joint certificate of Levels A and B "
            "names the course of study instead of calling its holder one."
        ),
    )
    protected_title_countries = CountryField(
        multiple=True,
        blank=True,
        help_text=_(
            "Countries, by the holder’s profile, where that holds; none chosen: everywhere."
        ),
    )
    restricted_title = models.CharField(
        max_length=120,
        default="Certificate of Completion in Self-Compassion Informed Psychotherapy",
        help_text=_("What stands there in its place, after “and is awarded the”."),
    )
    payment_instructions = models.TextField(
        max_length=800,
        blank=True,
        help_text=_(
            "How to pay by transfer or cheque: account, bank, to whom. Stands on the pay page and "
            "on invoices; empty asks people to write to the office."
        ),
    )

    # Level A
    level_a_sessions = models.PositiveSmallIntegerField(default=12)
    level_a_session_minutes = models.PositiveSmallIntegerField(default=180)
    level_a_early_bird_cents = models.PositiveIntegerField(default=259_500)
    level_a_standard_cents = models.PositiveIntegerField(default=289_500)
    level_a_lend_a_hand_cents = models.PositiveIntegerField(default=319_500)
    # Level B
    level_b_sessions = models.PositiveSmallIntegerField(default=10)
    level_b_session_minutes = models.PositiveSmallIntegerField(default=120)
    level_b_capacity = models.PositiveSmallIntegerField(default=16)
    level_b_early_bird_cents = models.PositiveIntegerField(default=129_500)
    level_b_standard_cents = models.PositiveIntegerField(default=149_500)
    # Attendance and places, copied onto the cohort when it opens
    attendance_percent = models.PositiveSmallIntegerField(
        default=80, validators=PERCENT, help_text=_("Share of the sessions held that is asked.")
    )
    present_percent = models.PositiveSmallIntegerField(
        default=80,
        validators=PERCENT,
        help_text=_("Share of a session's minutes that counts as present."),
    )
    early_bird_days = models.PositiveSmallIntegerField(
        default=60,
        help_text=_("Days before the first session until which the early bird price is held."),
    )
    offer_days = models.PositiveSmallIntegerField(default=10)
    waiting_list_offer_hours = models.PositiveSmallIntegerField(default=72)
    marking_days = models.PositiveSmallIntegerField(
        default=7,
        help_text=_("Days after the last session that missing marks are waited for."),
    )
    payment_hours = models.PositiveSmallIntegerField(
        default=72,
        help_text=_("Time to pay after accepting, when the offer itself ends sooner."),
    )
    second_chance_hours = models.PositiveSmallIntegerField(
        default=72,
        help_text=_("Time left to pay another way when a slow payment did not come through."),
    )
    msc_required_for = models.CharField(
        max_length=20, choices=MscRequiredFor, default=MscRequiredFor.LEVEL_A
    )
    evidence_reminder_days = models.PositiveSmallIntegerField(
        default=30, help_text=_("Days before a document expires that its owner is told.")
    )
    # Tuition refunds
    full_refund_days = models.PositiveSmallIntegerField(default=30)
    half_refund_days = models.PositiveSmallIntegerField(default=14)
    bank_return_days = models.PositiveSmallIntegerField(
        default=10,
        help_text=_("Days until a bank shows money that went back online, as letters say it."),
    )
    hand_return_days = models.PositiveSmallIntegerField(
        default=14,
        help_text=_("Days in which the office sends money back by hand, as letters say it."),
    )
    # Level C
    applications_open_on = models.DateField(null=True, blank=True)
    client_sessions = models.PositiveSmallIntegerField(default=24)
    clients = models.PositiveSmallIntegerField(default=4)
    retreat_min_days = models.PositiveSmallIntegerField(default=3)
    retreat_max_days = models.PositiveSmallIntegerField(default=5)
    retreat_required_for = models.CharField(
        max_length=20, choices=RetreatRequiredFor, default=RetreatRequiredFor.REGISTRATION
    )
    assessment_sessions = models.PositiveSmallIntegerField(default=3)
    supervision_sessions = models.PositiveSmallIntegerField(default=5)
    closing_sessions = models.PositiveSmallIntegerField(default=2)
    supervision_minutes = models.PositiveSmallIntegerField(default=45)
    case_studies = models.PositiveSmallIntegerField(default=24)
    case_study_words_from = models.PositiveSmallIntegerField(
        default=300, help_text=_("Words that a case study usually has; a guide, never a gate.")
    )
    case_study_words_to = models.PositiveSmallIntegerField(default=900)
    registration_fee_cents = models.PositiveIntegerField(default=50_000)
    supervision_fee_cents = models.PositiveIntegerField(
        default=18_000,
        help_text=_("Standard rate of one supervision session, paid to the supervisor."),
    )
    review_fee_cents = models.PositiveIntegerField(default=75_000)
    re_review_fee_cents = models.PositiveIntegerField(default=15_000)
    resubmission_months = models.PositiveSmallIntegerField(default=12)
    certified_valid_months = models.PositiveSmallIntegerField(
        default=0, help_text=_("Months that a certification is valid; 0: it has no end.")
    )
    renewal_notice_days = models.PositiveSmallIntegerField(
        default=60, help_text=_("Days before its end that the holder of a credential is told.")
    )
    appeal_days = models.PositiveSmallIntegerField(default=30)
    appeal_of_decisions = models.BooleanField(
        default=False,
        help_text=_("Also hear appeals against “further development needed”, not only “not yet”."),
    )
    open_introductions = models.PositiveSmallIntegerField(
        default=3, help_text=_("Introduction requests a candidate may have open at a time.")
    )
    silent_supervisor_days = models.PositiveSmallIntegerField(default=21)
    approval_notice_days = models.PositiveSmallIntegerField(
        default=30,
        help_text=_("Days before a supervisor’s approval ends that they and the office are told."),
    )
    idle_months = models.PositiveSmallIntegerField(
        default=12, help_text=_("A candidate is asked how it goes after so long without a step.")
    )
    listing_question_days = models.PositiveSmallIntegerField(
        default=180, help_text=_("A directory listing is asked “still true?” after so long.")
    )
    listing_answer_days = models.PositiveSmallIntegerField(
        default=30,
        help_text=_("Days for the answer; after them “taking on clients” is no longer believed."),
    )
    reviewers = models.PositiveSmallIntegerField(default=2)
    review_days = models.PositiveSmallIntegerField(default=30)
    reader_answer_days = models.PositiveSmallIntegerField(
        default=5, help_text=_("Days in which somebody who is asked to read says yes or no.")
    )
    reading_days = models.PositiveSmallIntegerField(
        default=18, help_text=_("Days from submission until a reviewer’s view is due.")
    )
    appeal_panel = models.PositiveSmallIntegerField(
        default=2, help_text=_("Supervisors without a part in the supervision who hear an appeal.")
    )
    excerpt_days = models.PositiveSmallIntegerField(
        default=90,
        help_text=_("Days after the final decision and its appeal window that excerpts are kept."),
    )
    excerpt_notice_days = models.PositiveSmallIntegerField(
        default=14, help_text=_("Days before excerpts are destroyed that their candidate is told.")
    )
    office_access_minutes = models.PositiveSmallIntegerField(
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(24 * 60)],
        help_text=_(
            "Minutes for which the office may look at one excerpt or case study after saying why."
        ),
    )
    erasure_grace_days = models.PositiveSmallIntegerField(
        default=14,
        validators=[MinValueValidator(1), MaxValueValidator(30)],
        help_text=_(
            "Days between a person’s request to be erased and the act; the law asks for it within "
            "a month."
        ),
    )

    objects = EditionQuerySet.as_manager()

    class Meta:
        ordering = ["-in_force_from"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(attendance_percent__lte=100, present_percent__lte=100),
                name="edition_percent_at_most_100",
            ),
            models.CheckConstraint(
                condition=models.Q(half_refund_days__lte=models.F("full_refund_days")),
                name="edition_refund_curve_falls",
            ),
            models.CheckConstraint(
                condition=models.Q(case_study_words_from__lte=models.F("case_study_words_to")),
                name="edition_words_from_to",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def restricts_title_in(self, country: str) -> bool:
        """May the joint certificate not call somebody from here a psychotherapist? Whoever names
        no country is restricted only where everybody is."""
        if not self.restrict_protected_title:
            return False
        codes = [str(item.code) for item in self.protected_title_countries]
        return not codes or country in codes

    @property
    def all_supervision_sessions(self) -> int:
        return self.assessment_sessions + self.supervision_sessions + self.closing_sessions

    @property
    def to_supervisor_cents(self) -> int:
        """What a candidate pays directly to the supervisor at the standard rate."""
        return self.all_supervision_sessions * self.supervision_fee_cents

    @property
    def certification_to_cmsc_cents(self) -> int:
        """Registration and final review, without any re-review."""
        return self.registration_fee_cents + self.review_fee_cents

    @property
    def certification_total_cents(self) -> int:
        return self.certification_to_cmsc_cents + self.to_supervisor_cents

"""Editions: the office prepares the next one; one in force is changed with open eyes."""

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scip.access.admin import StaffModelAdmin
from scip.audit.services import record
from scip.policy.models import Edition

LEVEL_A_NOTE = _("Cohorts copy these when they open; a change here touches only later ones.")
TITLE_NOTE = _(
    "Holds for certificates issued from now on. One that was issued keeps its words, on paper and on "
    "the page that verifies it."
)
LEVEL_C_NOTE = _(
    "A candidate keeps the edition of the day they registered. For new rules, add an edition with "
    "a later date instead of changing this one."
)


@admin.register(Edition)
class EditionAdmin(StaffModelAdmin):
    """Rules, counts and fees from a date on."""

    may_add = True
    may_change = True
    list_display = ("name", "in_force_from", "is_in_force", "applications_open_on", "currency")
    ordering = ("-in_force_from",)
    save_as = True
    fieldsets = (
        (None, {"fields": ("name", "in_force_from", "currency")}),
        (
            _("Wording of certificates, receipts and invoices"),
            {
                "fields": (
                    "organisation",
                    "signatory_name",
                    "signatory_title",
                    "payment_instructions",
                )
            },
        ),
        (
            _("Protected titles"),
            {
                "description": TITLE_NOTE,
                "fields": (
                    "restrict_protected_title",
                    "protected_title_countries",
                    "restricted_title",
                ),
            },
        ),
        (
            _("Level A"),
            {
                "description": LEVEL_A_NOTE,
                "fields": (
                    ("level_a_sessions", "level_a_session_minutes"),
                    ("level_a_early_bird_cents", "level_a_standard_cents"),
                    ("level_a_lend_a_hand_cents", "early_bird_days"),
                ),
            },
        ),
        (
            _("Level B"),
            {
                "fields": (
                    ("level_b_sessions", "level_b_session_minutes", "level_b_capacity"),
                    ("level_b_early_bird_cents", "level_b_standard_cents"),
                )
            },
        ),
        (
            _("Places, attendance, refunds"),
            {
                "description": LEVEL_A_NOTE,
                "fields": (
                    ("attendance_percent", "present_percent"),
                    ("offer_days", "waiting_list_offer_hours", "payment_hours", "marking_days"),
                    "second_chance_hours",
                    ("msc_required_for", "evidence_reminder_days"),
                    ("full_refund_days", "half_refund_days"),
                    ("bank_return_days", "hand_return_days"),
                ),
            },
        ),
        (
            _("Level C"),
            {
                "description": LEVEL_C_NOTE,
                "fields": (
                    "applications_open_on",
                    ("client_sessions", "clients", "case_studies"),
                    ("case_study_words_from", "case_study_words_to"),
                    ("retreat_min_days", "retreat_max_days", "retreat_required_for"),
                    ("assessment_sessions", "supervision_sessions", "closing_sessions"),
                    "supervision_minutes",
                    ("registration_fee_cents", "supervision_fee_cents"),
                    ("review_fee_cents", "re_review_fee_cents"),
                    ("reviewers", "review_days", "resubmission_months"),
                    ("reader_answer_days", "reading_days"),
                    ("certified_valid_months", "renewal_notice_days"),
                    ("appeal_days", "appeal_panel", "appeal_of_decisions"),
                    ("excerpt_days", "excerpt_notice_days", "office_access_minutes"),
                    "erasure_grace_days",
                    ("idle_months", "listing_question_days", "listing_answer_days"),
                    ("open_introductions", "silent_supervisor_days", "approval_notice_days"),
                ),
            },
        ),
    )

    @admin.display(description=_("in force"), boolean=True)
    def is_in_force(self, edition: Edition) -> bool:
        return edition.in_force_from <= timezone.localdate()

    def save_model(
        self, request: HttpRequest, obj: Edition, form: ModelForm[Edition], change: bool
    ) -> None:
        """Save and write to the log which figures changed (their names, from and to)."""
        super().save_model(request, obj, form, change)
        data = {name: moved(form, name) for name in form.changed_data} if change else {}
        record("edition.changed" if change else "edition.added", obj, by=request.user, **data)


def moved(form: ModelForm[Edition], name: str) -> str:
    """``50000 → 52000`` for figures, days and choices; words are only said to have changed."""
    after = form.cleaned_data[name]
    if isinstance(after, str) and name not in {"msc_required_for", "retreat_required_for"}:
        return "changed"
    return f"{form.initial.get(name)} → {after}"

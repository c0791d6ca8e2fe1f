"""Completions (facts with a basis), credentials (what is public), certificates (files), and
other documents whose bytes we vouch for."""

import secrets
import unicodedata
from datetime import UTC, date, datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scip.accounts.models import Role
from scip.states import Stateful

# Crockford's alphabet without look-alikes; 17 letters carry 85 bits, so codes can't be guessed.
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 17


def new_code() -> str:
    """A fresh verification code."""
    return "".join(secrets.choice(CODE_ALPHABET) for _i in range(CODE_LENGTH))


def today(now: datetime | None = None) -> date:
    """The day that credentials go by: UTC, so that every visitor reads the same standing."""
    return (now or timezone.now()).astimezone(UTC).date()


def normalise_code(typed: str) -> str:
    """What a person typed, forgiving case, spaces, dashes, full-width letters and the look-alikes
    O, I, L."""
    plain = unicodedata.normalize("NFKC", typed).upper()
    cleaned = "".join(letter for letter in plain if letter.isalnum())
    return cleaned.translate(str.maketrans("OIL", "011"))


class Level(models.TextChoices):
    A = "A", _("Level A")
    B = "B", _("Level B")
    C = "C", _("Level C")


class CompletionQuerySet(models.QuerySet["Completion"]):
    def visible_to(self, user: Any) -> Self:
        """One's own; the office sees all."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.filter(user=user)


class Completion(models.Model):
    """A fact: this person completed this level, on this basis."""

    class Basis(models.TextChoices):
        COHORT = "cohort", _("completed a cohort")
        EQUIVALENCY = "equivalency", _("credited for an earlier format")
        REVIEW = "review", _("decided by the Certification Committee")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="completions")
    level = models.CharField(max_length=1, choices=Level)
    basis = models.CharField(max_length=20, choices=Basis)
    completed_on = models.DateField()
    facts = models.JSONField(
        help_text=_("What it rests on: cohort, dates, sessions, hours, exceptions.")
    )
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    objects = CompletionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "level"], name="completion_once_per_level")
        ]

    def __str__(self) -> str:
        return f"{self.get_level_display()}: {self.user}"


class CredentialQuerySet(models.QuerySet["Credential"]):
    def visible_to(self, user: Any) -> Self:
        """One's own; the office sees all. The public asks by code, see `queries`."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.filter(user=user)

    def in_force(self, on: date) -> Self:
        """Active and not past the last day, see `Credential.standing`."""
        return self.filter(Q(expires_on=None) | Q(expires_on__gte=on), state="active")

    def expired(self, on: date) -> Self:
        """Past the last day and not revoked."""
        return self.filter(expires_on__lt=on, state="active")


class Credential(Stateful):
    """A recognition under its number and code. Everything that its certificate shows is
    frozen in ``facts``, and the verification page shows the same."""

    class Kind(models.TextChoices):
        PRACTICING = "practicing", _("Practicing Self-Compassion Therapist")
        INFORMED = "informed", _("Self-Compassion Informed Psychotherapist (SCIP)")
        CERTIFIED = "certified", _("Certified Self-Compassion-Based Psychotherapist (SCIP-C)")

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        SUSPENDED = "suspended", _("suspended")
        REVOKED = "revoked", _("revoked")
        REPLACED = "replaced", _("replaced")

    TRANSITIONS = {
        State.ACTIVE: frozenset({State.SUSPENDED, State.REVOKED, State.REPLACED}),
        State.SUSPENDED: frozenset({State.ACTIVE, State.REVOKED}),
    }
    # Whoever has one of these has the recognition, even where it rests.
    HELD = (State.ACTIVE, State.SUSPENDED)

    class Ground(models.TextChoices):
        """The class of a reason, for the books; the holder reads words written for them."""

        ERROR = "error", _("issued in error")
        EVIDENCE = "evidence", _("something it rested on was not so")
        LICENCE = "licence", _("licence or insurance ended")
        CONDUCT = "conduct", _("a concern about conduct")
        WISH = "wish", _("the holder’s wish")
        OTHER = "other", _("another reason")

    class Anew(models.TextChoices):
        """Why a credential was issued anew under another number."""

        NAME = "name", _("a change of name")
        CORRECTION = "correction", _("a correction")
        RENEWAL = "renewal", _("a renewal")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="credentials")
    kind = models.CharField(max_length=20, choices=Kind)
    completion = models.ForeignKey(Completion, models.PROTECT, related_name="credentials")
    code = models.CharField(max_length=24, unique=True, default=new_code, editable=False)
    number = models.CharField(max_length=40, unique=True)
    holder_name = models.CharField(max_length=270)
    issued_on = models.DateField()
    expires_on = models.DateField(null=True, blank=True)
    facts = models.JSONField()
    state = models.CharField(max_length=20, choices=State, default=State.ACTIVE)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    revocation_ground = models.CharField(max_length=20, choices=Ground, blank=True)
    revocation_reason = models.TextField(blank=True)
    suspended_at = models.DateTimeField(null=True)
    suspended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    suspension_ground = models.CharField(max_length=20, choices=Ground, blank=True)
    suspension_reason = models.TextField(blank=True)
    appeal_contact = models.CharField(
        max_length=120, blank=True, help_text=_("Who reads it if the holder sees it differently.")
    )
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="successor"
    )
    issued_anew_for = models.CharField(max_length=20, choices=Anew, blank=True)
    replaced_at = models.DateTimeField(null=True)
    replaced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    names_email = models.BooleanField(
        default=False, help_text=_("The badge holds a hash of the holder’s e-mail address.")
    )
    # Our signature over the facts: whoever changes them without us is found out (see `proof`).
    seal = models.TextField(blank=True, editable=False)

    objects = CredentialQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind"],
                condition=Q(state__in=["active", "suspended"]),
                name="credential_held_once",
            ),
            models.CheckConstraint(
                condition=~Q(state="revoked")
                | (~Q(revocation_reason="") & Q(revoked_at__isnull=False)),
                name="credential_revoked_with_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state="suspended")
                | (~Q(suspension_reason="") & Q(suspended_at__isnull=False)),
                name="credential_suspended_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(replaces=None) | ~Q(issued_anew_for=""),
                name="credential_issued_anew_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.holder_name}"

    def standing(self, on: date | None = None) -> str:
        """How it stands on a day (default today, the same for all): ``active``, ``expired``,
        ``suspended``, ``revoked``, ``replaced``, or ``taken_down`` at its holder's wish."""
        if self.is_taken_down:
            return "taken_down"
        if self.state == self.State.ACTIVE and self.expires_on is not None:
            if self.expires_on < (on or today()):
                return "expired"
        return self.state

    @property
    def is_taken_down(self) -> bool:
        """Its holder was erased and had the name taken off."""
        return bool(self.facts.get("taken_down"))

    @property
    def hands_out_papers(self) -> bool:
        """Papers and badge can be fetched: it stands, or another number carries it on."""
        return not self.is_taken_down and self.state in (self.State.ACTIVE, self.State.REPLACED)


class NumberSeries(models.Model):
    """The last number given in a series and year; its row lock keeps it without gaps."""

    series = models.CharField(max_length=20)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "year"], name="number_series_once")
        ]

    def __str__(self) -> str:
        return f"{self.series}-{self.year}: {self.last}"


class Certificate(models.Model):
    """A PDF of a credential on one paper size. Made by a task that may run twice."""

    class Kind(models.TextChoices):
        CERTIFICATE = "certificate", _("Certificate")
        LETTER = "letter", _("Letter of certification")

    class Paper(models.TextChoices):
        A4 = "a4", _("A4")
        LETTER = "letter", _("US Letter")

    credential = models.ForeignKey(Credential, models.CASCADE, related_name="certificates")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.CERTIFICATE)
    paper = models.CharField(max_length=10, choices=Paper)
    document = models.FileField(upload_to="certificates/%Y/", blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    earlier_sha256 = ArrayField(
        models.CharField(max_length=64),
        default=list,
        blank=True,
        help_text=_("Of files that storage lost: copies of them stay ours."),
    )
    requested_at = models.DateTimeField(default=timezone.now)
    made_at = models.DateTimeField(null=True)
    problem = models.CharField(
        max_length=200, blank=True, help_text=_("Why it can't be made; the office looks at it.")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["credential", "kind", "paper"], name="certificate_once_per_paper"
            ),
            models.CheckConstraint(
                condition=Q(made_at=None) | ~Q(sha256=""), name="certificate_made_with_hash"
            ),
        ]
        indexes = [
            models.Index(
                fields=["requested_at"], name="certificate_to_make", condition=Q(made_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.credential.number}: {self.get_kind_display()} ({self.get_paper_display()})"


class SealedDocumentQuerySet(models.QuerySet["SealedDocument"]):
    def visible_to(self, user: Any) -> Self:
        """About oneself or made by oneself; the office sees all. The public asks by code."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.filter(Q(person=user) | Q(made_by=user))


class SealedDocument(models.Model):
    """A document that left the house with a code on it: what it is, about whom, and its hash.

    The file itself is not kept; whoever holds one can have it compared. ``content_sha256`` is
    the hash of what it says (its table as CSV) and stands on the paper, ``sha256`` is that of
    the file's bytes, which no file can carry itself.
    """

    class Kind(models.TextChoices):
        SUPERVISION_RECORD = "supervision_record", _("Record of supervision")

    class Extent(models.TextChoices):
        WHOLE = "whole", _("the whole record up to that day")
        PAIR = (
            "pair",
            _("a part: what one supervisor and the person did together, and nothing else"),
        )
        OFFICE = "office", _("a part: the record without how two people see one of them")

    code = models.CharField(max_length=24, unique=True, default=new_code, editable=False)
    kind = models.CharField(max_length=30, choices=Kind)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="sealed_documents"
    )
    holder_name = models.CharField(max_length=270)
    # Empty for documents from before this was kept.
    extent = models.CharField(_("how much of it"), max_length=10, choices=Extent, blank=True)
    content_sha256 = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    objects = SealedDocumentQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["person", "content_sha256"], name="sealed_document_of")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.holder_name}"

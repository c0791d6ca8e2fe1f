"""Evidence: sent, verified, returned, taken back."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from scip.accounts import emails
from scip.accounts.models import Prerequisite, User
from scip.audit.services import record
from scip.formats import day
from scip.requirements import Refusal
from scip.states import lock, move
from scip.vault import services as vault
from scip.vault.forms import EVIDENCE_BYTES
from scip.vault.inspection.check import DOCUMENTS, CheckedUpload, Upload
from scip.vault.models import StoredFile

State = Prerequisite.State
PURPOSE = "evidence"

# Which facts belong to which kind; anything else that is handed over is a mistake.
FIELDS: Mapping[str, frozenset[str]] = {
    Prerequisite.Kind.STANDING: frozenset(
        {"standing", "number", "jurisdiction", "institution", "expires_on"}
    ),
    Prerequisite.Kind.MSC: frozenset({"msc_format", "completed_on", "teacher"}),
    Prerequisite.Kind.INSURANCE: frozenset({"insurer", "number", "expires_on"}),
    Prerequisite.Kind.PRACTICE: frozenset({"practice_setting"}),
}


def submit_prerequisite(
    user: User,
    *,
    kind: str,
    fields: Mapping[str, Any],
    document: Upload | CheckedUpload | StoredFile,
    now: datetime | None = None,
) -> Prerequisite:
    """Send a record of one kind with its document to the office; returns the new record.

    It takes the place of one that still waits or was returned; a verified one stays in force
    until the new one is verified, so a renewal leaves no gap. ``document`` may be the file of
    the record that is being corrected. Raises Refusal for evidence that has ended or a file
    of somebody else, vault.errors.Refused for a file that cannot be kept. Side effects: the
    file is sealed into the vault, the log gets an entry.
    """
    now = now or timezone.now()
    wrong = set(fields) - FIELDS[kind]
    if wrong:
        raise ValueError(f"{kind} has no {', '.join(sorted(wrong))}")
    refuse_ended(fields.get("expires_on"), on=day_of(user, now))
    with transaction.atomic():
        if isinstance(document, StoredFile):
            lock(user)
            stored = kept_document(user, document)
        else:
            # Before the lock: sending the file to its storage may take a while.
            stored = vault.store(
                document,
                owner=user,
                purpose=PURPOSE,
                allowed=DOCUMENTS,
                max_bytes=EVIDENCE_BYTES,
            )
            lock(user)
        for older in Prerequisite.objects.filter(
            user=user, kind=kind, state__in=[State.SUBMITTED, State.RETURNED]
        ).order_by("pk"):
            move(lock(older), State.REPLACED, by=user, now=now)
        sent = Prerequisite.objects.create(
            user=user, kind=kind, document=stored, submitted_at=now, **fields
        )
        record("prerequisite.submitted", sent, by=user, subject=user, kind=kind)
    return sent


def verify_prerequisite(
    prerequisite: Prerequisite, *, by: User | None, now: datetime | None = None
) -> Prerequisite:
    """The office has looked at the evidence and takes it; the person is told.

    The older verified record of the kind is replaced in the same moment. ``by`` None is the
    system (an import). Raises Refusal for one's own evidence and for evidence that has ended,
    IllegalMove if it does not wait any more.
    """
    now = now or timezone.now()
    with transaction.atomic():
        user = lock(prerequisite.user)
        fresh = lock(prerequisite)
        fresh.user = user  # the very row that is locked; nobody has to be asked for it again
        refuse_own(fresh, by)
        refuse_ended(fresh.expires_on, on=day_of(fresh.user, now))
        if fresh.state == State.SUBMITTED:
            for older in Prerequisite.objects.filter(
                user_id=fresh.user_id, kind=fresh.kind, state=State.VERIFIED
            ):
                move(lock(older), State.REPLACED, by=by, now=now)
        move(fresh, State.VERIFIED, by=by, now=now)
        emails.prerequisite_verified(fresh)
    return fresh


def return_prerequisite(
    prerequisite: Prerequisite, *, by: User, reason: str, now: datetime | None = None
) -> Prerequisite:
    """The office asks for something: the record goes back with a reason, the person is told.

    Raises Refusal without a reason or for one's own evidence, IllegalMove if it cannot be
    returned any more.
    """
    reason = reason.strip()
    if not reason:
        raise Refusal(
            _(
                "Please write what is missing and what would help: the person reads it. "
                "Nothing was changed."
            )
        )
    with transaction.atomic():
        fresh = lock(prerequisite)
        refuse_own(fresh, by)
        # The reason first: the database asks for it together with the state.
        fresh.return_reason = reason
        fresh.save(update_fields=["return_reason"])
        move(fresh, State.RETURNED, by=by, now=now)
        emails.prerequisite_returned(fresh)
    return fresh


def withdraw_prerequisite(
    prerequisite: Prerequisite, *, by: User, now: datetime | None = None
) -> Prerequisite:
    """Its owner takes a record back; the document is destroyed unless another record uses it.

    Raises Refusal for somebody else's record, IllegalMove once it is verified or replaced.
    """
    with transaction.atomic():
        # The person first, as when a record is sent: a correction in another tab must not keep
        # the document that is destroyed here.
        lock(prerequisite.user)
        fresh = lock(prerequisite)
        if fresh.user_id != by.pk:
            raise Refusal(_("Only the person who sent a record can take it back."))
        move(fresh, State.WITHDRAWN, by=by, now=now)
        document = fresh.document
        if document is not None:
            shared = Prerequisite.objects.filter(document=document).exclude(pk=fresh.pk)
            if not shared.current().exists():
                vault.destroy(document, now=now)
    return fresh


def day_of(user: User, now: datetime) -> date:
    """The calendar day where the person is: their document holds until midnight there."""
    return timezone.localdate(now, ZoneInfo(user.time_zone))


def refuse_ended(expires_on: date | None, *, on: date) -> None:
    if expires_on is not None and expires_on < on:
        raise Refusal(
            _(
                "This document ended on {day}, so it cannot be taken. Nothing was changed; "
                "a current one is welcome at any time."
            ).format(day=day(expires_on))
        )


def refuse_own(prerequisite: Prerequisite, by: User | None) -> None:
    if by is not None and prerequisite.user_id == by.pk:
        raise Refusal(
            _("This is your own record. Please ask a colleague to look at it; it stays as it is.")
        )


def kept_document(user: User, document: StoredFile) -> StoredFile:
    """The file of a record that is being corrected; it must be the person's own and readable."""
    document.refresh_from_db()
    if document.owner_id != user.pk or document.is_destroyed:
        raise Refusal(_("That file cannot be used again. Please choose the document once more."))
    return document

"""The retreat's record: sent, verified, returned, taken back, deferred. Locks: person, then row."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.candidacy.emails import registration as letters
from certification.candidacy.models import Candidacy, Retreat, RetreatDeferral
from certification.candidacy.queries import edition_of
from certification.candidacy.requirements.registration import is_long_enough
from certification.candidacy.services.documents import keep_document, let_go
from certification.candidacy.services.registration import begin
from scip.accounts.models import User
from scip.audit.services import fingerprint, record
from scip.mail.services import queue_draft
from scip.policy.models import Edition
from scip.requirements import Refusal
from scip.states import lock, move
from scip.vault.inspection.check import CheckedUpload, Upload
from scip.vault.models import StoredFile

State = Retreat.State
PURPOSE = "retreat"
FIELDS = frozenset(
    {"title", "teachers", "is_online", "place", "started_on", "ended_on", "is_silent"}
)


def submit_retreat(
    user: User,
    *,
    fields: Mapping[str, Any],
    document: Upload | CheckedUpload | StoredFile,
    now: datetime | None = None,
) -> Retreat:
    """Send a retreat with its evidence to the office; returns the new record.

    It takes the place of one that waits or was returned; ``document`` may be that one's file.
    Raises Refusal for a retreat that is still to come, shorter than the Edition asks or not
    held in silence, for a file of somebody else, and once one is verified;
    vault.errors.Refused for a file that cannot be kept. Side effects: the file is sealed into
    the vault, the candidacy is begun.
    """
    now = now or timezone.now()
    wrong = set(fields) - FIELDS
    if wrong:
        raise ValueError(f"a retreat has no {', '.join(sorted(wrong))}")
    with transaction.atomic():
        # Before the locks: sending the file to its storage may take a while.
        stored = keep_document(document, owner=user, purpose=PURPOSE)
        candidacy = begin(user, now=now)
        if isinstance(document, StoredFile):
            # Another tab may have taken the record back, and its file, while this one waited.
            stored = keep_document(stored, owner=user, purpose=PURPOSE)
        today = timezone.localdate(now, user.zone)
        sent = Retreat(user=user, document=stored, submitted_at=now, **fields)
        refuse_what_does_not_count(sent, edition_of(candidacy, on=today), today=today)
        older = Retreat.objects.filter(user=user).current().first()
        if older is not None:
            older = lock(older)
            if older.state == State.VERIFIED:
                raise Refusal(_("Your retreat is verified already; nothing more is needed."))
            move(older, State.REPLACED, by=user, now=now)
        sent.save()
        record("retreat.submitted", sent, by=user, subject=user)
    return sent


def refuse_what_does_not_count(retreat: Retreat, edition: Edition, *, today: Any) -> None:
    """Raise Refusal for what the office could only send back, before anybody waits for it."""
    if retreat.ended_on > today:
        raise Refusal(_("That retreat is still to come. Please add it once it is over."))
    if retreat.ended_on < retreat.started_on:
        raise Refusal(_("The last day lies before the first one. Please look at the dates again."))
    if not retreat.is_silent:
        raise Refusal(
            _("A silent retreat is asked for. If yours was silent in part, write to the office.")
        )
    if not is_long_enough(retreat.days, edition=edition):
        raise Refusal(
            _(
                "A retreat of at least {least} days is asked for, and these are {days}. If you "
                "see it differently, write to the office; nothing was lost."
            ).format(least=edition.retreat_min_days, days=retreat.days)
        )


def verify_retreat(retreat: Retreat, *, by: User, now: datetime | None = None) -> Retreat:
    """The office has looked at the evidence and takes it; the person is told.

    Raises Refusal for one's own, IllegalMove if it does not wait any more.
    """
    with transaction.atomic():
        fresh = lock(retreat)
        refuse_own(fresh.user_id, by)
        move(fresh, State.VERIFIED, by=by, now=now)
        queue_draft(
            letters.retreat_verified(fresh),
            to=fresh.user,
            dedupe_key=f"retreat:{fresh.pk}:verified",
        )
    return fresh


def return_retreat(
    retreat: Retreat, *, by: User, reason: str, now: datetime | None = None
) -> Retreat:
    """The office asks for something: the record goes back with a reason, the person is told.

    Raises Refusal without a reason or for one's own, IllegalMove if it cannot be returned.
    """
    reason = reason.strip()
    if not reason:
        raise Refusal(_("Please write what is missing and what would help: the person reads it."))
    with transaction.atomic():
        fresh = lock(retreat)
        refuse_own(fresh.user_id, by)
        # The reason first: the database asks for it together with the state.
        fresh.return_reason = reason
        fresh.save(update_fields=["return_reason"])
        move(fresh, State.RETURNED, by=by, now=now)
        queue_draft(
            letters.retreat_returned(fresh, reason),
            to=fresh.user,
            dedupe_key=f"retreat:{fresh.pk}:returned",
        )
    return fresh


def withdraw_retreat(retreat: Retreat, *, by: User, now: datetime | None = None) -> Retreat:
    """Its owner takes a record back; the document is destroyed unless another record uses it.

    Raises Refusal for somebody else's record, IllegalMove once it is verified or replaced.
    """
    with transaction.atomic():
        lock(retreat.user)  # a correction in another tab must not keep what is destroyed here
        fresh = lock(retreat)
        if fresh.user_id != by.pk:
            raise Refusal(_("Only the person who sent a record can take it back."))
        move(fresh, State.WITHDRAWN, by=by, now=now)
        shared = Retreat.objects.filter(document=fresh.document).exclude(pk=fresh.pk)
        if not shared.current().exists():
            let_go(fresh.document, now=now)
    return fresh


def defer_retreat(
    candidacy: Candidacy, *, by: User, reason: str, now: datetime | None = None
) -> RetreatDeferral:
    """The office lets the retreat wait until the final submission; the person is told.

    `domain.md`, policy `retreat_required_for`: "deferrable by staff with a reason; never later
    than submission". A second call changes the reason. Raises Refusal without a reason, for
    oneself, where the Edition lets it wait anyway, and once the candidacy is over.
    """
    reason = reason.strip()
    if not reason:
        raise Refusal(_("Please write why it may wait; the reason stays visible with it."))
    now = now or timezone.now()
    with transaction.atomic():
        candidacy = lock(candidacy)
        refuse_own(candidacy.user_id, by)
        if candidacy.state not in Candidacy.ALIVE:
            raise Refusal(_("This candidacy is over, so there is nothing to let wait."))
        edition = edition_of(candidacy, on=timezone.localdate(now, candidacy.user.zone))
        if edition.retreat_required_for != Edition.RetreatRequiredFor.REGISTRATION:
            raise Refusal(
                _("Under {edition} the retreat may wait anyway.").format(edition=edition.name)
            )
        deferral, _is_new = RetreatDeferral.objects.update_or_create(
            candidacy=candidacy,
            defaults={"reason": reason, "deferred_at": now, "deferred_by": by},
        )
        record(
            "retreat.deferred",
            candidacy,
            by=by,
            subject=candidacy.user,
            reason=fingerprint(reason),
        )
        queue_draft(
            letters.retreat_deferred(candidacy, reason),
            to=candidacy.user,
            dedupe_key=f"candidacy:{candidacy.pk}:deferred:{now.isoformat()}",
        )
    return deferral


def refuse_own(user_id: int, by: User) -> None:
    """Nobody decides about their own record. Raises Refusal."""
    if user_id == by.pk:
        raise Refusal(
            _("This is about you, so a colleague has to look at it. Nothing was changed.")
        )

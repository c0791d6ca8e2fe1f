"""A request to be erased: asked, perhaps withdrawn, carried out when its days are over."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from scip.accounts.models import Role, User
from scip.accounts.services.access import end_sessions
from scip.audit.services import fingerprint, record
from scip.credentials.taking_down import take_down
from scip.mail.services import Address
from scip.policy.models import Edition
from scip.privacy import emails
from scip.privacy.models import ErasureRequest
from scip.privacy.queries.hindrances import hindrances
from scip.privacy.reach import known
from scip.privacy.services.erasing import erase_rows
from scip.privacy.services.leaving import leave_all
from scip.requirements import Refusal
from scip.states import lock, move

State = ErasureRequest.State

# A page that was being saved in the very moment of erasing may have written a row after it.
LOOKED_AFTER = timedelta(hours=3)


def ask(
    person: User,
    *,
    by: User,
    takes_down_credentials: bool,
    letter_note: str = "",
    now: datetime | None = None,
) -> ErasureRequest:
    """Ask for somebody to be erased; returns the request, which waits for the Edition's days.

    ``by`` is the person, or somebody of the office for a request that came by letter, with how
    they made sure who asks (``letter_note``). A second call changes nothing. Raises Refusal with
    its findings while something stands in the way of a person who asks here; a letter is entered
    anyway, and waits. Side effects: a letter to the person with the day and the way back.
    """
    now = now or timezone.now()
    with transaction.atomic():
        person = lock(person)
        known_request = ErasureRequest.objects.open().filter(person=person).first()
        if known_request is not None:
            return known_request
        if not person.is_active:
            raise Refusal(_("This account is closed already. Nothing was changed."))
        if by.pk == person.pk:
            refuse_hindered(person)
        else:
            refuse_strangers(by, letter_note)
        days = Edition.objects.in_force(now.date()).erasure_grace_days
        request = ErasureRequest.objects.create(
            person=person,
            asked_by=by,
            asked_at=now,
            due_at=now + timedelta(days=days),
            takes_down_credentials=takes_down_credentials,
            letter_note=letter_note.strip(),
        )
        note = fingerprint(letter_note.strip()) if letter_note.strip() else ""
        record("erasurerequest.asked", request, by=by, subject=person, note=note)
        emails.asked(request)
    return request


def refuse_hindered(person: User) -> None:
    """Raise Refusal with the findings that stand in the way."""
    found = hindrances(person)
    if not found.is_met:
        raise Refusal(
            _("Something has to be settled before we can do that. Nothing was changed."),
            findings=found.unmet,
        )


def refuse_strangers(by: User, letter_note: str) -> None:
    """Only the office enters a request of somebody else, and says how they know who asks."""
    if not by.has_role(Role.STAFF):
        raise Refusal(_("Only the person can ask for this, or the office for a letter from them."))
    if not letter_note.strip():
        raise Refusal(_("Please write how you made sure who is asking. Nothing was changed."))


@transaction.atomic
def withdraw(request: ErasureRequest, *, by: User, now: datetime | None = None) -> ErasureRequest:
    """Change one's mind; a second press is harmless.

    By the person; the office may withdraw what it entered for a letter. Raises Refusal for
    anybody else, IllegalMove once it was carried out. The person is told.
    """
    request = lock(request)
    is_entered = request.asked_by_id != request.person_id and by.has_role(Role.STAFF)
    if by.pk != request.person_id and not is_entered:
        raise Refusal(_("Only the person can withdraw this. Nothing was changed."))
    if request.state == State.WITHDRAWN:
        return request
    move(request, State.WITHDRAWN, by=by, now=now)
    emails.withdrawn(request)
    return request


def carry_out(pk: int, *, now: datetime | None = None) -> bool:
    """Erase the person of a request whose days are over; True if it happened now.

    Nobody can skip the wait. What stands in the way keeps it waiting: the codes stay on the row
    and the person gets one letter. Two at once, or one after the other, erase once: the request's
    row and the person's decide. Side effects: everything under way ends, files lose their keys,
    rows and words go by the table, every session dies, and one last letter, itself forgotten.
    """
    now = now or timezone.now()
    request = ErasureRequest.objects.open().filter(pk=pk, due_at__lte=now).first()
    if request is None:
        return False
    person = request.person
    if (codes := [finding.code for finding in hindrances(person).unmet]) or (
        codes := codes_of_leaving(person, now)
    ):
        hold_up(request, codes, now=now)
        return False
    return erase(request, now=now)


def codes_of_leaving(person: User, now: datetime) -> list[str]:
    """End what is under way; the code of what could not end at this moment."""
    try:
        leave_all(person, now=now)
    except Refusal:
        return ["under_way"]
    return []


@transaction.atomic
def erase(request: ErasureRequest, *, now: datetime) -> bool:
    """The act itself, in one transaction: all of it or nothing."""
    request = lock(request)
    if request.state != State.ASKED:
        return False
    # Whoever is just writing something of this person waits here, and writes nothing then.
    person = User.objects.select_for_update().get(pk=request.person_id)
    codes = [finding.code for finding in hindrances(person).unmet]
    if codes:
        hold_up(request, codes, now=now)
        return False
    where = Address(email=person.email, time_zone=person.time_zone)
    facts = known(person)
    if request.takes_down_credentials:
        take_down(person, now=now)
    done = erase_rows(facts, now=now)
    end_sessions(person)
    move(request, State.CARRIED_OUT, by=None, data=dict(done), now=now)
    emails.carried_out(request, to=where)
    return True


@transaction.atomic
def hold_up(request: ErasureRequest, codes: list[str], *, now: datetime) -> None:
    """Remember what stands in the way; the person is told once."""
    request = lock(request)
    if request.state != State.ASKED:
        return
    request.held_up_by = codes
    request.held_up_at = request.held_up_at or now
    request.save(update_fields=["held_up_by", "held_up_at"])
    emails.held_up(request)


def carry_out_due(now: datetime | None = None) -> int:
    """Carry out what is due, and look once more after those just erased; returns how many.

    Each in a transaction of its own; beat asks again, so a worker that dies loses nothing.
    """
    now = now or timezone.now()
    due = ErasureRequest.objects.open().filter(due_at__lte=now).order_by("due_at", "pk")
    count = sum(carry_out(pk, now=now) for pk in list(due.values_list("pk", flat=True)))
    fresh = ErasureRequest.objects.filter(
        state=State.CARRIED_OUT, carried_out_at__gt=now - LOOKED_AFTER
    ).select_related("person")
    for request in fresh:
        with transaction.atomic():
            erase_rows(known(request.person), now=now)
    return count

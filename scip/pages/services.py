"""What visitors and the office do: join and leave the interest list, write, answer."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from scip.audit.services import fingerprint, record
from scip.mail.services import Draft
from scip.pages import emails
from scip.pages.models import ContactMessage, InterestEntry
from scip.policy.models import Edition
from scip.requirements import Refusal
from scip.states import lock, move


def join_interest_list(
    *,
    email: str,
    name: str,
    country: str,
    about: str,
    note: str,
    time_zone: str = "UTC",
    now: datetime | None = None,
) -> None:
    """Put somebody on the list, once per subject; a second time changes nothing.

    Says nothing about whether the address was there before: callers show the same page.
    Side effects for a new entry: a letter to the person and one to the office. Who waits for
    what is open already reads that, and is told by it.
    """
    now = now or timezone.now()
    with transaction.atomic():
        entry = InterestEntry(
            email=email.strip().lower(),
            name=name,
            country=country,
            about=about,
            note=note,
            created_at=now,
        )
        InterestEntry.objects.bulk_create([entry], ignore_conflicts=True)
        kept = InterestEntry.objects.get(email__iexact=entry.email, about=about)
        if kept.created_at != entry.created_at:
            return
        if about == InterestEntry.About.CERTIFICATION and applications_are_open(now):
            emails.applications_opened(kept)
            note_told([kept], by=None, now=now)
        else:
            emails.interest_noted(kept, time_zone=time_zone)
        emails.interest_arrived(kept)


def applications_are_open(now: datetime) -> bool:
    """Have applications for certification opened, by the Edition in force?"""
    opens_on = Edition.objects.in_force(now.date()).applications_open_on
    return opens_on is not None and opens_on <= now.date()


def leave_interest_list(entry_id: int, *, by: Any = None) -> None:
    """Delete the entry, at the person's own click or (``by``) by the office when they ask;
    nothing happens if it is gone already."""
    with transaction.atomic():
        for entry in InterestEntry.objects.filter(pk=entry_id):
            record("interest.left", entry, by=by, about=entry.about)
            entry.delete()


def note_told(entries: Iterable[InterestEntry], *, by: Any, now: datetime | None = None) -> int:
    """The office has written to these people; return how many had not been told before."""
    with transaction.atomic():
        waiting = InterestEntry.objects.filter(
            pk__in=[entry.pk for entry in entries], told_at=None
        ).select_for_update(no_key=True)
        told = list(waiting)
        for entry in told:
            record("interest.told", entry, by=by, about=entry.about)
        InterestEntry.objects.filter(pk__in=[entry.pk for entry in told]).update(
            told_at=now or timezone.now()
        )
    return len(told)


def announce_opening(now: datetime | None = None, *, limit: int = 200) -> int:
    """Write once to everybody who waits for certification, as soon as applications have opened.

    By the Edition in force: nothing happens before its day. Each person's letter and the note
    that they were told are one transaction, under a lock that skips whom another run is just
    writing to; a run that dies is followed by another. Returns how many were told.
    """
    now = now or timezone.now()
    if not applications_are_open(now):
        return 0
    waiting = InterestEntry.objects.filter(
        about=InterestEntry.About.CERTIFICATION, told_at=None
    ).order_by("pk")
    told = 0
    for pk in waiting.values_list("pk", flat=True)[:limit]:
        with transaction.atomic():
            for entry in waiting.filter(pk=pk).select_for_update(skip_locked=True, no_key=True):
                emails.applications_opened(entry)
                told += note_told([entry], by=None, now=now)
    return told


def send_message(*, name: str, email: str, message: str) -> ContactMessage:
    """Keep a visitor's message. Side effect: a letter to the office, answerable directly."""
    with transaction.atomic():
        kept = ContactMessage.objects.create(name=name, email=email.strip(), message=message)
        emails.message_arrived(kept)
    return kept


def answer_message(
    message: ContactMessage, *, draft: Draft, by: Any, now: datetime | None = None
) -> ContactMessage:
    """Send the letter that the office looked at, and mark the message as answered.

    Raises IllegalMove when it was answered meanwhile (nothing is sent then).
    """
    with transaction.atomic():
        message = lock(message)
        move(
            message,
            ContactMessage.State.ANSWERED,
            by=by,
            now=now,
            data={"letter": fingerprint(draft.text)},
        )
        emails.answer_message(message, draft)
    return message


def delete_message(message: ContactMessage, *, by: Any) -> None:
    """Delete a message when its writer asks for it."""
    with transaction.atomic():
        record("contactmessage.deleted", message, by=by, state=message.state)
        message.delete()


def note_answered(message: ContactMessage, *, by: Any) -> ContactMessage:
    """Mark as answered a message that was answered elsewhere (by telephone, from a mailbox)."""
    with transaction.atomic():
        message = lock(message)
        move(message, ContactMessage.State.ANSWERED, by=by)
    return message


def set_aside(message: ContactMessage, *, by: Any) -> ContactMessage:
    """Put away a message that needs no answer. Raises Refusal for an answered one."""
    with transaction.atomic():
        message = lock(message)
        if message.state == ContactMessage.State.ANSWERED:
            raise Refusal(_("This message is answered already, so there is nothing to set aside."))
        move(message, ContactMessage.State.SET_ASIDE, by=by)
    return message


def take_up_again(message: ContactMessage, *, by: Any) -> ContactMessage:
    """Bring a message that was set aside back into the queue."""
    with transaction.atomic():
        message = lock(message)
        move(message, ContactMessage.State.NEW, by=by)
    return message

"""Letters about sessions: reminders, a new time, a cancellation.

A letter to many is rendered once for each time zone and then addressed to each person, so
that a hundred thousand of them take seconds.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _

from cohorts.calendar_files import (
    CONTENT_TYPE,
    REMOVING_TYPE,
    removing_calendar,
    sessions_calendar,
    summary_of,
)
from cohorts.models import Session
from cohorts.queries.guests import DueReminder, Guest, Reminder
from scip.mail.services import Address, Attachment, Draft, Prepared, queue_many, render_letter

# Stands for the name while a letter is rendered; a character that no keyboard types.
NAME = "\ue000"


def session_reminders(reminders: Iterable[DueReminder]) -> None:
    """Queue these reminders, the calendar file attached. Safe to repeat (dedupe key)."""
    occasions: dict[tuple[int, Reminder], list[DueReminder]] = defaultdict(list)
    for reminder in reminders:
        occasions[reminder.session.pk, reminder.kind].append(reminder)
    prepared: list[Prepared] = []
    for same in occasions.values():
        session, kind = same[0].session, same[0].kind
        prepared += for_each(
            "cohorts/emails/session_reminder",
            session,
            [(reminder.guest, reminder.key) for reminder in same],
            {"kind": kind.value},
        )
    queue_many(prepared)


def session_moved(
    session: Session, guests: Sequence[Guest], *, was_at: datetime, note: str
) -> None:
    """Tell everybody the new time; the calendar file replaces the old event."""
    keyed = [
        (guest, f"session-moved:{session.pk}:{session.sequence}:{guest.key}") for guest in guests
    ]
    context = {"was_at": was_at, "note": note}
    queue_many(for_each("cohorts/emails/session_moved", session, keyed, context))


def session_cancelled(session: Session, guests: Sequence[Guest], *, note: str) -> None:
    """Tell everybody that a session does not take place; the file takes the event away."""
    keyed = [
        (guest, f"session-cancelled:{session.pk}:{session.sequence}:{guest.key}")
        for guest in guests
    ]
    queue_many(for_each("cohorts/emails/session_cancelled", session, keyed, {"note": note}))


def for_each(
    template: str,
    session: Session,
    keyed: Sequence[tuple[Guest, str]],
    context: Mapping[str, Any],
) -> list[Prepared]:
    """The letter for every guest, rendered once for each time zone and audience.

    The calendar file holds the link into the meeting, so only confirmed people get it.
    """
    files = {left: file_of(session, left) for left in {guest.left for guest, _key in keyed}}
    drafts: dict[tuple[str, bool, bool], Draft] = {}
    prepared = []
    for guest, key in keyed:
        audience = (guest.time_zone, guest.is_facilitator, guest.is_confirmed)
        if audience not in drafts:
            drafts[audience] = draft_for(template, session, guest, context)
        draft = addressed(drafts[audience], guest.name)
        attachments = (files[guest.left],) if guest.is_confirmed else ()
        prepared.append(Prepared(draft, guest, key, attachments))
    return prepared


def file_of(session: Session, left: int) -> Attachment:
    """The calendar file for whoever left the session's cohort so often."""
    name, times = summary_of(session), {session.cohort_id: left}
    if session.state == Session.State.CANCELLED:
        content = removing_calendar([session], name=name, left=times)
        return Attachment("session.ics", REMOVING_TYPE, content)
    content = sessions_calendar([session], name=name, with_join_link=True, left=times)
    return Attachment("session.ics", CONTENT_TYPE, content)


def draft_for(
    template: str, session: Session, guest: Guest, context: Mapping[str, Any], *, name: str = NAME
) -> Draft:
    """The letter in the guest's zone, for their part in the session."""
    return render_letter(
        template,
        Address(email="", time_zone=guest.time_zone),
        {
            **context,
            "session": session,
            "cohort": session.cohort,
            "name": name,
            "is_confirmed": guest.is_confirmed,
            **button(session, guest, is_join=context.get("kind") in {"day", "hour"}),
        },
    )


def button(session: Session, guest: Guest, *, is_join: bool) -> dict[str, str]:
    """Where the letter leads: the meeting when it is near, else the person's own pages."""
    if guest.is_facilitator:
        path = reverse("facilitate:roster", args=[session.cohort_id])
        return {"button_url": f"{settings.SITE_URL}{path}", "button_label": _("Open the roster")}
    if is_join:
        return {"button_url": session.cohort.join_url, "button_label": _("Join the session")}
    return {
        "button_url": f"{settings.SITE_URL}{reverse('pathway:home')}",
        "button_label": _("See your sessions") if guest.is_confirmed else _("See your place"),
    }


def addressed(draft: Draft, name: str) -> Draft:
    """The draft with the person's name in it, escaped where it is HTML."""
    shown = name or _("colleague")
    return Draft(
        subject=draft.subject,
        text=draft.text.replace(NAME, shown),
        html=draft.html.replace(NAME, escape(shown)),
    )

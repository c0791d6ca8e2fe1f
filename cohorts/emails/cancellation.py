"""Letters about places that are given up, with the amounts: rendered here, queued by the services."""

from collections.abc import Iterable, Mapping
from copy import copy
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from cohorts.calendar_files import REMOVING_TYPE, removing_calendar
from cohorts.emails.admission import coming, letter
from cohorts.models import Application, Cohort, Enrolment, Session
from cohorts.queries.admission import standing_sessions
from cohorts.queries.cancelling import ways_in_words
from cohorts.queries.guests import times_left
from payments.services import Cancellation
from scip.accounts.models import User
from scip.mail.services import Attachment, Draft, render_letter


def place_cancelled(enrolment: Enrolment, done: Cancellation, *, now: datetime) -> Draft:
    """Somebody's place is given up: what comes back, what stays.

    Once the cohort has begun, nobody can take the place any more, and the letter promises it to nobody.
    """
    return letter(
        "place_cancelled",
        enrolment.application,
        button=(reverse("payments:list"), _("See your payments")),
        done=done,
        ways=ways_in_words(done),
        has_begun=enrolment.cohort.begins_at <= now,
        leaves_calendar=bool(given_up(enrolment, now=now)),
    )


def given_up(enrolment: Enrolment, *, now: datetime) -> list[Session]:
    """The sessions that stand in somebody's calendar for a place that they give up: those not over
    yet, if the place was confirmed."""
    if enrolment.confirmed_at is None:
        return []
    sessions = standing_sessions(enrolment.cohort).select_related("cohort")
    return [session for session in sessions if session.ends_at > now]


def calendar_given_up(enrolment: Enrolment, *, now: datetime) -> list[Attachment]:
    """A calendar file that takes these sessions away; nothing when there are none."""
    sessions = given_up(enrolment, now=now)
    if not sessions:
        return []
    before = times_left(enrolment.user, but=enrolment)
    content = removing_calendar(sessions, name=enrolment.cohort.title, at=now, left=before)
    return [Attachment("earlier-sessions.ics", REMOVING_TYPE, content)]


def cohort_cancelled(application: Application, done: Cancellation | None) -> Draft:
    """The cohort does not take place; ``done`` is there for whoever held a place."""
    button = coming(application)
    if done is not None and done.held_cents:
        button = (reverse("payments:list"), _("See your payments"))
    return letter(
        "cohort_cancelled",
        application,
        button=button,
        note=application.cohort.cancel_reason,
        done=done,
        ways=ways_in_words(done) if done else [],
    )


def preview_cancelled(cohort: Cohort, reader: User, reason: str) -> Draft:
    """The letter of a cohort's cancellation before it goes, as somebody without a place reads it."""
    shown = copy(cohort)
    shown.cancel_reason = reason.strip()
    return cohort_cancelled(Application(user=reader, cohort=shown), None)


def cohort_cancelled_for_leader(cohort: Cohort, leader: User) -> Draft:
    """To the people who would have led it."""
    return render_letter(
        "cohorts/emails/cohort_cancelled_leader",
        leader,
        {
            "cohort": cohort,
            "name": leader.first_name or _("colleague"),
            "note": cohort.cancel_reason,
            "button_url": f"{settings.SITE_URL}{reverse('facilitate:home')}",
            "button_label": _("See your cohorts"),
        },
    )


def calendar_of(
    cohort: Cohort, sessions: Iterable[Session], left: Mapping[int, int]
) -> list[Attachment]:
    """A calendar file that takes the cancelled sessions away from somebody who ``left`` before as
    `times_left` says; nothing when there are none."""
    rows = [session for session in sessions if session.state == Session.State.CANCELLED]
    if not rows:
        return []
    for session in rows:
        session.cohort = cohort
    content = removing_calendar(rows, name=cohort.title, left=left)
    return [Attachment("sessions.ics", REMOVING_TYPE, content)]

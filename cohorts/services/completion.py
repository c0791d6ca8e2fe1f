"""The end of a cohort: who completed it, on which facts, and what follows."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cohorts.emails import completion as emails
from cohorts.models import Cohort, Enrolment, Session
from cohorts.queries.roster import attendance_evidence, sessions_of
from cohorts.requirements.attendance import (
    Tally,
    attendance_findings,
    attendance_tally,
    contact_time,
    hours,
)
from scip.credentials.joint import issue_joint_credential
from scip.credentials.models import Completion, Credential, Level
from scip.credentials.services import issue_credential, record_completion
from scip.requirements import Status
from scip.states import lock, move

# Level B alone grants none: the joint credential is issued once both levels are on record.
CREDENTIAL_OF_LEVEL = {Level.A: Credential.Kind.PRACTICING}


def conclude_cohort(cohort: Cohort, *, by: Any, now: datetime | None = None) -> int:
    """Conclude every enrolment of a cohort whose sessions are over; return how many completed.

    Each person in a transaction of their own: one difficulty holds up nobody else.
    """
    enrolments = Enrolment.objects.filter(
        cohort=cohort, state__in=[Enrolment.State.CONFIRMED, Enrolment.State.NOT_COMPLETED]
    )
    return sum(conclude_enrolment(enrolment, by=by, now=now) for enrolment in enrolments)


@transaction.atomic
def conclude_enrolment(enrolment: Enrolment, *, by: Any, now: datetime | None = None) -> bool:
    """Decide by the attendance rule whether the cohort was completed; True if it was just now.

    "At least 80 % of the sessions held, rounded up, exceptions counted and shown as such."
    While marks are missing or the office still considers an exception, nothing is decided;
    for somebody who has enough already, marks are waited for only so long (Edition), so that
    the certificate states all of them and a forgotten mark holds nobody up.
    When it can't be met any more by what is on record, the enrolment is "not completed yet"
    and the person is told what is possible; an exception accepted later completes it.
    Does nothing before the last session is over, or for an enrolment that is concluded.
    Side effects: completion on record, credential issued, letters queued.
    """
    now = now or timezone.now()
    enrolment = lock(enrolment)
    undecided = {Enrolment.State.CONFIRMED, Enrolment.State.NOT_COMPLETED}
    sessions = [
        session
        for session in sessions_of([enrolment.cohort_id])[enrolment.cohort_id]
        if session.state != Session.State.CANCELLED
    ]
    sessions.sort(key=lambda session: session.starts_at)  # one may have moved behind the others
    if enrolment.state not in undecided or not sessions or sessions[-1].ends_at > now:
        return False
    evidence = attendance_evidence([enrolment.pk])[enrolment.pk]
    (finding,) = attendance_findings(evidence, as_of=now)
    tally = attendance_tally(evidence, as_of=now)
    if tally.unmarked and now < marks_are_waited_for_until(enrolment.cohort, sessions):
        return False
    if finding.is_met:
        move(enrolment, Enrolment.State.COMPLETED, by=by, now=now)
        there = contact_time(evidence, as_of=now)
        certify(enrolment, sessions, tally, contact_minutes=there.minutes, by=by, now=now)
        return True
    if finding.status is Status.OPEN and enrolment.state == Enrolment.State.CONFIRMED:
        move(enrolment, Enrolment.State.NOT_COMPLETED, by=by, now=now)
        emails.not_completed(enrolment, finding)
    return False


def marks_are_waited_for_until(cohort: Cohort, sessions: Sequence[Session]) -> datetime:
    """The moment from which a missing mark no longer holds up somebody who has enough."""
    return sessions[-1].ends_at + timedelta(days=cohort.edition.marking_days)


def certify(
    enrolment: Enrolment,
    sessions: Sequence[Session],
    tally: Tally,
    *,
    contact_minutes: int,
    by: Any,
    now: datetime | None = None,
) -> Completion:
    """Put the completion on record with its facts, and issue what the level grants."""
    cohort = enrolment.cohort
    days = [session.starts_at.astimezone(cohort.zone).date() for session in sessions]
    minutes = sum(session.minutes for session in sessions)
    completion = record_completion(
        enrolment.user,
        level=cohort.level,
        basis=Completion.Basis.COHORT,
        completed_on=days[-1],
        facts={
            "cohort": cohort.pk,
            "enrolment": enrolment.pk,
            "sessions_held": tally.total,
            "sessions_needed": tally.needed,
            "sessions_attended": tally.attended,
            "sessions_excepted": tally.excepted,
            "contact_minutes_held": minutes,
            "contact_minutes_attended": contact_minutes,
            "cohort_title": cohort.title,
        },
        by=by,
    )
    # The cohort's day, whoever's zone is active where the last mark is made.
    issued_on = (now or timezone.now()).astimezone(cohort.zone).date()
    kind = CREDENTIAL_OF_LEVEL.get(Level(cohort.level))
    if kind is not None:
        issue_credential(
            completion,
            kind=kind,
            edition=cohort.edition,
            lines=[
                (_("Cohort"), cohort.title),
                (_("Held"), " – ".join(date_format(day, "j F Y") for day in (days[0], days[-1]))),
                (_("Live sessions"), sessions_line(tally)),
                (_("Contact hours held"), hours(minutes)),
            ],
            by=by,
            issued_on=issued_on,
        )
    issue_joint_credential(enrolment.user, by=by, issued_on=issued_on)
    return completion


def sessions_line(tally: Tally) -> str:
    """``11 of 12``, and how many of them count by exception."""
    line = _("{counted} of {total}").format(counted=tally.counted, total=tally.total)
    if tally.excepted:
        line += " " + ngettext(
            "({count} by an accepted exception)",
            "({count} by accepted exceptions)",
            tally.excepted,
        ).format(count=tally.excepted)
    return line

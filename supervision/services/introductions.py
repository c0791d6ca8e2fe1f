"""A brief call before anything is agreed: asked, answered, taken back, or lapsed in silence.

What the two write stays on the site: letters only say that something waits there, because the
outbox is the office's to read and these words are not.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.candidacy.models import Candidacy
from scip.accounts.models import User
from scip.audit.services import record
from scip.formats import moment
from scip.requirements import Refusal
from scip.states import lock, move
from supervision.emails import introductions as emails
from supervision.models import Introduction, Supervisor
from supervision.queries.introductions import (
    asking_evidence,
    open_request,
    patience_of,
    with_people,
)
from supervision.queries.supervisors import approved_on
from supervision.requirements.introductions import TIMES_AT_MOST, asking_findings

State = Introduction.State


@transaction.atomic
def ask(
    candidacy: Candidacy, supervisor: Supervisor, *, message: str, by: User,
    now: datetime | None = None,
) -> Introduction:  # fmt: skip
    """Ask a supervisor for a brief call; they get a letter.

    A second press returns the request that waits already. Raises Refusal for somebody else's
    registration, before registering or on leave, for a supervisor without room, and when as
    many requests wait as the candidate's edition allows.
    """
    now = now or timezone.now()
    # Locked first: a request in another tab has to be counted.
    candidacy = lock(candidacy)
    if candidacy.user_id != by.pk:
        raise Refusal(_("Only the candidate can ask. Nothing was sent."))
    known = open_request(candidacy, supervisor)
    if known is not None:
        return known
    evidence = asking_evidence(by, candidacy, supervisor, on=now.date())
    assessment = asking_findings(evidence, edition=candidacy.edition)
    if not assessment.is_met:
        raise Refusal(assessment.unmet[0].next_step, assessment.unmet)
    introduction = Introduction.objects.create(
        candidacy=candidacy, supervisor=supervisor, message=message, sent_at=now
    )
    record("introduction.sent", introduction, by=by, subject=by, supervisor=supervisor.pk)
    emails.introduction_asked(introduction, patience_of(introduction, now=now))
    return introduction


@transaction.atomic
def accept(
    introduction: Introduction, *, by: User, answer: str, times: Sequence[datetime] = (),
    now: datetime | None = None,
) -> Introduction:  # fmt: skip
    """Say yes, with up to five times for the call if that helps; the candidate gets a letter.

    From here on the two see each other's address and telephone number. A second press changes
    nothing. Raises Refusal for somebody who wasn't asked, without CMSC's approval today, for
    times that can't be offered, and when the request was taken back meanwhile.
    """
    now = now or timezone.now()
    introduction = lock(introduction)
    refuse_unless_asked(introduction, by)
    if introduction.state == State.ACCEPTED:
        return introduction
    if not approved_on(introduction.supervisor, now.date()):
        raise Refusal(
            _(
                "CMSC’s approval as a supervisor has to be in force for a new introduction, and "
                "today it isn’t. Nothing was sent; the office can tell you more."
            )
        )
    introduction.answer = answer
    introduction.proposed_times = offered(times, now)
    move(introduction, State.ACCEPTED, by=by, now=now)
    introduction.save(update_fields=["answer", "proposed_times"])
    emails.introduction_accepted(introduction)
    return introduction


@transaction.atomic
def propose_times(
    introduction: Introduction, *, by: User, times: Sequence[datetime],
    now: datetime | None = None,
) -> Introduction:  # fmt: skip
    """Offer other times for a call that has none yet; they take the place of those before.

    The candidate gets a letter. Raises Refusal before acceptance, once a time was chosen, and
    for times that can't be offered (none, too many, in the past).
    """
    now = now or timezone.now()
    introduction = lock(introduction)
    refuse_unless_asked(introduction, by)
    if introduction.state != State.ACCEPTED or introduction.chosen_time is not None:
        raise Refusal(
            _("No time is looked for here. To change one that was chosen, write to each other.")
        )
    if not times:
        raise Refusal(_("Please propose at least one time. Nothing was sent."))
    introduction.proposed_times = offered(times, now)
    introduction.save(update_fields=["proposed_times"])
    record("introduction.times_proposed", introduction, by=by, subject=introduction.candidacy.user)
    emails.introduction_times(introduction, at=now)
    return introduction


@transaction.atomic
def choose_time(
    introduction: Introduction, *, by: User, time: datetime, now: datetime | None = None
) -> Introduction:
    """The candidate takes one of the times; both get a letter with a calendar file.

    The same choice again changes nothing. Raises Refusal for a time that wasn't proposed or has
    passed, and for anybody but the candidate.
    """
    now = now or timezone.now()
    introduction = lock(introduction)
    if introduction.candidacy.user_id != by.pk:
        raise Refusal(_("Only the person who asked can choose a time."))
    if introduction.chosen_time is not None:
        if introduction.chosen_time == time:
            return introduction
        raise Refusal(
            _("{when} is chosen already. To change it, write to each other.").format(
                when=moment(introduction.chosen_time)
            )
        )
    if time not in introduction.proposed_times or time <= now:
        raise Refusal(
            _("That time isn’t offered any more. Nothing was changed; please choose another.")
        )
    introduction.chosen_time = time
    introduction.save(update_fields=["chosen_time"])
    record("introduction.time_chosen", introduction, by=by, subject=by)
    emails.introduction_time_chosen(introduction)
    return introduction


@transaction.atomic
def decline(
    introduction: Introduction, *, by: User, answer: str, now: datetime | None = None
) -> Introduction:
    """A kind no, with words; the candidate is told and may write to somebody else.

    A second press changes nothing. Raises Refusal without words, for somebody who wasn't asked,
    and when the request was taken back or has lapsed meanwhile.
    """
    introduction = lock(introduction)
    refuse_unless_asked(introduction, by)
    if introduction.state == State.DECLINED:
        return introduction
    if not answer.strip():
        raise Refusal(_("Please leave a few words; they will be read. Nothing was sent."))
    introduction.answer = answer
    move(introduction, State.DECLINED, by=by, now=now)
    introduction.save(update_fields=["answer"])
    emails.introduction_declined(introduction)
    return introduction


@transaction.atomic
def withdraw(introduction: Introduction, *, by: User, now: datetime | None = None) -> Introduction:
    """The candidate takes the request back; the supervisor is told. A second press is harmless.

    Raises Refusal for anybody else and once it is answered.
    """
    introduction = lock(introduction)
    if introduction.candidacy.user_id != by.pk:
        raise Refusal(_("Only the person who asked can take a request back."))
    if introduction.state == State.WITHDRAWN:
        return introduction
    move(introduction, State.WITHDRAWN, by=by, now=now)
    emails.introduction_withdrawn(introduction)
    return introduction


def lapse_silent(now: datetime | None = None) -> int:
    """Remind supervisors halfway, and let requests lapse that nobody answers; returns how many
    lapsed.

    After ``silent_supervisor_days`` of the candidate's edition, at once when the supervisor's
    approval has ended. While the candidate is on leave every clock rests. A request whose
    candidate has stopped is taken back. May run at any interval and twice.
    """
    now = now or timezone.now()
    return sum(attend(row, now) for row in waiting(now))


def waiting(now: datetime) -> QuerySet[Introduction]:
    """Requests without an answer, with what their clocks need."""
    rows = with_people(Introduction.objects.open()).exclude(
        candidacy__in=Candidacy.objects.resting(now.date())
    )
    return rows.prefetch_related("candidacy__leaves").order_by("pk")


def lapse_for(supervisor: Supervisor, now: datetime) -> int:
    """What waits for one supervisor is looked at now: call it when their approval has ended."""
    return sum(attend(row, now) for row in waiting(now).filter(supervisor=supervisor))


@transaction.atomic
def attend(row: Introduction, now: datetime) -> bool:
    """Do what is due for one request; True if it lapsed."""
    fresh = lock(row)
    if fresh.state != State.SENT:
        return False
    if not row.candidacy.is_registered:
        move(fresh, State.WITHDRAWN, by=None, now=now)
        emails.introduction_withdrawn(fresh)
        return False
    due = patience_of(row, now=now)
    if now >= due.lapses_at or not approved_on(row.supervisor, now.date()):
        move(fresh, State.LAPSED, by=None, now=now)
        emails.introduction_lapsed(fresh)
        return True
    if now >= due.reminder_at and fresh.reminded_at is None:
        fresh.reminded_at = now
        fresh.save(update_fields=["reminded_at"])
        emails.introduction_reminder(fresh, due)
    return False


def refuse_unless_asked(introduction: Introduction, by: User) -> None:
    """Raise Refusal unless this person is the supervisor who was asked."""
    if introduction.supervisor.user_id != by.pk:
        raise Refusal(_("Only the supervisor who was asked can answer. Nothing was changed."))


def offered(times: Sequence[datetime], now: datetime) -> list[datetime]:
    """Times in order, each once; Refusal for one that has passed or for more than five."""
    found = sorted(set(times))
    if len(found) > TIMES_AT_MOST:
        raise Refusal(
            _("Please propose at most {count} times. Nothing was sent.").format(count=TIMES_AT_MOST)
        )
    for time in found:
        if time <= now:
            raise Refusal(
                _("{when} has passed. Please choose a later time. Nothing was sent.").format(
                    when=moment(time)
                )
            )
    return found

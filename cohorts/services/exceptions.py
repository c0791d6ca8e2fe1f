"""A missed session that may count after all: asked for, made up, decided with a reason."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cohorts.emails import exceptions as letters
from cohorts.models import AbsenceException, Cohort, Enrolment, ExceptionComment, Session
from cohorts.permissions import refuse_own_attendance
from cohorts.queries.roster import attendance_evidence
from cohorts.requirements.attendance import is_attended
from cohorts.services.completion import conclude_enrolment
from scip.audit.services import fingerprint, record
from scip.requirements import Refusal
from scip.states import lock, move

OPEN_TO_EXCEPTIONS = (Enrolment.State.CONFIRMED, Enrolment.State.NOT_COMPLETED)


def request_exception(
    enrolment: Enrolment,
    session: Session,
    *,
    reason: str,
    by: Any,
    now: datetime | None = None,
) -> AbsenceException:
    """Ask that a missed session may count; the office decides. Letter: received.

    Raises Refusal when the session is ahead, cancelled or attended, when a request for it is
    on its way already, or when there is no reason.
    """
    now = now or timezone.now()
    reason = reason.strip()
    with transaction.atomic():
        enrolment = lock(enrolment)
        refuse_request(enrolment, session, reason, now)
        exception = AbsenceException.objects.create(
            enrolment=enrolment, session=session, reason=reason, requested_at=now
        )
        record(
            "absenceexception.requested",
            exception,
            by=by,
            subject=enrolment.user,
            reason=fingerprint(reason),
        )
        letters.exception_received(exception)
    return exception


def refuse_request(enrolment: Enrolment, session: Session, reason: str, now: datetime) -> None:
    """Raise Refusal if an exception can't be asked for."""
    if enrolment.state not in OPEN_TO_EXCEPTIONS or session.cohort_id != enrolment.cohort_id:
        raise Refusal(_("An exception belongs to a session of a cohort you take part in."))
    if session.state == Session.State.CANCELLED:
        raise Refusal(_("This session was cancelled; it counts for nobody, so nothing is owed."))
    if session.starts_at > now:
        raise Refusal(
            _(
                "This session is still ahead. If you can't come, tell your facilitator; "
                "you can ask for an exception once it has passed."
            )
        )
    if not reason:
        raise Refusal(_("A sentence about why you could not be there is enough."))
    asked = AbsenceException.objects.filter(enrolment=enrolment, session=session).exclude(
        state__in=[AbsenceException.State.WITHDRAWN, AbsenceException.State.DECLINED]
    )
    if asked.exists():
        raise Refusal(_("You asked for this session already. Your request is kept as it is."))
    evidence = attendance_evidence([enrolment.pk])[enrolment.pk]
    for item in evidence.sessions:
        if item.number == session.number and is_attended(item, evidence.present_percent):
            raise Refusal(_("You are marked as present in this session, so it counts already."))


def agree_make_up(
    exception: AbsenceException, *, task: str, by: Any, now: datetime | None = None
) -> AbsenceException:
    """The office agrees on make-up work (again, when more is needed). Letter: what to do."""
    now = now or timezone.now()
    with transaction.atomic():
        exception = lock(exception)
        refuse_own_attendance(exception.enrolment, by)
        exception.make_up_task = required(task, _("Please say what the make-up work is."))
        exception.save(update_fields=["make_up_task"])
        move(exception, AbsenceException.State.MAKE_UP_AGREED, by=by, now=now)
        letters.make_up_agreed(exception, round_at=now)
    return exception


def hand_in_make_up(
    exception: AbsenceException, *, work: str, by: Any, now: datetime | None = None
) -> AbsenceException:
    """The participant hands in the work. Letter: received."""
    now = now or timezone.now()
    with transaction.atomic():
        exception = lock(exception)
        exception.make_up_work = required(work, _("Please write or paste your work here."))
        exception.save(update_fields=["make_up_work"])
        move(exception, AbsenceException.State.MADE_UP, by=by, now=now)
        letters.make_up_received(exception, round_at=now)
    return exception


def comment_on_exception(
    exception: AbsenceException, *, text: str, by: Any, now: datetime | None = None
) -> ExceptionComment:
    """A facilitator of the group says a word to the office; the decision never waits for it.

    The same words again (a second click) stay one comment. Raises Refusal without words, about
    oneself, and once the request is decided or withdrawn.
    """
    now = now or timezone.now()
    text = required(text, _("Please write a sentence; nothing was changed."))
    with transaction.atomic():
        exception = lock(exception)
        refuse_own_attendance(exception.enrolment, by)
        if exception.state not in AbsenceException.UNDER_WAY:
            raise Refusal(
                _("This request is “{state}” already, so your word was not added.").format(
                    state=exception.get_state_display()
                )
            )
        last = exception.comments.last()
        if last is not None and (last.author_id, last.text) == (by.pk, text):
            return last
        comment = ExceptionComment.objects.create(
            exception=exception, author=by, text=text, written_at=now
        )
        record(
            "absenceexception.commented",
            exception,
            by=by,
            subject=exception.enrolment.user,
            text=fingerprint(text),
        )
    return comment


def withdraw_exception(exception: AbsenceException, *, by: Any) -> AbsenceException:
    """The participant takes the request back; the session can be asked for again."""
    with transaction.atomic():
        exception = lock(exception)
        move(exception, AbsenceException.State.WITHDRAWN, by=by)
    return exception


def decide_exception(
    exception: AbsenceException,
    *,
    is_accepted: bool,
    reason: str,
    by: Any,
    now: datetime | None = None,
) -> AbsenceException:
    """Count the session or not, with a reason that the person reads. Letter: the decision.

    After the cohort's end an accepted exception concludes the enrolment anew. Raises Refusal
    without a reason, IllegalMove when it was decided already.
    """
    now = now or timezone.now()
    state = AbsenceException.State
    with transaction.atomic():
        exception = lock(exception)
        refuse_own_attendance(exception.enrolment, by)
        exception.decision_reason = required(
            reason, _("A decision needs a reason; the person reads it.")
        )
        exception.save(update_fields=["decision_reason"])
        move(exception, state.ACCEPTED if is_accepted else state.DECLINED, by=by, now=now)
        letters.exception_decided(exception)
        # The state is read under the enrolment's lock: whoever concludes the cohort right now
        # is through with this person, or waits and finds the exception.
        enrolment = lock(exception.enrolment)
        if is_accepted and enrolment.cohort.state == Cohort.State.FINISHED:
            conclude_enrolment(enrolment, by=by, now=now)
    return exception


def required(text: str, sentence: str) -> str:
    """The text without outer space; Refusal with ``sentence`` if nothing is left."""
    text = text.strip()
    if not text:
        raise Refusal(sentence)
    return text

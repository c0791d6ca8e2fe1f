"""A participant's cohort: sessions, attendance, exceptions."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from cohorts.calendar_files import CONTENT_TYPE, sessions_calendar
from cohorts.forms.exceptions import ExceptionRequestForm, MakeUpForm
from cohorts.grid import state_of, words_of
from cohorts.models import AbsenceException, Attendance, Enrolment, Session, Transfer
from cohorts.queries.guests import times_left
from cohorts.queries.roster import evidence_of, exceptions_of, marks_of, sessions_of
from cohorts.requirements.attendance import (
    SessionEvidence,
    attendance_findings,
    attendance_tally,
    contact_time,
    hours,
)
from cohorts.services.cancellation import HELD
from cohorts.services.exceptions import (
    OPEN_TO_EXCEPTIONS,
    hand_in_make_up,
    request_exception,
    withdraw_exception,
)
from scip.access import signed_in
from scip.requirements import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """One session as its participant sees it."""

    session: Session
    state: str
    words: str
    exception: AbsenceException | None
    can_ask: bool


def my_enrolment(request: HttpRequest, pk: int) -> Enrolment:
    """One's own place; 404 for everybody else's."""
    mine = Enrolment.objects.visible_to(request.user).filter(user_id=request.user.pk or 0)
    return get_object_or_404(mine.select_related("cohort", "charge", "user"), pk=pk)


def is_taking_part(enrolment: Enrolment) -> bool:
    """Confirmed, or through to the end: only then links and marks are shown."""
    return enrolment.state in Enrolment.TAKING_PART


@require_safe
@signed_in
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Sessions in my zone, my marks, where I stand."""
    now = timezone.now()
    enrolment = my_enrolment(request, pk)
    sessions = sessions_of([enrolment.cohort_id])[enrolment.cohort_id]
    exceptions = exceptions_of([enrolment.pk])
    evidence = evidence_of(enrolment, sessions, marks_of([enrolment.pk]), exceptions)
    meetings = []
    for session, item in zip(sessions, evidence.sessions, strict=True):
        state = state_of(item, evidence.present_percent, now)
        found = exceptions.get((enrolment.pk, session.pk))
        meetings.append(
            Meeting(
                session=session,
                state=state,
                words=words_of(item, state),
                exception=found,
                can_ask=can_ask(enrolment, item, state, found),
            )
        )
    there = contact_time(evidence, as_of=now)
    return render(
        request,
        "cohorts/enrolment_detail.html",
        {
            "enrolment": enrolment,
            "cohort": enrolment.cohort,
            "meetings": meetings,
            "next": next_session(sessions, now) if is_taking_part(enrolment) else None,
            "findings": attendance_findings(evidence, as_of=now),
            "tally": attendance_tally(evidence, as_of=now),
            "contact": {"hours": hours(there.minutes), "held": hours(there.held_minutes)},
            "is_taking_part": is_taking_part(enrolment),
            "can_cancel": enrolment.state in HELD,
            "transfer": Transfer.objects.filter(enrolment=enrolment)
            .select_related("target")
            .order_by("pk")
            .last(),
            "came_by": came_by(enrolment),
            "breadcrumb": crumbs(enrolment),
        },
    )


@dataclass(frozen=True, slots=True)
class Came:
    """From where a place was exchanged, and the numbers of the sessions whose marks came along."""

    transfer: Transfer
    numbers: list[int]


def came_by(enrolment: Enrolment) -> Came | None:
    """How the person came here from another cohort; None for a place that was offered."""
    transfer = (
        Transfer.objects.filter(arrival=enrolment).select_related("enrolment__cohort").first()
    )
    if transfer is None:
        return None
    marks = Attendance.objects.filter(
        enrolment=enrolment, carried_from__isnull=False, mark=Attendance.Mark.PRESENT
    )
    return Came(
        transfer, list(marks.order_by("session__number").values_list("session__number", flat=True))
    )


def can_ask(
    enrolment: Enrolment, item: SessionEvidence, state: str, found: AbsenceException | None
) -> bool:
    """May an exception be asked for on this page?"""
    is_free = found is None or found.state == AbsenceException.State.DECLINED
    return is_free and enrolment.state in OPEN_TO_EXCEPTIONS and state in {"absent", "partial"}


def next_session(sessions: list[Session], now: Any) -> Session | None:
    """The session that runs or comes next."""
    ahead = [
        session
        for session in sessions
        if session.ends_at > now and session.state == Session.State.PLANNED
    ]
    return min(ahead, key=lambda session: session.starts_at, default=None)


def crumbs(enrolment: Enrolment, here: str = "") -> list[dict[str, str]]:
    """Where the page stands."""
    place = {"label": enrolment.cohort.title, "url": f"/enrolments/{enrolment.pk}/"}
    home = {"label": _("My pathway"), "url": "/pathway/"}
    return [home, place, {"label": here}] if here else [home, place]


@require_GET
@signed_in
def calendar(request: HttpRequest, pk: int) -> HttpResponse:
    """All sessions of my cohort as a calendar file, with the link for confirmed places."""
    enrolment = my_enrolment(request, pk)
    sessions = Session.objects.filter(cohort=enrolment.cohort_id).select_related("cohort")
    content = sessions_calendar(
        sessions,
        name=enrolment.cohort.title,
        with_join_link=is_taking_part(enrolment),
        left=times_left(enrolment.user),
    )
    response = HttpResponse(content, content_type=CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{enrolment.cohort.slug}.ics"'
    return response


def newest_exception(enrolment: Enrolment, session: Session) -> AbsenceException | None:
    """My exception for this session, if one was asked for and not withdrawn."""
    return exceptions_of([enrolment.pk]).get((enrolment.pk, session.pk))


@signed_in
def exception(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """One missed session: ask for an exception, hand in the work, read the decision."""
    enrolment = my_enrolment(request, pk)
    session = get_object_or_404(Session, cohort=enrolment.cohort_id, number=number)
    found = newest_exception(enrolment, session)
    form = exception_form(request, found)
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            messages.success(request, act(form, enrolment, session, found, by=request.user))
        except Refusal as refusal:
            messages.error(request, str(refusal.sentence))
        else:
            return redirect("enrolments:detail", pk=enrolment.pk)
    return render(
        request,
        "cohorts/exception_detail.html",
        {
            "enrolment": enrolment,
            "cohort": enrolment.cohort,
            "session": session,
            "exception": found,
            "form": form,
            "can_withdraw": found is not None and found.state in {"requested", "make_up_agreed"},
            "breadcrumb": crumbs(enrolment, _("Session {number}").format(number=number)),
        },
    )


def exception_form(
    request: HttpRequest, found: AbsenceException | None
) -> ExceptionRequestForm | MakeUpForm | None:
    """The form for what comes next, or None where it is the office's turn."""
    data = request.POST if request.method == "POST" else None
    state = AbsenceException.State
    if found is None or found.state == state.DECLINED:
        return ExceptionRequestForm(data)
    if found.state == state.MAKE_UP_AGREED:
        return MakeUpForm(data, initial={"work": found.make_up_work})
    return None


def act(
    form: ExceptionRequestForm | MakeUpForm,
    enrolment: Enrolment,
    session: Session,
    found: AbsenceException | None,
    *,
    by: Any,
) -> str:
    """Do what the form is for; the sentence that says so. Raises Refusal."""
    if isinstance(form, MakeUpForm) and found is not None:
        hand_in_make_up(found, work=form.cleaned_data["work"], by=by)
        return _("Your make-up work is with the office. You will get a letter.")
    request_exception(enrolment, session, reason=form.cleaned_data["reason"], by=by)
    return _("Your request is with the office. You will get a letter.")


@require_POST
@signed_in
def withdraw(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Take my request back."""
    enrolment = my_enrolment(request, pk)
    session = get_object_or_404(Session, cohort=enrolment.cohort_id, number=number)
    found = newest_exception(enrolment, session)
    if found is not None:
        try:
            withdraw_exception(found, by=request.user)
            messages.success(request, _("Your request is withdrawn."))
        except Refusal as refusal:
            messages.error(request, str(refusal.sentence))
    return redirect("enrolments:detail", pk=enrolment.pk)

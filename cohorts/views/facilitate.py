"""The facilitator's pages: my cohorts, the roster, one session."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST, require_safe

from cohorts.forms.marks import PressForm, SessionMarkForm
from cohorts.grid import grid_context, table_of
from cohorts.models import Attendance, Cohort, Enrolment, ExceptionComment, Session
from cohorts.queries.roster import Roster, marks_of, roster_of, rosters
from cohorts.services.attendance import mark_attendance, mark_everyone
from cohorts.views.exceptions import exceptions_in_my_cohorts
from scip.access import role
from scip.accounts.models import Role
from scip.requirements import Refusal
from scip.spreadsheets import csv_response


def my_cohort(request: HttpRequest, pk: int) -> Cohort:
    """A cohort this person leads; 404 for everybody else's."""
    mine = Cohort.objects.visible_to(request.user).facilitated_by(request.user)
    return get_object_or_404(mine, pk=pk)


def my_enrolment(request: HttpRequest, cohort: Cohort, pk: int) -> Enrolment:
    """Somebody who takes part in this cohort; 404 otherwise."""
    people = Enrolment.objects.visible_to(request.user).filter(cohort=cohort).taking_part()
    return get_object_or_404(people.select_related("user"), pk=pk)


@require_safe
@role(Role.FACILITATOR)
def home(request: HttpRequest) -> HttpResponse:
    """My cohorts: the next session, who is at risk, exceptions under way."""
    now = timezone.now()
    cohorts = list(Cohort.objects.visible_to(request.user).facilitated_by(request.user))
    found = rosters(cohorts, as_of=now)
    words = ExceptionComment.objects.filter(exception=OuterRef("pk"))
    exceptions = list(
        exceptions_in_my_cohorts(request)
        .under_way()
        .annotate(has_word=Exists(words))
        .order_by("requested_at", "pk")
    )
    places = [desk_place(found[cohort.pk], now) for cohort in cohorts]
    return render(
        request,
        "cohorts/facilitate_home.html",
        {
            "places": [place for place in places if place["cohort"].state != "finished"],
            "finished": [place for place in places if place["cohort"].state == "finished"],
            "waiting": [row for row in exceptions if not row.has_word],  # type: ignore[attr-defined]
            "others": [row for row in exceptions if row.has_word],  # type: ignore[attr-defined]
        },
    )


def desk_place(roster: Roster, now: datetime) -> dict[str, Any]:
    """One cohort on the facilitator's first page."""
    ahead = [
        session
        for session in roster.sessions
        if session.ends_at > now and session.state == Session.State.PLANNED
    ]
    return {
        "cohort": roster.cohort,
        "people": len(roster.rows),
        "next": min(ahead, key=lambda session: session.starts_at, default=None),
        "total": sum(session.state != Session.State.CANCELLED for session in roster.sessions),
        "at_risk": roster.at_risk,
        "out_of_reach": roster.out_of_reach,
    }


@require_safe
@role(Role.FACILITATOR)
def roster(request: HttpRequest, pk: int) -> HttpResponse:
    """People × sessions, one press for each mark."""
    now = timezone.now()
    cohort = my_cohort(request, pk)
    found = roster_of(cohort, as_of=now)
    return render(request, "cohorts/roster.html", grid_context(cohort, found, now))


@require_POST
@role(Role.FACILITATOR)
def mark(request: HttpRequest, pk: int) -> HttpResponse:
    """Save one press; with htmx the person's row comes back, else the page."""
    cohort = my_cohort(request, pk)
    form = PressForm(request.POST)
    if not form.is_valid():
        return said(request, cohort, None, _("That press could not be read. Please try again."))
    enrolment_id, number, value = form.cleaned_data["mark"]
    enrolment = my_enrolment(request, cohort, enrolment_id)
    session = get_object_or_404(Session, cohort=cohort, number=number)
    try:
        mark_attendance(enrolment, session, mark=value, by=request.user)
    except Refusal as refusal:
        return said(request, cohort, enrolment, str(refusal.sentence), is_refusal=True)
    return said(request, cohort, enrolment, "")


def said(
    request: HttpRequest,
    cohort: Cohort,
    enrolment: Enrolment | None,
    sentence: str,
    *,
    is_refusal: bool = False,
) -> HttpResponse:
    """The answer to a press: a row and the list beside it for htmx, a redirect otherwise."""
    if not getattr(request, "htmx", False):
        if sentence:
            messages.error(request, sentence)
        return redirect("facilitate:roster", pk=cohort.pk)
    now = timezone.now()
    context = grid_context(cohort, roster_of(cohort, as_of=now), now)
    context |= {"said": sentence, "is_swap": True}
    content = render_to_string("cohorts/roster.html#watch", context, request)
    rows = [row for row in context["rows"] if enrolment and row.enrolment.pk == enrolment.pk]
    if rows:
        content = render_to_string("cohorts/roster.html#row", context | {"row": rows[0]}) + content
    response = HttpResponse(content)
    response["HX-Reswap"] = "outerHTML" if rows else "none"
    if rows:
        response["HX-Retarget"] = f"#person-{rows[0].enrolment.pk}"
    return response


@require_POST
@role(Role.FACILITATOR)
def everyone(request: HttpRequest, pk: int) -> HttpResponse:
    """Everybody who has no mark in this session is here."""
    cohort = my_cohort(request, pk)
    number = request.POST.get("session", "")
    if not (number.isdecimal() and len(number) < 6):
        number = "0"
    session = get_object_or_404(Session, cohort=cohort, number=int(number))
    try:
        count = mark_everyone(session, by=request.user)
    except Refusal as refusal:
        messages.error(request, str(refusal.sentence))
        return redirect("facilitate:roster", pk=cohort.pk)
    messages.success(
        request,
        ngettext(
            "Session {number}: {count} person marked present.",
            "Session {number}: {count} people marked present.",
            count,
        ).format(number=session.number, count=count)
        if count
        else _("Session {number}: everybody was marked already.").format(number=session.number),
    )
    return redirect("facilitate:roster", pk=cohort.pk)


@role(Role.FACILITATOR)
def session(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """One session with everybody in it, and minutes late or early."""
    cohort = my_cohort(request, pk)
    meeting = get_object_or_404(Session, cohort=cohort, number=number)
    people = list(
        Enrolment.objects.visible_to(request.user)
        .filter(cohort=cohort)
        .taking_part()
        .select_related("user")
        .order_by("user__name", "id")
    )
    forms = session_forms(request, meeting, people)
    if request.method == "POST" and all(form.is_valid() for form in forms.values()):
        if save_session(request, meeting, people, forms):
            messages.success(request, _("Session {number} is saved.").format(number=number))
            return redirect("facilitate:roster", pk=cohort.pk)
    return render(
        request,
        "cohorts/roster_session.html",
        {
            "cohort": cohort,
            "session": meeting,
            "forms": forms.values(),
            "is_ahead": meeting.starts_at > timezone.now(),
            "is_cancelled": meeting.state == Session.State.CANCELLED,
            "breadcrumb": [
                {"label": _("My cohorts"), "url": "/facilitate/"},
                {"label": cohort.title, "url": f"/facilitate/{cohort.pk}/"},
                {"label": _("Session {number}").format(number=number)},
            ],
        },
    )


def session_forms(
    request: HttpRequest, meeting: Session, people: list[Enrolment]
) -> dict[int, SessionMarkForm]:
    """A small form for each person, filled with what is marked."""
    marks = marks_of([enrolment.pk for enrolment in people])
    forms: dict[int, SessionMarkForm] = {}
    for enrolment in people:
        row: Attendance | None = marks.get((enrolment.pk, meeting.pk))
        forms[enrolment.pk] = SessionMarkForm(
            request.POST if request.method == "POST" else None,
            prefix=f"p{enrolment.pk}",
            person=str(enrolment.user),
            initial={
                "mark": row.mark if row else "",
                "late_minutes": row.late_minutes if row else 0,
                "early_minutes": row.early_minutes if row else 0,
            },
        )
    return forms


def save_session(
    request: HttpRequest,
    meeting: Session,
    people: list[Enrolment],
    forms: dict[int, SessionMarkForm],
) -> bool:
    """Save what was changed on the page; what somebody else changed meanwhile stays.

    False if a mark was refused: the sentence is shown, the others are saved.
    """
    is_saved = True
    for enrolment in people:
        form = forms[enrolment.pk]
        if not form.has_changed():
            continue
        try:
            mark_attendance(enrolment, meeting, **form.cleaned_data, by=request.user)
        except Refusal as refusal:
            messages.error(request, f"{enrolment.user}: {refusal.sentence}")
            is_saved = False
    return is_saved


@require_GET
@role(Role.FACILITATOR)
def roster_csv(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The roster for a spreadsheet."""
    now = timezone.now()
    cohort = my_cohort(request, pk)
    return csv_response(
        table_of(cohort, roster_of(cohort, as_of=now), now), f"roster-{cohort.slug}"
    )

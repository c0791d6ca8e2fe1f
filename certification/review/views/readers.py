"""Who reads a submission, for its chair: ties to allow, people to release; and handing one's own
part back."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from certification.portfolio.views.desk import done, person
from certification.review.emails.committee import named_ties
from certification.review.forms.assigning import WhyForm
from certification.review.models import Assignment
from certification.review.queries.committee import beside_chair
from certification.review.queries.conflicts import told_of
from certification.review.queries.reading import rooms_open_to
from certification.review.services import assigning
from certification.review.views.asked import assignment_of, crumbs
from scip.access import signed_in

Seat, State = Assignment.Seat, Assignment.State


def chair_of(request: HttpRequest, pk: int) -> Assignment:
    """The chair's own open assignment; 404 for every other seat and anybody else's."""
    rooms = rooms_open_to(request.user).filter(seat=Seat.CHAIR)
    return get_object_or_404(rooms.select_related("submission__candidacy__user"), pk=pk)


@signed_in
@never_cache
@require_safe
def readers(request: HttpRequest, pk: int) -> HttpResponse:
    """Everybody who was asked, with what waits for the chair's word."""
    return page(request, chair_of(request, pk))


def page(
    request: HttpRequest, room: Assignment, *, wrong: Any = None, other: int | None = None
) -> HttpResponse:
    """The readers, each who waits with a form; ``wrong`` is shown again at ``other``."""
    rows: list[Any] = list(beside_chair(room))
    now = timezone.now()
    told = told_of(room.submission.user, [row.member_id for row in rows])
    for row in rows:
        form = wrong if row.pk == other and wrong is not None else None
        row.form = form or WhyForm(prefix=f"reader-{row.pk}")
        row.may_allow = row.state == State.DECLARED or row.is_shut
        row.tie = named_ties(row, told.get(row.member_id, ())) if row.may_allow else ""
        row.is_late = row.state == State.ASKED and row.answer_due_at < now
        row.is_late |= row.state == State.ACCEPTED and row.due_at < now
        row.may_release = assigning.may_chair_release(row, now)
    context = {
        "room": room,
        "rows": rows,
        "wrong_form": wrong,
        "breadcrumb": crumbs(_("Who reads"), room),
    }
    return render(request, "review/room/readers.html", context, status=422 if wrong else 200)


@signed_in
@require_POST
def arrange(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    """Allow a tie, or release somebody; each with a reason on record."""
    room = chair_of(request, pk)
    row = get_object_or_404(beside_chair(room), pk=other)
    form = WhyForm(request.POST, prefix=f"reader-{row.pk}")
    if not form.is_valid():
        return page(request, room, wrong=form, other=row.pk)
    reason, by = form.cleaned_data["reason"], person(request)
    if "allow" in request.POST:
        act = lambda: assigning.allow(row, reason=reason, by=by)  # noqa: E731
        done(request, act, _("Allowed. It is open to them now."))
    elif "release" in request.POST:
        act = lambda: assigning.release(row, reason=reason, by=by)  # noqa: E731
        sentence = _("Released. The office sees that the seat is empty.")
        if row.seat == Seat.SECOND:
            sentence = _(
                "Released. Take the decision back on its page to choose another second reader; "
                "the office can ask somebody, too."
            )
        done(request, act, sentence)
    return redirect("review:readers", pk)


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def hand_back(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own part, when it can't be done after all; once a view was given it stays."""
    assignment = assignment_of(request, pk)
    if assignment.state not in {State.DECLARED, State.ACCEPTED}:
        raise Http404
    form = WhyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        reason, by = form.cleaned_data["reason"], person(request)
        act = lambda: assigning.release(assignment, reason=reason, by=by)  # noqa: E731
        done(request, act, _("Thank you for saying so. The office asks somebody else."))
        return redirect("review:desk")
    context = {
        "assignment": assignment,
        "form": form,
        "breadcrumb": crumbs(_("Hand it back"), assignment),
    }
    status = 422 if form.is_bound else 200
    return render(request, "review/room/hand_back.html", context, status=status)

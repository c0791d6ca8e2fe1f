"""The decision: the chair writes it beside the views, a second member reads it, then it is sent."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from certification.portfolio.services.writing import values_of
from certification.portfolio.views.conflicts import choices_in, fingerprints, settled_by
from certification.portfolio.views.desk import done, person
from certification.portfolio.views.saving import keep_typed
from certification.review.emails.decisions import decision_letter
from certification.review.forms.deciding import DecisionForm, ReturnForm, SecondForm, on
from certification.review.models import Assignment, Decision, Submission
from certification.review.queries.appeals import panel_asks
from certification.review.queries.decisions import (
    decision_of,
    evidence_of,
    may_read_second,
    part_labels,
    seats_of,
    seconds_for,
)
from certification.review.queries.queue import without_second
from certification.review.queries.reading import answers_led_by, rooms_open_to, views_of
from certification.review.requirements.deciding import proposing_findings
from certification.review.services import deciding as services
from certification.review.views.asked import crumbs
from certification.review.views.resubmission import as_pdf
from scip.access import signed_in
from scip.requirements import Finding, Refusal

State, Seat = Decision.State, Assignment.Seat


def seat_of(request: HttpRequest, pk: int) -> Assignment:
    """The person's seat by which they take part in this decision; 404 for everybody else, and
    for a reviewer before they gave their own view."""
    rooms = rooms_open_to(request.user).select_related(
        "member", "submission__candidacy__user", "submission__edition", "submission__snapshot"
    )
    seat = get_object_or_404(rooms, pk=pk)
    return get_object_or_404(
        rooms.filter(pk__in=seats_of(request.user, seat.submission).values("pk")), pk=pk
    )


def chair_seat(request: HttpRequest, pk: int) -> Assignment:
    """The same for the chair alone."""
    seat = seat_of(request, pk)
    if seat.seat != Seat.CHAIR:
        raise Http404
    return seat


def written(seat: Assignment) -> Decision:
    """The decision about a submission; 404 before its first words."""
    found = decision_of(seat.submission)
    if found is None:
        raise Http404
    return found


def form_values(decision: Decision) -> dict[str, Any]:
    """A decision as the form has it."""
    return values_of(decision) | {"by_when": on(decision.by_when)}


def findings_of(decision: Decision) -> tuple[Finding, ...]:
    """What stands before the second reader."""
    return proposing_findings(
        evidence_of(decision, now=timezone.now()),
        edition=decision.submission.edition,
        labels=part_labels(),
    )


def is_over(request: HttpRequest, pk: int) -> bool:
    """Was the person's own submission answered meanwhile, in another window or by the office?"""
    mine = Assignment.objects.visible_to(request.user).filter(pk=pk, member=person(request))
    return mine.exclude(submission__state=Submission.State.SUBMITTED).exists()


def to_room(request: HttpRequest, pk: int) -> HttpResponse:
    """Their room says how it stands; whoever pressed something reads that it did nothing twice."""
    if request.method == "POST":
        messages.info(request, _("This review has ended already, so nothing was done twice."))
    return redirect("review:room", pk)


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def decision(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of a decision: to write for the chair, to read for the second reader; once it was
    answered, their room says so."""
    if is_over(request, pk):
        return to_room(request, pk)
    seat = seat_of(request, pk)
    row = decision_of(seat.submission) or Decision(submission=seat.submission)
    if seat.seat == Seat.CHAIR and row.state == State.DRAFT:
        return write(request, seat, row)
    if request.method == "POST":
        messages.info(request, _("It moved on in the meantime; here is how it stands."))
        return redirect("review:decision", pk)
    return read(request, seat, row)


def write(request: HttpRequest, seat: Assignment, row: Decision) -> HttpResponse:
    """The form; POST keeps what was typed."""
    kept = form_values(row)
    if request.method != "POST":
        return show(request, seat, row, DecisionForm(initial=kept))
    form = DecisionForm(settled_by(request.POST, kept), initial=kept)
    goes_on = request.POST.get("then") == "propose"

    def keep(values: dict[str, Any], revision: int) -> Decision:
        texts = dict(values)
        points = texts.pop("points").splitlines()
        texts["by_when"] = form.cleaned_data["by_when"]
        return services.save_decision(
            seat.submission, texts, points, revision=revision, by=person(request)
        )

    name = "review:decision_propose" if goes_on else "review:decision"
    return keep_typed(
        request,
        form,
        keep=keep,
        show=lambda status: show(request, seat, row, form, status=status),
        side_by_side=lambda: side_by_side(request, seat, form),
        go_on=lambda: redirect(name, seat.pk),
    )


def show(
    request: HttpRequest, seat: Assignment, row: Decision, form: DecisionForm, *, status: int = 200
) -> HttpResponse:
    """The letter to write, beside the views that were given."""
    context = {
        "seat": seat,
        "submission": seat.submission,
        "row": row,
        "form": form,
        "base": form.data.get("base") or fingerprints(form_values(row)),
        "version": form.data.get("version") or row.revision,
        "action": reverse("review:decision", args=[seat.pk]),
        "views": views_of(seat.submission),
        "instructions": panel_asks(seat.submission),
        "reviewers": seat.submission.edition.reviewers,
        "findings": findings_of(row),
        "breadcrumb": crumbs(_("The decision"), seat),
    }
    return render(request, "review/decision/write.html", context, status=status)


def side_by_side(request: HttpRequest, seat: Assignment, form: DecisionForm) -> HttpResponse:
    """Both windows' letters, part by part."""
    row = written(seat)
    kept = form_values(row)
    names: dict[str, Mapping[Any, Any]] = {
        "outcome": dict(Decision.Outcome.choices),
        "further_sessions": {number: str(number) for number in range(100)},
    }
    choices = choices_in(kept, form, texts=Decision.TEXTS, names=names)
    differing = {item.name for item in choices}
    context = {
        "row": row,
        "choices": choices,
        "same": [item for item in form.values().items() if item[0] not in differing],
        "base": fingerprints(kept),
        "action": reverse("review:decision", args=[seat.pk]),
        "breadcrumb": crumbs(_("Two versions"), seat),
    }
    return render(request, "portfolio/conflict.html", context, status=409)


def read(
    request: HttpRequest, seat: Assignment, row: Decision, form: ReturnForm | None = None
) -> HttpResponse:
    """The letter as it will arrive, and what this reader can do with it."""
    is_chair = seat.seat == Seat.CHAIR
    is_written = bool(row.pk) and (is_chair or row.state != State.DRAFT)
    context = {
        "seat": seat,
        "submission": seat.submission,
        "row": row,
        "is_chair": is_chair,
        "is_written": is_written,
        "may_approve": row.state == State.PROPOSED and may_read_second(request.user, row),
        "lacks_second": is_chair and without_second().filter(pk=seat.submission_id).exists(),
        "may_send": is_chair and row.state == State.APPROVED,
        "draft": decision_letter(row) if is_written else None,
        "instructions": panel_asks(seat.submission),
        "form": form or ReturnForm(),
        "has_errors": form is not None,
        "breadcrumb": crumbs(_("The decision"), seat),
    }
    return render(request, "review/decision/read.html", context, status=422 if form else 200)


@require_safe
@signed_in
def letter_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The letter that was sent, on paper: for its chair, as its candidate has it."""
    rows = answers_led_by(request.user).select_related(
        "submission__candidacy__user", "submission__edition"
    )
    return as_pdf(request, written(get_object_or_404(rows, pk=pk)))


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest, pk: int) -> HttpResponse:
    """The letter once more as it will arrive, and who reads it as the second."""
    if is_over(request, pk):
        return to_room(request, pk)
    seat = chair_seat(request, pk)
    row = written(seat)
    if row.state != State.DRAFT:
        return redirect("review:decision", pk)
    people = seconds_for(row, by=person(request))
    choices = [(str(user.pk), words) for user, words in people]
    form = SecondForm(request.POST or None, choices=choices)
    if request.method == "POST" and form.is_valid():
        second = next(user for user, _words in people if user.pk == form.cleaned_data["second"])
        sentence = _("The letter is with the second reader. You get word as soon as it is read.")
        is_done = done(
            request, lambda: services.propose(row, by=person(request), second=second), sentence
        )
        return redirect("review:decision" if is_done else "review:decision_propose", pk)
    findings = findings_of(row)
    context = {
        "seat": seat,
        "submission": seat.submission,
        "row": row,
        "form": form,
        "findings": findings,
        "is_ready": all(item.is_met for item in findings),
        # Without an outcome it would read as one that nobody chose.
        "draft": decision_letter(row) if row.outcome else None,
        "breadcrumb": crumbs(_("To the second reader"), seat),
    }
    return render(request, "review/decision/propose.html", context)


@require_POST
@signed_in
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """The second reader has read it."""
    if is_over(request, pk):
        return to_room(request, pk)
    row = written(seat_of(request, pk))
    done(
        request,
        lambda: services.approve(row, by=person(request)),
        _("Approved. The chair or the office sends it now. Thank you for the second look."),
    )
    return redirect("review:decision", pk)


@require_POST
@signed_in
def give_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Back to the chair: with a reason from the second reader, without one by the chair."""
    if is_over(request, pk):
        return to_room(request, pk)
    seat = seat_of(request, pk)
    row = written(seat)
    is_chair = seat.seat == Seat.CHAIR
    form = ReturnForm(request.POST)
    if not is_chair and not form.is_valid():
        return read(request, seat, row, form)
    reason = "" if is_chair else form.cleaned_data["reason"]
    sentence = (
        _("It is yours again; go on writing.")
        if is_chair
        else _("It is with the chair again, with your words.")
    )
    done(request, lambda: services.give_back(row, reason=reason, by=person(request)), sentence)
    return redirect("review:decision", pk)


@require_POST
@signed_in
def send(request: HttpRequest, pk: int) -> HttpResponse:
    """Send it; the page before showed the letter as it goes."""
    if is_over(request, pk):
        return to_room(request, pk)
    seat = chair_seat(request, pk)
    row = written(seat)
    try:
        services.send_decision(row, by=person(request))
    except Refusal as refusal:
        messages.warning(request, str(refusal.sentence))
        return redirect("review:decision", pk)
    messages.success(request, _("The answer is on its way. Thank you for your care with it."))
    return redirect("review:desk")

"""Before the reading room opens: whom it is about, and what ties a reader to them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from certification.portfolio.views.desk import done, person
from certification.review.forms.reading import DeclarationForm, DeclineForm
from certification.review.models import Assignment
from certification.review.queries.reading import supervisors_of
from certification.review.queries.resubmissions import asks_points_alone
from certification.review.services import assigning
from scip.access import signed_in


def crumbs(here: str, room: Assignment | None = None) -> list[dict[str, str]]:
    """Where a page of the reading room stands."""
    found = [{"label": _("Reading room"), "url": reverse("review:desk")}]
    if room is not None:
        url = reverse("review:room", args=[room.pk])
        found.append({"label": str(room.submission.user), "url": url})
    return [*found, {"label": here, "url": ""}]


def assignment_of(request: HttpRequest, pk: int) -> Assignment:
    """One of the person's own, whatever its state; 404 otherwise."""
    rows = Assignment.objects.visible_to(request.user).filter(member=person(request))
    return get_object_or_404(
        rows.select_related("member", "submission__candidacy__user", "submission__edition"), pk=pk
    )


def asked(
    request: HttpRequest,
    assignment: Assignment,
    *,
    declaration: DeclarationForm | None = None,
    declining: DeclineForm | None = None,
) -> HttpResponse:
    """Whom it is about and by when, and the declaration; nothing of what was handed in."""
    is_wrong = declaration is not None or declining is not None
    context = {
        "assignment": assignment,
        "submission": assignment.submission,
        "supervisors": supervisors_of(assignment.submission),
        "is_again": asks_points_alone(assignment.submission),
        "wrong_form": declaration or declining,
        "declaration": declaration or DeclarationForm(),
        "declining": declining or DeclineForm(),
        "breadcrumb": crumbs(_("Before it opens")),
    }
    return render(request, "review/room/asked.html", context, status=422 if is_wrong else 200)


@require_POST
@signed_in
def declare(request: HttpRequest, pk: int) -> HttpResponse:
    """What ties the person to the candidate; with no tie the room opens."""
    assignment = assignment_of(request, pk)
    form = DeclarationForm(request.POST)
    if assignment.state == Assignment.State.ASKED and not form.is_valid():
        return asked(request, assignment, declaration=form)
    if form.is_valid():
        facts = form.cleaned_data
        done(
            request,
            lambda: assigning.answer(
                assignment, ties=facts["ties"], words=facts["words"], by=person(request)
            ),
            _("Thank you. What you said is on record."),
        )
    return redirect("review:room", pk)


@require_POST
@signed_in
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    """Not this one."""
    assignment = assignment_of(request, pk)
    form = DeclineForm(request.POST)
    if not form.is_valid():
        if assignment.state == Assignment.State.ASKED:
            return asked(request, assignment, declining=form)
        return redirect("review:room", pk)
    done(
        request,
        lambda: assigning.decline(
            assignment, reason=form.cleaned_data["reason"], by=person(request)
        ),
        _("Thank you for saying so. The office asks somebody else."),
    )
    return redirect("review:desk")

"""How somebody grows: the picture, the table behind it, and the candidate's own view."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from scip.access import signed_in
from supervision.forms.ratings import RatingForm
from supervision.models import Agreement, Signature
from supervision.queries.agreements import is_former, other_of, side_of
from supervision.queries.ratings import framework_of, trajectory_of
from supervision.services.ratings import rate
from supervision.views.agreements import crumbs, done, own_agreement, person


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def growth(request: HttpRequest, pk: int) -> HttpResponse:
    """The trajectory; a candidate adds how they see themselves today."""
    agreement = own_agreement(request, pk)
    edition = agreement.candidacy.edition
    if edition is None:
        return redirect("supervision:agreement", pk)
    framework = framework_of(edition)
    is_candidate = side_of(agreement, request.user) == Signature.Side.CANDIDATE
    may_rate = is_candidate and agreement.state == Agreement.State.ACTIVE
    if request.method == "POST" and not may_rate:
        raise Http404
    form = RatingForm(request.POST or None, framework=framework) if may_rate else None
    if request.method == "POST" and form is not None and form.is_valid():
        touched = form.touched

        def look_back() -> None:
            rate(agreement, touched, by=person(request))

        if done(request, look_back, _("Saved. This is how you see yourself today.")):
            return redirect("supervision:growth", pk)
    was = is_former(agreement, request.user)
    context = {
        "agreement": agreement,
        "framework": framework,
        "trajectory": trajectory_of(agreement, framework, is_former=was),
        "is_former": was,
        "form": form,
        "is_candidate": is_candidate,
        "other": other_of(agreement, request.user),
        "breadcrumb": crumbs(agreement, request.user, _("How you grow")),
    }
    return render(request, "supervision/growth.html", context)

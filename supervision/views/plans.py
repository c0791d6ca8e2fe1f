"""The supervision plan: read, write, agree."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scip.access import signed_in
from supervision.forms.plans import PlanForm
from supervision.models import Agreement, Plan, Signature
from supervision.queries.agreements import other_of, side_of
from supervision.queries.ratings import framework_of
from supervision.services import plans as services
from supervision.views.agreements import awaits_meeting, crumbs, done, own_agreement, person


def plans_of(agreement: Agreement) -> list[Plan]:
    """All plans, newest first, with their focus; two queries."""
    rows = agreement.plans.select_related("drafted_by").prefetch_related("focus")
    return list(rows.order_by("-number"))


@require_safe
@signed_in
def plan_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The newest plan, who agreed, and the ones before."""
    agreement = own_agreement(request, pk)
    plans = plans_of(agreement)
    newest = plans[0] if plans else None
    is_candidate = side_of(agreement, request.user) == Signature.Side.CANDIDATE
    mine = newest and (newest.candidate_agreed_at if is_candidate else newest.supervisor_agreed_at)
    may_agree = newest is not None and mine is None and agreement.state == Agreement.State.ACTIVE
    before_meeting = awaits_meeting(agreement) if may_agree else ""
    context = {
        "agreement": agreement,
        "newest": newest,
        "earlier": plans[1:],
        "is_active": agreement.state == Agreement.State.ACTIVE,
        "may_agree": may_agree and not before_meeting,
        "before_meeting": before_meeting,
        "other": other_of(agreement, request.user),
        "breadcrumb": crumbs(agreement, request.user, _("Plan")),
    }
    return render(request, "supervision/plan_detail.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def plan_propose(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the plan, or its next version."""
    agreement = own_agreement(request, pk)
    edition = agreement.candidacy.edition
    if edition is None:
        return redirect("supervision:agreement", pk)
    plans = plans_of(agreement)
    initial = {"objectives": plans[0].objectives, "focus": plans[0].focus.all()} if plans else {}
    form = PlanForm(
        request.POST or None,
        initial=initial,
        framework=framework_of(edition),
        is_amendment=bool(plans),
    )
    if request.method == "POST" and form.is_valid():
        words = form.cleaned_data

        def propose() -> None:
            services.propose_plan(
                agreement,
                by=person(request),
                objectives=words["objectives"],
                focus=list(words["focus"]),
                amend_reason=words.get("amend_reason", ""),
            )

        said = _("The plan is with {name} now.").format(name=other_of(agreement, request.user))
        if done(request, propose, said):
            return redirect("supervision:plan", pk)
    context = {
        "agreement": agreement,
        "form": form,
        "is_amendment": bool(plans),
        "breadcrumb": crumbs(agreement, request.user, _("Write the plan")),
    }
    return render(request, "supervision/plan_propose.html", context)


@require_POST
@signed_in
def plan_agree(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Agree to the plan that the other wrote."""
    agreement = own_agreement(request, pk)
    plan = get_object_or_404(agreement.plans, number=number)

    def agree() -> None:
        services.agree_plan(plan, by=person(request))

    done(request, agree, _("Agreed. Both of you get a letter, and CMSC knows."))
    return redirect("supervision:plan", pk)

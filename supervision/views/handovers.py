"""Passing on what an agreement left: given and taken back by the candidate, opened by the next
supervisor."""

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scip.access import signed_in
from supervision.models import Agreement, Handover
from supervision.queries.agreements import with_people
from supervision.queries.handovers import facts_of, next_agreements, packs_in
from supervision.services import handovers as services
from supervision.views.agreements import crumbs, done, person


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def handover_give(request: HttpRequest, pk: int) -> HttpResponse:
    """The candidate's page: what would be passed on, to whom, and what was."""
    user = person(request)
    rows = with_people(Agreement.objects.of_pair(user)).filter(candidacy__user=user)
    agreement = get_object_or_404(rows, pk=pk)
    coming = next_agreements(agreement)
    if request.method == "POST":
        chosen = next((row for row in coming if str(row.pk) == request.POST.get("to")), None)

        def give() -> None:
            services.hand_over(agreement, (chosen or agreement).supervisor, by=user)

        done(request, give, _("Passed on. You can take it back at any time."))
        return redirect("supervision:handover_give", pk)
    packs = packs_in(agreement, user)
    given = {row.to_supervisor_id for row in packs if row.withdrawn_at is None}
    context = {
        "agreement": agreement,
        "coming": [row for row in coming if row.supervisor_id not in given],
        "packs": packs,
        "facts": readable(facts_of(agreement)),
        "breadcrumb": crumbs(agreement, user, _("Pass it on")),
    }
    return render(request, "supervision/handover_give.html", context)


@require_POST
@signed_in
def handover_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it back."""
    user = person(request)
    rows = Handover.objects.visible_to(user).filter(agreement__candidacy__user=user)
    pack = get_object_or_404(rows, pk=pk)

    def withdraw() -> None:
        services.withdraw_handover(pack, by=user)

    done(request, withdraw, _("Taken back. Nobody can open it any more."))
    return redirect("supervision:handover_give", pack.agreement_id)


@require_safe
@signed_in
def handover(request: HttpRequest, pk: int) -> HttpResponse:
    """The next supervisor's page; its content shows once it was opened by a press."""
    user = person(request)
    rows = Handover.objects.visible_to(user).filter(to_supervisor__user=user)
    pack = get_object_or_404(
        rows.select_related("agreement__candidacy__user", "agreement__supervisor__user"), pk=pk
    )
    context = {
        "pack": pack,
        "facts": readable(pack.facts) if pack.opened_at else None,
        "breadcrumb": [
            {"label": _("Supervision"), "url": reverse("supervision:home")},
            {"label": str(pack.agreement.candidacy.user)},
        ],
    }
    return render(request, "supervision/handover.html", context)


@require_POST
@signed_in
def handover_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Open it: the candidate sees when."""
    user = person(request)
    rows = Handover.objects.visible_to(user).filter(to_supervisor__user=user)
    pack = get_object_or_404(rows, pk=pk)

    def opened() -> None:
        services.open_handover(pack, by=user)

    if done(request, opened, _("Open. The candidate sees when you first opened it.")):
        return redirect("supervision:handover", pk)
    return redirect("supervision:home")


def readable(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts with their days as days again."""
    return {
        **facts,
        "sessions": [
            {**row, "started_at": datetime.fromisoformat(row["started_at"])}
            for row in facts["sessions"]
        ],
        "feedback": [
            {**row, "given_on": date.fromisoformat(row["given_on"])} for row in facts["feedback"]
        ],
    }

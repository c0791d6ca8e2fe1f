"""The board, the map, and what every page of a portfolio begins with."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from certification.candidacy.models import Candidacy
from certification.portfolio import services
from certification.portfolio.models import OfficeAccess, Portfolio
from certification.portfolio.queries.evidence import evidence_map, gaps_in
from certification.portfolio.queries.excerpts import evidence_of
from certification.portfolio.queries.log import totals_of
from certification.portfolio.queries.portfolios import (
    Desk,
    board_of,
    cases_of,
    desk_of,
    next_of,
    retreat_of,
    write_ups_of,
)
from scip.access import signed_in
from scip.accounts.models import User
from scip.requirements import Refusal
from supervision.queries.ratings import framework_of

type DeskView = Callable[..., HttpResponseBase]


def person(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]


def at_the_desk(view: DeskView) -> DeskView:
    """Hands the view the person's ``desk``; whoever never registered is led to the board, which
    says what a portfolio is for."""

    @wraps(view)
    def seated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        desk = desk_of(request.user)
        if desk is None:
            return redirect("portfolio:home")
        return view(request, desk, *args, **kwargs)

    return seated


def done(request: HttpRequest, act: Callable[[], object], sentence: str) -> bool:
    """Act and say so, or say why not."""
    try:
        act()
    except Refusal as refusal:
        messages.warning(request, str(refusal.sentence))
        return False
    messages.success(request, sentence)
    return True


def keep_word(request: HttpRequest, candidacy: Candidacy) -> bool:
    """Put the word whose button was pressed beside a text on its list; False where none was."""
    word = request.POST.get("fine") or request.POST.get("avoid")
    if not word:
        return False
    is_name = "avoid" in request.POST
    sentence = (
        _("“{word}” is on your list of names to avoid.")
        if is_name
        else _("Noted: “{word}” is fine here. We won’t bring it up again.")
    )
    done(
        request,
        lambda: services.remember_word(candidacy, word, is_to_avoid=is_name, by=person(request)),
        sentence.format(word=word[:80]),
    )
    return True


def crumbs(*ahead: tuple[str, str]) -> list[dict[str, str]]:
    """Where a page below the board stands: pairs of label and address, the last without."""
    board = {"label": _("Your portfolio"), "url": reverse("portfolio:home")}
    return [board, *({"label": label, "url": url} for label, url in ahead)]


def whence(portfolio: Portfolio, access: OfficeAccess | None) -> dict[str, str]:
    """Where somebody else comes from who looks at a thing: what is shown to them, or the office's
    page for this portfolio."""
    if access is None:
        return {"label": _("Shown to you"), "url": reverse("portfolio:shared")}
    url = reverse("portfolio:office", args=[portfolio.candidacy_id])
    return {"label": _("Open one thing, and say why"), "url": url}


@signed_in
@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The board: every case study with what is still empty, and what comes next."""
    desk = desk_of(request.user)
    if desk is None:
        return render(request, "portfolio/home.html", {"desk": None})
    cases, write_ups = cases_of(desk), write_ups_of(desk)
    board = board_of(cases, desk.edition)
    shown = evidence_map(
        framework_of(desk.edition).competencies, cases, write_ups, evidence_of(desk)
    )
    context = {
        "desk": desk,
        "board": board,
        "write_ups": write_ups,
        "totals": totals_of(desk),
        "retreat": retreat_of(desk),
        "gaps": gaps_in(shown) if cases else [],
        "step": next_of(board, gaps_in(shown)) if desk.is_open else None,
    }
    return render(request, "portfolio/home.html", context)


@signed_in
@never_cache
@require_safe
@at_the_desk
def evidence(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Which writing shows which competency, and the gaps."""
    cases, write_ups = cases_of(desk), write_ups_of(desk)
    shown = evidence_map(
        framework_of(desk.edition).competencies, cases, write_ups, evidence_of(desk)
    )
    context = {
        "desk": desk,
        "shown": shown,
        "gaps": gaps_in(shown),
        "cases": cases,
        "breadcrumb": crumbs((_("Competencies"), "")),
    }
    return render(request, "portfolio/map.html", context)

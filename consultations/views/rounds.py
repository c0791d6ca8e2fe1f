"""A round of wishes as somebody sees it: choosing, waiting, what came of it."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from consultations.allocation.wording import choice, reasons_for_person
from consultations.emails.rounds import missed_of, titles_of
from consultations.forms.wishes import WishesForm, in_words
from consultations.models import Placement, Preference, Round
from consultations.queries.rounds import assess_wishes, busy_in, options_for
from consultations.services.wishes import StaleWishes, save_wishes
from scip.access import signed_in
from scip.accounts.models import User
from scip.requirements import Assessment, Refusal, Status

# Whoever lacks one of these can do nothing with a form of wishes yet.
BEFORE_WISHING = frozenset({"level_a", "elsewhere"})


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def wishes(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which groups would suit; later, see what came of it."""
    user: User = request.user  # type: ignore[assignment]
    round_ = get_object_or_404(Round.objects.visible_to(user), pk=pk)
    preference = wishes_of(round_, user)
    now = timezone.now()
    assessment = assess_wishes(round_, user, preference, now=now)
    if not round_.takes_wishes(now) or is_shut(assessment):
        if request.method == "POST":
            messages.warning(request, _("This round takes no wishes from you at the moment."))
            return redirect("consultations:wishes", pk)
        return show(request, round_, preference, assessment, form=None)
    form = WishesForm(
        request.POST or None,
        round_=round_,
        options=options_for(round_, user),
        preference=preference,
    )
    if request.method == "POST":
        return save(request, round_, preference, form, assessment)
    return show(request, round_, preference, assessment, form=form)


def wishes_of(round_: Round, user: User) -> Preference | None:
    """One's own wishes, never a colleague's: the office wishes for itself alone, too."""
    mine = Preference.objects.visible_to(user).filter(round=round_, user=user)
    return mine.prefetch_related("ranks", "aparts").first()


def is_shut(assessment: Assessment) -> bool:
    """Is something missing that wishes can't wait for? Documents may be sent meanwhile."""
    return any(
        finding.code in BEFORE_WISHING and finding.status is Status.OPEN for finding in assessment
    )


def save(
    request: HttpRequest,
    round_: Round,
    preference: Preference | None,
    form: WishesForm,
    assessment: Assessment,
) -> HttpResponse:
    """Keep what was typed; by itself (autosave) or by the button."""
    by_itself = request.headers.get("X-Autosave") == "1"
    if not form.is_valid():
        if by_itself:
            return HttpResponse(status=422)
        return show(request, round_, preference, assessment, form=form, status=422)
    version = request.POST.get("version", "")
    revision = int(version) if version.isdecimal() and len(version) < 10 else -1
    user: User = request.user  # type: ignore[assignment]
    try:
        saved = save_wishes(round_, user, revision=revision, **form.to_save())
    except StaleWishes as stale:
        if by_itself:
            return HttpResponse(status=409)
        kept = wishes_of(round_, user)
        return show(
            request, round_, kept, assessment, form=form, conflict=stale.sentence, status=409
        )
    except Refusal as refusal:
        if by_itself:
            return HttpResponse(status=409)
        messages.warning(request, str(refusal.sentence))
        return redirect("consultations:wishes", round_.pk)
    if by_itself:
        return JsonResponse({"version": saved.revision})
    messages.success(
        request, _("Your wishes are saved. You can change them until the round closes.")
    )
    return redirect("consultations:wishes", round_.pk)


def show(
    request: HttpRequest,
    round_: Round,
    preference: Preference | None,
    assessment: Assessment,
    *,
    form: WishesForm | None,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    now = timezone.now()
    return render(
        request,
        "consultations/round_wishes.html",
        {
            "round": round_,
            "standing": standing_of(round_, now),
            "preference": preference,
            "revision": preference.revision if preference else 0,
            "counts": assessment.is_met,
            "unmet": assessment.unmet,
            "form": form,
            "kept": in_words(preference),
            "outcome": outcome_of(round_, preference),
            "breadcrumb": [
                {"label": _("Consultation groups"), "url": reverse("consultations:list")},
                {"label": round_.name},
            ],
            **context,
        },
        status=status,
    )


def standing_of(round_: Round, now: datetime) -> str:
    """``early``, ``open``, ``closed``, ``published`` or ``cancelled``."""
    if round_.state != Round.State.OPEN:
        return str(round_.state)
    if now < round_.opens_at:
        return "early"
    return "open" if round_.takes_wishes(now) else "closed"


def outcome_of(round_: Round, preference: Preference | None) -> dict[str, Any] | None:
    """Where one was placed, and why; None before publishing and for wishes that did not count."""
    if preference is None:
        return None
    mine = Placement.objects.visible_to(preference.user).filter(
        preference=preference, proposal__state="published"
    )
    placement = mine.select_related("group__cohort", "application", "proposal").first()
    if placement is None:
        return None
    group = placement.group
    return {
        "group": group,
        "elsewhere": busy_in(round_, [preference.user_id], beside=group).get(preference.user_id)
        if placement.problem
        else None,
        "choice": choice(placement.rank) if group else "",
        "by_hand": placement.moved_at is not None,
        "application": placement.application,
        "has_problem": bool(placement.problem),
        # Where a person decided, no rule explains it.
        "reasons": reasons_for_person(
            missed_of(placement), titles_of(placement), mine=str(group or "")
        )
        if group is None or placement.moved_at is None
        else [],
    }

"""Level B: themes and groups for visitors; a group's case rota for its people."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from cohorts.models import Cohort, Enrolment
from cohorts.queries.admission import COMING_ROWS
from cohorts.requirements.attendance import sessions_needed
from cohorts.views.public import prices_of, standing_of
from consultations.forms.rota import SwapForm
from consultations.models import Group, Presentation, Round, Swap, Topic
from consultations.queries.groups import rota_of, topics_with_groups
from consultations.services import rota as services
from scip.access import role, signed_in
from scip.accounts.models import Role
from scip.policy.models import Edition
from scip.publishing import meta_of, published
from scip.requirements import Refusal
from scip.unchanged import kept_while_unchanged


@published
@kept_while_unchanged(
    Edition.objects.all,
    Topic.objects.all,
    Group.objects.all,
    Round.objects.all,
    Round.groups.through.objects.all,
    *COMING_ROWS,
)
@require_safe
def topic_list(request: HttpRequest) -> HttpResponse:
    """What Level B is, its themes, and the groups that are coming."""
    now = timezone.now()
    edition = Edition.objects.visible_to(request.user).in_force()
    topics: list[dict[str, Any]] = [
        {"topic": topic, "groups": [group_card(cohort, now) for cohort in groups]}
        for topic, groups in topics_with_groups(request.user, now)
    ]
    context = {
        "meta": meta_of(
            request,
            _("Consultation groups (Level B)"),
            _(
                "Small live groups on one clinical theme each: what happens in them, which themes "
                "there are, what they cost and what you are called afterwards."
            ),
        ),
        "edition": edition,
        "rounds": rounds_in(card for row in topics for card in row["groups"]),
        "level_b_hours": edition.level_b_sessions * edition.level_b_session_minutes // 60,
        "level_b_session_hours": edition.level_b_session_minutes / 60,
        "level_b_needed": sessions_needed(edition.level_b_sessions, edition.attendance_percent),
        "topics": topics,
    }
    return render(request, "consultations/topic_list.html", context)


def group_card(cohort: Any, now: datetime) -> dict[str, Any]:
    """One coming group: when, where applications stand, prices."""
    return {
        "cohort": cohort,
        "begins_at": cohort.opening_at or cohort.first_session_at,
        "standing": standing_of(cohort, now),
        "prices": [price for price in prices_of(cohort, now) if price["cents"] is not None],
    }


def rounds_in(cards: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rounds that take wishes for these groups now, the first to close first."""
    rows = {card["cohort"].wish_round["pk"]: card["cohort"].wish_round for card in cards
            if card["cohort"].wish_round}  # fmt: skip
    rounds = [
        row | {"closes_at": datetime.fromisoformat(row["closes_at"])} for row in rows.values()
    ]
    return sorted(rounds, key=lambda row: (row["closes_at"], row["pk"]))


def my_group(request: HttpRequest, pk: int) -> Group:
    """A group one takes part in or leads; 404 for everybody else's."""
    mine = Group.objects.visible_to(request.user).of_participant(request.user)
    return get_object_or_404(mine.select_related("cohort", "topic"), pk=pk)


@require_safe
@signed_in
def rota(request: HttpRequest, pk: int) -> HttpResponse:
    """Who presents when, questions to exchange, and the form for one."""
    return rota_page(request, my_group(request, pk), None)


def rota_page(request: HttpRequest, group: Group, form: SwapForm | None) -> HttpResponse:
    now = timezone.now()
    leads = Cohort.objects.facilitated_by(request.user).filter(pk=group.cohort_id).exists()
    return render(
        request,
        "consultations/rota.html",
        {
            "group": group,
            "cohort": group.cohort,
            "sessions": rota_of(group, now=now),
            "swaps": services.open_swaps(group, request.user),
            "leads": leads,
            "form": form or swap_form(request, group, now),
        },
    )


def swap_form(request: HttpRequest, group: Group, now: datetime) -> SwapForm | None:
    """The form to exchange; None while there is nothing to exchange."""
    ahead = (
        Presentation.objects.visible_to(request.user)
        .filter(
            group=group,
            session__in=services.sessions_ahead(group, now),
            enrolment__state__in=Enrolment.TAKING_PART,
        )
        .select_related("session", "enrolment__user")
    )
    mine = ahead.filter(enrolment__user=request.user.pk)
    # Nobody brings two cases to one session, so one's own sessions are nothing to wish for.
    others = ahead.exclude(session__in=mine.values("session"))
    if not (mine.exists() and others.exists()):
        return None
    return SwapForm(request.POST or None, mine=mine, others=others)


@require_POST
@role(Role.FACILITATOR)
def rota_plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Lay the sessions ahead out anew."""
    group = my_group(request, pk)
    try:
        made = services.lay_out_rota(group, by=request.user)  # type: ignore[arg-type]
    except Refusal as refusal:
        messages.error(request, str(refusal.sentence))
    else:
        people = len({row.enrolment_id for row in made})
        messages.success(
            request,
            _("The rota is laid out; {people} people get a letter with their sessions.").format(
                people=people
            ),
        )
    return redirect("consultations:rota", pk)


@require_POST
@signed_in
def swap_ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask somebody to exchange."""
    group = my_group(request, pk)
    form = swap_form(request, group, timezone.now())
    if form is None:
        messages.error(request, _("There is no session of yours ahead that could be exchanged."))
        return redirect("consultations:rota", pk)
    if form.is_valid():
        try:
            swap = services.ask_to_swap(by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        except Refusal as refusal:
            form.add_error(None, str(refusal.sentence))
        else:
            asked = swap.asked.enrolment.user
            messages.success(request, _("{name} is asked by letter.").format(name=asked))
            return redirect("consultations:rota", pk)
    return rota_page(request, group, form)


ANSWERS = {
    "agree": (services.agree_to_swap, gettext_lazy("Exchanged. Both of you get a letter.")),
    "decline": (services.decline_swap, gettext_lazy("Nothing changes; your colleague is told.")),
    "withdraw": (services.withdraw_swap, gettext_lazy("Your question is taken back.")),
}


@require_POST
@signed_in
def swap_answer(request: HttpRequest, pk: int, swap_pk: int) -> HttpResponse:
    """Agree, decline or take back."""
    group = my_group(request, pk)
    swaps = Swap.objects.visible_to(request.user).filter(asked__group=group)
    swap = get_object_or_404(swaps.select_related("offered", "asked"), pk=swap_pk)
    answer = ANSWERS.get(request.POST.get("answer", ""))
    if answer is None:
        messages.error(request, _("That press could not be read. Please try again."))
        return redirect("consultations:rota", pk)
    act, said = answer
    try:
        act(swap, by=request.user)  # type: ignore[arg-type]
    except Refusal as refusal:
        messages.error(request, str(refusal.sentence))
    else:
        messages.success(request, said)
    return redirect("consultations:rota", pk)

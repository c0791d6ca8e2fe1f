"""Letters about the supervision plan."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from scip.accounts.models import User
from supervision.emails.agreements import pair_of, send, tell_office
from supervision.models import Agreement, Plan


def plan_proposed(plan: Plan, *, to: User, by: User) -> None:
    """The other wrote a plan; do you agree?"""
    send(
        "plan_proposed",
        to,
        plan.agreement,
        f"plan:{plan.pk}:proposed",
        page="supervision:plan",
        label=_("Read the plan"),
        by=by,
    )


def plan_agreed(plan: Plan, *, is_first: bool, gaps: Sequence[str]) -> None:
    """Both agree: to both. CMSC hears of an amendment, and of the candidate's first plan with what
    its assessment still lacks (``gaps``); where nothing is, `assessment_completed` says it all."""
    agreement = plan.agreement
    key = f"plan:{plan.pk}:agreed"
    for person in pair_of(agreement):
        send(
            "plan_agreed",
            person,
            agreement,
            key,
            page="supervision:plan",
            label=_("Open the plan"),
            is_first=is_first,
            gaps=gaps,
        )
    if is_first and not gaps:
        return
    sentence = (
        _(
            "{candidate} and {supervisor} agreed on a supervision plan. Before supervision begins "
            "there is still: {gaps}."
        )
        if is_first
        else _("{candidate} and {supervisor} agreed on a change of their supervision plan.")
    )
    tell_office(
        agreement,
        key,
        sentence.format(
            candidate=agreement.candidacy.user,
            supervisor=agreement.supervisor,
            gaps=", ".join(gaps),
        ),
    )


def assessment_completed(agreement: Agreement) -> None:
    """To CMSC, once for a candidate, whatever came last and with whom (`domain.md`, session 3)."""
    tell_office(
        agreement,
        f"candidacy:{agreement.candidacy_id}:assessed",
        _(
            "With {candidate} and {supervisor} the assessment is complete: its sessions are "
            "confirmed, the plan is agreed and the final version of the agreement is signed."
        ).format(candidate=agreement.candidacy.user, supervisor=agreement.supervisor),
    )

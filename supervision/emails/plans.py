"""Letters about the supervision plan."""

from django.utils.translation import gettext as _

from scip.accounts.models import User
from supervision.emails.agreements import pair_of, send, tell_office
from supervision.models import Plan


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


def plan_agreed(plan: Plan) -> None:
    """Both agree: to both; CMSC hears that the assessment is complete, or of an amendment."""
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
            is_first=plan.number == 1,
        )
    sentence = (
        _("{candidate} and {supervisor} agreed on a supervision plan: the assessment is complete.")
        if plan.number == 1
        else _("{candidate} and {supervisor} agreed on a change of their supervision plan.")
    )
    tell_office(
        agreement,
        key,
        sentence.format(candidate=agreement.candidacy.user, supervisor=agreement.supervisor),
    )

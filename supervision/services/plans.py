"""The Personalised Supervision Plan: drafted by either, agreed by both, amended with history."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from scip.accounts.models import User
from scip.audit.services import record
from scip.requirements import Refusal
from supervision.emails import plans as emails
from supervision.models import Agreement, Competency, Plan, Signature
from supervision.queries.agreements import other_of
from supervision.queries.ratings import framework_of
from supervision.services.agreements import (
    assessment_gaps,
    locked,
    refuse_before_meeting,
    refuse_strangers,
    tell_when_assessed,
)

STAMPS = {
    Signature.Side.CANDIDATE: "candidate_agreed_at",
    Signature.Side.SUPERVISOR: "supervisor_agreed_at",
}


@transaction.atomic
def propose_plan(
    agreement: Agreement,
    *,
    by: User,
    objectives: str,
    focus: Collection[Competency],
    amend_reason: str = "",
    now: datetime | None = None,
) -> Plan:
    """Put a plan before the other; whoever writes it has agreed to it. Earlier ones stay.

    Raises Refusal for strangers, unless the agreement is active, without a focus, with
    competencies of another edition, and for a second plan without saying what changed.
    """
    now = now or timezone.now()
    agreement = locked(agreement)
    side = refuse_strangers(agreement, by)
    if agreement.state != Agreement.State.ACTIVE:
        raise Refusal(_("A plan belongs to an active agreement."))
    edition = agreement.candidacy.edition
    known = framework_of(edition).competencies if edition else ()
    if not focus or not set(focus) <= set(known):
        raise Refusal(_("Please choose at least one competency to focus on."))
    latest = agreement.plans.order_by("-number").first()
    if latest is not None and not amend_reason.strip():
        raise Refusal(_("Please say in a sentence what changed and why; it stays with the plan."))
    plan = Plan.objects.create(
        agreement=agreement,
        number=latest.number + 1 if latest else 1,
        objectives=objectives,
        amend_reason=amend_reason.strip(),
        drafted_by=by,
        drafted_at=now,
        **{STAMPS[Signature.Side(side)]: now},
    )
    plan.focus.set(focus)
    record("plan.proposed", agreement, by=by, subject=agreement.audit_subject, plan=plan.number)
    emails.plan_proposed(plan, to=other_of(agreement, by), by=by)
    return plan


@transaction.atomic
def agree_plan(plan: Plan, *, by: User, now: datetime | None = None) -> Plan:
    """The other agrees; CMSC and both people get a letter. The candidate's first plan is part of
    what ends the assessment. A second click changes nothing. Raises Refusal for strangers, an
    older plan, before the plan meeting is logged, and unless the agreement is active."""
    now = now or timezone.now()
    agreement = locked(plan.agreement)
    side = refuse_strangers(agreement, by)
    plan = Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    plan.agreement = agreement
    stamp = STAMPS[Signature.Side(side)]
    if getattr(plan, stamp) is not None:
        return plan
    if agreement.state != Agreement.State.ACTIVE:
        raise Refusal(_("A plan belongs to an active agreement."))
    if agreement.plans.filter(number__gt=plan.number).exists():
        raise Refusal(_("There is a newer plan. Nothing was changed; please read that one."))
    refuse_before_meeting(agreement)
    setattr(plan, stamp, now)
    plan.save(update_fields=[stamp])
    record("plan.agreed", agreement, by=by, subject=agreement.audit_subject, plan=plan.number)
    emails.plan_agreed(plan, is_first=is_first(plan), gaps=assessment_gaps(agreement))
    tell_when_assessed(agreement)
    return plan


def is_first(plan: Plan) -> bool:
    """Is it the first that both agreed to on this candidate's way, with whichever supervisor?"""
    agreed = Plan.objects.filter(
        agreement__candidacy=plan.agreement.candidacy,
        candidate_agreed_at__isnull=False,
        supervisor_agreed_at__isnull=False,
    )
    return not agreed.exclude(pk=plan.pk).exists()

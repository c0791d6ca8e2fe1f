"""The evidence of the ledger, read in bulk, and the sessions that somebody looks at."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any

from django.db.models import Count, Max, QuerySet

from certification.candidacy.models import Candidacy
from supervision.models import Agreement, AgreementVersion, Approval, Plan, SupervisionSession
from supervision.requirements.ledger import LedgerEvidence, SessionFacts


def ledger_evidence(candidacy_ids: Collection[int]) -> dict[int, LedgerEvidence]:
    """What the rules look at, by candidacy; five queries however many there are."""
    agreements: dict[int, list[Agreement]] = defaultdict(list)
    for agreement in Agreement.objects.filter(
        candidacy__in=candidacy_ids, active_at__isnull=False
    ).order_by("active_at"):
        agreements[agreement.candidacy_id].append(agreement)
    finals = final_days(candidacy_ids)
    plans = plan_days(candidacy_ids)
    sessions = facts_of(candidacy_ids)
    return {
        pk: LedgerEvidence(
            sessions=tuple(sessions[pk]),
            opened_on=min((utc_day(row.active_at) for row in agreements[pk]), default=None),
            final_on=finals.get(pk),
            plan_on=plans.get(pk),
        )
        for pk in candidacy_ids
    }


def evidence_of(candidacy: Candidacy) -> LedgerEvidence:
    """The evidence of one candidate."""
    return ledger_evidence([candidacy.pk])[candidacy.pk]


def utc_day(moment: Any) -> date:
    """The UTC day of a stamp (kept in UTC by the database)."""
    found: date = moment.date()
    return found


def final_days(candidacy_ids: Collection[int]) -> dict[int, date]:
    """The first day on which both had signed a final version; one query."""
    rows = (
        AgreementVersion.objects.filter(
            agreement__candidacy__in=candidacy_ids, kind=AgreementVersion.Kind.FINAL
        )
        .annotate(sides=Count("signatures"), signed_at=Max("signatures__signed_at"))
        .filter(sides=2)
        .order_by("signed_at")
        .values_list("agreement__candidacy", "signed_at")
    )
    return {pk: utc_day(moment) for pk, moment in reversed(list(rows))}


def plan_days(candidacy_ids: Collection[int]) -> dict[int, date]:
    """The first day on which both had agreed to a plan; one query."""
    rows = Plan.objects.filter(
        agreement__candidacy__in=candidacy_ids,
        candidate_agreed_at__isnull=False,
        supervisor_agreed_at__isnull=False,
    ).values_list("agreement__candidacy", "candidate_agreed_at", "supervisor_agreed_at")
    found: dict[int, date] = {}
    for pk, one, other in rows:
        agreed_on = max(utc_day(one), utc_day(other))
        found[pk] = min(found.get(pk, agreed_on), agreed_on)
    return found


def facts_of(candidacy_ids: Collection[int]) -> dict[int, list[SessionFacts]]:
    """Sessions that stand, by candidacy, each with whether CMSC's approval held that day;
    two queries."""
    rows = list(
        SupervisionSession.objects.filter(candidacy__in=candidacy_ids)
        .standing()
        .select_related("agreement", "supervisor__user")
        .order_by("started_at", "pk")
    )
    approvals: dict[int, list[Approval]] = defaultdict(list)
    for approval in Approval.objects.filter(supervisor__in={row.supervisor_id for row in rows}):
        approvals[approval.supervisor_id].append(approval)
    found: dict[int, list[SessionFacts]] = defaultdict(list)
    for row in rows:
        found[row.candidacy_id].append(session_facts(row, approvals[row.supervisor_id]))
    return found


def session_facts(row: SupervisionSession, approvals: Collection[Approval]) -> SessionFacts:
    """What the rules look at in one session."""
    held_on = utc_day(row.started_at)
    active_at = row.agreement.active_at
    return SessionFacts(
        pk=row.pk,
        kind=row.kind,
        state=row.state,
        started_at=row.started_at,
        ends_at=row.ends_at,
        agreement=row.agreement_id,
        supervisor=str(row.supervisor),
        logged_by=row.logged_by_id,
        is_approved=any(holds(approval, held_on) for approval in approvals),
        opened_on=utc_day(active_at) if active_at else None,
        is_correction=row.corrects_id is not None
        and row.state != SupervisionSession.State.CONFIRMED,
    )


def holds(approval: Approval, on: date) -> bool:
    """Was this approval in force on a day? ``until_on`` is the first day without it."""
    return approval.from_on <= on and (approval.until_on is None or on < approval.until_on)


def sessions_of(agreement: Agreement, user: Any) -> QuerySet[SupervisionSession]:
    """An agreement's sessions as somebody may see them, newest first."""
    return (
        SupervisionSession.objects.visible_to(user)
        .filter(agreement=agreement)
        .standing()
        .select_related("logged_by", "corrects")
        .order_by("-started_at", "-pk")
    )

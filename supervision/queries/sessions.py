"""The evidence of the ledger, read in bulk, and the sessions that somebody looks at."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, FilteredRelation, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest, JSONObject, TruncDate

from certification.candidacy.models import Candidacy
from supervision.models import (
    Agreement,
    AgreementVersion,
    Appointment,
    Approval,
    Plan,
    SupervisionSession,
)
from supervision.requirements.ledger import LedgerEvidence, PlannedFacts, SessionFacts


def ledger_evidence(candidacy_ids: Collection[int]) -> dict[int, LedgerEvidence]:
    """What the rules look at, by candidacy; one query however many there are."""
    days: dict[int, list[Agreement]] = defaultdict(list)
    sessions: dict[int, list[SessionFacts]] = defaultdict(list)
    for agreement in agreements_with_sessions(candidacy_ids):
        days[agreement.candidacy_id].append(agreement)
        # Django sets no attribute where the filtered relation found nothing.
        if getattr(agreement, "held", None) is not None:
            sessions[agreement.candidacy_id].append(session_facts(agreement))
    return {
        pk: LedgerEvidence(
            sessions=tuple(sessions[pk]),
            planned=planned_in(days[pk]),
            opened_on=first_day(days[pk], "active_at"),
            final_on=first_day(days[pk], "final_at"),
            plan_on=first_day(days[pk], "plan_at"),
        )
        for pk in candidacy_ids
    }


def planned_in(rows: Iterable[Any]) -> tuple[PlannedFacts, ...]:
    """The planned sessions that the agreements' rows brought along, soonest first."""
    found = {
        item["pk"]: PlannedFacts(
            pk=item["pk"],
            agreement=row.pk,
            other=str(row.supervisor),
            starts_at=datetime.fromisoformat(item["starts_at"]),
            minutes=item["minutes"],
            where=item["where"],
        )
        for row in rows
        for item in row.planned
    }
    return tuple(sorted(found.values(), key=lambda item: (item.starts_at, item.pk)))


def evidence_of(candidacy: Candidacy) -> LedgerEvidence:
    """The evidence of one candidate."""
    return ledger_evidence([candidacy.pk])[candidacy.pk]


def agreements_with_sessions(candidacy_ids: Collection[int]) -> Iterable[Any]:
    """Agreements that were ever active, each with the first moment at which a final version was
    signed by both (``final_at``) and a plan agreed by both (``plan_at``): once for every session
    that stands (``held``, oldest first, with whether CMSC's approval held on its day), or once
    without."""
    finals = (
        AgreementVersion.objects.filter(agreement=OuterRef("pk"), kind=AgreementVersion.Kind.FINAL)
        .annotate(sides=Count("signatures"), signed_at=Max("signatures__signed_at"))
        .filter(sides=2)
        .order_by("signed_at")
    )
    plans = (
        Plan.objects.filter(
            agreement=OuterRef("pk"),
            candidate_agreed_at__isnull=False,
            supervisor_agreed_at__isnull=False,
        )
        .annotate(agreed_at=Greatest("candidate_agreed_at", "supervisor_agreed_at"))
        .order_by("agreed_at")
    )
    planned = (
        Appointment.objects.ahead()
        .filter(agreement=OuterRef("pk"))
        .values(facts=JSONObject(pk="pk", starts_at="starts_at", minutes="minutes", where="where"))
    )
    approvals = Approval.objects.filter(
        Q(until_on=None) | Q(until_on__gt=OuterRef("held_on")),
        supervisor=OuterRef("supervisor"),
        from_on__lte=OuterRef("held_on"),
    )
    return (
        Agreement.objects.filter(candidacy__in=candidacy_ids, active_at__isnull=False)
        .annotate(
            final_at=Subquery(finals.values("signed_at")[:1]),
            plan_at=Subquery(plans.values("agreed_at")[:1]),
            planned=ArraySubquery(planned),
            held=FilteredRelation(
                "sessions", condition=Q(sessions__state__in=SupervisionSession.STANDING)
            ),
        )
        .annotate(held_on=TruncDate("held__started_at", tzinfo=UTC))
        .annotate(is_approved=Exists(approvals))
        .select_related("supervisor__user", "held")  # type: ignore[misc]
        .order_by("held__started_at", "held__pk", "pk")
    )


def first_day(rows: Iterable[Agreement], name: str) -> date | None:
    """The first UTC day of a moment over some agreements."""
    moments = [moment for row in rows if (moment := getattr(row, name)) is not None]
    return utc_day(min(moments)) if moments else None


def utc_day(moment: datetime) -> date:
    """The UTC day of a moment: ledger, agreements and approvals count days alike."""
    return moment.astimezone(UTC).date()


def session_facts(agreement: Any) -> SessionFacts:
    """What the rules look at in the session that an agreement's row brought along."""
    held = agreement.held
    return SessionFacts(
        pk=held.pk,
        kind=held.kind,
        state=held.state,
        started_at=held.started_at.astimezone(UTC),
        ends_at=held.ends_at,
        agreement=agreement.pk,
        supervisor=str(agreement.supervisor),
        logged_by=held.logged_by_id,
        is_approved=agreement.is_approved,
        opened_on=utc_day(agreement.active_at),
        is_correction=held.corrects_id is not None
        and held.state != SupervisionSession.State.CONFIRMED,
    )


def sessions_of(agreement: Agreement, user: Any) -> QuerySet[SupervisionSession]:
    """An agreement's sessions as somebody may see them, newest first."""
    return (
        SupervisionSession.objects.visible_to(user)
        .filter(agreement=agreement)
        .standing()
        .select_related("logged_by", "corrects")
        .order_by("-started_at", "-pk")
    )

"""What passes on to the next supervisor: a copy from the moment of consent."""

from typing import Any

from supervision.models import Agreement, Handover
from supervision.queries.agreements import with_people
from supervision.queries.ratings import framework_of, trajectory_of


def facts_of(agreement: Agreement) -> dict[str, Any]:
    """Plan, feedback, ratings and confirmed sessions of an agreement, as plain data.

    Private notes, the journal, case material, fees and the recommendation are never in it.
    """
    plan = (
        agreement.plans.filter(
            candidate_agreed_at__isnull=False, supervisor_agreed_at__isnull=False
        )
        .order_by("-number")
        .first()
    )
    edition = agreement.candidacy.edition
    curves = trajectory_of(agreement, framework_of(edition)).curves if edition else ()
    return {
        "supervisor": str(agreement.supervisor),
        "plan": {
            "objectives": plan.objectives,
            "focus": [item.name for item in plan.focus.all()],
        }
        if plan
        else None,
        "sessions": [
            {
                "kind": str(row.get_kind_display()),
                "started_at": row.started_at.isoformat(),
                "minutes": row.minutes,
                "focus": row.focus,
            }
            for row in agreement.sessions.confirmed().order_by("started_at", "pk")
        ],
        "feedback": [
            {"given_on": row.given_at.date().isoformat(), "text": row.text}
            for row in agreement.feedback.order_by("given_at", "pk")
        ],
        "ratings": [
            {
                "competency": curve.competency.name,
                "rows": [
                    {
                        "label": row.label,
                        "self": row.by_self.word if row.by_self else "",
                        "supervisor": row.by_supervisor.word if row.by_supervisor else "",
                    }
                    for row in curve.rows
                ],
            }
            for curve in curves
            if curve.rows
        ],
    }


def next_agreements(agreement: Agreement) -> list[Agreement]:
    """Relationships of the same candidate that a pack could go to: alive, with somebody else."""
    rows = Agreement.objects.filter(candidacy=agreement.candidacy).alive()
    return list(
        with_people(rows.exclude(supervisor=agreement.supervisor_id)).order_by("-created_at")
    )


def packs_in(agreement: Agreement, user: Any) -> list[Handover]:
    """Packs on a relationship's page: those given from it (candidate), those received for it
    (supervisor); one query."""
    rows = Handover.objects.visible_to(user).select_related(
        "agreement__supervisor__user", "to_supervisor__user"
    )
    if agreement.candidacy.user_id == user.pk:
        return list(rows.filter(agreement=agreement).order_by("-created_at"))
    return list(
        rows.filter(
            agreement__candidacy=agreement.candidacy_id, to_supervisor=agreement.supervisor_id
        ).order_by("-created_at")
    )

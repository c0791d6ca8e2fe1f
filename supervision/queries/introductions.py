"""Requests for a call, as their two people see them, and the evidence for a new one."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When

from certification.candidacy.models import Candidacy, Leave
from supervision.models import Introduction, Supervisor
from supervision.requirements.introductions import AskingEvidence, Patience, patience

RECENT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Introductions:
    """Somebody's requests, those that wait first: what they asked, and what they were asked."""

    asked: tuple[Introduction, ...]
    received: tuple[Introduction, ...]

    def __bool__(self) -> bool:
        return bool(self.asked or self.received)


def introductions_for(user: Any, *, limit: int = RECENT) -> Introductions:
    """The newest requests of somebody, as candidate and as supervisor, in one query.

    For ``templates/supervision/introductions_panel.html``.
    """
    waits = Case(
        When(state__in=Introduction.OPEN, then=Value(0)),
        default=Value(1),
        output_field=IntegerField(),
    )
    mine = with_people(Introduction.objects.visible_to(user)).order_by(waits, "-sent_at", "-pk")
    rows = list(mine[: 2 * limit])
    return Introductions(
        asked=tuple(row for row in rows if row.candidacy.user_id == user.pk)[:limit],
        received=tuple(row for row in rows if row.supervisor.user_id == user.pk)[:limit],
    )


def with_people(rows: QuerySet[Introduction]) -> QuerySet[Introduction]:
    return rows.select_related("candidacy__user", "candidacy__edition", "supervisor__user")


def asking_evidence(
    user: Any, candidacy: Candidacy | None, supervisor: Supervisor, *, on: date
) -> AskingEvidence:
    """What decides whether ``user`` may ask ``supervisor``; two queries."""
    waiting: list[Introduction] = []
    if candidacy is not None:
        waiting = list(with_people(Introduction.objects.open().filter(candidacy=candidacy)))
    listed = Supervisor.objects.listed(on).filter(pk=supervisor.pk, is_accepting=True)
    return AskingEvidence(
        is_registered=candidacy is not None and candidacy.is_registered,
        is_on_leave=candidacy is not None and candidacy.state == Candidacy.State.ON_LEAVE,
        is_oneself=supervisor.user_id == user.pk,
        supervisor=str(supervisor),
        takes_candidates=listed.exists(),
        waiting_for=tuple(str(row.supervisor) for row in waiting),
    )


def open_request(candidacy: Candidacy, supervisor: Supervisor) -> Introduction | None:
    """The request to this supervisor that waits for an answer, if there is one."""
    return Introduction.objects.open().filter(candidacy=candidacy, supervisor=supervisor).first()


def patience_of(introduction: Introduction, *, now: datetime) -> Patience:
    """When the request is brought to mind and when it lapses, by the candidate's edition."""
    edition = introduction.candidacy.edition
    if edition is None:
        raise ValueError(f"introduction {introduction.pk} belongs to nobody registered")
    return patience(
        introduction.sent_at,
        back_at=back_from_leave(introduction.candidacy.leaves.all(), now),
        silent_days=edition.silent_supervisor_days,
    )


def back_from_leave(leaves: Any, now: datetime) -> datetime | None:
    """The newest moment at which a leave ended, or None."""
    ends = [end for leave in leaves if (end := end_of(leave)) is not None and end <= now]
    return max(ends, default=None)


def end_of(leave: Leave) -> datetime | None:
    """When a leave ended or will end; None while that is open."""
    if leave.ended_at is not None:
        return leave.ended_at
    if leave.until_on is None:
        return None
    return datetime.combine(leave.until_on, time(0), tzinfo=UTC)

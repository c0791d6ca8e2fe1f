"""Groups as visitors see them, and a group's rota as its people see it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from cohorts.models import Cohort, Enrolment, Session
from cohorts.queries.admission import with_places
from consultations.models import Group, Presentation, Topic

TAKING_PART = Enrolment.TAKING_PART


def coming_groups(user: Any, now: datetime) -> QuerySet[Group]:
    """Groups that have not begun, soonest first, with prices and places left."""
    cohorts = with_places(
        Cohort.objects.visible_to(user).filter(
            state=Cohort.State.OPEN, starts_on__gte=(now - timedelta(days=1)).date()
        )
    ).prefetch_related("tiers")
    return (
        Group.objects.visible_to(user)
        .filter(cohort__in=cohorts.values("pk"))
        .select_related("topic")
        .prefetch_related(Prefetch("cohort", cohorts))
        .order_by("cohort__starts_on", "cohort_id")
    )


def topics_with_groups(user: Any, now: datetime) -> list[tuple[Topic, list[Group]]]:
    """Every offered topic with its coming groups; four queries for any number."""
    groups: dict[int, list[Group]] = {}
    for group in coming_groups(user, now):
        groups.setdefault(group.topic_id, []).append(group)
    return [(topic, groups.get(topic.pk, [])) for topic in Topic.objects.visible_to(user).offered()]


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaSession:
    """A session with the cases in it; ``free`` names cases whose person has left."""

    session: Session
    cases: tuple[Presentation, ...]
    free: int
    is_past: bool


def rota_of(group: Group, *, now: datetime) -> list[RotaSession]:
    """The group's sessions in order with who presents; two queries."""
    sessions = Session.objects.filter(cohort=group.cohort_id).order_by("starts_at", "pk")
    cases: dict[int, list[Presentation]] = {}
    for row in Presentation.objects.filter(group=group).select_related("enrolment__user"):
        cases.setdefault(row.session_id, []).append(row)
    return [
        RotaSession(
            session=session,
            cases=tuple(
                row for row in cases.get(session.pk, []) if row.enrolment.state in TAKING_PART
            ),
            free=sum(row.enrolment.state not in TAKING_PART for row in cases.get(session.pk, [])),
            is_past=session.starts_at <= now,
        )
        for session in sessions
        if session.state != Session.State.CANCELLED
    ]


def calendar_notes(user: Any) -> dict[int, str]:
    """What somebody's calendar says about sessions in which they bring a case; one query."""
    mine = Presentation.objects.filter(enrolment__user=user, enrolment__state__in=TAKING_PART)
    return dict.fromkeys(
        mine.values_list("session_id", flat=True), _("You bring a case to this session.")
    )

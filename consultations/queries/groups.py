"""Groups as visitors see them, and a group's rota as its people see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _

from cohorts.models import Cohort, Enrolment, Session
from cohorts.queries.admission import with_places, with_tiers
from consultations.models import Group, Presentation, Round, Topic

TAKING_PART = Enrolment.TAKING_PART


def coming_groups(user: Any, now: datetime) -> QuerySet[Cohort]:
    """Cohorts of groups that have not begun, soonest first, each with its ``group`` and topic,
    prices and places left, and ``wish_round``: the round that takes wishes for it now (pk, name,
    closes_at as text) or None. One query."""
    rounds = Round.objects.visible_to(user).taking_wishes(now).filter(groups=OuterRef("group"))
    cohorts = Cohort.objects.visible_to(user).filter(
        group__in=Group.objects.visible_to(user),
        state=Cohort.State.OPEN,
        starts_on__gte=(now - timedelta(days=1)).date(),
    )
    return (
        with_tiers(with_places(cohorts))
        .annotate(
            wish_round=Subquery(
                rounds.values(row=JSONObject(pk="pk", name="name", closes_at="closes_at"))[:1]
            )
        )
        .select_related("group__topic")
        .order_by("starts_on", "pk")
    )


def topics_with_groups(user: Any, now: datetime) -> list[tuple[Topic, list[Cohort]]]:
    """Every offered topic with its coming groups; two queries for any number."""
    groups: dict[int, list[Cohort]] = {}
    for cohort in coming_groups(user, now):
        groups.setdefault(cohort.group.topic_id, []).append(cohort)
    return [(topic, groups.get(topic.pk, [])) for topic in Topic.objects.visible_to(user).offered()]


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaSession:
    """A session with the cases in it; ``free`` counts cases whose person has left. One that
    ``fell_out`` is there only while somebody's case was planned for it."""

    session: Session
    cases: tuple[Presentation, ...]
    free: int
    is_past: bool
    fell_out: bool


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
            fell_out=session.state == Session.State.CANCELLED,
        )
        for session in sessions
        if session.state != Session.State.CANCELLED or session.pk in cases
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaLine:
    """One group's rota in a line; ``names`` are those who bring a case to its next session."""

    cohort_id: int
    group_id: int
    names: tuple[str, ...]


def rota_lines(coming: Mapping[int, Session | None]) -> list[RotaLine]:
    """The groups among these cohorts, each with who brings a case to the session given for it;
    two queries for any number."""
    groups = Group.objects.filter(cohort__in=coming).order_by("pk")
    names: dict[int, list[str]] = {}
    cases = Presentation.objects.filter(
        session__in=[session.pk for session in coming.values() if session],
        enrolment__state__in=TAKING_PART,
    )
    for row in cases.select_related("enrolment__user").order_by("slot"):
        names.setdefault(row.group_id, []).append(str(row.enrolment.user))
    return [
        RotaLine(cohort_id=group.cohort_id, group_id=group.pk, names=tuple(names.get(group.pk, ())))
        for group in groups
    ]


def calendar_notes(user: Any) -> dict[int, str]:
    """What somebody's calendar says about sessions in which they bring a case; one query."""
    mine = Presentation.objects.filter(enrolment__user=user, enrolment__state__in=TAKING_PART)
    return dict.fromkeys(mine.values_list("session_id", flat=True), case_note())


def case_note() -> str:
    """What a calendar says of a session in which its owner brings a case."""
    return _("You bring a case to this session.")

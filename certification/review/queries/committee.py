"""The committee and the appeal panel: who sits there, until when, and what each reads now."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, QuerySet
from django.utils import timezone

from certification.review.models import Assignment, PanelSeat
from certification.review.queries.conflicts import is_shut
from certification.review.queries.suggesting import day_of, load_of
from scip.accounts.models import Role, RoleGrant

SEATS = (Role.REVIEWER, Role.CHAIR, Role.PANEL)


def beside_chair(room: Assignment) -> QuerySet[Assignment]:
    """The others who were asked to read what somebody leads, with `is_shut` where a tie waits for
    a word; the caller has made sure that this chair's room is open."""
    rows = Assignment.objects.filter(submission=room.submission_id).exclude(pk=room.pk)
    rows = rows.annotate(is_shut=is_shut())
    return rows.select_related("member", "submission__candidacy__user").order_by("asked_at", "pk")


@dataclass(frozen=True, slots=True)
class Term:
    """One seat of one person, with what they carry."""

    grant: RoleGrant
    live: int
    recent: int
    hears: int


def terms(now: datetime | None = None) -> list[Term]:
    """Everybody who holds a seat today or later, whose term ends first; three queries."""
    now = now or timezone.now()
    held = RoleGrant.objects.filter(role__in=SEATS).exclude(until__lte=day_of(now))
    rows = list(
        held.select_related("user").order_by(F("until").asc(nulls_last=True), "user__name", "pk")
    )
    people = {row.user_id: row.user for row in rows}
    load = load_of(people.values(), now)
    hearing = PanelSeat.objects.filter(
        member__in=people, state__in=[PanelSeat.State.ASKED, PanelSeat.State.ACCEPTED]
    )
    hears: dict[int, int] = {}
    for key in hearing.values_list("member", flat=True):
        hears[key] = hears.get(key, 0) + 1
    return [Term(row, *load.get(row.user_id, (0, 0)), hears.get(row.user_id, 0)) for row in rows]

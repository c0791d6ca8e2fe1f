"""A round of wishes: what people may choose from, who counts, and the question to the solver."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, QuerySet
from django.utils.formats import date_format

from cohorts.models import Application, Cohort, Seat, Session
from cohorts.queries.admission import level_a_evidence, missing_in_profile
from consultations.allocation.nights import is_at_night
from consultations.allocation.problem import Problem, Seats, Wisher
from consultations.models import Apart, Group, Preference, Rank, Round
from consultations.requirements import WishEvidence, wish_findings
from scip.accounts.models import User
from scip.accounts.queries import prerequisite_evidence
from scip.requirements import Assessment

BUSY = frozenset(Application.ALIVE) - {Application.State.DRAFT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Sessions in a row at the same hour on somebody's clock."""

    first: datetime
    ends: datetime
    last_start: datetime
    count: int
    is_night: bool

    @property
    def hours(self) -> str:
        """``Monday 15:00–17:00``."""
        return f"{date_format(self.first.date(), 'l')} {self.first:%H:%M}–{self.ends:%H:%M}"

    @property
    def days(self) -> str:
        """``4 January – 22 March``, or the one day."""
        first, last = (date_format(end.date(), "j F Y") for end in (self.first, self.last_start))
        return first if first == last else f"{first} – {last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A group as somebody who chooses sees it; times are on their clock. ``night`` counts the
    sessions that are at night there."""

    group: Group
    stretches: tuple[Stretch, ...]
    sessions: int
    night: int


def groups_of(round_: Round) -> list[Group]:
    """The round's groups with cohort, topic and standing sessions; two queries."""
    standing = Session.objects.exclude(state=Session.State.CANCELLED).order_by("starts_at", "pk")
    rows = (
        round_.groups.select_related("cohort__edition", "topic")
        .prefetch_related(Prefetch("cohort__sessions", standing))
        .order_by("topic__position", "topic__name", "cohort__starts_on", "pk")
    )
    return list(rows)


def options_for(round_: Round, user: User) -> list[Option]:
    """What there is to choose from, on this person's clock; two queries."""
    return [option(group, round_, user.zone) for group in groups_of(round_)]


def option(group: Group, round_: Round, zone: ZoneInfo) -> Option:
    stretches: list[Stretch] = []
    sessions = [session for session in group.cohort.sessions.all() if is_standing(session)]
    for session in sessions:
        start, end = session.starts_at.astimezone(zone), session.ends_at.astimezone(zone)
        night = at_night(session, round_, zone)
        before = stretches[-1] if stretches else None
        if before and clock(before.first) == clock(start) and before.is_night == night:
            stretches[-1] = Stretch(
                first=before.first,
                ends=before.ends,
                last_start=start,
                count=before.count + 1,
                is_night=night,
            )
        else:
            stretches.append(
                Stretch(first=start, ends=end, last_start=start, count=1, is_night=night)
            )
    return Option(
        group=group,
        stretches=tuple(stretches),
        sessions=len(sessions),
        night=sum(part.count for part in stretches if part.is_night),
    )


def is_standing(session: Session) -> bool:
    return session.state != Session.State.CANCELLED


def clock(local: datetime) -> tuple[int, int, int]:
    return local.weekday(), local.hour, local.minute


def at_night(session: Session, round_: Round, zone: ZoneInfo) -> bool:
    """By the round's own hours of the night."""
    return is_at_night(
        session.starts_at,
        session.ends_at,
        zone,
        night_from=round_.night_from,
        night_until=round_.night_until,
    )


# --- Who counts -------------------------------------------------------------------------------


def wish_evidence(
    round_: Round,
    users: Collection[User],
    *,
    ranked: dict[int, int],
    live: Collection[int],
) -> dict[int, WishEvidence]:
    """Evidence by person, in four queries however many there are."""
    ids = [user.pk for user in users]
    prerequisites = prerequisite_evidence(ids)
    level_a = level_a_evidence(ids)
    elsewhere = busy_in(round_, ids)
    return {
        user.pk: WishEvidence(
            missing_profile=missing_in_profile(user),
            level_a=level_a[user.pk],
            prerequisites=prerequisites[user.pk],
            place_in=elsewhere.get(user.pk, ""),
            ranked=ranked.get(user.pk, 0),
            attends_live=user.pk in live,
        )
        for user in users
    }


def busy_in(
    round_: Round, users: Collection[int], *, beside: Group | None = None
) -> dict[int, str]:
    """In which of the round's groups (``beside`` left out) these people have an application with
    the office or a place; one query."""
    rows = Application.objects.filter(user__in=users, cohort__group__rounds=round_, state__in=BUSY)
    if beside is not None:
        rows = rows.exclude(cohort=beside.cohort_id)
    return dict(rows.values_list("user_id", "cohort__title"))


def assess_wishes(
    round_: Round, user: User, preference: Preference | None, *, now: datetime
) -> Assessment:
    """Whether somebody's wishes count, as it stands at ``now``."""
    count = preference.ranks.count() if preference else 0
    live = {user.pk} if preference and preference.attends_live else set()
    evidence = wish_evidence(round_, [user], ranked={user.pk: count}, live=live)
    return wish_findings(evidence[user.pk], as_of=now)


# --- The question to the solver ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A round as the office allocates it.

    ``preferences`` and ``assessments`` are of everybody who wished, by person; ``problem`` has
    those who count. ``unclear`` are names that nobody of the round has, or more than one.
    """

    round: Round
    groups: dict[int, Group]
    preferences: dict[int, Preference]
    assessments: dict[int, Assessment]
    problem: Problem
    unclear: tuple[Apart, ...]

    @property
    def counted(self) -> set[int]:
        return {person.key for person in self.problem.people}


def ground_of(round_: Round, *, now: datetime) -> Ground:
    """Everything that is known at ``now``; a fixed number of queries."""
    groups = {group.pk: group for group in groups_of(round_)}
    preferences = {
        row.user_id: row for row in Preference.objects.filter(round=round_).select_related("user")
    }
    ranks: dict[int, dict[int, int]] = defaultdict(dict)
    for rank in Rank.objects.filter(preference__round=round_, group__in=groups).values_list(
        "preference__user_id", "group_id", "rank"
    ):
        ranks[rank[0]][rank[1]] = rank[2]
    users = [row.user for row in preferences.values()]
    evidence = wish_evidence(
        round_,
        users,
        ranked={person: len(chosen) for person, chosen in ranks.items()},
        live={pk for pk, row in preferences.items() if row.attends_live},
    )
    assessments = {pk: wish_findings(evidence[pk], as_of=now) for pk in preferences}
    counted = [pk for pk in preferences if assessments[pk].is_met]
    holders = seat_holders(groups.values())
    aparts, unclear = meant(round_, [*users, *(user for row in holders.values() for user in row)])
    sitting = {user.pk: group for group, row in holders.items() for user in row}
    problem = Problem(
        people=wishers(round_, groups, [preferences[pk] for pk in counted], ranks),
        groups=tuple(seats(group, len(holders[pk]), now) for pk, group in groups.items()),
        apart=frozenset(pair for pair in aparts if pair <= set(counted)),
        barred=frozenset(
            (one, sitting[other])
            for pair in aparts
            for one in pair & set(counted)
            for other in pair - {one}
            if other in sitting
        ),
        lot=round_.lot,
    )
    return Ground(
        round=round_,
        groups=groups,
        preferences=preferences,
        assessments=assessments,
        problem=problem,
        unclear=unclear,
    )


def seats(group: Group, taken: int, now: datetime) -> Seats:
    """Free seats, and how many newcomers it takes for the group to run; none once it began."""
    cohort = group.cohort
    is_open = cohort.state == Cohort.State.OPEN and now < cohort.begins_at
    return Seats(
        key=group.pk,
        free=max(cohort.capacity - taken, 0) if is_open else 0,
        needed=max(group.minimum - taken, 0),
    )


def seat_holders(groups: Iterable[Group]) -> dict[int, list[User]]:
    """Who holds a seat in each group, by an offer or a place; one query."""
    of_cohort = {group.cohort_id: group.pk for group in groups}
    holders: dict[int, list[User]] = {pk: [] for pk in of_cohort.values()}
    rows = Seat.objects.filter(cohort__in=of_cohort).select_related("application__user")
    for seat in rows.order_by("cohort", "number"):
        holders[of_cohort[seat.cohort_id]].append(seat.application.user)
    return holders


def wishers(
    round_: Round,
    groups: dict[int, Group],
    preferences: list[Preference],
    ranks: dict[int, dict[int, int]],
) -> tuple[Wisher, ...]:
    """People as the solver knows them; nights are worked out once a zone."""
    nights: dict[str, frozenset[int]] = {}
    for row in preferences:
        zone = row.user.time_zone
        if zone not in nights and not row.may_meet_at_night:
            info = row.user.zone
            nights[zone] = frozenset(
                pk
                for pk, group in groups.items()
                if any(at_night(session, round_, info) for session in group.cohort.sessions.all())
            )
    return tuple(
        Wisher(
            key=row.user_id,
            ranks=ranks[row.user_id],
            night=frozenset()
            if row.may_meet_at_night
            else nights[row.user.time_zone] & ranks[row.user_id].keys(),
        )
        for row in preferences
    )


def meant(
    round_: Round, people: Iterable[User]
) -> tuple[frozenset[frozenset[int]], tuple[Apart, ...]]:
    """Pairs to keep apart, and wishes of which it is unclear whom they mean; one query.

    An e-mail address names one person. A name counts where exactly one of the people concerned
    has it: two people with one name are never guessed.
    """
    known = {user.pk: user for user in people}
    by_email = {user.email.casefold(): pk for pk, user in known.items()}
    names = Counter(spoken(user.name) for user in known.values())
    by_name = {spoken(user.name): pk for pk, user in known.items()}
    pairs: set[frozenset[int]] = set()
    unclear = []
    rows = Apart.objects.filter(preference__round=round_).select_related("preference__user")
    for row in rows:
        if row.is_settled:
            continue
        named = spoken(row.named)
        person = row.person_id or by_email.get(named)
        if person is None and names[named] == 1:
            person = by_name[named]
        if person is not None:
            if person != row.preference.user_id:
                pairs.add(frozenset({row.preference.user_id, person}))
        elif "@" not in named:
            unclear.append(row)
    return frozenset(pairs), tuple(unclear)


def spoken(name: str) -> str:
    """A name or address without what people write differently each time."""
    return " ".join(name.casefold().split())


# --- Where people meet them -------------------------------------------------------------------


def rounds_to_join(user: User, now: datetime) -> QuerySet[Round]:
    """Rounds that take wishes now and have none of this person's yet, the first to close first."""
    mine = Preference.objects.filter(user=user).values("round")
    rounds = Round.objects.visible_to(user).taking_wishes(now).exclude(pk__in=mine)
    return rounds.order_by("closes_at", "pk")

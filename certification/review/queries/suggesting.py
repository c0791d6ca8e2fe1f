"""Who could read a submission: the committee with ties, terms, load and language, and the balanced
suggestion for the seats that are empty."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from certification.review.models import Assignment, Submission
from certification.review.queries.appeals import is_heard_anew
from certification.review.queries.conflicts import ties_of
from certification.review.requirements.assigning import (
    ROLES,
    MemberFacts,
    Seat,
    barring,
    member_findings,
    needing_reason,
    part_due,
)
from scip.accounts.models import Role, RoleGrant, User
from scip.requirements import Finding

COMMITTEE = (Role.REVIEWER, Role.CHAIR)
RECENT = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One member beside one seat, with how they stand as findings."""

    member: User
    seat: str
    facts: MemberFacts
    findings: tuple[Finding, ...]

    @property
    def is_free(self) -> bool:
        """May they be asked without giving a reason?"""
        return not barring(self.findings) and not needing_reason(self.findings)

    @property
    def is_barred(self) -> bool:
        return bool(barring(self.findings))

    @property
    def place_in_order(self) -> tuple[bool, bool, int, bool, int, int]:
        """Readers of the submission before, then whoever reads least, shares a language, was asked
        least in the last year; the oldest account where all are equal. Whoever may lead is a
        reviewer only where nobody else is free."""
        facts = self.facts
        leads = self.seat == Seat.REVIEWER and Seat.CHAIR in facts.seats_today
        speaks = facts.shares_language is not False
        order = (facts.live, not speaks, facts.recent, self.member.pk)
        return (not facts.read_before, leads, *order)


def committee(now: datetime) -> list[User]:
    """Everybody with a seat on the committee today; one query."""
    rows = User.objects.filter(is_active=True).holding(*COMMITTEE, on=day_of(now))
    return list(rows.order_by("name", "pk"))


def day_of(moment: datetime) -> date:
    """Terms begin and end with UTC's days."""
    return moment.astimezone(UTC).date()


def facts_of(
    submission: Submission, members: Collection[User], *, seat: str, now: datetime | None = None
) -> dict[int, MemberFacts]:
    """What is known of these people beside one submission; eleven queries however many."""
    now = now or timezone.now()
    due = part_due(submission.submitted_at or now, submission.edition, seat, now=now)
    ties = ties_of(submission.candidacy.user, members)
    today, then = seats_by(members, day_of(now)), seats_by(members, day_of(due))
    load = load_of(members, now)
    here = {row.member_id: row for row in submission.assignments.live()}
    gone, knowing = ended_seats(submission)
    is_anew = is_heard_anew(submission)
    before = frozenset() if is_anew else readers_before(submission)
    overturned = everybody_before(submission) if is_anew else frozenset()
    spoken = set(submission.candidacy.user.languages)
    return {
        member.pk: MemberFacts(
            seats_today=today.get(member.pk, frozenset()),
            seats_then=then.get(member.pk, frozenset()),
            due_at=due,
            ties=ties[member.pk],
            seat_here=here[member.pk].seat if member.pk in here else "",
            said_no=member.pk in gone,
            knows_views=member.pk in knowing,
            read_before=member.pk in before,
            was_overturned=member.pk in overturned,
            shares_language=bool(spoken & set(member.languages))
            if spoken and member.languages
            else None,
            live=load.get(member.pk, (0, 0))[0],
            recent=load.get(member.pk, (0, 0))[1],
        )
        for member in members
    }


def ended_seats(submission: Submission) -> tuple[set[int], set[int]]:
    """Who declined this submission or was released from it, and whom of them others' views were
    open to by then: in the chair, as the second reader, after giving their own; one query."""
    rows = submission.assignments.exclude(state__in=Assignment.LIVE)
    oversaw = Q(accepted_at__isnull=False) & ~Q(seat=Seat.REVIEWER)
    told = rows.annotate(knew=Q(oversaw | Q(given_at__isnull=False)))
    gone, knowing = set(), set()
    for key, knew in told.values_list("member", "knew"):
        gone.add(key)
        if knew:
            knowing.add(key)
    return gone, knowing


def seats_by(members: Collection[User], on: date) -> dict[int, frozenset[str]]:
    """The seats that people's roles open on a day; one query."""
    grants = RoleGrant.objects.holding(*COMMITTEE, on=on).filter(
        user__in=[member.pk for member in members]
    )
    found: dict[int, set[str]] = {}
    for key, role in grants.values_list("user", "role"):
        seats = found.setdefault(key, set())
        seats.update(seat for seat, roles in ROLES.items() if role in roles)
    return {key: frozenset(seats) for key, seats in found.items()}


def load_of(members: Collection[User], now: datetime) -> dict[int, tuple[int, int]]:
    """What each reads now, and how often each was asked in the last year; one query."""
    is_live = Q(state__in=Assignment.LIVE, submission__state=Submission.State.SUBMITTED) & ~Q(
        state=Assignment.State.GIVEN
    )
    rows = (
        Assignment.objects.filter(member__in=[member.pk for member in members])
        .order_by()
        .values("member")
        .annotate(
            live=Count("pk", filter=is_live),
            recent=Count("pk", filter=Q(asked_at__gt=now - RECENT)),
        )
    )
    return {row["member"]: (row["live"], row["recent"]) for row in rows}


def readers_before(submission: Submission) -> frozenset[int]:
    """Who read the submission that this one follows, in whichever seat; one query at most."""
    if submission.follows_id is None:
        return frozenset()
    rows = Assignment.objects.filter(
        submission=submission.follows_id, state__in=Assignment.READING
    ).exclude(seat=Seat.SECOND)
    return frozenset(rows.values_list("member", flat=True))


def everybody_before(submission: Submission) -> frozenset[int]:
    """Whoever had a part in the answer that this submission follows, the second reader too, and
    those to whom it was open before they were released."""
    opened = Q(state__in=Assignment.READING) | Q(accepted_at__isnull=False)
    rows = Assignment.objects.filter(
        opened | Q(given_at__isnull=False), submission=submission.follows_id
    )
    return frozenset(rows.values_list("member", flat=True))


def open_places(submission: Submission, taken: Sequence[str]) -> list[str]:
    """The seats that nobody was asked for yet, the chair first."""
    missing = submission.edition.reviewers - taken.count(Seat.REVIEWER)
    chair: list[str] = [] if Seat.CHAIR in taken else [Seat.CHAIR]
    return chair + [Seat.REVIEWER] * max(missing, 0)


def choices_for(
    submission: Submission, *, seat: str, now: datetime | None = None
) -> tuple[Suggestion, ...]:
    """The whole committee beside one seat: who is free first, in the order of the suggestion."""
    now = now or timezone.now()
    members = committee(now)
    facts = facts_of(submission, members, seat=seat, now=now)
    return ranked(members, facts, seat)


def ranked(
    members: Collection[User], facts: dict[int, MemberFacts], seat: str
) -> tuple[Suggestion, ...]:
    """These people beside a seat, best first."""
    rows = [
        Suggestion(member, seat, facts[member.pk], member_findings(facts[member.pk], seat=seat))
        for member in members
    ]
    return tuple(sorted(rows, key=lambda row: (row.is_barred, not row.is_free, row.place_in_order)))


def suggest(submission: Submission, *, now: datetime | None = None) -> tuple[Suggestion, ...]:
    """For every empty seat the member who is free of ties and carries least; nobody twice.

    Shorter than the list of seats where the committee has too few people who are free.
    """
    now = now or timezone.now()
    taken = list(submission.assignments.live().values_list("seat", flat=True))
    found: list[Suggestion] = []
    by_seat: dict[str, tuple[Suggestion, ...]] = {}
    for seat in open_places(submission, taken):
        if seat not in by_seat:
            by_seat[seat] = choices_for(submission, seat=seat, now=now)
        chosen = {row.member.pk for row in found}
        best = next(
            (row for row in by_seat[seat] if row.is_free and row.member.pk not in chosen), None
        )
        if best is not None:
            found.append(best)
    return tuple(found)

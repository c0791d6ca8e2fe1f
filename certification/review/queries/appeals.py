"""Appeals: what can be appealed, what was overturned, who could hear one, and the seats' answers."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, When
from django.utils import timezone

from certification.candidacy.models import Candidacy
from certification.candidacy.queries.windows import appeal_window
from certification.candidacy.requirements.windows import Window
from certification.review.models import (
    Appeal,
    AppealOutcome,
    Assignment,
    Decision,
    PanelSeat,
    Submission,
)
from certification.review.queries.conflicts import open_seats, ties_of
from certification.review.requirements.appeals import (
    Answer,
    PanelFacts,
    panel_findings,
    seats_wanted,
)
from scip.accounts.models import Role, User
from scip.requirements import Finding, Status
from supervision.models import Recommendation, Supervisor
from supervision.queries.recommendations import second_looks

State = Appeal.State
PANEL = (Role.PANEL, Role.SUPERVISOR)
RECENT = timedelta(days=365)
# Nobody of the office, and no page of a list, reads these.
WORDS = ("statement", "content", "reasons", "instructions")


def refused_in_force(candidacy_ids: Collection[int]) -> dict[int, Recommendation]:
    """The "not yet" that holds today for each candidacy that has one; one query. The letter's own
    parts are not read."""
    rows = (
        Recommendation.objects.filter(
            agreement__candidacy__in=candidacy_ids, state=Recommendation.State.SENT
        )
        .select_related("agreement__supervisor__user")
        .defer("key_elements", "assessment", "reflections")
        .order_by("sent_at", "pk")
    )
    latest = {row.agreement.candidacy_id: row for row in rows}
    not_yet = Recommendation.Outcome.NOT_YET
    return {key: row for key, row in latest.items() if row.outcome == not_yet}


def latest_refusal(candidacy: Candidacy) -> Decision | None:
    """The committee's last answer, where it was "further development needed" and nothing followed
    it that is with the committee or was answered."""
    last = (
        Submission.objects.filter(candidacy=candidacy)
        .exclude(state__in=(*Submission.OPEN, Submission.State.CLOSED))
        .order_by("-number")
        .first()
    )
    if last is None or last.state != Submission.State.DEVELOPMENT:
        return None
    rows = Decision.objects.filter(submission=last, state=Decision.State.SENT)
    return rows.select_related("submission").first()


def appealable(candidacy: Candidacy, *, now: datetime | None = None) -> Answer | None:
    """The answer that can be appealed, or could have been; None without one.

    A "not yet" of the supervisor always; "further development needed" where the edition allows it.
    A "not yet" after one that a panel overturned stands in nobody's way, so it counts as answered.
    """
    edition = candidacy.edition
    if edition is None:
        return None
    decision = latest_refusal(candidacy) if edition.appeal_of_decisions else None
    if decision is not None and decision.sent_at is not None:
        return Answer(
            decision=decision.pk,
            told_at=decision.sent_at,
            window=appeal_window(candidacy, edition, told_at=decision.sent_at, now=now),
            is_answered=is_answered(candidacy, Q(decision=decision)),
        )
    row = refused_in_force([candidacy.pk]).get(candidacy.pk)
    if row is None or row.sent_at is None:
        return None
    return Answer(
        recommendation=row.pk,
        told_at=row.sent_at,
        window=appeal_window(candidacy, edition, told_at=row.sent_at, now=now),
        is_answered=is_answered(candidacy, Q(recommendation=row))
        or overturned_for(candidacy) is not None,
    )


def window_of(appeal: Appeal, *, now: datetime | None = None) -> Window | None:
    """Until when this appeal can be filed, by the answer that it is about; None where that is no
    more."""
    about = appeal.decision or appeal.recommendation
    edition = appeal.candidacy.edition
    if about is None or about.sent_at is None or edition is None:
        return None
    return appeal_window(appeal.candidacy, edition, told_at=about.sent_at, now=now)


def is_answered(candidacy: Candidacy, about: Q) -> bool:
    """Has a panel answered an appeal against this already?"""
    return Appeal.objects.filter(about, candidacy=candidacy, state=State.DECIDED).exists()


def appeal_of(candidacy: Candidacy) -> Appeal | None:
    """The newest appeal of a candidacy, for its own pages."""
    rows = (
        Appeal.objects.filter(candidacy=candidacy).defer("content").order_by("-created_at", "-pk")
    )
    found = rows.first()
    if found is not None:
        found.candidacy = candidacy
    return found


def overturned_in(candidacy_ids: Collection[int]) -> dict[int, Appeal]:
    """Of each candidacy whose supervisors said "not yet", the appeal that overturned it; two
    queries at most.

    The last panel's answer stands until a letter recommends: nobody takes it back by saying "not
    yet" once more, and after a letter that recommends no other is sent.
    """
    in_force = refused_in_force(candidacy_ids)
    if not in_force:
        return {}
    rows = (
        Appeal.objects.filter(candidacy__in=list(in_force), decision=None, state=State.DECIDED)
        .defer("statement", "content")
        .order_by("decided_at", "pk")
    )
    latest = {row.candidacy_id: row for row in rows}
    overturned = AppealOutcome.OVERTURNED
    return {key: row for key, row in latest.items() if row.outcome == overturned}


def overturned_for(candidacy: Candidacy) -> Appeal | None:
    """The appeal that overturned this candidate's "not yet" and still stands, or None."""
    return overturned_in([candidacy.pk]).get(candidacy.pk)


def is_superseded(appeal: Appeal) -> bool:
    """Has a later letter taken the place of the "not yet" that this appeal is about?"""
    letter = appeal.recommendation
    return letter is not None and letter.state == Recommendation.State.SUPERSEDED


def is_heard_anew(submission: Submission) -> bool:
    """Was this submission brought back by a panel that overturned the committee's answer? Then
    others read it than before."""
    if submission.follows_id is None:
        return False
    return Appeal.objects.filter(
        decision__submission=submission.follows_id,
        state=State.DECIDED,
        outcome=AppealOutcome.OVERTURNED,
    ).exists()


def panel_asks(submission: Submission) -> str:
    """What a panel asked the committee to look at again in this submission; empty without an
    appeal that sent the earlier answer back. For those alone whose room is open to them
    (`queries.reading.rooms_open_to`); it names nobody who sat on the panel."""
    if submission.follows_id is None:
        return ""
    rows = Appeal.objects.filter(
        decision__submission=submission.follows_id,
        state=State.DECIDED,
        outcome=AppealOutcome.REMANDED,
    )
    words = rows.order_by("-decided_at", "-pk").values_list("instructions", flat=True)
    return words.first() or ""


@dataclass(frozen=True, slots=True)
class PanelChoice:
    """One person beside one appeal, with how they stand as findings."""

    member: User
    facts: PanelFacts
    findings: tuple[Finding, ...]

    @property
    def is_barred(self) -> bool:
        return any(item.status is Status.OPEN for item in self.findings)

    @property
    def needs_reason(self) -> bool:
        return any(item.status is Status.WAITING for item in self.findings)

    @property
    def place_in_order(self) -> tuple[bool, bool, int, bool, int, int]:
        """Who is free, hears least, shares a language, was asked least in a year; the oldest
        account where all are equal."""
        facts = self.facts
        no_language = facts.shares_language is False
        load = (facts.live, no_language, facts.recent, self.member.pk)
        return (self.is_barred, self.needs_reason, *load)


def eligible(now: datetime) -> QuerySet[User]:
    """Whoever may hear appeals on a day: a seat on the panel, or CMSC's approval as a supervisor."""
    on = now.astimezone(UTC).date()
    panel = User.objects.holding(Role.PANEL, on=on).values("pk")
    supervisors = User.objects.holding(Role.SUPERVISOR, on=on).filter(
        supervisor__in=Supervisor.objects.approved(on)
    )
    either = Q(pk__in=panel) | Q(pk__in=supervisors.values("pk"))
    found: QuerySet[User] = User.objects.filter(either, is_active=True)
    return found


def panel_facts(
    appeal: Appeal, members: Collection[User], *, now: datetime
) -> dict[int, PanelFacts]:
    """What is known of these people beside one appeal; a fixed number of queries."""
    keys = [member.pk for member in members]
    able = set(eligible(now).filter(pk__in=keys).values_list("pk", flat=True))
    ties = ties_of(appeal.candidacy.user, members)
    seats = list(appeal.seats.values_list("member", "state"))
    here = {key for key, state in seats if state in PanelSeat.LIVE}
    gone = {key for key, state in seats if state not in PanelSeat.LIVE}
    readers = readers_of(appeal)
    load = load_of(keys, now)
    spoken = set(appeal.candidacy.user.languages)
    return {
        member.pk: PanelFacts(
            is_eligible=member.pk in able,
            ties=ties[member.pk],
            read_it=member.pk in readers,
            has_seat=member.pk in here,
            said_no=member.pk in gone,
            shares_language=bool(spoken & set(member.languages))
            if spoken and member.languages
            else None,
            live=load.get(member.pk, (0, 0))[0],
            recent=load.get(member.pk, (0, 0))[1],
        )
        for member in members
    }


def readers_of(appeal: Appeal) -> frozenset[int]:
    """Who had a part in any submission of this candidate (a seat in it, however it ended, or a
    hand in its answer), or filed an appeal for them: they have read it. Three queries."""
    seats = Assignment.objects.filter(submission__candidacy=appeal.candidacy_id)
    found = set(seats.values_list("member", flat=True))
    answers = Decision.objects.filter(submission__candidacy=appeal.candidacy_id)
    for row in answers.values_list("proposed_by", "approved_by", "sent_by"):
        found.update(filter(None, row))
    filed = Appeal.objects.filter(candidacy=appeal.candidacy_id, opened_by__isnull=False)
    found.update(filed.values_list("opened_by", flat=True))
    return frozenset(found)


def load_of(keys: Collection[int], now: datetime) -> dict[int, tuple[int, int]]:
    """What each hears now, and how often each was asked in the last year; one query."""
    is_live = Q(state__in=(PanelSeat.State.ASKED, PanelSeat.State.ACCEPTED))
    rows = (
        PanelSeat.objects.filter(member__in=keys)
        .order_by()
        .values("member")
        .annotate(
            live=Count("pk", filter=is_live),
            recent=Count("pk", filter=Q(asked_at__gt=now - RECENT)),
        )
    )
    return {row["member"]: (row["live"], row["recent"]) for row in rows}


def choices_for(appeal: Appeal, *, now: datetime | None = None) -> tuple[PanelChoice, ...]:
    """Everybody who may hear appeals today beside this one, best first."""
    now = now or timezone.now()
    members = list(eligible(now).order_by("name", "pk"))
    facts = panel_facts(appeal, members, now=now)
    rows = [
        PanelChoice(member, facts[member.pk], panel_findings(facts[member.pk]))
        for member in members
    ]
    return tuple(sorted(rows, key=lambda row: row.place_in_order))


def suggest(appeal: Appeal, *, now: datetime | None = None) -> tuple[PanelChoice, ...]:
    """For every empty seat somebody who had no part in anything and carries least; shorter where
    too few are free."""
    missing = empty_seats(appeal)
    free = [
        row for row in choices_for(appeal, now=now) if not row.is_barred and not row.needs_reason
    ]
    return tuple(free[:missing])


def empty_seats(appeal: Appeal) -> int:
    """How many seats nobody was asked for yet; one query. A third is wanted once two disagree."""
    live = appeal.seats.filter(state__in=PanelSeat.LIVE).values_list("state", "outcome")
    rows = list(live)
    given = [outcome for state, outcome in rows if state == PanelSeat.State.GIVEN]
    edition = appeal.candidacy.edition
    panel = edition.appeal_panel if edition is not None else 0
    return max(seats_wanted(given, panel=panel) - len(rows), 0)


def with_the_office(now: datetime) -> QuerySet[Appeal]:
    """What waits for the office: a seat is empty, a third is wanted and nobody was asked, or the
    promised day has passed."""
    live = Q(seats__state__in=PanelSeat.LIVE)
    waiting = Q(seats__state__in=(PanelSeat.State.ASKED, PanelSeat.State.ACCEPTED))
    rows = Appeal.objects.filter(state__in=(State.FILED, State.HEARING)).annotate(
        taken=Count("seats", filter=live), waited=Count("seats", filter=waiting)
    )
    found: QuerySet[Appeal] = rows.filter(
        Q(taken__lt=F("candidacy__edition__appeal_panel")) | Q(waited=0) | Q(answer_by_at__lt=now)
    )
    return found


def with_the_author(now: datetime | None = None) -> QuerySet[Any]:
    """Sent back to the supervisor, whose next letter is waited for; each with ``letter_due_at``,
    until when it is hoped for."""
    looks = second_looks(now)
    return Appeal.objects.filter(
        state=State.DECIDED,
        outcome=AppealOutcome.REMANDED,
        recommendation__in=looks.values("pk"),
    ).annotate(letter_due_at=Subquery(looks.filter(pk=OuterRef("recommendation")).values("due_at")))


def due_of_row(now: datetime | None = None) -> Case:
    """Until when an appeal is answered for which somebody is waited: its panel, or the supervisor
    who looks again; nothing once nobody is."""
    author = with_the_author(now).filter(pk=OuterRef("pk")).values("letter_due_at")
    is_open = Q(state__in=(State.FILED, State.HEARING))
    return Case(When(is_open, then=F("answer_by_at")), default=Subquery(author))


def seats_of(user: User) -> list[PanelSeat]:
    """Everything that somebody was asked to hear, for their desk: what waits first."""
    rows = (
        PanelSeat.objects.filter(member=user)
        .select_related("appeal__candidacy__user", "appeal__candidacy__edition")
        .defer(*(f"appeal__{name}" for name in WORDS))
        .order_by("-asked_at", "-pk")
    )
    order = (PanelSeat.State.ASKED, PanelSeat.State.ACCEPTED)
    return sorted(rows, key=lambda row: order.index(row.state) if row.state in order else 2)


def readable_by(user: User) -> QuerySet[PanelSeat]:
    """Seats whose appeal somebody may read now, and of which there is something to read."""
    return open_seats(user).exclude(appeal__content="")


def others_answers(seat: PanelSeat) -> list[PanelSeat]:
    """What the other seats answered, for whoever gave an answer of their own; empty before."""
    if seat.state != PanelSeat.State.GIVEN:
        return []
    rows = PanelSeat.objects.filter(appeal=seat.appeal_id, state=PanelSeat.State.GIVEN)
    return list(rows.exclude(pk=seat.pk).select_related("member").order_by("given_at", "pk"))

"""What the desks show: one line for each relationship, read in bulk."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certification.candidacy.models import Candidacy
from scip.formats import day, deadline, money
from scip.policy.models import Edition
from scip.requirements import Finding
from supervision.models import (
    Agreement,
    AgreementVersion,
    Appointment,
    FeePayment,
    Introduction,
    Plan,
    Signature,
    SupervisionSession,
    Supervisor,
)
from supervision.queries.agreements import is_further, other_of, side_of, with_people
from supervision.queries.introductions import Introductions
from supervision.queries.reading import read_now
from supervision.queries.recommendations import Letter, letters_due, told_of
from supervision.queries.sessions import ledger_evidence
from supervision.requirements.ledger import LedgerEvidence, ledger_findings
from supervision.requirements.recommendations import may_recommend
from supervision.requirements.track import Stop, own_track, track

Side = Signature.Side
State = SupervisionSession.State


@dataclass(frozen=True, slots=True)
class Matter:
    """Something that waits for this person, with the page where it is done."""

    text: str
    url: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship:
    """One agreement as one of its two people sees it. ``with_other`` is what waits for the other."""

    agreement: Agreement
    side: str
    other: Any
    stops: tuple[Stop, ...]
    findings: tuple[Finding, ...]
    matters: tuple[Matter, ...]
    with_other: tuple[str, ...]
    appointment: Appointment | None
    session_ids: frozenset[int]
    """Entries of this agreement: those of another one are not this pair's to open."""
    is_accompanied: bool = False
    """Of one that is over: does its supervisor accompany the candidate in it today?"""
    is_closed: bool = False
    """For a supervisor whose candidate walks on without them: only what these two held is told."""

    @property
    def is_active(self) -> bool:
        return self.agreement.state == Agreement.State.ACTIVE

    @property
    def is_past(self) -> bool:
        """Is it over for its supervisor, with nothing left to do? A candidate's track stays."""
        return not self.is_together and self.side == Side.SUPERVISOR and not self.matters

    @property
    def is_together(self) -> bool:
        """Do the two draft, walk on, or wait for the letter? A completed one that a correction
        left short goes on being theirs."""
        return self.is_accompanied or self.agreement.state in Agreement.ALIVE


def relationships_of(user: Any, *, now: datetime) -> list[Relationship]:
    """Somebody's relationships, those under way first; the same number of queries for any
    number of them."""
    rows = with_people(Agreement.objects.of_pair(user)).exclude(state=Agreement.State.DISCARDED)
    order = [Agreement.State.ACTIVE, Agreement.State.DRAFT]
    found = described(list(rows.order_by("-created_at")), user, now=now)
    return sorted(
        found,
        key=lambda item: (
            order.index(Agreement.State(item.agreement.state))
            if item.agreement.state in order
            else len(order)
        ),
    )


def seeks_company(candidacy: Candidacy | None, found: Iterable[Relationship]) -> bool:
    """Is somebody without a supervisor whom they had, while their ledger still asks for sessions?"""
    if candidacy is None or not candidacy.is_registered:
        return False
    own = [item for item in found if item.agreement.candidacy_id == candidacy.pk]
    is_alone = not any(item.is_together for item in own)
    return is_alone and any(not row.is_met for item in own for row in item.findings)


def open_again(candidacy: Candidacy | None, found: Iterable[Relationship]) -> Relationship | None:
    """With whom somebody came to the committee whose answer asked for more, while nobody accompanies
    them: another agreement of the two is the nearest way on. None for everybody else, and while the
    committee reads what was handed in since."""
    if candidacy is None or not candidacy.is_registered or candidacy.further_since is None:
        return None
    own = [item for item in found if item.agreement.candidacy_id == candidacy.pk]
    done = [item for item in own if item.agreement.state == Agreement.State.COMPLETED]
    if not done or any(item.is_together for item in own) or read_now({candidacy.pk}):
        return None
    return done[0]


def may_supervise(item: Relationship | None) -> bool:
    """Is the supervisor of a relationship approved today, so that another agreement can be made?"""
    if item is None:
        return False
    return Supervisor.objects.approved().filter(pk=item.agreement.supervisor_id).exists()


def relationship(agreement: Agreement, user: Any, *, now: datetime) -> Relationship:
    """One agreement, fetched `with_people`, as one of its two people sees it."""
    return described([agreement], user, now=now)[0]


def described(agreements: list[Agreement], user: Any, *, now: datetime) -> list[Relationship]:
    """Evidence, tracks and what waits for these agreements, read in bulk."""
    ids = [agreement.pk for agreement in agreements]
    evidence = ledger_evidence({agreement.candidacy_id for agreement in agreements})
    versions = newest_versions(ids)
    plans = {plan.agreement_id: plan for plan in Plan.objects.filter(agreement__in=ids)}
    sessions: dict[int, list[SupervisionSession]] = defaultdict(list)
    waiting = [State.LOGGED, State.DISPUTED]
    for row in SupervisionSession.objects.filter(agreement__in=ids, state__in=waiting):
        sessions[row.agreement_id].append(row)
    ahead = coming_appointments(ids, now)
    payments: dict[int, list[FeePayment]] = defaultdict(list)
    noted = FeePayment.objects.filter(confirmed_at=None, denied_at=None, block__replaced_at=None)
    for payment in noted.filter(block__agreement__in=ids).select_related("block__version"):
        payments[payment.block.agreement_id].append(payment)
    told = told_of(evidence)
    letters = letters_due(agreements, told, now)
    further = {agreement.candidacy_id for agreement in agreements if is_further(agreement)}
    read = read_now(further) if further else frozenset()
    today = accompanied_today(agreements, user)
    closed = closed_to(agreements, user, today)
    apart = closed | {
        row.pk
        for row in agreements
        if row.state not in Agreement.ALIVE and not is_with(row.supervisor_id, row, today)
    }
    return [
        one(
            agreement,
            user,
            evidence=evidence[agreement.candidacy_id],
            is_accompanied=agreement.pk in {row.pk for row in today},
            is_apart=agreement.pk in apart,
            is_closed=agreement.pk in closed,
            version=versions.get(agreement.pk),
            plan=plans.get(agreement.pk),
            sessions=sessions[agreement.pk],
            payments=payments[agreement.pk],
            appointment=ahead.get(agreement.pk),
            letter=letters.get(agreement.pk),
            is_read=agreement.candidacy_id in read,
        )
        for agreement in agreements
    ]


def accompanied_today(agreements: list[Agreement], user: Any) -> list[Agreement]:
    """Where somebody accompanies the candidates of these agreements today. One query, and none for
    a candidate whose agreements are all under way."""
    asked = {
        row.candidacy_id
        for row in agreements
        if row.state not in Agreement.ALIVE or side_of(row, user) == Side.SUPERVISOR
    }
    return list(Agreement.objects.accompanied().filter(candidacy__in=asked)) if asked else []


def is_with(supervisor: int, agreement: Agreement, today: Iterable[Agreement]) -> bool:
    """Does this supervisor accompany the candidate of an agreement, in whichever of theirs?"""
    return any(
        row.candidacy_id == agreement.candidacy_id and row.supervisor_id == supervisor
        for row in today
    )


def closed_to(agreements: list[Agreement], user: Any, today: Iterable[Agreement]) -> frozenset[int]:
    """Agreements whose supervisor ``user`` was or may become while the candidate is not theirs to
    accompany: how the person goes on is not told. A draft shows what is ahead, unless somebody
    else accompanies the candidate."""
    taken = {row.candidacy_id for row in today}
    return frozenset(
        row.pk
        for row in agreements
        if side_of(row, user) == Side.SUPERVISOR
        and not is_with(row.supervisor_id, row, today)
        and (row.state != Agreement.State.DRAFT or row.candidacy_id in taken)
    )


def newest_versions(ids: Iterable[int]) -> dict[int, AgreementVersion]:
    """The newest text of each agreement with its signatures; two queries."""
    rows = AgreementVersion.objects.filter(agreement__in=list(ids)).order_by("number")
    signatures = Prefetch("signatures", Signature.objects.all())
    return {row.agreement_id: row for row in rows.prefetch_related(signatures)}


def coming_appointments(ids: Iterable[int], now: datetime) -> dict[int, Appointment]:
    """The next planned session of each agreement, the one that runs included; one query."""
    rows = Appointment.objects.ahead().filter(agreement__in=list(ids)).order_by("-starts_at")
    return {row.agreement_id: row for row in rows if row.ends_at > now}


def one(
    agreement: Agreement,
    user: Any,
    *,
    evidence: LedgerEvidence,
    version: AgreementVersion | None,
    plan: Plan | None,
    sessions: list[SupervisionSession],
    payments: list[FeePayment],
    appointment: Appointment | None,
    letter: Letter | None,
    is_accompanied: bool,
    is_apart: bool,
    is_closed: bool,
    is_read: bool,
) -> Relationship:
    edition = agreement.candidacy.edition
    stops = track(evidence, edition=edition) if edition else ()
    findings = ledger_findings(evidence, edition=edition) if edition else ()
    if is_closed:
        stops, findings = own_track(evidence, agreement.pk), ()
    side = side_of(agreement, user)
    has_met = evidence.has_met_for_plan
    mine, theirs = text_matters(agreement, version, side, user, has_met=has_met)
    if agreement.state == Agreement.State.ACTIVE:
        to_read, with_them = plan_matters(agreement, plan, side, user, has_met=has_met)
        mine, theirs = mine + to_read, theirs + with_them
    to_confirm, unanswered = session_matters(agreement, sessions, user, is_apart=is_apart)
    mine, theirs = mine + to_confirm, theirs + unanswered
    mine += payment_matters(agreement, payments, user)
    if edition and letter is not None and (letter.remanded_at or not is_closed):
        to_write, is_written = letter_matters(
            agreement, evidence, edition, side, user, letter=letter
        )
        mine, theirs = mine + to_write, theirs + is_written
    elif edition and is_further(agreement):
        theirs += [] if is_read else further_words(agreement, side)
    elif edition:
        theirs += meeting_matters(agreement, evidence, edition)
    return Relationship(
        agreement=agreement,
        side=side,
        other=other_of(agreement, user),
        stops=stops,
        findings=findings,
        is_accompanied=is_accompanied,
        is_closed=is_closed,
        matters=tuple(mine),
        with_other=tuple(theirs),
        appointment=appointment,
        session_ids=frozenset(
            item.pk for item in evidence.sessions if item.agreement == agreement.pk
        ),
    )


type Matters = tuple[list[Matter], list[str]]


def introduction_matters(
    introductions: Introductions, agreements: Iterable[Agreement], *, now: datetime
) -> list[Matter]:
    """Requests for a brief call that wait for this person: to answer, or to choose a time of while
    one is ahead. Whoever drafts an agreement (one of ``agreements``) has found their way without."""
    agreed = {(row.candidacy_id, row.supervisor_id) for row in agreements}
    found = [
        (row, _("{name} asks you for a brief call").format(name=row.candidacy.user), _("Answer"))
        for row in introductions.received
        if row.state == Introduction.State.SENT
    ]
    found += [
        (row, _("Choose a time for the call with {name}").format(name=row.supervisor), _("Choose"))
        for row in introductions.asked
        if row.state == Introduction.State.ACCEPTED
        and any(time > now for time in row.proposed_times)
        and not row.chosen_time
        and (row.candidacy_id, row.supervisor_id) not in agreed
    ]
    return [
        Matter(text, reverse("supervision:introduction", args=[row.pk]), label)
        for row, text, label in found
    ]


def text_matters(
    agreement: Agreement,
    version: AgreementVersion | None,
    side: str,
    user: Any,
    *,
    has_met: bool,
) -> Matters:
    """A text to write or to sign. A final version waits for the plan meeting (``has_met``)."""
    url = reverse("supervision:agreement_text", args=[agreement.pk])
    other = other_of(agreement, user)
    if agreement.state not in Agreement.ALIVE:
        return [], []
    if version is None:
        text = _("Write the first text of your agreement with {name}").format(name=other)
        return [Matter(text, url, _("Write it"))], []
    sides = {row.side for row in version.signatures.all()}
    if sides >= {Side.CANDIDATE, Side.SUPERVISOR}:
        return [], []
    if version.kind == AgreementVersion.Kind.FINAL and not has_met:
        words = _("Version {number} of the agreement is signed at the plan meeting")
        return [], [words.format(number=version.number)]
    mine = []
    if side not in sides:
        text = _("Read and sign version {number} of your agreement with {name}").format(
            number=version.number, name=other
        )
        mine.append(Matter(text, url, _("Read it")))
        return mine, []
    return [], [
        _("{name} reads version {number} of the agreement").format(
            name=other, number=version.number
        )
    ]


def plan_matters(
    agreement: Agreement, plan: Plan | None, side: str, user: Any, *, has_met: bool
) -> Matters:
    """A plan to agree to, from the plan meeting on (``has_met``)."""
    if plan is None or plan.is_agreed:
        return [], []
    if not has_met:
        return [], [_("The supervision plan is agreed at the plan meeting")]
    other = other_of(agreement, user)
    agreed = plan.candidate_agreed_at if side == Side.CANDIDATE else plan.supervisor_agreed_at
    if agreed is not None:
        return [], [_("{name} reads the supervision plan").format(name=other)]
    text = _("Read the supervision plan that {name} wrote").format(name=other)
    return [Matter(text, reverse("supervision:plan", args=[agreement.pk]), _("Read it"))], []


def session_matters(
    agreement: Agreement, sessions: list[SupervisionSession], user: Any, *, is_apart: bool
) -> Matters:
    """Sessions to confirm, and those that wait for the other or the office: a candidate's correction
    is the office's once the supervisor accompanies them no more (``is_apart``)."""
    other, candidate = other_of(agreement, user), agreement.candidacy.user_id
    mine, waiting, talk = [], 0, 0
    for row in sorted(sessions, key=lambda item: item.started_at):
        is_offices = is_apart and row.corrects_id is not None and row.logged_by_id == candidate
        if row.state == State.DISPUTED or is_offices:
            talk += 1
        elif row.logged_by_id == user.pk:
            waiting += 1
        else:
            words = _("Confirm: {kind} with {name}, {day}").format(
                kind=row.get_kind_display(), name=other, day=day(row.started_at)
            )
            url = reverse("supervision:session", args=[row.pk])
            mine.append(Matter(words, url, _("Look at it")))
    theirs = []
    if waiting:
        theirs.append(
            ngettext(
                "{count} session waits for the other’s confirmation",
                "{count} sessions wait for the other’s confirmation",
                waiting,
            ).format(count=waiting)
        )
    if talk:
        theirs.append(
            ngettext(
                "{count} session is with the office", "{count} sessions are with the office", talk
            ).format(count=talk)
        )
    return mine, theirs


def payment_matters(agreement: Agreement, payments: list[FeePayment], user: Any) -> list[Matter]:
    """Payments that the other noted, to say yes or no to."""
    url = reverse("supervision:fees", args=[agreement.pk])
    words = _("{name} noted a payment, {amount} on {day}: was it so?")
    return [
        Matter(
            words.format(
                name=other_of(agreement, user),
                amount=money(row.amount_cents, row.block.version.currency),
                day=day(row.paid_on),
            ),
            url,
            _("Answer"),
        )
        for row in payments
        if row.said_by_id != user.pk
    ]


def letter_matters(
    agreement: Agreement,
    evidence: LedgerEvidence,
    edition: Edition,
    side: str,
    user: Any,
    *,
    letter: Letter,
) -> Matters:
    """The recommendation, once every session is there; without CMSC's approval it waits. Where it
    does not come, the candidate reads who is asked and what else they can do."""
    if not all(
        item.is_met for item in may_recommend(evidence, edition=edition, agreement=agreement.pk)
    ):
        return [], meeting_matters(agreement, evidence, edition)
    other = other_of(agreement, user)
    is_candidate = side == Side.CANDIDATE
    way_on = _(
        "Nothing that was confirmed is lost: you can also go on with another supervisor, who can "
        "write the letter after a session with you"
    )
    if not letter.is_approved:
        words = (
            _("The letter of {name} waits for CMSC’s approval; the office can tell you more")
            if is_candidate
            else _("Your letter about {name} waits until CMSC’s approval of you is in force again")
        )
        return [], [words.format(name=other), *([way_on] if is_candidate else [])]
    if is_candidate and letter.is_overdue:
        words = _("{name} is reminded of the letter about you, and the office asks next")
        return [], [words.format(name=other), way_on]
    if is_candidate:
        words = (
            _("{name} is asked by a panel to look again at the letter about you")
            if letter.remanded_at
            else _("{name} writes to the committee about you")
        )
        return [], [words.format(name=other)]
    url = reverse("supervision:recommendation", args=[agreement.pk])
    if letter.remanded_at:
        text = _("A panel asks you to look again at your letter about {name}, since {day}")
        if letter.due_at is not None:
            text = _("A panel asks you to look again at your letter about {name}, by {due}")
        words = text.format(
            name=other, day=day(letter.remanded_at), due=letter.due_at and deadline(letter.due_at)
        )
        return [Matter(words, url, _("Read it"))], []
    text = _("Write to the committee about {name}").format(name=other)
    return [Matter(text, url, _("Write it"))], []


def further_words(agreement: Agreement, side: str) -> list[str]:
    """What an agreement after the committee's answer is for, told to the candidate: that more was
    asked for is theirs to tell."""
    if agreement.state != Agreement.State.ACTIVE or side != Side.CANDIDATE:
        return []
    return [_("Sessions held here count for your resubmission; its page says how many it asks for")]


def meeting_matters(agreement: Agreement, evidence: LedgerEvidence, edition: Edition) -> list[str]:
    """Who took over after the close writes after a session of their own: where nothing else is
    missing, in a sentence."""
    if agreement.state != Agreement.State.ACTIVE:
        return []
    gaps = [
        item.code
        for item in may_recommend(evidence, edition=edition, agreement=agreement.pk)
        if not item.is_met
    ]
    if gaps != ["recommendation-sessions"]:
        return []
    return [
        _(
            "Every session that certification asks for is there; the letter to the committee follows "
            "a session of the two of you"
        )
    ]

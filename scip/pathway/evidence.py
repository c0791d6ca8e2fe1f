"""What a person's home knows about them: plain facts, gathered by `queries`, read by rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from scip.requirements import Assessment, Finding
from supervision.requirements.ledger import PlannedFacts
from supervision.requirements.recommendations import Told


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationFacts:
    """One application. ``since`` is when it came to its present state; ``gate`` what it still
    needs (only while the person can do something about it)."""

    pk: int
    cohort: str
    state: str
    level: str = "A"
    since: datetime | None = None
    question: str = ""
    is_accepting: bool = True
    closes_at: datetime | None = None
    offer_expires_at: datetime | None = None
    offer_cents: int = 0
    currency: str = "USD"
    gate: Assessment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFacts:
    """One live session that is still to come, or just running."""

    number: int
    title: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceFacts:
    """One place in a cohort. ``charge`` is what is paid for it; the join link is empty until the
    place is confirmed. ``to_hand_in`` are numbers of sessions with agreed make-up work."""

    pk: int
    cohort: str
    level: str
    state: str
    charge: int
    pay_by: datetime
    join_url: str = ""
    coming: tuple[SessionFacts, ...] = ()
    last_session_at: datetime | None = None
    attendance: Finding | None = None
    counted: int = 0
    needed: int = 0
    total: int = 0
    to_hand_in: tuple[int, ...] = ()
    with_office: tuple[tuple[int, datetime], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedFacts:
    """A charge as it stands; amounts in cents of ``currency``."""

    pk: int
    description: str
    currency: str
    paid_cents: int
    refunded_cents: int
    due_cents: int
    due_at: datetime
    purpose: str = ""
    is_cancelled: bool = False
    is_on_its_way: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognitionFacts:
    """A credential and whether its certificate can be fetched yet."""

    title: str
    level: str
    number: str
    code: str
    standing: str
    issued_on: date
    is_made: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundFacts:
    """A round of wishes for the groups of Level B that has none of this person's yet."""

    pk: int
    name: str
    closes_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelC:
    """Registering for certification: the candidacy's ``state`` (empty without one), the findings
    of Level C itself, those that still stand in the way, a leave, and the case of credit for an
    earlier format in which the office asked something."""

    state: str
    is_open: bool
    is_registered: bool
    findings: tuple[Finding, ...]
    unmet: tuple[Finding, ...]
    retreat_question: str = ""
    leave_from: date | None = None
    leave_until: date | None = None
    question_pk: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionFacts:
    """The ledger of a registered candidate. ``to_confirm`` are sessions that the supervisor
    logged, with their days; ``next_label`` names the coming one. ``is_complete``: every session
    is there; ``recommendation`` is what the candidate knows of the supervisor's letter;
    ``overturned_at`` is when a panel overturned its "not yet", while that stands; ``ahead`` counts
    the sessions of each phase that none was held for yet."""

    findings: tuple[Finding, ...]
    has_agreement: bool
    is_complete: bool = False
    recommendation: Told | None = None
    overturned_at: datetime | None = None
    to_confirm: tuple[tuple[int, date], ...] = ()
    planned: tuple[PlannedFacts, ...] = ()
    next_label: str = ""
    ahead: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_recommended(self) -> bool:
        """Does the way to the committee stand open, by a letter or by a panel's answer?"""
        if self.overturned_at is not None:
            return True
        return self.recommendation is not None and self.recommendation.is_recommended


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionFacts:
    """The final submission. ``is_held_up``: paid, while something was open; ``is_again``: it
    answers the committee's points; ``is_asked``: a question of the committee waits for its
    candidate; ``answer_by`` is when the committee answers, once it was handed over;
    ``has_appeal``: one was begun, or the edition allows one against its answer;
    ``fee_ahead_cents`` is what the coming review costs, as long as it is not charged."""

    state: str
    is_held_up: bool = False
    is_again: bool = False
    is_asked: bool = False
    answer_by: date | None = None
    has_appeal: bool = False
    fee_ahead_cents: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything the next step is chosen from; lists are newest first.

    ``returned`` and ``expired`` are kinds of prerequisites whose finding is open for that
    reason. ``completed`` maps a level's letter to the day of its completion.
    """

    missing_profile: tuple[str, ...] = ()
    prerequisites: tuple[Finding, ...] = ()
    returned: frozenset[str] = frozenset()
    expired: frozenset[str] = frozenset()
    applications: tuple[ApplicationFacts, ...] = ()
    places: tuple[PlaceFacts, ...] = ()
    charges: tuple[OwedFacts, ...] = ()
    recognitions: tuple[RecognitionFacts, ...] = ()
    completed: dict[str, date] = field(default_factory=dict)

    round_to_join: RoundFacts | None = None
    level_c: LevelC | None = None
    supervision: SupervisionFacts | None = None
    submission: SubmissionFacts | None = None

    @property
    def has_begun(self) -> bool:
        """Is there anything on record that belongs to the pathway?"""
        return bool(
            self.applications
            or self.places
            or self.completed
            or self.level_c is not None
            or any(finding.found or finding.is_met for finding in self.prerequisites)
        )

    @property
    def has_appeal(self) -> bool:
        """Is there an appeal, or an answer against which one may be open?"""
        told = self.supervision.recommendation if self.supervision is not None else None
        if told is not None and not told.is_recommended:
            return True
        return self.submission is not None and self.submission.has_appeal

    def application_in(self, *states: str) -> ApplicationFacts | None:
        """The newest application in one of these states."""
        return next((item for item in self.applications if item.state in states), None)

    def place_in(self, *states: str) -> PlaceFacts | None:
        """The newest place in one of these states."""
        return next((item for item in self.places if item.state in states), None)

    def of_level(self, letter: str) -> "Evidence":
        """The same with the applications and places of one level alone."""
        return replace(
            self,
            applications=tuple(item for item in self.applications if item.level == letter),
            places=tuple(item for item in self.places if item.level == letter),
        )

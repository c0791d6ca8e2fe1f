"""Everything a person's home shows, read in six queries however much there is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, F, FilteredRelation, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject
from django.utils import timezone

from certification.candidacy.queries import Standing, standing_from, standing_json
from cohorts.models import AidRequest, Application, Enrolment, PriceTier, Session
from cohorts.queries.admission import entry_from, evidence_from, missing_in_profile
from cohorts.queries.roster import evidence_of
from cohorts.requirements.admission import PREREQUISITES, LevelAEvidence, admission_findings
from cohorts.requirements.attendance import attendance_findings, attendance_tally
from consultations.queries.rounds import rounds_to_join
from payments.models import Charge, Checkout
from payments.queries import IN_FAMILIES, Balance
from scip.accounts.models import Prerequisite, User
from scip.accounts.queries import prerequisite_evidence
from scip.accounts.requirements import (
    EvidencePiece,
    PrerequisiteEvidence,
    page_of,
    prerequisite_findings,
)
from scip.credentials.models import Certificate, Completion, Credential, Level
from scip.pathway.certification import level_c
from scip.pathway.evidence import (
    ApplicationFacts,
    Evidence,
    OwedFacts,
    PlaceFacts,
    RecognitionFacts,
    RoundFacts,
    SessionFacts,
)
from scip.pathway.models import CalendarFeed
from scip.pathway.supervision import under_way
from scip.policy.models import Edition
from scip.requirements import Assessment, Finding, Status
from supervision.queries.fees import Agreed, agreed_from, agreed_json

App = Application.State
GONE = [Enrolment.State.LAPSED, Enrolment.State.WITHDRAWN]
# While an application is here, the person can still do something about its gate.
GATED = {App.DRAFT, App.SUBMITTED, App.INFO_NEEDED, App.WAITING_LIST}
OVER = {App.WITHDRAWN, App.DECLINED, App.LAPSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A verified record that is kept current; ``expires_on`` is None where it never ends."""

    title: str
    description: str
    expires_on: date | None
    is_expired: bool
    is_soon: bool
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The page's content; ``evidence`` is what the next step is chosen from. ``agreed`` is what a
    registered candidate agreed on with supervisors."""

    evidence: Evidence
    edition: Edition
    feed_token: str
    documents: tuple[Document, ...]
    standard_cents: int
    tuition_is_open: bool
    pinned: Edition | None = None
    agreed: tuple[Agreed, ...] = ()

    @property
    def level_c_edition(self) -> Edition:
        """The Edition that Level C goes by for this person (`domain.md`, policy "editions")."""
        return self.pinned or self.edition


def home_of(user: User, *, now: datetime) -> Home:
    """Where somebody stands at ``now``: six queries, and one more for a candidate's supervision
    (two at its end: the recommendation, the submission), the same for one and for many rows."""
    editions = editions_with_feed(user, now)
    edition = editions[0]
    standing = standing_from(edition.level_c)  # type: ignore[attr-defined]
    people = prerequisite_evidence([user.pk])[user.pk]
    rows = list(applications_of(user))
    sessions = sessions_of(rows)
    completed, recognitions = recognitions_of(user, now)
    for row in rows:
        if beside(row, "place") is not None:
            row.place.cohort = row.cohort  # fetched once, with the application
    places = tuple(place_facts(place, sessions, now) for place in places_in(rows))
    due_on = next((msc_due_on(row) for row in rows if msc_due_on(row)), None)
    findings = prerequisite_findings(people, as_of=now.date(), msc_due_on=due_on)
    held = held_to(standing, editions)
    supervision, submission = under_way(standing, user.pk, edition=held, as_of=now.date())
    evidence = Evidence(
        missing_profile=missing_in_profile(user),
        prerequisites=findings,
        returned=reopened(findings, people.returned),
        expired=reopened(findings, ended(people, now.date())),
        applications=tuple(
            application_facts(row, people, level_a_of(completed, places), now) for row in rows
        ),
        places=places,
        charges=charges_of(user),
        recognitions=recognitions,
        completed=completed,
        round_to_join=round_facts(edition.wish_round, completed),  # type: ignore[attr-defined]
        level_c=level_c(
            standing,
            standing.evidence(prerequisites=people, completed=completed),
            edition=held,
            as_of=now.date(),
        ),
        supervision=supervision,
        submission=submission,
    )
    return Home(
        evidence=evidence,
        edition=edition,
        pinned=held,
        agreed=agreed_from(edition.agreed) if standing.is_registered else (),  # type: ignore[attr-defined]
        feed_token=edition.feed_token or "",  # type: ignore[attr-defined]
        documents=documents_of(people, edition, now.date()),
        standard_cents=standard_price(rows, edition),
        tuition_is_open="A" not in completed and not any(place.level == "A" for place in places),
    )


def editions_with_feed(user: User, now: datetime) -> list[Edition]:
    """The Edition in force, then earlier ones. With each rides along what is this person's: the
    calendar's token as ``feed_token``, a round of wishes as ``wish_round`` (pk, name, closes_at
    as text), where they stand with certification as ``level_c``, and what they agreed on with
    supervisors as ``agreed``."""
    token = CalendarFeed.objects.filter(user=user).values("token")[:1]
    rounds = rounds_to_join(user, now).values(
        row=JSONObject(pk="pk", name="name", closes_at="closes_at")
    )[:1]
    rows = Edition.objects.annotate(
        feed_token=Subquery(token),
        wish_round=Subquery(rounds),
        level_c=standing_json(user, on=timezone.localdate(now, user.zone)),
        agreed=agreed_json(user),
    )
    found = list(rows.filter(in_force_from__lte=now.date()).order_by("-in_force_from"))
    return found or [Edition.objects.in_force(now.date())]


def held_to(standing: Standing, editions: list[Edition]) -> Edition:
    """The Edition that Level C goes by for this person: pinned at registration, else in force."""
    return next((row for row in editions if row.pk == standing.edition_pk), editions[0])


def round_facts(row: dict[str, Any] | None, completed: dict[str, date]) -> RoundFacts | None:
    """A round for whoever completed Level A and not yet Level B."""
    if row is None or Level.A not in completed or Level.B in completed:
        return None
    return RoundFacts(
        pk=row["pk"], name=row["name"], closes_at=datetime.fromisoformat(row["closes_at"])
    )


def applications_of(user: User) -> Iterable[Any]:
    """Own applications, newest first, with cohort, the open offer (``bid``), the place that is
    alive (``place``), whether aid was asked for, the price that was chosen (``chosen``) and the
    standard one, in one query."""
    asks = AidRequest.objects.filter(application=OuterRef("pk")).exclude(
        state=AidRequest.State.WITHDRAWN
    )
    tiers = PriceTier.objects.filter(cohort=OuterRef("cohort"))
    chosen = tiers.filter(kind=OuterRef("tier")).values(
        facts=JSONObject(kind="kind", amount_cents="amount_cents", until="until")
    )
    return (
        Application.objects.written_by(user)
        .annotate(
            chosen=Subquery(chosen[:1]),
            standard_cents=Subquery(
                tiers.filter(kind=PriceTier.Kind.STANDARD).values("amount_cents")[:1]
            ),
            bid=FilteredRelation("offers", condition=Q(offers__state="open")),
            place=FilteredRelation("enrolments", condition=~Q(enrolments__state__in=GONE)),
            asks_for_aid=Exists(asks),
        )
        .select_related("user", "cohort__edition", "bid", "place")  # type: ignore[misc]
        .order_by("-id")
    )


def places_in(rows: Iterable[Any]) -> list[Any]:
    """The places that are alive among these applications."""
    return [place for row in rows if (place := beside(row, "place")) is not None]


def beside(row: Any, name: str) -> Any:
    """The row that a filtered relation brought along; None where there is none (Django then
    sets no attribute at all)."""
    return getattr(row, name, None)


def sessions_of(rows: list[Any]) -> list[Any]:
    """Sessions of the cohorts the person has a place in, each row with the person's own mark
    (``own_mark``) and request (``own_request``); a session with two requests comes twice."""
    places = [place.pk for place in places_in(rows)]
    cohorts = [place.cohort_id for place in places_in(rows)]
    return list(
        Session.objects.filter(cohort_id__in=cohorts or [0])
        .annotate(
            own_mark=FilteredRelation(
                "attendances", condition=Q(attendances__enrolment__in=places or [0])
            ),
            own_request=FilteredRelation(
                "exceptions",
                condition=Q(exceptions__enrolment__in=places or [0])
                & ~Q(exceptions__state="withdrawn"),
            ),
        )
        .select_related("own_mark", "own_request")  # type: ignore[misc]
        .order_by("number", F("own_request__id").asc(nulls_first=True))
    )


def msc_due_on(row: Any) -> date | None:
    """Until when a cohort that admits without MSC lets it wait, while that place is wanted."""
    cohort = row.cohort
    if row.state in {App.WITHDRAWN, App.DECLINED, App.LAPSED}:
        return None
    if cohort.msc_required_for != Edition.MscRequiredFor.LEVEL_B:
        return None
    due: date | None = cohort.msc_due_on
    return due


def ended(people: PrerequisiteEvidence, as_of: date) -> set[str]:
    """Kinds whose record ran out."""
    return {
        kind
        for pieces in (people.verified, people.submitted)
        for kind, piece in pieces.items()
        if piece.has_expired(as_of)
    }


def reopened(findings: tuple[Finding, ...], kinds: Iterable[str]) -> frozenset[str]:
    """Those of ``kinds`` whose finding is open now."""
    is_open = {item.code for item in findings if item.status is Status.OPEN}
    return frozenset(is_open.intersection(str(kind) for kind in kinds))


def level_a_of(completed: dict[str, date], places: tuple[PlaceFacts, ...]) -> LevelAEvidence:
    """What is on record about Level A, from what is here already."""
    under_way = (
        place.cohort
        for place in places
        if place.level == Level.A and place.state == Enrolment.State.CONFIRMED
    )
    return LevelAEvidence(completed_on=completed.get(Level.A), under_way=next(under_way, ""))


def chosen_tier(row: Any) -> PriceTier | None:
    """The price that somebody applied at, as the application's row brought it along."""
    if row.chosen is None:
        return None
    until = row.chosen["until"]
    return PriceTier(
        cohort=row.cohort,
        kind=row.chosen["kind"],
        amount_cents=row.chosen["amount_cents"],
        until=date.fromisoformat(until) if until else None,
    )


def application_facts(
    row: Any,
    people: PrerequisiteEvidence,
    level_a: LevelAEvidence,
    now: datetime,
) -> ApplicationFacts:
    """One application with the gate it still has to pass."""
    gate: Assessment | None = None
    if row.state in GATED:
        evidence = evidence_from(
            row,
            entry=entry_from(row.cohort, people, level_a),
            tier=chosen_tier(row),
            asks_for_aid=row.asks_for_aid,
            now=now,
        )
        gate = admission_findings(evidence, as_of=now)
    bid = beside(row, "bid")
    return ApplicationFacts(
        pk=row.pk,
        cohort=row.cohort.title,
        level=row.cohort.level,
        state=row.state,
        since=since_of(row),
        question=row.question,
        is_accepting=row.cohort.is_accepting(now),
        closes_at=row.cohort.applications_close_at,
        offer_expires_at=bid.expires_at if bid else None,
        offer_cents=bid.amount_cents if bid else 0,
        currency=bid.currency if bid else "USD",
        gate=gate,
    )


def since_of(row: Application) -> datetime | None:
    """Since when the application waits where it is."""
    match row.state:
        case App.WAITING_LIST:
            return row.waiting_list_at
        case App.INFO_NEEDED:
            return row.info_needed_at
        case _other:
            return row.sent_again_at or row.submitted_at


def own_gate(gate: Assessment) -> tuple[Finding, ...]:
    """The gate's findings that do not stand in the list of prerequisites already."""
    return tuple(item for item in gate if item.code not in PREREQUISITES)


def place_facts(place: Any, sessions: list[Any], now: datetime) -> PlaceFacts:
    """A place with its coming sessions and attendance, from rows that are already here."""
    mine = {row.pk: row for row in sessions if row.cohort_id == place.cohort_id}
    marks = {(place.pk, pk): mark for pk, row in mine.items() if (mark := beside(row, "own_mark"))}
    requests = {
        (place.pk, pk): item for pk, row in mine.items() if (item := beside(row, "own_request"))
    }
    is_in = place.state in Enrolment.TAKING_PART
    evidence = evidence_of(place, mine.values(), marks, requests)
    tally = attendance_tally(evidence, as_of=now)
    return PlaceFacts(
        pk=place.pk,
        cohort=place.cohort.title,
        level=place.cohort.level,
        state=place.state,
        charge=place.charge_id,
        pay_by=place.pay_by,
        join_url=place.cohort.join_url if is_in else "",
        coming=coming_sessions(mine.values(), now),
        last_session_at=max(
            (row.ends_at for row in mine.values() if row.state != Session.State.CANCELLED),
            default=None,
        ),
        attendance=attendance_findings(evidence, as_of=now)[0] if is_in else None,
        counted=tally.counted,
        needed=tally.needed,
        total=tally.total,
        to_hand_in=tuple(
            item.number for item in evidence.sessions if item.exception == "make_up_agreed"
        ),
        with_office=tuple(
            (item.number, item.exception_since)
            for item in evidence.sessions
            if item.exception in {"requested", "made_up"} and item.exception_since
        ),
    )


def coming_sessions(rows: Iterable[Session], now: datetime) -> tuple[SessionFacts, ...]:
    """Sessions that are not over, soonest first."""
    return tuple(
        SessionFacts(
            number=row.number, title=row.title, starts_at=row.starts_at, ends_at=row.ends_at
        )
        for row in sorted(rows, key=lambda row: row.starts_at)
        if row.ends_at > now and row.state != Session.State.CANCELLED
    )


def charges_of(user: User) -> tuple[OwedFacts, ...]:
    """Own charges with what was paid and is due, the newest first, the instalments of one in
    the order of payment; one query."""
    pending = Checkout.objects.filter(charge=OuterRef("pk"), state=Checkout.State.PENDING)
    rows = (
        Charge.objects.visible_to(user)
        .filter(user=user)
        .with_sums()
        .annotate(is_on_its_way=Exists(pending))
        .order_by(*IN_FAMILIES)
    )
    found = []
    for row in rows:
        balance = Balance.of(row)
        found.append(
            OwedFacts(
                pk=row.pk,
                description=row.description,
                currency=row.currency,
                paid_cents=balance.came_cents,
                refunded_cents=balance.refunded_cents,
                due_cents=balance.due_cents,
                due_at=row.due_at,
                purpose=row.purpose,
                is_cancelled=row.cancelled_at is not None,
                is_on_its_way=row.is_on_its_way,  # type: ignore[attr-defined]
            )
        )
    return tuple(found)


def recognitions_of(
    user: User, now: datetime
) -> tuple[dict[str, date], tuple[RecognitionFacts, ...]]:
    """Days of completion by level, and credentials, newest first; one query."""
    made = Certificate.objects.filter(credential=OuterRef("credentials"), made_at__isnull=False)
    rows = list(
        Completion.objects.visible_to(user)
        .filter(user=user)
        .annotate(credential=FilteredRelation("credentials"), is_made=Exists(made))
        .select_related("credential")  # type: ignore[misc]
        .order_by(F("credential__id").desc(nulls_last=True), "-id")
    )
    found = []
    for row in rows:
        credential: Credential | None = beside(row, "credential")
        # What carries on a replaced one stands beside it.
        if credential is not None and credential.state != Credential.State.REPLACED:
            found.append(
                RecognitionFacts(
                    title=credential.facts["title"],
                    level=row.level,
                    number=credential.number,
                    code=credential.code,
                    standing=credential.standing(now.date()),
                    issued_on=credential.issued_on,
                    is_made=row.is_made,  # type: ignore[attr-defined]
                )
            )
    return {row.level: row.completed_on for row in rows}, tuple(found)


def documents_of(
    people: PrerequisiteEvidence, edition: Edition, as_of: date
) -> tuple[Document, ...]:
    """Verified records, the ones that end first before the rest."""
    found = [
        document_from(kind, piece, edition.evidence_reminder_days, as_of)
        for kind, piece in people.verified.items()
    ]
    return tuple(sorted(found, key=lambda item: item.expires_on or date.max))


def document_from(kind: str, piece: EvidencePiece, soon_days: int, as_of: date) -> Document:
    return Document(
        title=str(Prerequisite.Kind(kind).label),
        description=piece.description,
        expires_on=piece.expires_on,
        is_expired=piece.has_expired(as_of),
        is_soon=piece.expires_on is not None and (piece.expires_on - as_of).days <= soon_days,
        url=page_of(kind),
    )


def standard_price(rows: list[Any], edition: Edition) -> int:
    """The standard tuition of Level A in cents: the cohort's that is applied for, or else the
    Edition's."""
    for row in rows:
        if row.standard_cents is not None and row.state not in OVER:
            return int(row.standard_cents)
    return edition.level_a_standard_cents

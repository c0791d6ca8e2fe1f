"""The record of a candidate's supervision, as far as somebody may take it along.

What two people wrote for each other alone is never in it: feedback, private notes, the journal,
what case material holds, the plan's text, what a session was about, the letter to the committee. A record is
shown to others (a licensing board, the next employer), so it keeps to facts.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.candidacy.models import Candidacy
from scip.formats import day, money
from scip.pdf.records import Record, Section
from scip.policy.models import Edition
from supervision.models import (
    Agreement,
    AgreementVersion,
    FeePayment,
    Plan,
    Rating,
    SupervisionSession,
)
from supervision.queries.agreements import in_force, is_former, is_signed, side_of, with_people
from supervision.queries.ratings import framework_of, ratings_of, trajectory_from
from supervision.queries.sessions import evidence_of
from supervision.requirements.ledger import SessionFacts, is_counted, ledger_findings

State = SupervisionSession.State
# Said and not taken back; what was replaced or set aside stays readable.
LISTED = (*SupervisionSession.STANDING, State.REPLACED, State.SET_ASIDE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose record, and how much of it: the candidate sees all, a supervisor what the pair did,
    the office everything but how two people see one of them. ``is_former``: who supervises the
    candidate no more takes along their own view, not the candidate's."""

    candidacy: Candidacy
    edition: Edition
    agreements: tuple[Agreement, ...]
    is_candidate: bool
    is_office: bool
    is_former: bool = False


def with_record(user: Any) -> QuerySet[Candidacy]:
    """Candidacies whose record, or a part of it, somebody may take along."""
    pairs = Agreement.objects.of_pair(user).filter(active_at__isnull=False)
    return Candidacy.objects.filter(
        Q(pk__in=Candidacy.objects.visible_to(user).values("pk"))
        | Q(pk__in=pairs.values("candidacy"))
    ).filter(edition__isnull=False)


def scope_of(candidacy: Candidacy, user: Any) -> Scope:
    """What of a record is somebody's, who found it by `with_record`; six queries at most.

    Somebody of the office who is one of a pair is that first. Raises ValueError before
    registration, when there is no record yet.
    """
    if candidacy.edition is None:
        raise ValueError("A record begins with registration.")
    rows = with_people(candidacy.agreements.filter(active_at__isnull=False)).prefetch_related(
        Prefetch("versions", AgreementVersion.objects.order_by("-number")),
        "versions__signatures",
        Prefetch("plans", Plan.objects.order_by("number")),
        "plans__focus",
    )
    found = list(rows.order_by("active_at"))
    is_candidate = candidacy.user_id == user.pk
    own = [row for row in found if side_of(row, user)]
    return Scope(
        candidacy=candidacy,
        edition=candidacy.edition,
        agreements=tuple(own or found),
        is_candidate=is_candidate,
        is_office=not own and not is_candidate,
        is_former=bool(own) and not is_candidate and is_former(own[-1], user),
    )


def record_of(scope: Scope, *, with_fees: bool = False) -> Record:
    """The record, the same texts whoever's clock it is: days and hours are UTC.

    ``with_fees`` adds what both say was paid, for the candidate alone: a rate below the standard
    is known to the pair and CMSC only (`domain.md`, "Fees"). Queries don't grow with the rows.
    """
    with timezone.override(UTC):
        sections = [*sessions_section(scope), agreements_section(scope), plans_section(scope)]
        if not scope.is_office:
            sections.append(growth_section(scope))
        if scope.is_candidate and with_fees:
            sections.append(fees_section(scope))
        return Record(
            organisation=scope.edition.organisation,
            title=_("Record of supervision"),
            about=tuple(about(scope)),
            sections=tuple(sections),
            note=_(
                "All days and hours are UTC. Words about competencies describe a development and "
                "are no marks. What two people wrote for each other alone is not part of a record."
            ),
        )


def about(scope: Scope) -> list[tuple[str, str]]:
    """Labelled facts about the person."""
    candidacy = scope.candidacy
    facts = [(_("Candidate"), str(candidacy.user))]
    if not scope.is_candidate and not scope.is_office:
        facts.append(
            (_("Part"), _("Supervision with {name}").format(name=scope.agreements[0].supervisor))
        )
    facts.append((_("Rules"), str(scope.edition)))
    if candidacy.active_at:
        facts.append((_("Registered"), day(candidacy.active_at)))
    said = candidacy.attestations.first()
    if said is not None and (scope.is_candidate or scope.is_office):
        words = _("{sessions} client sessions with {clients} clients, attested on {day}")
        facts.append(
            (
                _("Attested practice"),
                words.format(
                    sessions=said.client_sessions, clients=said.clients, day=day(said.attested_at)
                ),
            )
        )
    return facts


def sessions_section(scope: Scope) -> list[Section]:
    """The ledger, phase by phase."""
    candidacy, edition = scope.candidacy, scope.edition
    evidence = evidence_of(candidacy)
    facts = {item.pk: item for item in evidence.sessions}
    rows: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    found = SupervisionSession.objects.filter(
        candidacy=candidacy, agreement__in=scope.agreements, state__in=LISTED
    ).select_related("supervisor__user", "logged_by", "confirmed_by")
    if not scope.is_office:  # clinical material is not the office's, not even how much there is
        found = found.annotate(handed=Count("material"))
    for row in found.order_by("started_at", "pk"):
        fact = facts.get(row.pk)
        does_count = fact is not None and is_counted(fact, evidence, edition=edition)
        # Goes by what the candidate did since, which is not a former supervisor's to know.
        word = "" if scope.is_former else _("yes") if does_count else _("no")
        rows[row.phase].append(session_row(row, fact, word, candidacy))
    standing = {item.code: str(item.found) for item in ledger_findings(evidence, edition=edition)}
    return [
        Section(
            title=_("Sessions: {phase}").format(phase=phase.label),
            columns=(
                _("Start (UTC)"),
                _("Session"),
                _("Minutes"),
                _("Supervisor"),
                _("State"),
                _("Counts"),
                _("Logged by"),
                _("Confirmed by"),
                _("Confirmed"),
                _("CMSC’s approval on that day"),
                *([] if scope.is_office else [_("Case material")]),
            ),
            rows=tuple(rows[phase]),
            note="" if not scope.is_candidate else standing.get(f"ledger-{phase}", ""),
        )
        for phase in SupervisionSession.Phase
    ]


def session_row(
    row: SupervisionSession, fact: SessionFacts | None, does_count: str, candidacy: Candidacy
) -> tuple[str, ...]:
    approval = "" if fact is None else _("in force") if fact.is_approved else _("not in force")
    handed = getattr(row, "handed", None)
    return (
        f"{row.started_at.astimezone(UTC):%Y-%m-%d %H:%M}",
        str(row.get_kind_display()),
        str(row.minutes),
        str(row.supervisor),
        str(row.get_state_display()),
        does_count,
        who(row.logged_by, row, candidacy),
        who(row.confirmed_by, row, candidacy),
        f"{row.confirmed_at.astimezone(UTC):%Y-%m-%d}" if row.confirmed_at else "",
        approval,
        *([] if handed is None else [str(handed) if handed else ""]),
    )


def who(user: Any, row: SupervisionSession, candidacy: Candidacy) -> str:
    """One of the two by name, anybody else as the office."""
    if user is None:
        return ""
    if user.pk in {candidacy.user_id, row.supervisor.user_id}:
        return str(user)
    return _("CMSC’s office")


def agreements_section(scope: Scope) -> Section:
    """Relationships, with the texts that both signed and when."""
    rows = []
    for agreement in scope.agreements:
        versions = list(agreement.versions.all())
        newest = in_force(versions)
        for version in reversed([item for item in versions if is_signed(item)]):
            signed_at = max(item.signed_at for item in version.signatures.all())
            rows.append(
                (
                    str(agreement.supervisor),
                    str(version.number),
                    str(version.get_kind_display()),
                    f"{signed_at.astimezone(UTC):%Y-%m-%d}",
                    state_of(agreement) if version == newest else _("replaced by a later version"),
                )
            )
    return Section(
        title=_("Agreements signed by both"),
        columns=(_("Supervisor"), _("Version"), _("Kind"), _("Signed"), _("State")),
        rows=tuple(rows),
    )


def state_of(agreement: Agreement) -> str:
    """Its state, with the day on which it was completed or ended."""
    moment_of = agreement.completed_at or agreement.ended_at
    if moment_of is None:
        return str(agreement.get_state_display())
    return f"{agreement.get_state_display()}, {moment_of.astimezone(UTC):%Y-%m-%d}"


def plans_section(scope: Scope) -> Section:
    """The plans that both agreed to: when, and on what; their text stays between the two."""
    rows = []
    for agreement in scope.agreements:
        for plan in agreement.plans.all():
            days = (plan.candidate_agreed_at, plan.supervisor_agreed_at)
            agreed = [moment.astimezone(UTC) for moment in days if moment is not None]
            if len(agreed) == len(days):
                focus = "" if scope.is_office else "; ".join(row.name for row in plan.focus.all())
                rows.append(
                    (str(agreement.supervisor), str(plan.number), f"{max(agreed):%Y-%m-%d}", focus)
                )
    return Section(
        title=_("Supervision plans agreed by both"),
        columns=(_("Supervisor"), _("Version"), _("Agreed"), _("Competencies in focus")),
        rows=tuple(rows),
    )


def growth_section(scope: Scope) -> Section:
    """How both saw the candidate, session by session: the words of the scale alone."""
    framework = framework_of(scope.edition)
    ratings: dict[int, list[Rating]] = defaultdict(list)
    for rating in ratings_of(scope.agreements, is_former=scope.is_former):
        ratings[rating.agreement_id].append(rating)
    rows = [
        (
            str(agreement.supervisor),
            curve.competency.name,
            row.label,
            row.by_self.word if row.by_self else "",
            row.by_supervisor.word if row.by_supervisor else "",
        )
        for agreement in scope.agreements
        for curve in trajectory_from(ratings[agreement.pk], framework).curves
        for row in curve.rows
    ]
    return Section(
        title=_("Competencies over time"),
        columns=(
            _("Supervisor"),
            _("Competency"),
            _("When"),
            _("Seen by the candidate"),
            _("Seen by the supervisor"),
        ),
        rows=tuple(rows),
    )


def fees_section(scope: Scope) -> Section:
    """What both say was paid, in cents turned into words; one query."""
    paid = (
        FeePayment.objects.filter(block__agreement__in=scope.agreements, confirmed_at__isnull=False)
        .select_related("block__version", "block__agreement__supervisor__user")
        .order_by("paid_on", "pk")
    )
    return Section(
        title=_("Fees paid directly to a supervisor, as both confirmed"),
        columns=(_("Paid"), _("Supervisor"), _("For"), _("Amount"), _("Confirmed")),
        rows=tuple(
            (
                f"{row.paid_on:%Y-%m-%d}",
                str(row.block.agreement.supervisor),
                str(row.block.get_phase_display()),
                money(row.amount_cents, row.block.version.currency),
                f"{row.confirmed_at.astimezone(UTC):%Y-%m-%d}" if row.confirmed_at else "",
            )
            for row in paid
        ),
    )

"""Where somebody stands on the way into Level C, read in one query."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, F, FilteredRelation, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject

from certification.candidacy.models import Attestation, Candidacy, EquivalencyCase, Leave, Retreat
from certification.candidacy.requirements.registration import (
    AttestationFacts,
    RegistrationEvidence,
    RetreatFacts,
)
from scip.accounts.models import User
from scip.accounts.queries import prerequisite_evidence
from scip.accounts.requirements import PrerequisiteEvidence
from scip.credentials.models import Completion
from scip.policy.models import Edition

GONE = [Candidacy.State.WITHDRAWN, Candidacy.State.CLOSED]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One person and Level C. The leave is the one that runs or lies ahead; a case is one about
    credit for an earlier format."""

    candidacy: Candidacy | None
    attestation: AttestationFacts | None
    retreat: Retreat | None
    deferral: str
    leave_from: date | None
    leave_until: date | None
    has_open_case: bool
    has_question: bool

    def evidence(
        self, *, prerequisites: PrerequisiteEvidence, completed: Mapping[str, date]
    ) -> RegistrationEvidence:
        """The evidence for the rules, with what the caller has read already."""
        return RegistrationEvidence(
            prerequisites=prerequisites,
            completed=completed,
            attestation=self.attestation,
            retreat=retreat_facts(self.retreat),
            deferral=self.deferral,
        )


def current_candidacy(user: User) -> Candidacy | None:
    """The candidacy that is alive or led to certification; None if there is none."""
    rows = Candidacy.objects.filter(user=user).exclude(state__in=GONE)
    return rows.select_related("edition", "charge", "user").first()


def edition_of(candidacy: Candidacy | None, *, on: date) -> Edition:
    """The Edition a person is held to: the pinned one, or the one in force on a day."""
    if candidacy is not None and candidacy.edition is not None:
        return candidacy.edition
    return Edition.objects.in_force(on)


def standing_of(user: User, *, on: date) -> Standing:
    """Where ``user`` stands on a day; one query, with the candidacy's edition and charge."""
    attestations = Attestation.objects.filter(candidacy__user=OuterRef("pk"))
    leaves = Leave.objects.filter(
        Q(until_on=None) | Q(until_on__gt=on), candidacy__user=OuterRef("pk"), ended_at=None
    ).order_by("from_on")
    cases = EquivalencyCase.objects.filter(user=OuterRef("pk"))
    row: Any = (
        User.objects.filter(pk=user.pk)
        .annotate(
            own=FilteredRelation("candidacies", condition=~Q(candidacies__state__in=GONE)),
            stay=FilteredRelation(
                "retreats", condition=~Q(retreats__state__in=["withdrawn", "replaced"])
            ),
            deferral=F("own__retreat_deferral__reason"),
            attested=Subquery(
                attestations.exclude(candidacy__state__in=GONE).values(
                    found=JSONObject(
                        sessions="client_sessions", clients="clients", at="attested_at"
                    )
                )[:1]
            ),
            rest=Subquery(
                leaves.exclude(candidacy__state__in=GONE).values(
                    found=JSONObject(start="from_on", end="until_on")
                )[:1]
            ),
            has_question=Exists(cases.filter(state=EquivalencyCase.State.QUESTION)),
            has_open_case=Exists(cases.filter(state__in=EquivalencyCase.OPEN)),
        )
        .select_related("own__edition", "own__charge", "stay__document")
        .get()
    )
    rest = row.rest or {}
    return Standing(
        candidacy=beside(row, "own"),
        attestation=attestation_facts(row.attested),
        retreat=beside(row, "stay"),
        deferral=row.deferral or "",
        leave_from=date.fromisoformat(rest["start"]) if rest else None,
        leave_until=date.fromisoformat(rest["end"]) if rest.get("end") else None,
        has_open_case=row.has_open_case,
        has_question=row.has_question,
    )


def beside(row: Any, name: str) -> Any:
    """The row that a filtered relation brought along; None where there is none."""
    return getattr(row, name, None)


def registration_evidence(user: User, *, on: date) -> RegistrationEvidence:
    """Everything the gate looks at, read afresh: three queries."""
    completed = Completion.objects.filter(user=user).values_list("level", "completed_on")
    return standing_of(user, on=on).evidence(
        prerequisites=prerequisite_evidence([user.pk])[user.pk], completed=dict(completed)
    )


def attestation_facts(found: dict[str, Any] | None) -> AttestationFacts | None:
    """The latest attestation from its JSON."""
    if found is None:
        return None
    return AttestationFacts(
        client_sessions=found["sessions"],
        clients=found["clients"],
        attested_at=datetime.fromisoformat(found["at"]),
    )


def retreat_facts(retreat: Retreat | None) -> RetreatFacts | None:
    """What the rule looks at in a record."""
    if retreat is None:
        return None
    return RetreatFacts(
        state=retreat.state,
        title=retreat.title,
        days=retreat.days,
        is_silent=retreat.is_silent,
        submitted_at=retreat.submitted_at,
        return_reason=retreat.return_reason,
    )

"""Where somebody stands on the way into Level C, read in one query."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, F, Q, Subquery
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
    """One person and Level C. ``state`` is that of the candidacy, empty without one; the leave is
    the one that runs or lies ahead; a case is one about credit for an earlier format."""

    state: str = ""
    candidacy_pk: int | None = None
    edition_pk: int | None = None
    is_registered: bool = False
    attestation: AttestationFacts | None = None
    retreat: RetreatFacts | None = None
    deferral: str = ""
    leave_from: date | None = None
    leave_until: date | None = None
    question_pk: int | None = None
    has_open_case: bool = False

    def evidence(
        self, *, prerequisites: PrerequisiteEvidence, completed: Mapping[str, date]
    ) -> RegistrationEvidence:
        """The evidence for the rules, with what the caller has read already."""
        return RegistrationEvidence(
            prerequisites=prerequisites,
            completed=completed,
            attestation=self.attestation,
            retreat=self.retreat,
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


def standing_json(user: User, *, on: date) -> JSONObject:
    """An expression with everything of `Standing`, for any query that is made anyway.

    Read it with `standing_from`.
    """
    own = Candidacy.objects.filter(user=user).exclude(state__in=GONE)
    words = Attestation.objects.filter(candidacy__in=own)
    leaves = Leave.objects.filter(
        Q(until_on=None) | Q(until_on__gt=on), candidacy__in=own, ended_at=None
    ).order_by("from_on")
    stays = Retreat.objects.filter(user=user).current()
    cases = EquivalencyCase.objects.filter(user=user)
    asked = cases.filter(state=EquivalencyCase.State.QUESTION)
    return JSONObject(
        candidacy=Subquery(
            own.values(
                row=JSONObject(
                    pk="pk",
                    state="state",
                    edition="edition_id",
                    active_at="active_at",
                    deferral=F("retreat_deferral__reason"),
                )
            )[:1]
        ),
        attestation=Subquery(
            words.values(
                row=JSONObject(sessions="client_sessions", clients="clients", at="attested_at")
            )[:1]
        ),
        retreat=Subquery(
            stays.values(
                row=JSONObject(
                    state="state",
                    title="title",
                    first="started_on",
                    last="ended_on",
                    is_silent="is_silent",
                    at="submitted_at",
                    reason="return_reason",
                )
            )[:1]
        ),
        leave=Subquery(leaves.values(row=JSONObject(first="from_on", back="until_on"))[:1]),
        question=Subquery(asked.values("pk")[:1]),
        has_open_case=Exists(cases.filter(state__in=EquivalencyCase.OPEN)),
    )


def standing_from(found: Mapping[str, Any]) -> Standing:
    """The facts of `standing_json`."""
    candidacy, leave = found["candidacy"] or {}, found["leave"] or {}
    return Standing(
        state=candidacy.get("state", ""),
        candidacy_pk=candidacy.get("pk"),
        edition_pk=candidacy.get("edition"),
        is_registered=bool(candidacy.get("active_at")),
        deferral=candidacy.get("deferral") or "",
        attestation=attestation_from(found["attestation"]),
        retreat=retreat_from(found["retreat"]),
        leave_from=date.fromisoformat(leave["first"]) if leave else None,
        leave_until=date.fromisoformat(leave["back"]) if leave.get("back") else None,
        question_pk=found["question"],
        has_open_case=found["has_open_case"],
    )


def standing_of(user: User, *, on: date) -> Standing:
    """Where ``user`` stands on a day; one query."""
    person = User.objects.filter(pk=user.pk).annotate(level_c=standing_json(user, on=on))
    return standing_from(person.values_list("level_c", flat=True).get())


def registration_evidence(user: User, *, on: date) -> RegistrationEvidence:
    """Everything the gate looks at, read afresh: three queries."""
    completed = Completion.objects.filter(user=user).values_list("level", "completed_on")
    return standing_of(user, on=on).evidence(
        prerequisites=prerequisite_evidence([user.pk])[user.pk], completed=dict(completed)
    )


def attestation_from(found: dict[str, Any] | None) -> AttestationFacts | None:
    """The latest attestation."""
    if found is None:
        return None
    return AttestationFacts(
        client_sessions=found["sessions"],
        clients=found["clients"],
        attested_at=datetime.fromisoformat(found["at"]),
    )


def retreat_from(found: dict[str, Any] | None) -> RetreatFacts | None:
    """The current record of a retreat."""
    if found is None:
        return None
    span = date.fromisoformat(found["last"]) - date.fromisoformat(found["first"])
    return RetreatFacts(
        state=found["state"],
        title=found["title"],
        days=span.days + 1,
        is_silent=found["is_silent"],
        submitted_at=datetime.fromisoformat(found["at"]),
        return_reason=found["reason"],
    )

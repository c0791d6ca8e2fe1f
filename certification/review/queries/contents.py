"""Everything that a submission consists of, copied into plain values.

Built once, in the moment of freezing, from rows that later go on changing; nothing here keeps a
reference that would have to be followed to read it. Moments are UTC, texts as they were written.
The supervisor's letter is not part of it: it has a place of its own, and here only its hash.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from certification.candidacy.models import Candidacy, Retreat
from certification.portfolio.models import CaseStudy, Excerpt, WriteUp
from certification.portfolio.queries.evidence import evidence_map
from certification.portfolio.queries.log import totals_of
from certification.portfolio.queries.noticed import count_words
from certification.portfolio.queries.portfolios import Desk, cases_of, write_ups_of
from certification.review.models import Appeal, Submission
from certification.review.queries.appeals import overturned_for
from certification.review.queries.resubmissions import asks_in
from certification.review.queries.submissions import COUNTED, part_label
from scip.credentials.models import Completion
from scip.policy.models import Edition
from scip.requirements import Finding
from supervision.models import Agreement, Plan, Recommendation, SupervisionSession
from supervision.queries.ratings import framework_of, ratings_of, trajectory_from
from supervision.queries.sessions import evidence_of as ledger_of
from supervision.requirements.ledger import LedgerEvidence, Phase, is_counted

type Values = dict[str, Any]

# Grows when what a snapshot holds changes its shape; readers look at it.
SHAPE = 1
# The edition's figures that a review goes by.
RULES = (
    "client_sessions",
    "clients",
    "retreat_min_days",
    "assessment_sessions",
    "supervision_sessions",
    "closing_sessions",
    "supervision_minutes",
    "case_studies",
    "review_fee_cents",
    "currency",
    "reviewers",
    "review_days",
    "appeal_days",
    "resubmission_months",
    "re_review_fee_cents",
)


def contents_of(
    submission: Submission, findings: Sequence[Finding], *, frozen_at: datetime
) -> Values:
    """The whole submission as JSON-ready values, but the hash of the recommendation."""
    candidacy, edition = submission.candidacy, submission.edition
    desk = Desk(
        candidacy=candidacy, edition=edition, portfolio=getattr(candidacy, "portfolio", None)
    )
    cases, write_ups = cases_of(desk), write_ups_of(desk)
    # The same words whoever pressed the button, and the same days wherever they are.
    with timezone.override(UTC), translation.override(None):
        return {
            "shape": SHAPE,
            "submission": {"number": submission.number, "frozen_at": moment(frozen_at)},
            "candidate": {
                "name": str(candidacy.user),
                "registered_at": moment(candidacy.active_at),
            },
            "edition": edition_values(edition),
            "letter": letter_values(submission),
            "findings": [finding_values(item) for item in findings],
            "levels": levels_of(candidacy),
            "attestation": attestation_of(candidacy),
            "retreat": retreat_of(candidacy),
            "supervision": supervision_of(candidacy, edition),
            "cases": [case_values(row) for row in cases],
            "write_ups": [write_up_values(row) for row in write_ups],
            "map": map_of(edition, cases, write_ups),
            "log": log_of(desk),
            "excerpts": excerpts_of(desk),
            # Of a resubmission alone: only these are read again.
            **({"asks": asks_in(submission)} if submission.follows_id is not None else {}),
        }


def moment(value: datetime | None) -> str | None:
    """A moment in UTC, to the second."""
    return None if value is None else value.astimezone(UTC).isoformat(timespec="seconds")


def on(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def edition_values(edition: Edition) -> Values:
    """The name and the figures by which it is read, whatever becomes of the row."""
    return {
        "name": edition.name,
        "organisation": edition.organisation,
        "in_force_from": on(edition.in_force_from),
        **{name: getattr(edition, name) for name in RULES},
    }


def letter_values(submission: Submission) -> list[Values]:
    """The letter of application, part by part."""
    letter = submission.letter
    return [
        {"part": name, "label": str(part_label(name)), "text": getattr(letter, name)}
        for name in letter.PARTS
    ]


def finding_values(finding: Finding) -> Values:
    """A finding with its evidence, in the words that stood on the page."""
    return {
        "code": finding.code,
        "title": str(finding.title),
        "status": finding.status.value,
        "needed": str(finding.needed),
        "found": str(finding.found),
        "waived_by": finding.waived_by,
        "waiver_reason": finding.waiver_reason,
    }


def levels_of(candidacy: Candidacy) -> list[Values]:
    """Levels A and B with their basis."""
    rows = Completion.objects.filter(user=candidacy.user).order_by("level")
    return [
        {
            "level": row.level,
            "title": str(row.get_level_display()),
            "completed_on": on(row.completed_on),
            "basis": str(row.get_basis_display()),
        }
        for row in rows
    ]


def attestation_of(candidacy: Candidacy) -> Values | None:
    """The word on client sessions that counts."""
    row = candidacy.attestations.first()
    if row is None:
        return None
    return {
        "client_sessions": row.client_sessions,
        "clients": row.clients,
        "wording": row.wording,
        "name_typed": row.name_typed,
        "attested_at": moment(row.attested_at),
    }


def retreat_of(candidacy: Candidacy) -> Values | None:
    """The retreat with its days and teachers."""
    row = Retreat.objects.filter(user=candidacy.user).current().first()
    if row is None:
        return None
    return {
        "title": row.title,
        "teachers": row.teachers,
        "started_on": on(row.started_on),
        "ended_on": on(row.ended_on),
        "days": row.days,
        "is_online": row.is_online,
        "place": row.place,
        "is_silent": row.is_silent,
        "verified_at": moment(row.verified_at),
    }


def supervision_of(candidacy: Candidacy, edition: Edition) -> Values:
    """Ledger by phase, agreements, plans, and how both saw the candidate grow. Feedback, notes
    and journals stay where they are."""
    evidence = ledger_of(candidacy)
    rows = candidacy.agreements.filter(active_at__isnull=False)
    agreements = list(rows.select_related("supervisor__user").order_by("active_at"))
    return {
        "phases": [phase_values(phase, evidence, edition) for phase in Phase],
        "agreements": [
            {
                "supervisor": str(row.supervisor),
                "state": str(row.get_state_display()),
                "active_on": on(row.active_at.date() if row.active_at else None),
            }
            for row in agreements
        ],
        "plans": plans_of(agreements),
        "growth": [item for row in agreements for item in growth_in(row, edition)],
    }


def phase_values(phase: Phase, evidence: LedgerEvidence, edition: Edition) -> Values:
    """The sessions of a phase that stand in the ledger, and which of them count."""
    rows = [item for item in evidence.sessions if item.phase == phase and not item.is_correction]
    return {
        "phase": phase.value,
        "title": str(phase.label),
        "sessions": [
            {
                "kind": item.kind,
                "title": str(SupervisionSession.Kind(item.kind).label),
                "held_on": on(item.held_on),
                "minutes": item.minutes,
                "supervisor": item.supervisor,
                "state": item.state,
                "counts": is_counted(item, evidence, edition=edition),
            }
            for item in sorted(rows, key=lambda row: (row.started_at, row.pk))
        ],
    }


def plans_of(agreements: Sequence[Agreement]) -> list[Values]:
    """The plans that both agreed to."""
    rows = Plan.objects.filter(
        agreement__in=agreements,
        candidate_agreed_at__isnull=False,
        supervisor_agreed_at__isnull=False,
    )
    found = rows.select_related("agreement__supervisor__user").prefetch_related("focus")
    return [
        {
            "supervisor": str(row.agreement.supervisor),
            "number": row.number,
            "objectives": row.objectives,
            "focus": [item.name for item in row.focus.all()],
            "agreed_at": moment(max(row.candidate_agreed_at, row.supervisor_agreed_at)),
        }
        for row in found.order_by("agreement__active_at", "number")
        if row.candidate_agreed_at and row.supervisor_agreed_at
    ]


def growth_in(agreement: Agreement, edition: Edition) -> list[Values]:
    """Each competency from occasion to occasion, by the words of both sides."""
    curves = trajectory_from(list(ratings_of([agreement])), framework_of(edition)).curves
    return [
        {
            "supervisor": str(agreement.supervisor),
            "competency": curve.competency.name,
            "steps": [
                {
                    "when": row.label,
                    "by_self": row.by_self.word if row.by_self else "",
                    "by_supervisor": row.by_supervisor.word if row.by_supervisor else "",
                }
                for row in curve.rows
            ],
        }
        for curve in curves
        if curve.rows
    ]


def case_values(row: CaseStudy) -> Values:
    """A case study with every part that has something in it."""
    texts = {name: getattr(row, name) for name in row.TEXTS}
    return {
        "number": row.number,
        "client": row.label.name if row.label else "",
        "is_done": row.is_done,
        "saved_at": moment(row.saved_at),
        "revision": row.revision,
        "words": sum(count_words(text) for text in texts.values()),
        "levels": [
            {"level": name, "title": str(CaseStudy.Level(name).label)} for name in row.levels
        ],
        "competencies": [item.name for item in row.competencies.all()],
        "parts": [
            {"part": name, "label": label_of(row, name), "text": text}
            for name, text in texts.items()
            if text.strip()
        ],
    }


def write_up_values(row: WriteUp) -> Values:
    """A longer text."""
    return {
        "title": str(row),
        "kind": str(row.get_kind_display()),
        "is_done": row.is_done,
        "saved_at": moment(row.saved_at),
        "words": count_words(row.text),
        "competencies": [item.name for item in row.competencies.all()],
        "text": row.text,
    }


def label_of(row: CaseStudy, name: str) -> str:
    """What a part of a case study is called."""
    label = str(row._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    return label[0].upper() + label[1:]


def map_of(
    edition: Edition, cases: Sequence[CaseStudy], write_ups: Sequence[WriteUp]
) -> list[Values]:
    """Each competency with what shows it."""
    competencies = framework_of(edition).competencies
    return [
        {
            "competency": item.competency.name,
            "cases": [case.number for case in item.cases],
            "write_ups": [str(row) for row in item.write_ups],
        }
        for item in evidence_map(competencies, cases, write_ups)
    ]


def log_of(desk: Desk) -> Values:
    """What the log of client sessions adds up to; no line of it."""
    totals = totals_of(desk)
    return {"sessions": totals.sessions, "clients": totals.clients, "minutes": totals.minutes}


def excerpts_of(desk: Desk) -> list[Values]:
    """Excerpts by reference. What a client agreed to for supervision alone is only counted:
    neither its title nor its file stands here."""
    rows = Excerpt.objects.written_by(desk.candidacy.user).filter(COUNTED, portfolio=desk.portfolio)
    found = rows.select_related("document", "case", "seen_by").order_by("attested_at", "pk")
    return [excerpt_values(number, row) for number, row in enumerate(found, start=1)]


def excerpt_values(number: int, row: Excerpt) -> Values:
    facts: Values = {
        "number": number,
        "kind": str(row.get_kind_display()),
        "case": row.case.number if row.case else None,
        "scope": row.consent_scope,
    }
    if row.consent_scope != Excerpt.Scope.REVIEW:
        return facts
    facts |= {
        "title": row.title,
        "note": row.note,
        "consent_on": on(row.consent_on),
        "identity": row.identity,
        "wording": row.wording,
        "attested_at": moment(row.attested_at),
        "seen_at": moment(row.seen_at),
        "seen_by": str(row.seen_by) if row.seen_by else "",
        "file": None,
    }
    if row.document is not None:
        facts["file"] = {
            "id": str(row.document.pk),
            "excerpt": row.pk,
            "sha256": row.document.sha256,
            "size": row.document.size,
            "content_type": row.document.content_type,
        }
    return facts


def panel_values(appeal: Appeal) -> Values:
    """What stands in the recommendation's place after a panel overturned a "not yet": its reasons,
    marked as such, and no name of anybody who sat on it."""
    with translation.override(None):
        return {
            "supervisor": str(_("An appeal panel")),
            "supervisor_user": None,
            "outcome": appeal.outcome,
            "sent_at": moment(appeal.decided_at),
            "parts": [
                {
                    "part": "reasons",
                    "label": str(_("The panel’s reasons for overturning the “not yet”")),
                    "text": appeal.reasons,
                }
            ],
        }


def recommendation_of(candidacy: Candidacy) -> Values | None:
    """The letter that recommends, whole: for the committee, in its own place. Where a panel
    overturned the "not yet" in force, its answer."""
    appeal = overturned_for(candidacy)
    if appeal is not None:
        return panel_values(appeal)
    row = (
        Recommendation.objects.filter(
            agreement__candidacy=candidacy,
            state=Recommendation.State.SENT,
            outcome=Recommendation.Outcome.RECOMMENDED,
        )
        .select_related("agreement__supervisor__user")
        .order_by("sent_at", "pk")
        .last()
    )
    if row is None:
        return None
    with translation.override(None):
        return {
            "supervisor": str(row.agreement.supervisor),
            "supervisor_user": row.agreement.supervisor.user_id,
            "outcome": row.outcome,
            "sent_at": moment(row.sent_at),
            "parts": [
                {
                    "part": name,
                    "label": str(Recommendation._meta.get_field(name).verbose_name),  # type: ignore[union-attr]
                    "text": getattr(row, name),
                }
                for name in ("key_elements", "assessment", "reflections")
            ],
        }

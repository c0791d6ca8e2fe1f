"""Where submissions stand: the evidence of the gate, in bulk, and one's own submission."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.functional import Promise

from certification.candidacy.models import Attestation, Candidacy, Retreat
from certification.candidacy.requirements.registration import AttestationFacts, RetreatFacts
from certification.portfolio.models import CaseStudy, Excerpt, WriteUp
from certification.review.models import ApplicationLetter, Submission
from certification.review.queries.appeals import overturned_in
from certification.review.queries.resubmissions import again_facts, heard_now
from certification.review.requirements.submission import (
    FeeFacts,
    PortfolioFacts,
    SubmissionEvidence,
)
from payments.models import Charge
from payments.queries import Balance
from supervision.queries.recommendations import told_of
from supervision.queries.sessions import ledger_evidence

# Kept here, or seen by the supervisor; `Excerpt.is_evidence` says the same of one row.
COUNTED = Q(removed_at=None) & (Q(document__isnull=False) | Q(seen_at__isnull=False))


def candidacy_of(user: Any) -> Candidacy | None:
    """The latest registration of somebody; None for whoever never registered."""
    rows = Candidacy.objects.filter(user=user, active_at__isnull=False)
    return rows.select_related("edition", "user").order_by("-active_at").first()


def read_by_committee(candidacies: Collection[int]) -> Iterable[int]:
    """Those of these candidacies whose submission is with the committee; one query."""
    rows = Submission.objects.filter(candidacy__in=candidacies, state=Submission.State.SUBMITTED)
    return rows.values_list("candidacy_id", flat=True)


def submission_of(candidacy: Candidacy) -> Submission | None:
    """The newest submission of a candidacy, with its letter; one query."""
    rows = Submission.objects.filter(candidacy=candidacy).order_by("-number")
    found = rows.select_related("edition", "charge", "letter").first()
    if found is not None:
        found.candidacy = candidacy
    return found


def evidence_of(
    candidacy: Candidacy, submission: Submission | None, *, now: datetime | None = None
) -> SubmissionEvidence:
    """The evidence of one candidate; eight queries, however much there is."""
    return submission_evidence([(candidacy, submission)], now=now)[candidacy.pk]


def submission_evidence(
    pairs: Iterable[tuple[Candidacy, Submission | None]], *, now: datetime | None = None
) -> dict[int, SubmissionEvidence]:
    """What the gate looks at, by candidacy; eight queries however many there are, two more where
    somebody's supervisor said "not yet", and one where somebody submits again."""
    rows = list(pairs)
    keys = [candidacy.pk for candidacy, _submission in rows]
    ledgers, told = ledger_evidence(keys), told_of(keys)
    overturned = overturned_in([key for key, row in told.items() if not row.is_recommended])
    portfolios, words = portfolio_facts(keys), attestations_of(keys)
    retreats = retreats_of({candidacy.user_id for candidacy, _submission in rows})
    submissions = [submission for _candidacy, submission in rows if submission is not None]
    fees = fees_of(submissions)
    heard = heard_now({row.candidacy_id for row in submissions if row.number > 1})
    paid = [row.pk for row in submissions if row.charge_id and fees[row.charge_id].counts]
    again = again_facts(submissions, ledgers, paid=paid, now=now or timezone.now())
    return {
        candidacy.pk: SubmissionEvidence(
            state=candidacy.state,
            ledger=ledgers[candidacy.pk],
            told=told.get(candidacy.pk),
            overturned_at=overturned[candidacy.pk].decided_at
            if candidacy.pk in overturned
            else None,
            portfolio=portfolios.get(candidacy.pk, PortfolioFacts()),
            retreat=retreats.get(candidacy.user_id),
            attestation=words.get(candidacy.pk),
            begun_at=submission.created_at if submission is not None else None,
            missing_parts=missing_parts(submission),
            fee=fees.get(submission.charge_id) if submission and submission.charge_id else None,
            again=again.get(submission.pk) if submission is not None else None,
            is_before_panel=candidacy.pk in heard,
        )
        for candidacy, submission in rows
    }


def missing_parts(submission: Submission | None) -> tuple[str | Promise, ...]:
    """Names of the parts that the letter of application lacks; all of them without one."""
    letter = getattr(submission, "letter", None) or ApplicationLetter()
    there = letter.filled_parts()
    return tuple(part_label(name) for name in letter.PARTS if name not in there)


def part_label(name: str) -> str | Promise:
    """What a part of the letter is called."""
    return ApplicationLetter._meta.get_field(name).verbose_name  # type: ignore[union-attr]


def portfolio_facts(candidacy_ids: Collection[int]) -> dict[int, PortfolioFacts]:
    """What portfolios add up to; three queries."""
    key = "portfolio__candidacy"
    cases = (
        CaseStudy.objects.filter(portfolio__candidacy__in=candidacy_ids)
        .order_by()
        .values(key)
        .annotate(
            done=Count("pk", filter=Q(done_at__isnull=False)),
            begun=Count("pk"),
            clients=Count("label", filter=Q(done_at__isnull=False), distinct=True),
        )
    )
    texts = counts_of(WriteUp.objects.filter(portfolio__candidacy__in=candidacy_ids))
    excerpts = counts_of(Excerpt.objects.filter(COUNTED, portfolio__candidacy__in=candidacy_ids))
    found = {row[key]: row for row in cases}
    return {
        pk: PortfolioFacts(
            cases_done=found.get(pk, {}).get("done", 0),
            cases_begun=found.get(pk, {}).get("begun", 0),
            clients=found.get(pk, {}).get("clients", 0),
            write_ups=texts.get(pk, 0),
            excerpts=excerpts.get(pk, 0),
        )
        for pk in candidacy_ids
    }


def counts_of(rows: Any) -> dict[int, int]:
    """How many rows each candidacy has."""
    key = "portfolio__candidacy"
    counted = rows.order_by().values(key).annotate(count=Count("pk"))
    return {row[key]: row["count"] for row in counted}


def attestations_of(candidacy_ids: Collection[int]) -> dict[int, AttestationFacts]:
    """The latest word of each; one query."""
    rows = (
        Attestation.objects.filter(candidacy__in=candidacy_ids)
        .order_by("candidacy", "-attested_at", "-pk")
        .distinct("candidacy")
    )
    return {
        row.candidacy_id: AttestationFacts(
            client_sessions=row.client_sessions, clients=row.clients, attested_at=row.attested_at
        )
        for row in rows
    }


def retreats_of(user_ids: Collection[int]) -> dict[int, RetreatFacts]:
    """The current record of each person's retreat; one query."""
    rows = Retreat.objects.filter(user__in=user_ids).current()
    return {
        row.user_id: RetreatFacts(
            state=row.state,
            title=row.title,
            days=row.days,
            is_silent=row.is_silent,
            submitted_at=row.submitted_at,
            return_reason=row.return_reason,
        )
        for row in rows
    }


def fees_of(submissions: Iterable[Submission]) -> dict[int, FeeFacts]:
    """The review fees by charge; one query."""
    keys = [row.charge_id for row in submissions if row.charge_id is not None]
    found = {}
    for charge in Charge.objects.with_sums().filter(pk__in=keys):
        standing = Balance.of(charge)
        found[charge.pk] = FeeFacts(
            charge=charge.pk,
            due_cents=standing.due_cents,
            due_at=charge.due_at,
            is_cancelled=charge.cancelled_at is not None,
            # Money that went back pays for nothing.
            is_paid=standing.is_settled and standing.held_cents >= standing.owed_cents,
        )
    return found

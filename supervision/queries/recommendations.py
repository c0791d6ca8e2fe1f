"""Recommendations: the author reads the letter, the candidate its outcome."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Greatest
from django.utils import timezone

from certification.candidacy.models import Candidacy
from certification.candidacy.queries.windows import appeal_window
from certification.candidacy.requirements.windows import Window
from supervision.models import Agreement, Approval, Recommendation
from supervision.models.sessions import back_from_leave
from supervision.queries.agreements import is_former
from supervision.queries.reading import read_now
from supervision.queries.sessions import evidence_of
from supervision.requirements.ledger import ledger_findings
from supervision.requirements.recommendations import Told

State = Recommendation.State


def told_window(
    candidacy: Candidacy, told: Told | None, *, now: datetime | None = None
) -> Window | None:
    """Until when a "not yet" can be brought before two other supervisors; None without one."""
    edition = candidacy.edition
    if told is None or told.is_recommended or edition is None:
        return None
    return appeal_window(candidacy, edition, told_at=told.sent_at, now=now)


def second_looks(now: datetime | None = None) -> QuerySet[Any]:
    """Letters in force that a panel asked their authors to look at again, and that still wait for
    them. Each with ``due_at``, until when another is hoped for: as long as the edition calls
    silence, counted from the asking or the candidate's return from leave; None during one."""
    now = now or timezone.now()
    candidacy = "agreement__candidacy"
    silence = ExpressionWrapper(
        F(f"{candidacy}__edition__silent_supervisor_days") * Value(timedelta(days=1)),
        output_field=DurationField(),
    )
    due_at = ExpressionWrapper(
        Greatest("remanded_at", Subquery(back_from_leave(now, candidacy))) + silence,
        output_field=DateTimeField(),
    )
    return Recommendation.objects.filter(
        state=State.SENT,
        remanded_at__isnull=False,
        agreement__in=Agreement.objects.asked_again(),
    ).annotate(
        due_at=Case(When(~Q(**{f"{candidacy}__state": Candidacy.State.ON_LEAVE}), then=due_at))
    )


def told_of(candidacy_ids: Collection[int]) -> dict[int, Told]:
    """The recommendation in force of each candidacy, as its candidate may know it; one query.

    The letter's own parts are not even read.
    """
    again = second_looks().filter(pk=OuterRef("pk"))
    rows = (
        Recommendation.objects.filter(agreement__candidacy__in=candidacy_ids, state=State.SENT)
        .annotate(
            asked_at=Subquery(again.values("remanded_at")), due_at=Subquery(again.values("due_at"))
        )
        .order_by("sent_at", "pk")
        .values(
            "agreement__candidacy_id",
            "agreement_id",
            "agreement__supervisor__user__name",
            "outcome",
            "sent_at",
            "guidance",
            "asked_at",
            "due_at",
        )
    )
    return {
        row["agreement__candidacy_id"]: Told(
            agreement=row["agreement_id"],
            supervisor=row["agreement__supervisor__user__name"],
            outcome=row["outcome"],
            sent_at=row["sent_at"],
            guidance=row["guidance"],
            remanded_at=row["asked_at"],
            due_at=row["due_at"],
        )
        for row in rows
        if row["sent_at"] is not None
    }


def is_recommended(agreement: Agreement) -> bool:
    """Does a recommendation of this candidate, whoever wrote it, rest on the record? One query."""
    rows = Recommendation.objects.filter(
        agreement__candidacy=agreement.candidacy_id,
        state=State.SENT,
        outcome=Recommendation.Outcome.RECOMMENDED,
    )
    return rows.exists()


def is_kept_apart(agreement: Agreement, user: Any) -> bool:
    """Was somebody the supervisor and is no more, without having recommended this candidate
    themselves? Whether somebody else did is not told to them. Two queries at most."""
    if not is_former(agreement, user):
        return False
    own = Recommendation.objects.filter(
        agreement=agreement, state=State.SENT, outcome=Recommendation.Outcome.RECOMMENDED
    )
    return not own.exists()


def may_go_on(agreement: Agreement) -> bool:
    """Could the two make another agreement: theirs is completed, none is alive, and the last letter
    said "not yet", a correction left the ledger with less than it asks for, or the committee
    asked for more?"""
    if agreement.state != Agreement.State.COMPLETED:
        return False
    if Agreement.objects.filter(candidacy=agreement.candidacy_id).alive().exists():
        return False
    return is_open_again(agreement.candidacy)


def is_open_again(candidacy: Candidacy) -> bool:
    """Did the last letter say "not yet", is something of the ledger missing without one, or was
    more mentorship asked for after the whole way (`Candidacy.further_since`)? Nothing is open while
    the committee reads."""
    if read_now({candidacy.pk}):
        return False
    if candidacy.further_since is not None:
        return True
    told = told_of([candidacy.pk]).get(candidacy.pk)
    if told is not None:
        return not told.is_recommended
    edition = candidacy.edition
    if edition is None:
        return False
    findings = ledger_findings(evidence_of(candidacy), edition=edition)
    return not all(item.is_met for item in findings)


def awaiting_letters(now: datetime, *, silences: int = 1) -> QuerySet[Any]:
    """Completed agreements without a letter, whose supervisor is the one to write it.

    Each with ``is_approved`` (CMSC's approval of the supervisor is in force) and ``is_overdue``:
    nothing came for ``silences`` times as long as the edition calls silence, counted from the
    completion or the candidate's return from leave, and they are not on leave.
    """
    silence = ExpressionWrapper(
        F("candidacy__edition__silent_supervisor_days") * Value(timedelta(days=silences)),
        output_field=DurationField(),
    )
    due_at = ExpressionWrapper(
        Greatest("completed_at", Subquery(back_from_leave(now))) + silence,
        output_field=DateTimeField(),
    )
    approved = Approval.objects.in_force(now.date()).filter(supervisor=OuterRef("supervisor"))
    is_overdue = Q(letter_due_at__lte=now) & ~Q(candidacy__state=Candidacy.State.ON_LEAVE)
    return (
        Agreement.objects.accompanied()
        .filter(state=Agreement.State.COMPLETED)
        .annotate(is_approved=Exists(approved), letter_due_at=due_at)
        .annotate(is_overdue=ExpressionWrapper(is_overdue, output_field=BooleanField()))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter to the committee that an agreement is to bring. ``is_overdue``: its supervisor was
    reminded of it. ``remanded_at``: when a panel asked for another look at the one there is, which
    is hoped for by ``due_at``; None once that has passed."""

    is_approved: bool
    is_overdue: bool = False
    remanded_at: datetime | None = None
    due_at: datetime | None = None


def letters_due(
    agreements: list[Agreement], told: dict[int, Told], now: datetime
) -> dict[int, Letter]:
    """What the letter of these agreements waits for: of completed ones whose supervisor is still the
    one to write it, of those that began after a "not yet", and of a letter that a panel asks to look
    at again. Two queries at most, and none where none is among them."""
    completed = [row.pk for row in agreements if row.state == Agreement.State.COMPLETED]
    found = {
        row.pk: Letter(is_approved=row.is_approved, is_overdue=row.is_overdue)
        for row in (awaiting_letters(now).filter(pk__in=completed) if completed else ())
        if told.get(row.candidacy_id) is None
    }
    asked = {row.agreement: row for row in told.values() if row.remanded_at}
    ahead = {key: row.due_at for key, row in asked.items() if row.due_at and now < row.due_at}
    going_on = [r for r in agreements if r.pk in asked or goes_on(r, told.get(r.candidacy_id))]
    if going_on:
        rows = Approval.objects.in_force(now.date()).filter(
            supervisor__in=[row.supervisor_id for row in going_on]
        )
        approved = set(rows.values_list("supervisor_id", flat=True))
        found |= {
            row.pk: Letter(
                is_approved=row.supervisor_id in approved,
                remanded_at=asked[row.pk].remanded_at if row.pk in asked else None,
                due_at=ahead.get(row.pk),
            )
            for row in going_on
        }
    return found


def goes_on(agreement: Agreement, told: Told | None) -> bool:
    """Is it active since a "not yet", and has its own supervisor not written since?"""
    return (
        agreement.state == Agreement.State.ACTIVE
        and agreement.active_at is not None
        and told is not None
        and not told.is_recommended
        and told.sent_at <= agreement.active_at
    )


def letters_left(now: datetime) -> QuerySet[Any]:
    """What waits for the office: nobody may write the letter, or the supervisor was reminded and
    stayed silent for as long again."""
    return awaiting_letters(now, silences=2).filter(Q(is_approved=False) | Q(is_overdue=True))


def written_by(user: Any, agreement: Agreement) -> list[Recommendation]:
    """What somebody wrote in an agreement, newest first; empty for everybody but the author."""
    return list(
        Recommendation.objects.visible_to(user).filter(agreement=agreement).order_by("-created_at")
    )


def draft_in(rows: list[Recommendation]) -> Recommendation | None:
    """The one that is being written."""
    return next((row for row in rows if row.state == State.DRAFT), None)

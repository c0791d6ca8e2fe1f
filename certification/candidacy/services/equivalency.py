"""Credit for an earlier format as a case: written, sent, asked about, judged, decided.

The credit itself is recorded by `scip.credentials.joint.record_equivalency`. Locks: case, item.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.candidacy.emails import equivalency as letters
from certification.candidacy.models import EquivalencyCase, EquivalencyItem
from certification.candidacy.requirements.equivalency import (
    ItemFacts,
    decision_findings,
    sending_findings,
)
from certification.candidacy.services.documents import keep_document, let_go
from certification.candidacy.services.retreats import refuse_own
from scip.accounts.models import User
from scip.audit.services import fingerprint, record
from scip.credentials.joint import CREDITABLE, record_equivalency
from scip.credentials.models import Completion
from scip.mail.services import queue_draft
from scip.requirements import Refusal
from scip.states import lock, move
from scip.vault.inspection.check import CheckedUpload, Upload

State = EquivalencyCase.State
PURPOSE = "equivalency"
# While it is here the person may change it.
WRITTEN = (State.DRAFT, State.QUESTION)
MOST_ITEMS = 30


@transaction.atomic
def begin_case(user: User, *, format: str, now: datetime | None = None) -> EquivalencyCase:  # noqa: A002
    """The person's open case, made if there is none; a second call returns the same one.

    Raises Refusal when both levels are on record already.
    """
    user = lock(user)
    known = EquivalencyCase.objects.filter(user=user, state__in=EquivalencyCase.OPEN).first()
    if known is not None:
        return known
    if not creditable(user):
        raise Refusal(_("Levels A and B are on record for you already; there is nothing to ask."))
    made = EquivalencyCase.objects.create(
        user=user, format=format, created_at=now or timezone.now()
    )
    record("equivalencycase.begun", made, by=user, subject=user)
    return made


def creditable(user: User) -> list[str]:
    """The levels that could still be credited: not on record yet."""
    known = set(Completion.objects.filter(user=user).values_list("level", flat=True))
    return [level.value for level in CREDITABLE if level.value not in known]


def own_written(case: EquivalencyCase, by: User) -> EquivalencyCase:
    """The case under its lock, if the person may change it now. Raises Refusal."""
    case = lock(case)
    if case.user_id != by.pk:
        raise Refusal(_("Only the person who asks can change this. Nothing was changed."))
    if case.state not in WRITTEN:
        raise Refusal(_("The office has it now, so it stays as you sent it."))
    return case


@transaction.atomic
def save_case(case: EquivalencyCase, *, format: str, statement: str, by: User) -> EquivalencyCase:  # noqa: A002
    """Keep what was written so far. Raises Refusal while it is with the office."""
    case = own_written(case, by)
    case.format, case.statement = format, statement.strip()
    case.save(update_fields=["format", "statement"])
    return case


def add_item(
    case: EquivalencyCase,
    *,
    fields: Mapping[str, Any],
    document: Upload | CheckedUpload | None,
    by: User,
) -> EquivalencyItem:
    """Add one piece of evidence; ``fields`` are level, kind, title, year and hours.

    Raises Refusal while it is with the office, or beyond what one page can hold;
    vault.errors.Refused for a file that cannot be kept.
    """
    with transaction.atomic():
        stored = (
            keep_document(document, owner=by, purpose=PURPOSE) if document is not None else None
        )
        case = own_written(case, by)
        if case.items.count() >= MOST_ITEMS:
            raise Refusal(_("That is as much as one request holds; put the rest into your words."))
        item = EquivalencyItem.objects.create(case=case, document=stored, **fields)
        record("equivalencyitem.added", item, by=by, subject=case.user)
        return item


@transaction.atomic
def remove_item(item: EquivalencyItem, *, by: User, now: datetime | None = None) -> None:
    """Take a piece of evidence out again; its document is destroyed. A second press changes nothing."""
    own_written(item.case, by)
    found = EquivalencyItem.objects.select_for_update().filter(pk=item.pk).first()
    if found is None:
        return
    item = found
    record("equivalencyitem.removed", item, by=by, subject=by)
    item.delete()
    let_go(item.document, now=now)


@transaction.atomic
def submit_case(
    case: EquivalencyCase, *, by: User, answer: str = "", now: datetime | None = None
) -> EquivalencyCase:
    """Send the case to the office, or back to it with an answer to its question.

    Raises Refusal with what is missing, and for an empty answer.
    """
    case = own_written(case, by)
    unmet = tuple(
        item for item in sending_findings(case.statement, facts_of(case)) if not item.is_met
    )
    if unmet:
        raise Refusal(_("Something is still open; the page says what. Nothing was lost."), unmet)
    is_first = case.state == State.DRAFT
    if not is_first and not answer.strip():
        raise Refusal(_("Please write a few words in answer to the question."))
    case.answer = answer.strip()
    case.save(update_fields=["answer"])
    move(case, State.SUBMITTED, by=by, now=now)
    if is_first:
        queue_draft(
            letters.case_received(case), to=case.user, dedupe_key=f"equivalency:{case.pk}:received"
        )
    return case


def facts_of(case: EquivalencyCase) -> list[ItemFacts]:
    """The items as the rules look at them."""
    return [ItemFacts(level=row.level, verdict=row.verdict) for row in case.items.all()]


@transaction.atomic
def ask_question(
    case: EquivalencyCase, *, question: str, by: User, now: datetime | None = None
) -> EquivalencyCase:
    """The office asks something before it decides; the person is told.

    Raises Refusal without words or for one's own case, IllegalMove if it is not with the office.
    """
    if not question.strip():
        raise Refusal(_("Please write what you would like to know."))
    now = now or timezone.now()
    case = lock(case)
    refuse_own(case.user_id, by)
    case.question, case.answer = question.strip(), ""
    case.save(update_fields=["question", "answer"])
    move(case, State.QUESTION, by=by, now=now)
    queue_draft(
        letters.case_question(case, case.question),
        to=case.user,
        dedupe_key=f"equivalency:{case.pk}:question:{now.isoformat()}",
    )
    return case


@transaction.atomic
def judge_item(
    item: EquivalencyItem, *, verdict: str, note: str, by: User, now: datetime | None = None
) -> EquivalencyItem:
    """The office's view on one piece of evidence; it may change its mind until the decision.

    Raises Refusal for one's own case, or when the case is not with the office.
    """
    case = lock(item.case)
    refuse_own(case.user_id, by)
    if case.state != State.SUBMITTED:
        raise Refusal(_("This request is not with the office now, so nothing can be judged."))
    item = lock(item)
    item.verdict, item.office_note = verdict, note.strip()
    is_open = verdict == EquivalencyItem.Verdict.OPEN
    item.judged_at = None if is_open else now or timezone.now()
    item.judged_by = None if is_open else by
    item.save(update_fields=["verdict", "office_note", "judged_at", "judged_by"])
    record("equivalencyitem.judged", item, by=by, subject=case.user, verdict=verdict)
    return item


@transaction.atomic
def decide_case(
    case: EquivalencyCase,
    *,
    levels: Sequence[str],
    reason: str,
    by: User,
    now: datetime | None = None,
) -> EquivalencyCase:
    """Credit these levels (none: decline), with a reason that the person reads.

    Each credited level becomes a fact on record, and the joint certificate follows where both
    are there. Raises Refusal without a reason, for one's own case, for a level that is on
    record, and with what is missing (`decision_findings`); IllegalMove if it is decided.
    """
    reason = reason.strip()
    if not reason:
        raise Refusal(_("Please write what the decision rests on; the person reads it."))
    case = lock(case)
    refuse_own(case.user_id, by)
    unmet = tuple(
        item for item in decision_findings(facts_of(case), levels=levels) if not item.is_met
    )
    if unmet:
        raise Refusal(
            _("Not ready to decide: {titles}.").format(
                titles=", ".join(str(item.title) for item in unmet)
            ),
            unmet,
        )
    case.decision_reason = reason
    case.is_level_a_granted, case.is_level_b_granted = "A" in levels, "B" in levels
    case.save(update_fields=["decision_reason", "is_level_a_granted", "is_level_b_granted"])
    data = {"levels": "".join(sorted(levels)), "reason": fingerprint(reason)}
    if not levels:
        move(case, State.DECLINED, by=by, now=now, data=data)
        draft = letters.case_declined(case, reason=reason)
    else:
        move(case, State.GRANTED, by=by, now=now, data=data)
        for level in sorted(levels):
            record_equivalency(
                case.user, level=level, reason=f"{case.get_format_display()}: {reason}", by=by
            )
        draft = letters.case_granted(case, levels=sorted(levels), reason=reason)
    queue_draft(draft, to=case.user, dedupe_key=f"equivalency:{case.pk}:decided")
    return case


@transaction.atomic
def withdraw_case(
    case: EquivalencyCase, *, by: User, now: datetime | None = None
) -> EquivalencyCase:
    """Take the request back; its documents are destroyed. A second call changes nothing.

    Raises Refusal for somebody else's, IllegalMove once it is decided.
    """
    case = lock(case)
    if case.user_id != by.pk:
        raise Refusal(_("Only the person who asks can take this back. Nothing was changed."))
    if case.state == State.WITHDRAWN:
        return case
    move(case, State.WITHDRAWN, by=by, now=now)
    for item in case.items.select_related("document"):
        let_go(item.document, now=now)
    return case

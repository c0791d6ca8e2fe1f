"""The committee's decision: written by the chair, read by a second member, then sent.

Order of locks: candidacy, submission, decision, the credential's own.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from certification.candidacy.models import Candidacy
from certification.portfolio.services.writing import changes_to, write_down
from certification.review.emails import committee as seat_letters
from certification.review.emails import decisions as letters
from certification.review.models import Ask, Assignment, Decision, EndReason, Submission
from certification.review.queries.decisions import (
    evidence_of,
    has_chair,
    is_chair,
    is_of_a_chair,
    may_read_second,
    part_labels,
)
from certification.review.requirements.deciding import proposing_findings, sending_findings
from certification.review.services.assigning import ask, let_go
from certification.review.services.freezing import content_of
from scip.accounts.models import Role, User
from scip.audit.services import record
from scip.credentials.certified import issue_certified
from scip.credentials.services import Lines
from scip.mail.services import queue_draft
from scip.requirements import Finding, Refusal
from scip.states import lock, move

State = Decision.State
Outcome = Decision.Outcome
MOST_POINTS = 20


def refuse_others(submission: Submission, by: User) -> None:
    """Raise Refusal unless ``by`` holds the chair of this submission, or works in the office while
    nobody holds it (they write down then what the chair has told them)."""
    if by.pk == submission.candidacy.user_id:
        raise Refusal(_("Nobody decides about themselves."))
    if is_chair(by, submission):
        return
    if by.has_role(Role.STAFF) and not has_chair(submission):
        return
    raise Refusal(_("The chair of this submission writes the decision. Nothing was changed."))


def refuse_words_of_a_chair(decision: Decision, by: User) -> None:
    """Raise Refusal where the office would write over what somebody in the chair has written."""
    if not is_chair(by, decision.submission) and is_of_a_chair(decision):
        raise Refusal(
            _(
                "Somebody in the chair has begun this letter, and its words are theirs. Ask "
                "another member to take the chair; they find it and go on. Nothing was changed."
            )
        )


def all_locked(decision: Decision) -> Decision:
    """The decision with candidacy and submission under their locks."""
    submission = Submission.objects.select_related("candidacy").get(pk=decision.submission_id)
    candidacy = lock(submission.candidacy)
    submission = lock(submission)
    submission.candidacy = candidacy
    row = lock(decision)
    row.submission = submission
    return row


def lines_of(asks: Sequence[str]) -> list[str]:
    """Points without empty ones, each on one line."""
    return [text for item in asks if (text := " ".join(item.split()))]


@transaction.atomic
def save_decision(
    submission: Submission,
    values: Mapping[str, Any],
    asks: Sequence[str],
    *,
    revision: int,
    by: User,
    now: datetime | None = None,
) -> Decision:
    """Keep what the chair wrote and return the fresh decision; the first words begin it.

    ``values`` are parts of `Decision`, ``asks`` the points that a resubmission has to show;
    ``revision`` is the one the window began from, 0 where there was none. The same words again
    change nothing. What the office writes down keeps who wrote it. Raises StaleWriting when another
    window saved something else meanwhile, Refusal for anybody but the chair, for the office where
    a chair has begun it, and once the second reader has it; nothing is written then.
    """
    now = now or timezone.now()
    candidacy = lock(submission.candidacy)
    submission = lock(submission)
    submission.candidacy = candidacy
    refuse_others(submission, by)
    if submission.state != Submission.State.SUBMITTED:
        raise Refusal(_("This submission is not with the committee. Nothing was changed."))
    decision, _is_new = Decision.objects.get_or_create(
        submission=submission, defaults={"created_at": now, "saved_at": now}
    )
    row = lock(decision)
    row.submission = submission
    points = lines_of(asks)
    if len(points) > MOST_POINTS:
        raise Refusal(
            _("Those are very many points. Please say it in {count} at most.").format(
                count=MOST_POINTS
            )
        )
    changes = changes_to(row, {**values, "points": "\n".join(points)}, revision=revision)
    if changes and row.state != State.DRAFT:
        raise Refusal(
            _("The second reader has it. Take it back first; then you can go on writing.")
        )
    if changes:
        refuse_words_of_a_chair(row, by)
    if "points" in changes:
        del changes["points"]
        row.asks.all().delete()
        Ask.objects.bulk_create(
            Ask(decision=row, number=number, text=text)
            for number, text in enumerate(points, start=1)
        )
        changes.setdefault("outcome", row.outcome)
    if changes:
        row.proposed_by = None if is_chair(by, submission) else by
    write_down(row, changes, now=now)
    return row


@transaction.atomic
def propose(
    decision: Decision, *, by: User, second: User | None = None, now: datetime | None = None
) -> Decision:
    """Hand the letter to a second reader, with the rules by which it was decided.

    ``second`` is asked for a seat of their own, if they have none here; without one the reviewers
    of this submission are told that one of them may read it. A second click changes nothing.
    Raises Refusal with what still lacks, for anybody but the chair, and where nobody could be
    the second reader.
    """
    now = now or timezone.now()
    row = all_locked(decision)
    refuse_others(row.submission, by)
    if row.state == State.PROPOSED:
        return row
    evidence = evidence_of(row, now=now)
    edition = row.submission.edition
    findings = proposing_findings(evidence, edition=edition, labels=part_labels())
    refuse_open(findings)
    row.rules = rules_of(row, findings, views=evidence.views)
    row.proposed_by, row.returned_reason = by, ""
    row.save(update_fields=["rules", "proposed_by", "returned_reason"])
    move(row, State.PROPOSED, by=by, now=now, data={"snapshot": row.rules["snapshot"][:16]})
    readers = second_readers(row, second, by=by, now=now)
    if not readers and second is None:
        raise Refusal(_("Choose who reads it as the second: nobody here could do it."))
    for reader in readers:
        queue_draft(
            letters.to_read(row, reader),
            to=reader.member,
            dedupe_key=f"decision:{row.pk}:to-read:{row.revision}:{now:%Y%m%dT%H%M}:{reader.pk}",
        )
    return row


def second_readers(
    decision: Decision, second: User | None, *, by: User, now: datetime
) -> list[Assignment]:
    """The open assignments whose people are told that the letter waits for them; whoever is asked
    only now hears it with the question."""
    rows = decision.submission.assignments.filter(state__in=Assignment.READING).exclude(
        seat=Assignment.Seat.CHAIR
    )
    if second is not None:
        rows = rows.filter(member=second)
        if not rows.exists():
            # They say first what ties them; then the letter opens to them.
            ask(decision.submission, second, seat=Assignment.Seat.SECOND, by=by, now=now)
            return []
    return [
        row
        for row in rows.select_related("member", "submission__candidacy__user")
        if may_read_second(row.member, decision)
    ]


def refuse_open(findings: Sequence[Finding]) -> None:
    """Raise Refusal with what still lacks."""
    unmet = tuple(item for item in findings if not item.is_met)
    if unmet:
        raise Refusal(
            _("Something still lacks: {titles}. Everything you wrote is kept.").format(
                titles=", ".join(str(item.title) for item in unmet)
            ),
            unmet,
        )


def rules_of(decision: Decision, findings: Sequence[Finding], *, views: int) -> dict[str, Any]:
    """By what it was decided, as plain values: which findings stood how, figures as they were
    frozen, how many views, which text. The findings' own words name people and places, so they
    stay in the snapshot, which its hash proves and which can be erased. Raises Refusal where what
    was frozen is gone or not true any more."""
    snapshot = decision.submission.snapshot
    try:
        content = content_of(snapshot)
    except ValueError as error:
        raise Refusal(
            _("What was frozen can’t be read any more. Write to the office; nothing was changed.")
        ) from error
    with translation.override(None):
        return {
            "snapshot": snapshot.sha256,
            "recommendation": snapshot.recommendation_sha256,
            "edition": content["edition"],
            "findings": [
                {"code": item["code"], "status": item["status"]} for item in content["findings"]
            ],
            "views": views,
            "decided_by": [
                {"code": item.code, "status": item.status.value, "found": str(item.found)}
                for item in findings
            ],
        }


@transaction.atomic
def approve(decision: Decision, *, by: User, now: datetime | None = None) -> Decision:
    """The second reader has read it. A second click changes nothing; whoever sends it hears.

    Raises Refusal for the one who wrote it and for anybody who is tied or has no seat here,
    IllegalMove where it is not with the second reader (any more).
    """
    now = now or timezone.now()
    row = all_locked(decision)
    refuse_as_second(row, by)
    if row.state == State.APPROVED and row.approved_by_id == by.pk:
        return row
    row.approved_by = by
    row.returned_reason = ""
    row.save(update_fields=["returned_reason"])
    move(row, State.APPROVED, by=by, now=now)
    finish_seat(row.submission, by, Assignment.Seat.SECOND, now=now)
    key = f"decision:{row.pk}:approved:{now:%Y%m%dT%H%M%S}"
    for chair in chairs_of(row):
        queue_draft(letters.approved(row, chair), to=chair.member, dedupe_key=f"{key}:{chair.pk}")
    letters.tell_office_ready(row, key)
    return row


def chairs_of(decision: Decision) -> list[Assignment]:
    """Whoever holds the chair; one at most."""
    rows = decision.submission.assignments.filter(
        seat=Assignment.Seat.CHAIR, state__in=Assignment.READING
    )
    return list(rows.select_related("member", "submission__candidacy__user"))


def refuse_as_second(decision: Decision, by: User) -> None:
    """Raise Refusal unless ``by`` may be the second reader."""
    if decision.proposed_by_id == by.pk:
        raise Refusal(_("A second pair of eyes reads it: somebody else than the one who wrote it."))
    if not may_read_second(by, decision):
        raise Refusal(
            _("A member of the committee who is free of conflict reads it. Nothing was changed.")
        )


def finish_seat(submission: Submission, member: User, seat: str, *, now: datetime) -> None:
    """A seat whose work is done; the room stays open to it."""
    rows = submission.assignments.filter(member=member, seat=seat, state=Assignment.State.ACCEPTED)
    for row in rows:
        move(lock(row), Assignment.State.GIVEN, by=member, now=now)


@transaction.atomic
def give_back(
    decision: Decision, *, reason: str, by: User, now: datetime | None = None
) -> Decision:
    """Back to the chair: by the second reader, who says why, or by the chair, to go on writing.

    While nobody holds the chair the office takes it back, whoever wrote it, and its colleagues
    are told; they hear as well what a second reader gave back then. Raises Refusal for others and
    without a reason from the second reader, IllegalMove once it was sent.
    """
    now = now or timezone.now()
    row = all_locked(decision)
    reason = reason.strip()
    is_own = is_chair(by, row.submission)
    takes_back = is_own or row.proposed_by_id == by.pk or is_left_to(by, row)
    if takes_back:
        refuse_others(row.submission, by)
    else:
        refuse_as_second(row, by)
        if not reason:
            raise Refusal(_("Please say what you would change, so that the chair can go on."))
    move(row, State.DRAFT, by=by, now=now)
    row.returned_reason = reason
    row.approved_at = row.approved_by = None
    row.save(update_fields=["returned_reason", "approved_at", "approved_by"])
    if takes_back and not is_own:
        letters.tell_office_taken_back(row, f"decision:{row.pk}:taken-back:{now:%Y%m%dT%H%M%S}")
    if reason:
        key = f"decision:{row.pk}:returned:{now:%Y%m%dT%H%M%S}"
        if not takes_back and not has_chair(row.submission):
            letters.tell_office_returned(row, key, is_ours=not is_of_a_chair(row))
        for chair in chairs_of(row):
            if chair.member_id != by.pk:
                queue_draft(
                    letters.returned(row, chair), to=chair.member, dedupe_key=f"{key}:{chair.pk}"
                )
    return row


def is_left_to(by: User, decision: Decision) -> bool:
    """Does somebody of the office look after a letter while nobody holds the chair? Not as its
    second reader, who says why it goes back."""
    if not by.has_role(Role.STAFF) or may_read_second(by, decision):
        return False
    return not has_chair(decision.submission)


@transaction.atomic
def send_decision(decision: Decision, *, by: User, now: datetime | None = None) -> Decision:
    """Send the letter, and with it everything that follows, in one step.

    *Certified*: the candidacy is certified, Level C goes on record and the credential is issued.
    *Further development needed*: the letter says how it goes on, and supervision opens again. By
    the chair or the office; a second click, or a colleague's, finds it sent and changes nothing.
    Raises Refusal with what lacks, for others, and where the registration has ended meanwhile.
    """
    now = now or timezone.now()
    row = all_locked(decision)
    submission = row.submission
    if by.pk == submission.candidacy.user_id:
        raise Refusal(_("Nobody decides about themselves."))
    if not (is_chair(by, submission) or by.has_role(Role.STAFF)):
        raise Refusal(_("The chair of this submission or the office sends the letter."))
    if row.state == State.SENT:
        return row
    if not submission.candidacy.is_registered:
        raise Refusal(
            _("This person’s registration for certification has ended, so nothing was sent.")
        )
    findings = sending_findings(
        evidence_of(row, now=now), edition=submission.edition, labels=part_labels()
    )
    refuse_open(findings)
    move(row, State.SENT, by=by, now=now, data={"outcome": row.outcome})
    move(submission, row.outcome, by=by, now=now)
    if row.outcome == Outcome.CERTIFIED:
        certify(row, by=by, now=now)
    else:
        open_again(submission.candidacy, by=by, now=now)
    for chair in chairs_of(row):
        finish_seat(submission, chair.member, Assignment.Seat.CHAIR, now=now)
    release_the_rest(submission, by=by, now=now)
    queue_draft(
        letters.decision_letter(row), to=submission.user, dedupe_key=f"decision:{row.pk}:sent"
    )
    return row


def certify(decision: Decision, *, by: User, now: datetime) -> None:
    """What follows from *certified*."""
    submission = decision.submission
    move(submission.candidacy, Candidacy.State.CERTIFIED, by=by, now=now)
    lines, facts = certified_facts(decision)
    issue_certified(
        submission.user,
        reference=f"decision:{decision.pk}",
        lines=lines,
        facts=facts,
        edition=submission.edition,
        by=by,
        now=now,
    )


def certified_facts(decision: Decision) -> tuple[Lines, dict[str, Any]]:
    """What stands on the papers, and on the record: from what was frozen, never from later rows."""
    content = content_of(decision.submission.snapshot)
    sessions = sum(
        item["counts"] for phase in content["supervision"]["phases"] for item in phase["sessions"]
    )
    cases = sum(row["is_done"] for row in content["cases"])
    retreat = content["retreat"]
    lines = [("Supervision sessions", str(sessions)), ("Case studies", str(cases))]
    if retreat is not None:
        lines.append(("Silent retreat", f"{retreat['days']} days"))
    facts = {
        "submission": decision.submission_id,
        "decision": decision.pk,
        "snapshot": decision.submission.snapshot.sha256,
        "supervision_sessions": sessions,
        "case_studies": cases,
    }
    return lines, facts


def open_again(candidacy: Candidacy, *, by: User, now: datetime) -> None:
    """Supervision may go on: another agreement, further sessions. What is kept is the moment."""
    candidacy.further_since = now
    candidacy.save(update_fields=["further_since"])
    record("candidacy.opened_again", candidacy, by=by, subject=candidacy.user)


def release_the_rest(submission: Submission, *, by: User, now: datetime) -> None:
    """Whoever was still asked or reading need not go on, and is told so."""
    rows = submission.assignments.exclude(state=Assignment.State.GIVEN).live()
    for row in rows.order_by("pk"):
        fresh = lock(row)
        fresh.submission = submission
        let_go(fresh, code=EndReason.ANSWERED, by=by, now=now)
        if fresh.member.is_active:
            key = f"assignment:{fresh.pk}:released"
            queue_draft(seat_letters.released(fresh), to=fresh.member, dedupe_key=key)

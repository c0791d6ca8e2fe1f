"""An appeal from its first word to the office: written, filed, taken back.

Order of locks: candidacy, appeal. Filing freezes what the panel reads.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from certification.candidacy.models import Candidacy
from certification.portfolio.services.writing import StaleWriting
from certification.review.emails import appeals as letters
from certification.review.models import Appeal, AppealDocument, EndReason, PanelSeat
from certification.review.models.snapshots import sha256_of
from certification.review.queries.appeals import appealable, window_of
from certification.review.queries.contents import (
    edition_values,
    levels_of,
    moment,
    retreat_of,
    supervision_of,
)
from certification.review.requirements.appeals import (
    MOST_DOCUMENTS,
    Answer,
    answer_by,
    filing_findings,
    window_sentence,
)
from certification.review.services.freezing import canonical
from scip.accounts.models import User
from scip.audit.services import record
from scip.requirements import Finding, Refusal
from scip.states import lock, move
from scip.vault import services as vault
from scip.vault.forms import EVIDENCE_BYTES
from scip.vault.inspection.check import DOCUMENTS, CheckedUpload, Upload
from supervision.models import Recommendation

State = Appeal.State
PURPOSE = "appeal"
SHAPE = 1


@transaction.atomic
def begin(candidacy: Candidacy, *, by: User, now: datetime | None = None) -> Appeal:
    """The appeal that is under way, begun now if there is none.

    One that was being written about an earlier answer, or whose time has run out, makes room; its
    words are kept. Raises Refusal for anybody but the candidate, without an answer that can be
    appealed, once a panel has answered, and after the time.
    """
    now = now or timezone.now()
    if candidacy.user_id != by.pk:
        raise Refusal(_("An appeal belongs to the candidate alone."))
    candidacy = lock(candidacy)
    answer = appealable(candidacy, now=now)
    known = Appeal.objects.filter(candidacy=candidacy, state__in=Appeal.LIVE).first()
    if known is not None and (known.state != State.DRAFT or is_about(known, answer)):
        return known
    refuse_unappealable(candidacy, answer, now=now)
    if known is not None:
        move(lock(known), State.WITHDRAWN, by=by, now=now)
    made = made_about(candidacy, answer, now=now)
    record("appeal.begun", made, by=by, subject=by)
    return made


def made_about(
    candidacy: Candidacy, answer: Answer | None, *, now: datetime, **fields: Any
) -> Appeal:
    """The row of a new appeal; what stands in its way was refused before."""
    if answer is None:
        raise ValueError("Without an answer there is no appeal.")
    return Appeal.objects.create(
        candidacy=candidacy,
        recommendation_id=answer.recommendation,
        decision_id=answer.decision,
        until_at=answer.until,
        created_at=now,
        **fields,
    )


def is_about(appeal: Appeal, answer: Answer | None) -> bool:
    """Is this appeal about the answer that holds today?"""
    if answer is None:
        return False
    key = (appeal.recommendation_id, appeal.decision_id)
    return key == (answer.recommendation, answer.decision)


def refuse_unappealable(candidacy: Candidacy, answer: Answer | None, *, now: datetime) -> None:
    """Raise Refusal unless an answer can be appealed at this moment."""
    refuse_answerless(candidacy, answer)
    if answer is not None and not answer.is_open(now):
        raise Refusal(window_sentence(answer.until, settings.STAFF_EMAIL))


def refuse_answerless(candidacy: Candidacy, answer: Answer | None) -> None:
    """Raise Refusal unless there is an answer that can be appealed, in time or not."""
    if not candidacy.is_registered:
        raise Refusal(
            _("Your registration for certification is not under way. Write to the office.")
        )
    if answer is None:
        raise Refusal(_("There is no answer that could be appealed now. Nothing was begun."))
    if answer.is_answered:
        raise Refusal(_("A panel has answered an appeal about this already; its reasons are here."))


def locked(appeal: Appeal) -> Appeal:
    """The appeal under its lock, its candidacy's taken before."""
    candidacy = lock(appeal.candidacy)
    row = lock(appeal)
    row.candidacy = candidacy
    return row


def own_draft(appeal: Appeal, by: User) -> Appeal:
    """The appeal under its lock while it is being written. Raises Refusal."""
    row = locked(appeal)
    if row.candidacy.user_id != by.pk:
        raise Refusal(_("An appeal belongs to the candidate alone."))
    if row.state == State.WITHDRAWN:
        raise Refusal(_("This appeal is closed, so nothing changes in it any more."))
    if row.state != State.DRAFT:
        raise Refusal(_("It is filed as you wrote it, so nothing changes in it any more."))
    return row


def mark_of(text: str) -> str:
    """A short mark of a text, by which a window says what it began from."""
    return sha256_of(text)[:16]


@transaction.atomic
def save_statement(
    appeal: Appeal, statement: str, *, began_from: str | None = None, by: User
) -> Appeal:
    """Keep what was written so far; it can be kept after the time, too.

    ``began_from`` is the mark of the text that the window showed. Raises StaleWriting where
    another window saved something else since (nothing is written then), Refusal once it was filed
    and for others.
    """
    row = own_draft(appeal, by)
    # A browser sends line ends as two signs; what is kept has one.
    statement = statement.replace("\r\n", "\n")
    if statement == row.statement:
        return row
    if began_from is not None and began_from != mark_of(row.statement):
        raise StaleWriting(_("This was changed in another window in the meantime."))
    row.statement = statement
    row.save(update_fields=["statement"])
    return row


def add_document(
    appeal: Appeal, *, title: str, document: Upload | CheckedUpload, by: User
) -> AppealDocument:
    """Add a document to an appeal that is being written; sealed in the vault.

    Raises Refusal once it was filed, beyond `MOST_DOCUMENTS` and for others;
    vault.errors.Refused for a file that cannot be kept.
    """
    with transaction.atomic():
        row = own_draft(appeal, by)
        if row.documents.count() >= MOST_DOCUMENTS:
            raise Refusal(
                _("{count} documents go with an appeal; take one out first.").format(
                    count=MOST_DOCUMENTS
                )
            )
        file = vault.store(
            document, owner=by, purpose=PURPOSE, allowed=DOCUMENTS, max_bytes=EVIDENCE_BYTES
        )
        made = AppealDocument.objects.create(appeal=row, title=title.strip(), file=file)
        record("appealdocument.added", made, by=by, subject=by)
        return made


@transaction.atomic
def remove_document(document: AppealDocument, *, by: User, now: datetime | None = None) -> None:
    """Take a document out again; it is destroyed. A second press changes nothing."""
    own_draft(document.appeal, by)
    found = AppealDocument.objects.filter(pk=document.pk).select_related("file").first()
    if found is None:
        return
    record("appealdocument.removed", found, by=by, subject=by)
    file = found.file
    found.delete()
    vault.destroy(file, now=now)


def findings_of(appeal: Appeal, *, now: datetime) -> tuple[Finding, ...]:
    """What filing asks for, as it stands."""
    answer = appealable(appeal.candidacy, now=now)
    return filing_findings(
        statement=appeal.statement,
        documents=appeal.documents.count(),
        until=until_of(appeal, now=now),
        is_in_force=is_about(appeal, answer),
        now=now,
    )


def until_of(appeal: Appeal, *, now: datetime) -> datetime:
    """The first moment at which it is too late to file it: leave and what the office gave count
    as they stand now."""
    found = window_of(appeal, now=now)
    return found.until if found is not None else appeal.until_at


@transaction.atomic
def file_appeal(appeal: Appeal, *, by: User, now: datetime | None = None) -> Appeal:
    """Hand an appeal to the office and freeze what its panel reads.

    Filed already, it changes nothing. The candidate gets a letter with the clock; the office hears
    that one is there, the supervisor too, kindly and without a word of it. Raises Refusal with
    what is missing, after the time with the day until which it was, and for others.
    """
    now = now or timezone.now()
    known = locked(appeal)
    if known.state in {State.FILED, State.HEARING} and known.candidacy.user_id == by.pk:
        return known
    row = own_draft(appeal, by)
    if not row.candidacy.is_registered:
        refuse_unappealable(row.candidacy, None, now=now)
    row.until_at = until_of(row, now=now)
    if now >= row.until_at:
        raise Refusal(window_sentence(row.until_at, settings.STAFF_EMAIL))
    unmet = tuple(item for item in findings_of(row, now=now) if not item.is_met)
    if unmet:
        raise Refusal(
            _("Not filed yet: {titles}. Everything you wrote is kept.").format(
                titles=", ".join(str(item.title) for item in unmet)
            ),
            unmet,
        )
    return hand_in(row, by=by, now=now)


def hand_in(row: Appeal, *, by: User, now: datetime) -> Appeal:
    """Freeze what the panel reads, start its clock and write to everybody. Everything is there and
    the appeal is under its lock."""
    edition = row.candidacy.edition
    if edition is None:
        raise ValueError("A registration has an edition.")
    row.content = canonical(content_of_appeal(row, filed_at=now))
    row.sha256 = sha256_of(row.content)
    row.answer_by_at = answer_by(now, edition)
    # The row's rules ask for the moment; the mover writes the same one.
    row.filed_at = now
    row.save(update_fields=["content", "sha256", "answer_by_at", "filed_at", "until_at"])
    move(row, State.FILED, by=by, now=now, data={"content": row.sha256[:16]})
    letters.filed(row)
    return row


def content_of_appeal(appeal: Appeal, *, filed_at: datetime) -> dict[str, Any]:
    """What a panel reads, as plain values: the statement, the documents by their hashes, the facts
    of the way, the answer in question with its words, and the edition's figures."""
    candidacy, edition = appeal.candidacy, appeal.candidacy.edition
    if edition is None:
        raise ValueError("A registration has an edition.")
    documents = appeal.documents.select_related("file")
    with timezone.override("UTC"), translation.override(None):
        return {
            "shape": SHAPE,
            "filed_at": moment(filed_at),
            "candidate": {
                "name": str(candidacy.user),
                "registered_at": moment(candidacy.active_at),
            },
            "edition": edition_values(edition),
            "statement": appeal.statement,
            "filed_by_office": appeal.opened_reason,
            "documents": [
                {
                    "id": row.pk,
                    "title": row.title,
                    "sha256": row.file.sha256,
                    "size": row.file.size,
                    "content_type": row.file.content_type,
                }
                for row in documents
            ],
            "levels": levels_of(candidacy),
            "retreat": retreat_of(candidacy),
            "supervision": supervision_of(candidacy, edition),
            "not_yet": not_yet_values(appeal.recommendation),
            "decision": decision_values(appeal),
        }


def not_yet_values(row: Recommendation | None) -> dict[str, Any] | None:
    """The supervisor's letter that said "not yet", whole: for the panel alone."""
    if row is None:
        return None
    names = ("key_elements", "assessment", "reflections", "guidance")
    return {
        "supervisor": str(row.agreement.supervisor),
        "sent_at": moment(row.sent_at),
        "parts": [
            {
                "part": name,
                "label": str(Recommendation._meta.get_field(name).verbose_name),  # type: ignore[union-attr]
                "text": getattr(row, name),
            }
            for name in names
        ],
    }


def decision_values(appeal: Appeal) -> dict[str, Any] | None:
    """The committee's letter, and the hash of the snapshot that it was about."""
    row = appeal.decision
    if row is None:
        return None
    snapshot = getattr(row.submission, "snapshot", None)
    return {
        "outcome": row.outcome,
        "sent_at": moment(row.sent_at),
        "parts": [
            {
                "part": name,
                "label": str(row._meta.get_field(name).verbose_name),  # type: ignore[union-attr]
                "text": getattr(row, name),
            }
            for name in ("strengths", "missing", "how")
        ],
        "asks": [ask.text for ask in row.asks.all()],
        "submission": row.submission.number,
        "snapshot_sha256": snapshot.sha256 if snapshot is not None else "",
    }


@transaction.atomic
def withdraw(appeal: Appeal, *, by: User | None, now: datetime | None = None) -> Appeal:
    """Take an appeal back, by its candidate, or by nobody where the registration has ended.

    What was written is kept; whoever was asked to hear it is thanked and let go. A second call
    changes nothing. Raises Refusal for others, IllegalMove once it was decided.
    """
    now = now or timezone.now()
    row = locked(appeal)
    if by is not None and row.candidacy.user_id != by.pk:
        raise Refusal(_("An appeal belongs to the candidate alone."))
    if row.state == State.WITHDRAWN:
        return row
    was_filed = row.state != State.DRAFT
    release_seats(row, EndReason.ENDED if by is None else EndReason.APPEAL_BACK, now=now)
    move(row, State.WITHDRAWN, by=by, now=now)
    if was_filed:
        letters.withdrawn(row)
    return row


def close_superseded(appeal: Appeal, *, now: datetime) -> None:
    """Close a filed appeal whose letter holds no more, kindly: nobody decides about it, and a
    later "not yet" can be appealed by itself. The appeal is under its lock."""
    release_seats(appeal, EndReason.APPEAL_OVERTAKEN, now=now)
    move(appeal, State.WITHDRAWN, by=None, now=now)
    letters.superseded(appeal)


def release_seats(appeal: Appeal, code: EndReason, *, now: datetime) -> None:
    """Let everybody go who has not answered; each gets a word. The appeal is under its lock."""
    rows = appeal.seats.filter(state__in=(PanelSeat.State.ASKED, PanelSeat.State.ACCEPTED))
    for found in rows.select_related("member"):
        seat = lock(found)
        seat.end_code = code
        seat.save(update_fields=["end_code"])
        move(seat, PanelSeat.State.RELEASED, by=None, now=now)
        letters.released(seat)

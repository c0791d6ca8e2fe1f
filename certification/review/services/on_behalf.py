"""The office files an appeal for a candidate who wrote to CMSC by letter or e-mail, or came late.

The same appeal as the candidate's own: the same answer in question, frozen alike, with the same
clock and the same letters. Only the time for it may be over, and the reason for that is told.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.candidacy.models import Candidacy
from certification.review.emails.appeals import filed_for_candidate
from certification.review.models import Appeal, AppealDocument
from certification.review.models.appeals import UNTITLED
from certification.review.queries.appeals import appealable
from certification.review.queries.conflicts import ties_of
from certification.review.services.appealing import (
    PURPOSE,
    State,
    hand_in,
    is_about,
    made_about,
    refuse_answerless,
)
from scip.accounts.models import Role, User
from scip.audit.services import record
from scip.mail.services import Draft
from scip.requirements import Refusal
from scip.states import lock, move
from scip.vault import services as vault
from scip.vault.forms import EVIDENCE_BYTES
from scip.vault.inspection.check import DOCUMENTS, CheckedUpload, Upload

LEAST_WORDS = 5


@transaction.atomic
def open_for(
    candidacy: Candidacy,
    *,
    statement: str,
    reason: str,
    document: Upload | CheckedUpload | None = None,
    title: str = "",
    by: User,
    now: datetime | None = None,
) -> Appeal:
    """File an appeal on a candidate's behalf, with the words that they sent.

    ``statement`` may stay empty where their letter is attached. The candidate gets a letter with
    ``reason`` that leads to what was filed, the supervisor and the office theirs. An appeal that
    they had begun without a word makes room. Raises Refusal for anybody outside the office, about
    oneself and for whoever is tied to the candidate, without a reason of some words, without
    anything of the candidate's, without an answer that can be appealed, and beside another appeal
    that is under way, one with words of the candidate's included; vault.errors.Refused for a file
    that cannot be kept.
    """
    now = now or timezone.now()
    reason = whole_reason(reason, by, candidacy)
    refuse_tied(candidacy, by)
    statement = statement.replace("\r\n", "\n").strip()
    if not statement and document is None:
        raise Refusal(_("Please type in what the candidate wrote, or attach it."))
    candidacy = lock(Candidacy.objects.get(pk=candidacy.pk))
    answer = appealable(candidacy, now=now)
    known = Appeal.objects.filter(candidacy=candidacy, state__in=Appeal.LIVE).first()
    if known is not None and (known.state != State.DRAFT or is_about(known, answer)):
        refuse_beside(known)
    refuse_answerless(candidacy, answer)
    if known is not None:
        move(lock(known), State.WITHDRAWN, by=by, now=now)
    made = made_about(
        candidacy,
        answer,
        now=now,
        statement=statement,
        opened_at=now,
        opened_by=by,
        opened_reason=reason,
    )
    is_late = answer is not None and not answer.is_open(now)
    record("appeal.opened_by_office", made, by=by, subject=candidacy.user, late=is_late)
    if document is not None:
        attach(made, document, title=title.strip(), by=by)
    return hand_in(made, by=by, now=now)


def letter_about(
    candidacy: Candidacy,
    *,
    statement: str,
    reason: str,
    is_attached: bool,
    by: User,
    now: datetime | None = None,
) -> Draft:
    """The candidate's letter as it would go: filed and undone, so that what could not be filed is
    refused before anybody reads a letter about it.

    Whether there is a file counts here; the file itself is kept by `open_for` alone. Raises
    Refusal as it does.
    """
    words = statement if statement.strip() or not is_attached else str(UNTITLED)
    with transaction.atomic():
        made = open_for(candidacy, statement=words, reason=reason, by=by, now=now)
        draft = filed_for_candidate(made)
        transaction.set_rollback(True)
    return draft


def whole_reason(reason: str, by: User, candidacy: Candidacy) -> str:
    """The reason in one line. Raises Refusal without one of some words, for anybody outside the
    office, and for whoever would do it about themselves."""
    if not by.has_role(Role.STAFF) or candidacy.user_id == by.pk:
        raise Refusal(_("Only the office can do this, and nobody about themselves."))
    reason = " ".join(reason.split())
    if len(reason.split()) < LEAST_WORDS:
        raise Refusal(_("Please say in a sentence why: the candidate reads it."))
    return reason


def refuse_tied(candidacy: Candidacy, by: User) -> None:
    """Raise Refusal for whoever anything ties to the candidate: what was sent to CMSC may be about
    them. The sentence is the same for every tie, so that nobody learns whom a candidate named."""
    if ties_of(candidacy.user, [by])[by.pk]:
        raise Refusal(
            _(
                "A colleague of the office has to file this one. Nothing was filed; please hand "
                "over what they sent."
            )
        )


def refuse_beside(known: Appeal) -> None:
    """Raise Refusal beside an appeal that is under way or holds something of the candidate's; one
    that is empty stands in nobody's way."""
    if known.state != State.DRAFT:
        raise Refusal(
            _("An appeal of {name} is under way. Nothing was filed.").format(name=known.user)
        )
    if known.statement.strip() or known.documents.exists():
        raise Refusal(
            _(
                "{name} has something of their own about this answer on their page, to file or to "
                "set aside first. Nothing was filed. Where their time is over, give them more of "
                "it, and they file what is theirs."
            ).format(name=known.user)
        )


def attach(appeal: Appeal, document: Upload | CheckedUpload, *, title: str, by: User) -> None:
    """The candidate's letter as a document of theirs, sealed."""
    file = vault.store(
        document, owner=appeal.user, purpose=PURPOSE, allowed=DOCUMENTS, max_bytes=EVIDENCE_BYTES
    )
    made = AppealDocument.objects.create(appeal=appeal, title=title, file=file)
    record("appealdocument.added", made, by=by, subject=appeal.user)

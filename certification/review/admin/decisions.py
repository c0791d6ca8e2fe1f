"""The committee's answer, as the office handles it on a submission's page: a letter that a second
reader approved is sent; while nobody is in the chair, what the chair has told is written down."""

from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from certification.portfolio.services.writing import values_of
from certification.review.emails.decisions import decision_letter, taken_back
from certification.review.forms.deciding import RecordForm, on
from certification.review.models import Ask, Submission
from certification.review.models import Decision as Answer
from certification.review.queries.decisions import (
    decision_of,
    has_chair,
    is_of_a_chair,
    seconds_for,
    sendable,
)
from certification.review.services import deciding
from scip.accounts.admin.deciding import Data, Decision
from scip.accounts.models import User
from scip.mail.services import Draft

State = Answer.State


def is_ready(row: Submission) -> bool:
    """Has a second reader approved it?"""
    return row.state == Submission.State.SUBMITTED and sendable(row) is not None


def send_draft(row: Submission, _data: Data, _by: User) -> Draft:
    """The letter as it goes."""
    return decision_letter(answer_of(row))


def send(row: Submission, _data: Data, by: User) -> object:
    return deciding.send_decision(answer_of(row), by=by)


def answer_of(row: Submission) -> Answer:
    """The decision that is ready; Decision.DoesNotExist once it moved on."""
    found = sendable(row)
    if found is None:
        raise Answer.DoesNotExist
    found.submission = row
    return found


def may_record(row: Submission) -> bool:
    """Is it with the committee, does nobody hold the chair, and has no second reader the letter?"""
    if row.state != Submission.State.SUBMITTED or has_chair(row):
        return False
    found = decision_of(row)
    return found is None or found.state == State.DRAFT


def may_take_back(row: Submission) -> bool:
    """Does a letter wait for its second reader, or to be sent, while nobody holds the chair?"""
    if row.state != Submission.State.SUBMITTED or has_chair(row):
        return False
    found = decision_of(row)
    return found is not None and found.state in {State.PROPOSED, State.APPROVED}


def take_back_draft(row: Submission, _data: Data, _by: User) -> Draft:
    """What the office's colleagues are told."""
    return taken_back(Answer.objects.get(submission=row))


def take_back(row: Submission, _data: Data, by: User) -> object:
    return deciding.give_back(Answer.objects.get(submission=row), reason="", by=by)


def record_form(row: Submission, data: Any) -> forms.BaseForm:
    """The letter's parts, and who reads it as the second. What the office wrote down before stands
    in it again; of a draft from the chair nothing is shown (until a letter is ready its words are
    the committee's), and nothing is asked."""
    known = decision_of(row)
    if known is not None and is_of_a_chair(known):
        return forms.Form({})  # bound: the sentence stands in it at once
    people = seconds_for(known or Answer(submission=row))
    choices = [(str(user.pk), words) for user, words in people]
    if known is None:
        return RecordForm(data, choices=choices)
    kept = values_of(known) | {"by_when": on(known.by_when)}
    return RecordForm(data, initial=kept, choices=choices, returned=known.returned_reason)


def record_draft(row: Submission, data: Data, by: User) -> Draft:
    """The letter as it would go; nothing is kept yet."""
    refuse_begun(row, by)
    texts, points, _second = split(data)
    planned = Answer(submission=row, **texts)
    asks = [Ask(number=number, text=text) for number, text in enumerate(points, start=1)]
    return decision_letter(planned, asks=asks)


@transaction.atomic
def record(row: Submission, data: Data, by: User) -> object:
    """Written down and handed to the second reader in one step, or not at all."""
    known = refuse_begun(row, by)
    texts, points, second = split(data)
    revision = known.revision if known is not None else 0
    saved = deciding.save_decision(row, texts, points, revision=revision, by=by)
    return deciding.propose(saved, by=by, second=User.objects.get(pk=second))


def refuse_begun(row: Submission, by: User) -> Answer | None:
    """The office's own earlier record, if there is one. Raises Refusal for a chair's words."""
    known = decision_of(row)
    if known is not None:
        deciding.refuse_words_of_a_chair(known, by)
    return known


def split(data: Data) -> tuple[dict[str, Any], list[str], int]:
    """What was typed: parts, points, and the second reader's key."""
    texts = {
        name: value.replace("\r\n", "\n") if isinstance(value, str) else value
        for name, value in data.items()
        if name not in {"points", "second"}
    }
    return texts, deciding.lines_of(data["points"].splitlines()), data["second"]


DECISIONS = {
    "send_answer": Decision(
        title=_("Send the committee’s answer"),
        done=_("Sent. What follows from it has happened in the same step."),
        send=_("Send the letter"),
        explanation=_(
            "The chair has written it and a second reader has approved it. With the letter the "
            "certification is issued, or supervision opens again for a resubmission."
        ),
        is_possible=is_ready,
        draft=send_draft,
        act=send,
    ),
    "take_back_answer": Decision(
        title=_("Take the answer back from its second reader"),
        done=_("Taken back. Ask somebody to take the chair, or write the decision down anew."),
        send=_("Take it back and tell the office"),
        explanation=_(
            "Nobody holds the chair of this submission now, and the letter waits. For a second "
            "reader who can’t do it, or where something in it has to change before it goes."
        ),
        is_possible=may_take_back,
        draft=take_back_draft,
        act=take_back,
    ),
    "record_answer": Decision(
        title=_("Write down the chair’s decision"),
        done=_("It is with the second reader; nothing was sent yet."),
        send=_("Hand it to the second reader"),
        explanation=_(
            "For a chair who can’t do it on their own page. Nobody holds the chair of this "
            "submission now; what you write goes to a second reader first, and then you send it."
        ),
        is_possible=may_record,
        form=record_form,
        draft=record_draft,
        act=record,
    ),
}

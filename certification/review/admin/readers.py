"""Asking people to read, as the office does it on a submission's page."""

from collections.abc import Mapping
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certification.review.emails import committee as letters
from certification.review.forms.assigning import AskForm, SuggestedForm
from certification.review.models import Assignment, Decision, Submission
from certification.review.queries.queue import without_readers
from certification.review.queries.suggesting import choices_for, suggest
from certification.review.requirements.assigning import answer_due, part_due
from certification.review.services import assigning
from scip.accounts.admin.deciding import Data
from scip.accounts.admin.deciding import Decision as Verb
from scip.accounts.models import User
from scip.mail.services import Draft


def draft_to(row: Submission, member: User, seat: str) -> Draft:
    """The letter to somebody who is asked, before anything is kept."""
    now = timezone.now()
    planned = Assignment(
        submission=row,
        member=member,
        seat=seat,
        answer_due_at=answer_due(row.edition, now),
        due_at=part_due(row.submitted_at or now, row.edition, seat, now=now),
    )
    return letters.asked(planned)


def suggested_draft(row: Submission, data: Data, _by: User) -> Draft:
    """The letter to the first of the people who are ticked; the others get the like."""
    picked = {int(key) for key in data["people"]}
    first = next(item for item in suggest(row) if item.member.pk in picked)
    return draft_to(row, first.member, first.seat)


def ask_suggested(row: Submission, data: Data, by: User) -> object:
    return assigning.ask_suggested(row, by=by, only=[int(key) for key in data["people"]])


def chosen(data: Data) -> User:
    """The person of the list; 404 for anybody who is gone since."""
    return get_object_or_404(User, pk=int(data["member"]))


def ask_form(row: Submission, data: Any) -> AskForm:
    """Everybody on the committee, best first; whoever is barred is refused with the reason."""
    waits = Decision.objects.filter(submission=row, state=Decision.State.PROPOSED).exists()
    found = choices_for(row, seat=Assignment.Seat.REVIEWER)
    return AskForm(found, data, asks_second=waits)


def ask_one(row: Submission, data: Data, by: User) -> object:
    member = chosen(data)
    return assigning.ask(row, member, seat=data["seat"], by=by, reason=data["reason"])


def has_somebody(row: Submission) -> bool:
    """Is a seat empty, and somebody free for it?"""
    return without_readers().filter(pk=row.pk).exists() and bool(suggest(row))


DECISIONS: Mapping[str, Verb] = {
    "ask_suggested": Verb(
        title=_("Ask the suggested people"),
        done=_("Asked. The letters are on their way."),
        send=_("Ask them and send the letters"),
        explanation=_("Each gets a letter like this one, with their own seat and days."),
        is_possible=has_somebody,
        form=lambda row, data: SuggestedForm(suggest(row), data),
        draft=suggested_draft,
        act=ask_suggested,
    ),
    "ask": Verb(
        title=_("Ask somebody else"),
        done=_("Asked. The letter is on its way."),
        send=_("Ask them and send the letter"),
        is_possible=lambda row: row.state == Submission.State.SUBMITTED,
        form=ask_form,
        draft=lambda row, data, _by: draft_to(row, chosen(data), data["seat"]),
        act=ask_one,
    ),
}

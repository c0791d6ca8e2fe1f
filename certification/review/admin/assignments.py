"""People who were asked to read: where each stands, and what the office does about it. Nothing
that a reader writes is shown, and nobody sees who reads their own submission."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certification.review.emails import committee as letters
from certification.review.forms.assigning import TimeForm, WhyForm
from certification.review.models import MAY_BE_ALLOWED, Assignment, Submission
from certification.review.queries.conflicts import ties_of, told_of
from certification.review.queries.queue import (
    answers_overdue,
    due_of_seat,
    parts_overdue,
    ties_to_allow,
)
from certification.review.requirements.submission import end_of_day
from certification.review.services import assigning
from scip.accounts.admin.deciding import Data, DecidingAdmin, Decision, while_in
from scip.accounts.models import User
from scip.formats import deadline
from scip.mail.services import Draft

State = Assignment.State


def waits_for_a_word(row: Assignment) -> bool:
    """Was a tie declared, or has one turned up since that may be allowed?"""
    if row.state == State.DECLARED:
        return True
    if not row.is_open or row.allowed_at is not None:
        return False
    known = ties_of(row.submission.user, [row.member])[row.member_id]
    return bool(known) and known <= MAY_BE_ALLOWED


def may_be_reminded(row: Assignment) -> bool:
    """Is somebody waited for who can do something? Behind a shut door they wait for us."""
    return row.state in {State.ASKED, State.ACCEPTED} and not assigning.is_shut_out(row)


def may_be_released(row: Assignment) -> bool:
    """While it is read; who had a part in an answer stays on record."""
    is_read = row.submission.state == Submission.State.SUBMITTED
    return is_read and row.state in Assignment.LIVE


def released_draft(row: Assignment, data: Data, _by: User) -> Draft:
    """The letter with the reason as it will be kept."""
    row.end_reason = data["reason"]
    return letters.released(row)


def chosen_end(data: Data) -> datetime:
    """The end of the day that was chosen."""
    return end_of_day(data["until"])


def time_draft(row: Assignment, data: Data, _by: User) -> Draft:
    """The letter with the day as it will be."""
    name = "answer_due_at" if row.state == State.ASKED else "due_at"
    setattr(row, name, chosen_end(data))
    return letters.more_time(row)


class OverdueFilter(admin.SimpleListFilter):
    """Whose answer or part is overdue, or whose tie somebody has to look at."""

    title = _("waits for")
    parameter_name = "overdue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("answer", _("an answer that is overdue")),
            ("part", _("a view or a decision that is overdue")),
            ("tie", _("a word on a tie")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        lists: dict[str, Callable[[datetime], QuerySet[Assignment]]] = {
            "answer": answers_overdue,
            "part": parts_overdue,
            "tie": ties_to_allow,
        }
        waiting = lists.get(self.value() or "")
        return queryset.filter(pk__in=waiting(timezone.now())) if waiting else queryset


@admin.register(Assignment)
class AssignmentAdmin(DecidingAdmin):
    """Read here; answered by whoever was asked, arranged by the decisions below."""

    row_related = ("member", "submission__candidacy__user", "submission__edition")
    decisions: ClassVar = {
        "remind": Decision(
            title=_("Remind"),
            done=_("The letter is on its way."),
            send=_("Send the letter"),
            is_possible=may_be_reminded,
            draft=lambda row, _data, _by: letters.reminder(
                row, letters.stage_of(row, timezone.now())
            ),
            act=lambda row, _data, by: assigning.remind(row, by=by),
        ),
        "allow": Decision(
            title=_("Allow the tie"),
            done=_("Allowed. It is open to them, and the letter is on its way."),
            send=_("Allow it and send the letter"),
            explanation=_("The reason stays on record; it is not in the letter."),
            is_possible=waits_for_a_word,
            form=lambda _row, data: WhyForm(data),
            draft=lambda row, _data, _by: letters.allowed(row),
            act=lambda row, data, by: assigning.allow(row, reason=data["reason"], by=by),
        ),
        "give_time": Decision(
            title=_("Give more time"),
            done=_("The day was moved, and the letter is on its way."),
            send=_("Move the day and send the letter"),
            is_possible=while_in(State.ASKED, State.ACCEPTED),
            form=lambda _row, data: TimeForm(data),
            draft=time_draft,
            act=lambda row, data, by: assigning.give_time(row, until=chosen_end(data), by=by),
        ),
        "release": Decision(
            title=_("Release"),
            done=_("Released. Nothing is open to them any more; the letter is on its way."),
            send=_("Release them and send the letter"),
            explanation=_("The seat is empty then; ask somebody else on the submission’s page."),
            is_possible=may_be_released,
            form=lambda _row, data: WhyForm(data),
            draft=released_draft,
            act=lambda row, data, by: assigning.release(row, reason=data["reason"], by=by),
        ),
    }
    list_display = ("member", "candidate", "seat", "state", "asked_at", "answer_by", "part_by")
    list_filter = ("state", OverdueFilter, "seat")
    list_select_related = ("member", "submission__candidacy__user")
    search_fields = ("member__name", "member__email", "submission__candidacy__user__name")
    search_help_text = _("Name of a reader or candidate, or a reader’s e-mail address")
    change_form_template = "review/admin/assignment_change.html"
    fields = (
        "submission",
        "member",
        "seat",
        "state",
        "asked_at",
        "asked_by",
        "asked_reason",
        "answer_by",
        "part_by",
        "declared_at",
        "ties",
        "declaration",
        "allowed_at",
        "allowed_by",
        "allowed_reason",
        "accepted_at",
        "given_at",
        "declined_at",
        "released_at",
        "released_by",
        "why",
    )
    readonly_fields = ("answer_by", "part_by", "ties", "why")

    def get_ordering(self, request: HttpRequest) -> Any:
        """What is due first stands first; what waits for nobody stands below, the latest first."""
        return (due_of_seat().asc(nulls_last=True), "-due_at", "-pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related(*self.row_related)

    @admin.display(description=_("candidate"), ordering="submission__candidacy__user__name")
    def candidate(self, row: Assignment) -> str:
        return str(row.submission.user)

    @admin.display(description=_("answer by"), ordering="answer_due_at")
    def answer_by(self, row: Assignment) -> str:
        return deadline(row.answer_due_at)

    @admin.display(description=_("part due by"), ordering="due_at")
    def part_by(self, row: Assignment) -> str:
        return deadline(row.due_at)

    @admin.display(description=_("declared"))
    def ties(self, row: Assignment) -> str:
        told = told_of(row.submission.user, [row.member_id]).get(row.member_id, ())
        return letters.named_ties(row, told) if told or row.declared_ties else "–"

    @admin.display(description=_("why it ended"))
    def why(self, row: Assignment) -> str:
        return row.why_ended or "–"

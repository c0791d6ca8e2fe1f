"""Appeals for the office: where each stands, whose seats, the clock. Not a word of what was written,
by the candidate or by whoever hears it."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from certification.review.emails import appeals as letters
from certification.review.forms.appeals import AskForm, ReleaseForm, SeatForm
from certification.review.models import Appeal, PanelSeat
from certification.review.queries.appeals import (
    WORDS,
    choices_for,
    due_of_row,
    empty_seats,
    suggest,
    with_the_author,
    with_the_office,
)
from certification.review.requirements.appeals import last_day
from certification.review.requirements.assigning import answer_due
from certification.review.services import hearing
from scip.accounts.admin.deciding import DecidingAdmin, Decision
from scip.accounts.models import User
from scip.formats import day, deadline
from scip.mail.services import Draft
from scip.requirements import Refusal, Status
from supervision.requirements.recommendations import hoped_for

State = Appeal.State
Seat = PanelSeat.State
WAITING = (Seat.ASKED, Seat.ACCEPTED)


def seats_that_wait(row: Appeal) -> list[PanelSeat]:
    """Seats of an appeal that have not answered, with what their letters name."""
    rows = row.seats.filter(state__in=WAITING).select_related("member").order_by("pk")
    found = list(rows)
    for seat in found:
        seat.appeal = row
    return found


def waits_for_seats(row: Appeal) -> bool:
    return row.state in hearing.OPEN and bool(seats_that_wait(row))


def wants_seats(row: Appeal) -> bool:
    return row.state in hearing.OPEN and empty_seats(row) > 0


def ask_form(row: Appeal, data: Any) -> AskForm:
    """Everybody who is not ruled out, the suggested first."""
    choices = [
        (item.member.pk, words_about(item))
        for item in choices_for(row)
        if not item.is_barred
    ]  # fmt: skip
    return AskForm(data, choices=choices)


def words_about(item: Any) -> str:
    """A person with what speaks for and against."""
    remarks = [str(row.found or row.needed) for row in item.findings if row.found or row.needed]
    return f"{item.member}: {' '.join(remarks)}"


def seat_of(row: Appeal, pk: int) -> PanelSeat:
    """A seat that waits. Raises Refusal where it has moved on."""
    for seat in seats_that_wait(row):
        if seat.pk == pk:
            return seat
    raise Refusal(_("This seat has moved on. Nothing was changed."))


def seat_choices(row: Appeal) -> list[tuple[int, str]]:
    return [
        (seat.pk, f"{seat.member} ({seat.get_state_display()})") for seat in seats_that_wait(row)
    ]


def letter_to(row: Appeal, member: User) -> Draft:
    """The letter that asks, as it will go."""
    edition = row.candidacy.edition
    due = answer_due(edition, timezone.now()) if edition is not None else timezone.now()
    return letters.asked(PanelSeat(pk=0, appeal=row, member=member, answer_due_at=due))


def suggested_letter(row: Appeal, _data: Any, _by: User) -> Draft:
    """The letter to the first of the suggested people."""
    found = suggest(row)
    if not found:
        raise Refusal(_("Nobody could be suggested: nobody is free of ties. Nobody was asked."))
    return letter_to(row, found[0].member)


class WaitsFilter(admin.SimpleListFilter):
    """Appeals by what they wait for; somebody's own is never found by it."""

    title = _("waits for")
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("office", _("the office")),
            ("overdue", _("an answer past its day")),
            ("supervisor", _("the supervisor, who looks again")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        others = queryset.exclude(candidacy__user=request.user)
        if self.value() == "office":
            return others.filter(pk__in=with_the_office(timezone.now()).values("pk"))
        if self.value() == "overdue":
            return others.filter(state__in=hearing.OPEN, answer_by_at__lt=timezone.now())
        if self.value() == "supervisor":
            return others.filter(pk__in=with_the_author().values("pk"))
        return queryset


@admin.register(Appeal)
class AppealAdmin(DecidingAdmin):
    """Read here; written by the candidate, heard by the panel, moved by what is decided below."""

    row_related = (
        "candidacy__user",
        "candidacy__edition",
        "recommendation__agreement__supervisor__user",
    )
    decisions: ClassVar = {
        "suggested": Decision(
            title=_("Ask the suggested people"),
            done=_("Asked. The letters are on their way."),
            send=_("Ask them and send the letters"),
            explanation=_("Each gets this letter; whoever has a tie says so before it opens."),
            is_possible=wants_seats,
            draft=suggested_letter,
            act=lambda row, _data, by: hearing.ask_suggested(row, by=by),
        ),
        "ask": Decision(
            title=_("Ask somebody to hear it"),
            done=_("Asked. The letter is on its way."),
            send=_("Ask and send the letter"),
            is_possible=wants_seats,
            form=ask_form,
            draft=lambda row, data, _by: letter_to(row, User.objects.get(pk=data["member"])),
            act=lambda row, data, by: hearing.ask(
                row, User.objects.get(pk=data["member"]), by=by, reason=data["reason"]
            ),
        ),
        "remind": Decision(
            title=_("Remind somebody"),
            done=_("The reminder is on its way."),
            send=_("Send the reminder"),
            is_possible=waits_for_seats,
            form=lambda row, data: SeatForm(data, choices=seat_choices(row)),
            draft=lambda row, data, _by: letters.reminder_now(
                seat_of(row, data["seat"]), now=timezone.now()
            ),
            act=lambda row, data, by: hearing.remind(seat_of(row, data["seat"]), by=by),
        ),
        "release": Decision(
            title=_("Release somebody"),
            done=_("Released. The seat is free; the letter is on its way."),
            send=_("Release and send the letter"),
            is_possible=waits_for_seats,
            form=lambda row, data: ReleaseForm(data, choices=seat_choices(row)),
            draft=lambda row, data, _by: letters.released_draft(seat_of(row, data["seat"])),
            act=lambda row, data, by: hearing.release(
                seat_of(row, data["seat"]), reason=data["reason"], by=by
            ),
        ),
    }
    list_display = ("candidate", "against", "stands", "filed", "waits_for", "answer_due")
    list_filter = ("state", WaitsFilter)
    search_fields = ("candidacy__user__name", "candidacy__user__email")
    search_help_text = _("Name or e-mail address")
    change_form_template = "review/admin/appeal_change.html"
    readonly_fields = ("stands", "filed_by", "panel_by")
    fields = (
        "candidacy",
        "stands",
        "created_at",
        "filed_by",
        "filed_at",
        "hearing_at",
        "panel_by",
        "decided_at",
        "withdrawn_at",
        "outcome",
    )

    def get_ordering(self, request: HttpRequest) -> Any:
        """What is due first stands first; what waits for nobody stands below, the latest first."""
        return (
            due_of_row().asc(nulls_last=True),
            Coalesce("decided_at", "withdrawn_at").desc(),
            "pk",
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # What was begun and set aside before it was filed is nobody's but its candidate's.
        rows = super().get_queryset(request).filter(filed_at__isnull=False)
        related: QuerySet[Any] = rows.select_related(*self.row_related).annotate(
            is_own=Q(candidacy__user=request.user),
            is_with_author=Exists(with_the_author().filter(pk=OuterRef("pk"))),
            due_at=due_of_row(),
        )
        answers = ("outcome", "reasons", "instructions", "declaration")
        seats = PanelSeat.objects.select_related("member").defer(*answers).order_by("pk")
        return related.defer(*WORDS).prefetch_related(Prefetch("seats", seats))

    @admin.display(description=_("candidate"), ordering="candidacy__user__name")
    def candidate(self, row: Appeal) -> str:
        return str(row.user)

    @admin.display(description=_("against"))
    def against(self, row: Appeal) -> str:
        return str(_("“further development needed”") if row.decision_id else _("“not yet”"))

    @admin.display(description=_("state"), ordering="state")
    def stands(self, row: Appeal) -> str:
        return row.stands

    @admin.display(description=_("waits since"), ordering="filed_at")
    def filed(self, row: Any) -> str:
        since = row.decided_at if row.is_with_author else row.filed_at
        if since is None:
            return "–"
        over_at = None if row.is_with_author else row.decided_at or row.withdrawn_at
        days = ((over_at or timezone.now()) - since).days
        return ngettext("{count} day", "{count} days", days).format(count=days)

    @admin.display(description=_("waits for"))
    def waits_for(self, row: Any) -> str:
        return "–" if row.is_own else waited_for(row)

    @admin.display(description=_("answer by"), ordering="due_at")
    def answer_due(self, row: Any) -> str:
        return deadline(row.due_at) if row.due_at else "–"

    @admin.display(description=_("to be filed by"))
    def filed_by(self, row: Appeal) -> str:
        return last_day(row.until_at)

    @admin.display(description=_("the panel answers by"))
    def panel_by(self, row: Appeal) -> str:
        return deadline(row.answer_by_at) if row.answer_by_at else "–"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The appeal with its clock, its seats, and everybody who could sit on its panel."""
        row = self.get_object(request, object_id)
        shown: dict[str, Any] = {"is_own": row is not None and row.is_own}
        if row is not None and self.opens_for(request):
            shown |= facts_of(row) if row.is_own else about(row)
        return super().change_view(request, object_id, form_url, shown | (extra_context or {}))


def waited_for(row: Any) -> str:
    """Who is waited for: the office, or people by name; the seats are there already."""
    if row.is_with_author:
        who = _("{name} looks at the letter again, since {day}")
        return who.format(name=row.recommendation.agreement.supervisor, day=day(row.decided_at))
    if row.state not in hearing.OPEN:
        return "–"
    names = [str(seat.member) for seat in row.seats.all() if seat.state in WAITING]
    return ", ".join(names) or str(_("the office: seats are empty"))


def facts_of(row: Any) -> dict[str, Any]:
    """What anybody of the office reads, also whoever appeals: never who hears it."""
    is_open = row.state in hearing.OPEN
    return {
        "against": letters.about(row),
        "letter_hoped": hoped_for(row.due_at, timezone.now()) if row.is_with_author else "",
        "is_past": is_open and row.answer_by_at is not None and row.answer_by_at < timezone.now(),
        "document_count": row.documents.count(),
    }


def about(row: Any) -> dict[str, Any]:
    """What the office reads beside the facts."""
    is_open = row.state in hearing.OPEN
    return {
        **facts_of(row),
        "waited_for": waited_for(row),
        "seats": row.seats.all(),
        "empty": empty_seats(row) if is_open else 0,
        "choices": [
            {
                "member": item.member,
                "stands": _("ruled out") if item.is_barred else _("could be asked"),
                "why": " ".join(
                    str(finding.needed or finding.found)
                    for finding in item.findings
                    if finding.status is not Status.MET or finding.found
                ),
            }
            for item in (choices_for(row) if is_open else ())
        ],
    }

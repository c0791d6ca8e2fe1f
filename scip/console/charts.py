"""Figures people would rather look at than read; each is drawn inside the table of its numbers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import Any

from django.db.models import Count, DateTimeField, Min, Sum
from django.db.models.functions import Least, TruncMonth
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cohorts.models import Application, Cohort, Enrolment
from payments.models import Payment
from scip.console.tally import count_all
from scip.credentials.models import Completion, Level
from scip.formats import money
from scip.pages.models import InterestEntry

MONTHS = 6
DAY_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Rows for the component ``chart_bars``; ``most`` fills a bar. Empty charts say why."""

    code: str
    title: str
    caption: str
    label_head: str
    value_head: str
    rows: tuple[dict[str, Any], ...]
    empty: str = ""
    is_plain: bool = True

    @property
    def most(self) -> int:
        return max((row.get("of", row["value"]) for row in self.rows), default=0) or 1

    @property
    def has_figures(self) -> bool:
        """Is there anything to draw? An empty cohort counts: its seats are known."""
        return any(row["value"] or row.get("of") for row in self.rows)


def charts(*, now: datetime) -> list[Chart]:
    """All charts of the first page, one query each."""
    return [funnel(now), seats(), money_in(now), days_waiting(now)]


def months_back(now: datetime) -> list[date]:
    """First days of the last six months, the running one last."""
    day = timezone.localdate(now).replace(day=1)
    found = [day]
    while len(found) < MONTHS:
        day = day.replace(year=day.year - (day.month == 1), month=(day.month - 2) % 12 + 1)
        found.append(day)
    return found[::-1]


def month_name(day: date) -> str:
    return date_format(day, "F Y")


def funnel(now: datetime) -> Chart:
    """How many took each step towards Level A in the running year."""
    year = timezone.localdate(now).year
    counts = count_all(
        {
            "interested": (
                InterestEntry.objects.filter(
                    about=InterestEntry.About.LEVEL_A, created_at__year=year
                ),
                "created_at",
            ),
            "applied": (Application.objects.filter(submitted_at__year=year), "submitted_at"),
            "confirmed": (Enrolment.objects.filter(confirmed_at__year=year), "confirmed_at"),
            "completed": (
                Completion.objects.filter(level=Level.A, completed_on__year=year),
                "recorded_at",
            ),
        }
    )
    labels = {
        "interested": _("Asked to hear of it"),
        "applied": _("Applied"),
        "confirmed": _("Took a place"),
        "completed": _("Completed Level A"),
    }
    return Chart(
        code="funnel",
        title=_("From interest to completion"),
        caption=_("Level A in {year}: how often each step was taken.").format(year=year),
        label_head=_("Step"),
        value_head=_("How often"),
        rows=tuple(
            {"label": label, "value": counts[code].number, "text": counts[code].text}
            for code, label in labels.items()
        ),
        empty=_("Nothing yet this year."),
        is_plain=False,
    )


def seats() -> Chart:
    """Seats held in cohorts that are open or running."""
    cohorts: Iterable[Any] = (
        Cohort.objects.filter(state__in=[Cohort.State.OPEN, Cohort.State.RUNNING])
        .annotate(taken=Count("seats"))
        .order_by("starts_on", "id")[:8]
    )
    rows = tuple(
        {
            "label": cohort.title,
            "value": cohort.taken * 100 // cohort.capacity,
            "of": 100,
            "text": _("{taken} of {capacity}").format(taken=cohort.taken, capacity=cohort.capacity),
        }
        for cohort in cohorts
    )
    return Chart(
        code="seats",
        title=_("Seats"),
        caption=_(
            "Seats held by participants and open offers, in cohorts that are open or running."
        ),
        label_head=_("Cohort"),
        value_head=_("Seats"),
        rows=rows,
        empty=_("No cohort is open or running. Prepare one under Cohorts."),
    )


def money_in(now: datetime) -> Chart:
    """Money received by month, in the currency most of it came in."""
    months = months_back(now)
    found = (
        Payment.objects.filter(received_at__date__gte=months[0])
        .annotate(month=TruncMonth("received_at"))
        .values("month", "currency")
        .annotate(total=Sum("amount_cents"))
        .order_by("month", "currency")
    )
    totals: dict[tuple[date, str], int] = {
        (row["month"].date(), row["currency"]): row["total"] for row in found
    }
    by_currency: dict[str, int] = {}
    for (_month, currency), cents in totals.items():
        by_currency[currency] = by_currency.get(currency, 0) + cents
    main = max(by_currency, key=lambda code: by_currency[code], default="USD")
    rows = tuple(
        {
            "label": month_name(month),
            "value": totals.get((month, main), 0),
            "text": money(totals.get((month, main), 0), main),
            "note": ", ".join(
                money(cents, code)
                for (day, code), cents in totals.items()
                if day == month and code != main
            ),
        }
        for month in months
    )
    return Chart(
        code="money",
        title=_("Money received"),
        caption=_("By month, before anything went back."),
        label_head=_("Month"),
        value_head=_("Received"),
        rows=rows,
        empty=_("Nothing was received in the last six months."),
    )


def days_waiting(now: datetime) -> Chart:
    """Median days from sending an application to its first answer, by month of the answer."""
    months = months_back(now)
    first_answer = Least(
        Min("offers__made_at"), "declined_at", "waiting_list_at", output_field=DateTimeField()
    )
    answered = (
        Application.objects.filter(submitted_at__isnull=False)
        .annotate(answered=first_answer)
        .filter(answered__date__gte=months[0])
        .values_list("submitted_at", "answered")
    )
    waits: dict[date, list[float]] = {month: [] for month in months}
    for sent, answer in answered:
        days = max((answer - sent).total_seconds(), 0) / DAY_SECONDS
        waits.setdefault(timezone.localdate(answer).replace(day=1), []).append(days)
    rows = tuple(row_of_waits(month, waits[month]) for month in months)
    return Chart(
        code="waiting",
        title=_("How long people wait for us"),
        caption=_("Days from a sent application to its first answer; half of them waited less."),
        label_head=_("Month"),
        value_head=_("Days"),
        rows=rows,
        empty=_("No application was answered in the last six months."),
    )


def row_of_waits(month: date, days: list[float]) -> dict[str, Any]:
    """A month with its median, to a tenth of a day."""
    if not days:
        return {"label": month_name(month), "value": 0, "text": "–"}
    middle = median(days)
    return {
        "label": month_name(month),
        "value": max(round(middle * 10), 1),
        "text": ngettext("{count} day", "{count} days", 1 if middle == 1 else 2).format(
            count=f"{middle:.1f}".removesuffix(".0")
        ),
        "note": _("{count} answered").format(count=len(days)),
    }

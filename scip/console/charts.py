"""Figures people would rather look at than read; each is drawn inside the table of its numbers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from statistics import median
from typing import Any

from django.db.models import Count, DateTimeField, Min
from django.db.models.functions import Least
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cohorts.models import Application, Cohort, Enrolment
from payments.reports import aid_by_month, income_by_month, purpose_name
from scip.console.tally import count_all
from scip.credentials.models import Completion, Level
from scip.formats import money
from scip.pages.models import InterestEntry

MONTHS = 6
# More colours than this nobody tells apart; the rest is one.
SERIES = 3
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
    is_stacked: bool = False

    @property
    def most(self) -> int:
        return max((row.get("of", row["value"]) for row in self.rows), default=0) or 1

    @property
    def has_figures(self) -> bool:
        """Is there anything to draw? An empty cohort counts: its seats are known."""
        return any(row["value"] or row.get("of") for row in self.rows)


@dataclass(frozen=True, slots=True)
class StackedRow:
    """A month with a value for each series, in cents of ``currency``."""

    label: str
    values: tuple[int, ...]
    currency: str
    note: str = ""

    @property
    def total(self) -> int:
        return sum(self.values)

    @property
    def texts(self) -> list[str]:
        return [money(value, self.currency) if value else "–" for value in self.values]

    @property
    def total_text(self) -> str:
        return money(self.total, self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class StackedChart:
    """Rows for the component ``chart_stacks``: each bar in parts, one for each of ``series``."""

    code: str
    title: str
    caption: str
    label_head: str
    series: tuple[str, ...]
    rows: tuple[StackedRow, ...]
    empty: str = ""
    is_stacked: bool = True

    @property
    def has_figures(self) -> bool:
        return any(value for row in self.rows for value in row.values)

    @property
    def drawn(self) -> list[tuple[StackedRow, list[tuple[int, float, float]]]]:
        """Each row with its bar's parts: series (from 1), where it begins and how wide it is, in
        percent of the fullest bar. A month in which more went back than came has no bar there."""
        most = max((sum(max(v, 0) for v in row.values) for row in self.rows), default=0) or 1
        found = []
        for row in self.rows:
            at, parts = 0.0, []
            for number, value in enumerate(row.values, start=1):
                width = round(max(value, 0) * 100 / most, 2)
                if width:
                    parts.append((number, round(at, 2), width))
                at += width
            found.append((row, parts))
        return found


def charts(*, now: datetime) -> list[Chart | StackedChart]:
    """All charts of the first page, one query each."""
    return [funnel(now), seats(), money_in(now), aid_given(now), days_waiting(now)]


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


def main_currency(totals: Iterable[tuple[str, int]]) -> str:
    """The currency in which most moved; the others are named beside it."""
    by_currency: dict[str, int] = {}
    for currency, cents in totals:
        by_currency[currency] = by_currency.get(currency, 0) + abs(cents)
    return max(by_currency, key=lambda code: by_currency[code], default="USD")


def money_in(now: datetime) -> StackedChart:
    """Income by purpose and month, net of what went back, in the currency most of it came in."""
    months = months_back(now)
    found = income_by_month(midnight_of(months[0]))
    main = main_currency((currency, cents) for _month, _purpose, currency, cents in found)
    cells = {(month, purpose): cents for month, purpose, code, cents in found if code == main}
    others = [(month, code, cents) for month, _purpose, code, cents in found if code != main]
    purposes = largest_first(cells)
    shown, rest = purposes[:SERIES], purposes[SERIES:]
    heads = [purpose_name(purpose) for purpose in shown] + ([_("Other")] if rest else [])
    rows = []
    for month in months:
        values = [cells.get((month, purpose), 0) for purpose in shown]
        if rest:
            values.append(sum(cells.get((month, purpose), 0) for purpose in rest))
        note = ", ".join(money(cents, code) for day, code, cents in others if day == month)
        rows.append(StackedRow(month_name(month), tuple(values), main, note))
    return StackedChart(
        code="money",
        title=_("Income by purpose"),
        caption=_("By month of payment, less what went back or was taken back."),
        label_head=_("Month"),
        series=tuple(heads),
        rows=tuple(rows),
        empty=_("Nothing was received in the last six months."),
    )


def largest_first(cells: dict[tuple[date, str], int]) -> list[str]:
    """Purposes by what they brought, the largest first."""
    sums: dict[str, int] = {}
    for (_month, purpose), cents in cells.items():
        sums[purpose] = sums.get(purpose, 0) + cents
    return sorted(sums, key=lambda purpose: (-sums[purpose], purpose))


def midnight_of(day: date) -> datetime:
    """The first moment of a day in the active zone."""
    return datetime.combine(day, time(), tzinfo=timezone.get_current_timezone())


def aid_given(now: datetime) -> Chart:
    """Aid given from the fund by month, less what was not used."""
    months = months_back(now)
    found = aid_by_month(midnight_of(months[0]))
    main = main_currency((currency, cents) for _month, currency, cents in found)
    given = {month: cents for month, currency, cents in found if currency == main}
    return Chart(
        code="aid",
        title=_("Aid given"),
        caption=_("From the aid fund by month, less what was not used."),
        label_head=_("Month"),
        value_head=_("Given"),
        rows=tuple(
            {
                "label": month_name(month),
                "value": max(given.get(month, 0), 0),
                "text": money(given.get(month, 0), main),
                "note": ", ".join(
                    money(cents, code)
                    for day, code, cents in found
                    if day == month and code != main
                ),
            }
            for month in months
        ),
        empty=_("No aid was given in the last six months."),
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

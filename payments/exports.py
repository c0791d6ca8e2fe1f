"""The books as CSV for bookkeeping: one row per ledger line of a period.

Of aid the amount leaves, never a reason: need statements are for the people who decide.
"""

from collections.abc import Iterator

from django.http import StreamingHttpResponse
from django.utils import timezone

from payments.models import LedgerLine
from payments.reports import Period, text_of, trial_balance
from scip.accounts.models import User
from scip.audit.services import record
from scip.spreadsheets import csv_response

HEAD = (
    "line",
    "posted",
    "value_day",
    "kind",
    "charge",
    "purpose",
    "text",
    "reference",
    "debit",
    "credit",
    "amount",
    "currency",
)
CHUNK = 500


def decimal(cents: int) -> str:
    """``289550`` → ``2895.50``: a number for every spreadsheet."""
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole}.{rest:02}"


def row_of(line: LedgerLine) -> tuple[str, ...]:
    """A line as cells; moments and days in the office's zone."""
    zone = timezone.get_default_timezone()
    return (
        line.line,
        timezone.localtime(line.posted_at, zone).isoformat(" ", "seconds"),
        timezone.localtime(line.value_at, zone).date().isoformat(),
        line.kind,
        f"SCIP-{line.charge_id:06}" if line.charge_id else "",
        line.purpose,
        text_of(line),
        line.reference,
        line.debit,
        line.credit,
        decimal(line.amount_cents),
        line.currency,
    )


def rows_of(period: Period, *, by: User) -> Iterator[tuple[str, ...]]:
    """Head and lines, fetched as they are sent."""
    yield HEAD
    for line in period.lines(by).iterator(chunk_size=CHUNK):
        yield row_of(line)


def export_books(period: Period, *, by: User) -> StreamingHttpResponse:
    """Download the period's lines. Side effect: the log says who took which period, and how
    many lines it had. However many there are, memory stays the same."""
    record(
        "books.exported",
        by=by,
        first=period.first.isoformat(),
        last=period.last.isoformat(),
        day=period.day,
        rows=trial_balance(period, by=by).line_count,
    )
    name = f"scip-books-{period.first:%Y%m%d}-{period.last:%Y%m%d}"
    suffix = "-as-booked" if period.day == "posted_at" else ""
    return csv_response(rows_of(period, by=by), name + suffix)

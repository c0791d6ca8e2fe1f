"""CSV that spreadsheet programs read rightly and never run."""

import csv
from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse
from django.utils import timezone

# A cell that begins so is taken for a formula by spreadsheet programs.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe_cell(value: object) -> str:
    """The text of a cell; what a spreadsheet would run as a formula gets a quote in front.

    Plain numbers stay numbers.
    """
    text = str(value).replace("\x00", "")
    if text.lstrip().startswith(FORMULA_STARTS) and not is_number(text):
        return f"'{text}"
    return text


def is_number(text: str) -> bool:
    stripped = text.strip().lstrip("+-")
    return stripped.replace(".", "", 1).isdecimal()


class Echo:
    """A file that hands each line back, for streaming."""

    def write(self, value: str) -> str:
        return value


def csv_lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """CSV lines of safe cells, with the mark by which spreadsheets know UTF-8."""
    writer = csv.writer(Echo())
    yield "\ufeff"
    for row in rows:
        yield writer.writerow([safe_cell(cell) for cell in row])


def csv_response(rows: Iterable[Iterable[object]], name: str) -> StreamingHttpResponse:
    """A download ``<name>-<day>.csv``; rows are written as they come."""
    response = StreamingHttpResponse(csv_lines(rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{name}-{timezone.localdate():%Y-%m-%d}.csv"'
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response

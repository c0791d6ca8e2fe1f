"""What the demo sent: letters newest first, a page at a time, and how one is shown."""

import base64
from dataclasses import dataclass
from typing import Any

from scip.mail.models import Letter

PER_PAGE = 30


@dataclass(frozen=True, slots=True)
class Page:
    """Letters, and the keys that lead to the pages beside them (0 where there is none)."""

    letters: list[Letter]
    older_than: int = 0
    newer_than: int = 0


def page_of_letters(*, person: str = "", before: int = 0, after: int = 0) -> Page:
    """Letters older than the letter ``before`` or newer than ``after``; by default the newest.

    ``person`` keeps those whose recipient's address or name contains it. One query, two beyond the first page.
    """
    rows = Letter.objects.select_related("to_user").defer("html", "text", "attachments")
    if person:
        rows = rows.filter(to_address__icontains=person) | rows.filter(
            to_user__name__icontains=person
        )
    if after:
        found = list(rows.filter(pk__gt=after).order_by("pk")[: PER_PAGE + 1])
        letters = found[:PER_PAGE][::-1]
        newer = len(found) > PER_PAGE
        older = True
    else:
        older_rows = rows.filter(pk__lt=before) if before else rows
        found = list(older_rows.order_by("-pk")[: PER_PAGE + 1])
        letters, older = found[:PER_PAGE], len(found) > PER_PAGE
        newer = bool(before and letters) and rows.filter(pk__gt=letters[0].pk).exists()
    if not letters:
        return Page([])
    return Page(letters, letters[-1].pk if older else 0, letters[0].pk if newer else 0)


def framed_html(letter: Letter) -> str:
    """The letter's HTML for a frame: its links open in the window, not inside the frame."""
    return letter.html.replace("<head>", '<head><base target="_top">', 1)


def attached(letter: Letter, number: int) -> tuple[str, str, bytes] | None:
    """Name, content type and content of an attachment, counted from 1; None if there is none."""
    if not 1 <= number <= len(letter.attachments):
        return None
    item: dict[str, Any] = letter.attachments[number - 1]
    return item["name"], item["content_type"], base64.b64decode(item["content"])

"""Confidential files that need somebody's hand: not checked yet, or kept and not to be opened.

The office sees whose they are, what for, how large and since when: never a name of a file, never
what is in it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scip.accounts.models import User
from scip.vault.models import Arrival, StoredFile

MOST = 200
"""Rows of a list; whoever has more has one cause for all of them."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One kind of it. ``age`` is the field with the moment since which a file waits."""

    code: str
    label: str | Promise
    hint: str | Promise
    model: type[Model]
    rows: Callable[[datetime], QuerySet[Any]]
    age: str
    is_deadline: bool = False


KINDS = (
    Trouble(
        code="files_stuck",
        label=gettext_lazy("Recordings that wait to be checked"),
        hint=gettext_lazy("Sent completely, and our scanner does not take or does not answer."),
        model=Arrival,
        rows=Arrival.objects.stuck,
        age="arrived_at",
    ),
    Trouble(
        code="files_damaged",
        label=gettext_lazy("Files that do not open"),
        hint=gettext_lazy("Kept, and damaged or without their key; for whoever runs the site."),
        model=StoredFile,
        rows=lambda _now: StoredFile.objects.damaged(),
        age="damaged_at",
    ),
)

PURPOSES = {
    "evidence": gettext_lazy("document of a prerequisite"),
    "excerpt": gettext_lazy("excerpt of a session"),
    "case-material": gettext_lazy("case material for supervision"),
    "retreat": gettext_lazy("document of a retreat"),
    "equivalency": gettext_lazy("document of a request for credit"),
    "appeal": gettext_lazy("document of an appeal"),
    "material": gettext_lazy("teaching material"),
    "dossier": gettext_lazy("dossier of a submission"),
    "dossier-committee": gettext_lazy("dossier of a submission, for the committee"),
    StoredFile.COPY: gettext_lazy("copy made for its person"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A file as the office's list shows it. ``what`` is what it was handed in for, ``size`` bytes."""

    kind: Trouble
    owner: User
    what: str
    size: int
    why: str
    next_step: str
    since: datetime | None


def rows_in(kind: Trouble, *, now: datetime) -> list[Row]:
    """The files of one kind, those that wait longest first; one query."""
    found = kind.rows(now).select_related("owner").order_by(kind.age)[:MOST]
    return [shown(kind, item) for item in found]


def shown(kind: Trouble, item: Any) -> Row:
    why, next_step = told_of(item)
    return Row(
        kind=kind,
        owner=item.owner,
        what=str(PURPOSES.get(item.purpose, item.purpose)),
        size=item.size,
        why=why,
        next_step=next_step,
        since=getattr(item, kind.age),
    )


def told_of(item: Arrival | StoredFile) -> tuple[str, str]:
    """Why it waits, and who can do what about it."""
    if isinstance(item, StoredFile):
        is_made_here = item.purpose == StoredFile.COPY or item.purpose.startswith("dossier")
        lost = (
            _(
                "If nothing brings it back, nothing of the person’s is lost: it was made here of what is "
                "kept elsewhere, and all of that can be read on the site."
            )
            if is_made_here
            else _("If nothing brings it back, tell the person, so that they can hand it in again.")
        )
        if item.purpose.startswith("dossier"):
            lost = _("{lost} The submission’s page draws it anew.").format(lost=lost)
        way_back = _(
            "Pass it on to whoever runs the site: the log names the file ({number}). Once its "
            "bytes or its key are back from a backup it leaves this list within the hour, or "
            "at once with “manage.py check_damaged_files”."
        ).format(number=item.pk)
        return (
            _("What lies in storage is not what was sealed, or is gone, or its key is missing."),
            f"{way_back} {lost}",
        )
    if item.state == Arrival.State.HELD:
        return (
            _("Our virus scanner took no file of this size, or did not finish in time."),
            _(
                "Pass it on to whoever runs the site: raise the scanner’s limits (docs/running.md, "
                "“Recordings”), then run “manage.py check_held_files”. The person gets a letter "
                "when it is checked. After two weeks the file is forgotten."
            ),
        )
    return (
        _("It is here completely, and nobody has been able to check it."),
        _(
            "Pass it on to whoever runs the site: the virus scanner is silent, or the service "
            "“checker” is not running. It goes on by itself as soon as they are back."
        ),
    )

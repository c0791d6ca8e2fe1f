"""The table of personal data: every model, every field, and what becomes of them.

It stands in ``table/<app>.toml`` so that whoever answers for privacy can read it without reading
code. `checks` holds it against the models; erasing, timed destruction, a person's export and the
public page all read it from here, so none of them can say something else.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import models

FOLDER = Path(__file__).parent / "table"

# Stands where a field or a rule of the database asks for some words.
ERASED = "(erased)"


class Erase(StrEnum):
    """What asking us to erase does to the rows about a person."""

    DELETE = "delete"
    BLANK = "blank"
    DESTROY = "destroy"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of data in plain words, for the pages."""

    key: str
    position: int
    title: str
    what: str
    why: str
    lasts: str


@dataclass(frozen=True, slots=True)
class About:
    """Which rows of a model are about a person, and what becomes of them.

    ``person`` is the way to the person: a path of relations (``application__user``), ``self``
    (the row is the person), ``address:<field>`` (an address of theirs stands there),
    ``number:<field>`` (their number) or ``mentions:<fields>`` (their name or address occurs).
    ``where`` and ``where_not`` narrow it. ``blank`` names the values that take the place of what
    was there; those with an ``@`` are made when it happens (`erasing.made`). ``because`` says why
    rows stay. ``export``: do the rows belong into what the person takes along? With
    ``export = "as_seen"`` only those that the site shows them today (the model's ``visible_to``).
    """

    person: str
    erase: Erase
    export: bool
    is_as_seen: bool
    because: str
    blank: Mapping[str, Any]
    where: Mapping[str, Any]
    where_not: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Timed:
    """Rows go, or their words do, so many days after a moment on them."""

    after_days: int
    since: str
    is_deleted: bool
    blank: Mapping[str, Any]
    where: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """A model of the table.

    Every field stands in one of four lists: ``personal`` (says something about somebody, or was
    written by them), ``people`` (points to a person), ``secret`` (keys and codes; never exported),
    ``context`` (numbers, states and moments). ``kept`` tells why a personal field stays although
    the row is blanked. ``alone`` names fields that belong to their author alone, with the way to
    that person (or ``nobody``): in what anybody else takes along they are missing. ``unnamed`` are
    fields of ``people`` in which nobody is named but the person themselves, even where they know
    each other: the act may be one of the committee. ``nobody`` tells why no row is about a person.
    ``title`` is what its rows are called for the person, where the model's own plural is the office's.
    """

    label: str
    kind: str
    title: str
    nobody: str
    personal: tuple[str, ...]
    people: tuple[str, ...]
    secret: tuple[str, ...]
    context: tuple[str, ...]
    kept: Mapping[str, str]
    alone: Mapping[str, str]
    unnamed: tuple[str, ...]
    about: tuple[About, ...]
    timed: tuple[Timed, ...]

    @property
    def model(self) -> type[models.Model]:
        """The model; LookupError if there is none of that name."""
        return apps.get_model(self.label)

    @property
    def exported_fields(self) -> tuple[str, ...]:
        """What a person may take along of a row: all but secrets."""
        return (*self.context, *self.personal, *self.people)


@dataclass(frozen=True, slots=True)
class Table:
    """The whole table: entries by label (``app.Model``), kinds in the order of the pages."""

    entries: Mapping[str, Entry]
    kinds: Mapping[str, Kind]

    def days(self, label: str, since: str) -> int:
        """The days that a timed rule counts. Raises KeyError when there is none."""
        for rule in self.entries[label].timed:
            if rule.since == since:
                return rule.after_days
        raise KeyError(f"{label} has no timed rule from {since}")


class BadTable(Exception):
    """The table can't be read: a key that nobody knows or one that is missing."""


MODEL_KEYS = frozenset(
    {
        "note", "kind", "title", "nobody", "personal", "people", "secret", "context", "kept",
        "alone", "unnamed", "about", "timed",
    }
)  # fmt: skip
ABOUT_KEYS = frozenset({"person", "erase", "export", "because", "blank", "where", "where_not"})
AS_SEEN = "as_seen"
TIMED_KEYS = frozenset({"after_days", "from", "do", "blank", "where"})
KIND_KEYS = frozenset({"position", "title", "what", "why", "lasts"})


def refuse_strangers(found: Mapping[str, Any], known: frozenset[str], place: str) -> None:
    """Raise BadTable for a key that means nothing: a typing error must not switch a rule off."""
    if strangers := sorted(set(found) - known):
        raise BadTable(f"{place} has {', '.join(strangers)}, which means nothing in this table.")


def read_about(found: Mapping[str, Any], place: str) -> About:
    refuse_strangers(found, ABOUT_KEYS, place)
    try:
        return About(
            person=found["person"],
            erase=Erase(found["erase"]),
            export={True: True, False: False, AS_SEEN: True}[found["export"]],
            is_as_seen=found["export"] == AS_SEEN,
            because=found.get("because", "").strip(),
            blank=found.get("blank", {}),
            where=found.get("where", {}),
            where_not=found.get("where_not", {}),
        )
    except (KeyError, ValueError) as error:
        raise BadTable(f"{place}: {error} is missing or means nothing.") from error


def read_timed(found: Mapping[str, Any], place: str) -> Timed:
    refuse_strangers(found, TIMED_KEYS, place)
    try:
        do = {"delete": True, "blank": False}[found["do"]]
        days = int(found["after_days"])
        since = found["from"]
    except (KeyError, ValueError) as error:
        raise BadTable(f"{place}: {error} is missing or means nothing.") from error
    return Timed(days, since, do, found.get("blank", {}), found.get("where", {}))


def read_entry(label: str, found: Mapping[str, Any]) -> Entry:
    """One model as it stands in a file. Raises BadTable."""
    refuse_strangers(found, MODEL_KEYS, label)
    return Entry(
        label=label,
        kind=found.get("kind", ""),
        title=found.get("title", ""),
        nobody=found.get("nobody", "").strip(),
        personal=tuple(found.get("personal", ())),
        people=tuple(found.get("people", ())),
        secret=tuple(found.get("secret", ())),
        context=tuple(found.get("context", ())),
        kept=found.get("kept", {}),
        alone=found.get("alone", {}),
        unnamed=tuple(found.get("unnamed", ())),
        about=tuple(read_about(row, f"{label}.about") for row in found.get("about", ())),
        timed=tuple(read_timed(row, f"{label}.timed") for row in found.get("timed", ())),
    )


def read_kind(key: str, found: Mapping[str, Any]) -> Kind:
    refuse_strangers(found, KIND_KEYS, key)
    try:
        return Kind(key=key, **found)
    except TypeError as error:
        raise BadTable(f"kinds.toml, {key}: {error}") from error


def read_table(folder: Path = FOLDER) -> Table:
    """Read all files of a folder. Raises BadTable, or tomllib.TOMLDecodeError for a torn file."""
    entries: dict[str, Entry] = {}
    kinds: dict[str, Kind] = {}
    for path in sorted(folder.glob("*.toml")):
        found = tomllib.loads(path.read_text(encoding="utf-8"))
        if path.stem == "kinds":
            kinds = {key: read_kind(key, row) for key, row in found.items()}
            continue
        for name, row in found.items():
            label = f"{path.stem}.{name}"
            entries[label] = read_entry(label, row)
    ordered = dict(sorted(kinds.items(), key=lambda item: item[1].position))
    return Table(entries, ordered)


@cache
def table() -> Table:
    """The table of this installation, read once."""
    return read_table()

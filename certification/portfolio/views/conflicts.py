"""Two windows, one text: both versions side by side, part by part, and what was chosen."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from certification.portfolio.forms.writing import TextsForm
from certification.portfolio.models import CaseStudy, ClientLabel
from certification.portfolio.models.writing import Texts
from certification.portfolio.services.writing import values_of
from supervision.models import Competency

# The name of the choice for a part, before the part's own.
CHOICE = "choose-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One part that differs: what stands in this window, what is saved, which is offered."""

    name: str
    label: str
    mine: Any
    other: str
    mine_words: str
    is_text: bool
    takes_mine: bool

    @property
    def mine_items(self) -> list[Any]:
        return as_list(self.mine)


def fingerprints(values: Mapping[str, Any]) -> str:
    """A short hash of every part, kept in the page: tells later which parts a window touched."""
    return json.dumps({name: fingerprint(value) for name, value in sorted(values.items())})


def fingerprint(value: Any) -> str:
    if isinstance(value, str):
        value = value.strip().replace("\r\n", "\n")
    return hashlib.sha256(repr(value).encode()).hexdigest()[:12]


def base_of(data: QueryDict) -> dict[str, str]:
    """The hashes a window began with; empty if they don't make sense."""
    try:
        found = json.loads(data.get("base", ""))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def choices_between(
    saved: Texts,
    form: TextsForm,
    *,
    competencies: Sequence[Competency] = (),
    labels: Sequence[ClientLabel] = (),
) -> list[Choice]:
    """The parts in which a window and the saved text differ. What this window did not touch
    since it was opened is offered as saved."""
    names: dict[str, Mapping[Any, Any]] = {
        "competencies": {row.pk: row.name for row in competencies},
        "levels": dict(CaseStudy.Level.choices),
        "label": {row.pk: row.name for row in labels},
    }
    return choices_in(values_of(saved), form, texts=saved.TEXTS, names=names)


def choices_in(
    other: Mapping[str, Any],
    form: TextsForm,
    *,
    texts: Collection[str],
    names: Mapping[str, Mapping[Any, Any]],
) -> list[Choice]:
    """The same for what is kept as plain values (``other``): ``texts`` are the parts to write in,
    ``names`` the words for values that have some."""
    mine, base = form.values(), base_of(form.data)  # type: ignore[arg-type]
    return [
        Choice(
            name=name,
            label=str(form.fields[name].label),
            mine=mine[name],
            other=in_words(other[name], names.get(name, {})),
            mine_words=in_words(mine[name], names.get(name, {})),
            is_text=name in texts,
            takes_mine=fingerprint(mine[name]) != base.get(name) and bool(mine[name]),
        )
        for name in form.fields
        if mine[name] != other[name]
    ]


def in_words(value: Any, names: Mapping[Any, Any]) -> str:
    """A part as it is read; a dash for an empty one."""
    if isinstance(value, list):
        value = ", ".join(str(names.get(item, item)) for item in value)
    elif value in names:
        value = str(names[value])
    return value or _("(empty)")


def settled(data: QueryDict, saved: Texts) -> QueryDict:
    """What was typed, with the saved words for the parts where the other window was chosen."""
    return settled_by(data, values_of(saved))


def settled_by(data: QueryDict, saved: Mapping[str, Any]) -> QueryDict:
    """The same for what is kept as plain values."""
    taken = data.copy()
    for name, value in saved.items():
        if data.get(f"{CHOICE}{name}") == "other":
            taken.setlist(name, [str(item) for item in as_list(value)])
    return taken


def as_list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [] if value is None else [value]

"""A person's own rows of each model, by the table of personal data, as JSON."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import FETCH_PEERS, F, FileField, ForeignKey, Model, Q, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from certification.candidacy.models import Candidacy
from certification.portfolio.models import OfficeAccess, Opening
from scip.accounts.models import User
from scip.privacy.reach import Known, known, rows_about
from scip.privacy.rules import Entry, table
from supervision.models import Agreement, Introduction, Supervisor

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Owner:
    """Who takes their data along, and the names of people whom they know through it anyway."""

    user: User
    known: Known
    names: Mapping[int, str]


def owner_of(user: User) -> Owner:
    """Six queries. Known are the two of a supervision and of a request for one, and whoever
    opened the person's own work: their names stand on the person's pages, too."""
    keys: set[int | None] = {user.pk}
    pairs = (Agreement.objects.of_pair(user), Introduction.objects.visible_to(user))
    for rows in pairs:
        for both in rows.order_by().values_list("candidacy__user", "supervisor__user"):
            keys.update(both)
    for opened in (Opening.objects.visible_to(user), OfficeAccess.objects.visible_to(user)):
        keys.update(opened.order_by().values_list("opened_by", flat=True))
    people = User.objects.filter(pk__in=keys - {None})
    return Owner(user, known(user), {row.pk: str(row) for row in people})


def exported_entries() -> list[Entry]:
    """The models of the table of which somebody takes rows along, in the order of the pages."""
    found = table()
    entries = [
        entry for entry in found.entries.values() if any(about.export for about in entry.about)
    ]
    return sorted(entries, key=lambda entry: (found.kinds[entry.kind].position, entry.label))


def exported_rows(entry: Entry, owner: Owner) -> QuerySet[Model]:
    """The rows of a model that belong into what the person takes along, each once."""
    conditions: list[Q] = []
    for about in entry.about:
        if not about.export:
            continue
        rows = rows_about(entry, about, owner.known)
        if about.is_as_seen:
            seen = entry.model._default_manager.visible_to(owner.user)  # type: ignore[attr-defined]
            rows = rows.filter(pk__in=seen.values("pk"))
        conditions.append(Q(pk__in=rows.order_by().values("pk")))
    return entry.model._base_manager.filter(reduce(or_, conditions)).order_by("pk")


def names_of(entry: Entry, rows: QuerySet[Model], owner: Owner) -> dict[str, dict[Any, str]]:
    """By field, what the numbers of other rows stand for: courses, dates, words of the programme,
    and people the person knows. A query or two for each field, however many rows there are."""
    found: dict[str, dict[Any, str]] = {}
    for name in (*entry.context, *entry.personal):
        related: Any = entry.model._meta.get_field(name).related_model
        if related in {Supervisor, Candidacy}:
            pairs = related._base_manager.filter(user__in=owner.names.keys())
            found[name] = {pk: owner.names[user] for pk, user in pairs.values_list("pk", "user_id")}
        elif related is not None and table().entries[related._meta.label].nobody:
            others = related._base_manager.filter(pk__in=rows.order_by().values(name))
            found[name] = {row.pk: str(row) for row in others.fetch_mode(FETCH_PEERS)}
    return found


def title_of(entry: Entry) -> str:
    """What the rows of a model are called; a table that only ties two models is called by both."""
    if entry.title:
        return _(entry.title)
    meta = entry.model._meta
    if not meta.auto_created:
        return str(capfirst(meta.verbose_name_plural))
    tied = [
        str(field.related_model._meta.verbose_name_plural)
        for field in meta.concrete_fields
        if isinstance(field, ForeignKey)
    ]
    return str(capfirst(": ".join(tied)))


def json_pieces(
    entry: Entry,
    owner: Owner,
    paths: Mapping[Any, str] | None = None,
    *,
    keys: Collection[Any] | None = None,
) -> Iterator[bytes]:
    """The rows of one model as a JSON document, row by row; ``paths`` tell where the file of a row
    lies in the archive, by its key. ``keys``: these rows alone."""
    rows = exported_rows(entry, owner)
    if keys is not None:
        rows = rows.filter(pk__in=keys)
    yield f'{{"model": {json.dumps(entry.label)}, "title": {text(title_of(entry))}, "rows": ['.encode()
    names = names_of(entry, rows, owner)
    authors = {f"author_of_{name}": F(way) for name, way in entry.alone.items() if way != "nobody"}
    count = 0
    values = rows.values(*entry.exported_fields, **authors)
    for row in values.iterator(chunk_size=CHUNK):
        told = told_of(entry, row, owner, names)
        if paths is not None:
            told["file_in_archive"] = paths.get(row["id"], "")
        yield (b",\n" if count else b"\n") + text(told).encode()
        count += 1
    yield f'\n], "count": {count}}}\n'.encode()


def told_of(
    entry: Entry, row: Mapping[str, Any], owner: Owner, names: Mapping[str, Mapping[Any, str]]
) -> dict[str, Any]:
    """One row: its fields by their names, people as words, and what belongs to others left out."""
    told: dict[str, Any] = {}
    for name in entry.exported_fields:
        if name in entry.alone and row.get(f"author_of_{name}") != owner.user.pk:
            continue
        value = row[name]
        if name in entry.people:
            value = person_in_words(value, owner, is_named=name not in entry.unnamed)
        elif isinstance(entry.model._meta.get_field(name), FileField) and value:
            value = value.rpartition("/")[2]
        told[name] = value
        if name in names and value in names[name]:
            told[f"{name}_name"] = names[name][value]
    return told


def person_in_words(pk: int | None, owner: Owner, *, is_named: bool = True) -> str | None:
    """Who it was, as far as the person knows anyway and the field may tell (``is_named``)."""
    if pk is None:
        return None
    if pk == owner.user.pk:
        return _("you")
    somebody = _("somebody else")
    return owner.names.get(pk, somebody) if is_named else somebody


class Encoder(DjangoJSONEncoder):
    """Moments to the microsecond, as the database has them."""

    def default(self, o: Any) -> Any:
        """Raises TypeError for what has no words."""
        return o.isoformat() if isinstance(o, (datetime, date)) else super().default(o)


def text(value: Any) -> str:
    return json.dumps(value, cls=Encoder, ensure_ascii=False, indent=1)

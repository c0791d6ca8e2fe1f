"""Erasing what is about one person, rule by rule of the table.

Keys of files first, then words in rows that stay, then rows, at last the person's own row. It may
run again: what is gone is not found a second time.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import connection, models, transaction
from django.db.models import Case, F, Model, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from scip.privacy.reach import Known, rows_about
from scip.privacy.rules import ERASED, About, Entry, Erase, Table, table
from scip.vault.models import ArrivalPart, StoredFile
from scip.vault.services import delete_blobs, destroy

PERSON = "accounts.User"

# Rows of one rule that are to go, found before anything changed.
type Gone = tuple[Entry, About, list[Any]]


def erase_rows(person: Known, *, now: datetime, rules: Table | None = None) -> Counter[str]:
    """Erase by the table, in the caller's transaction; returns how many rows by what was done.

    ``rules`` is another table than the installation's, for tests. Raises IntegrityError when
    something that stays still needs a row that goes: then nothing of it happens.
    """
    rules = rules or table()
    gone = [
        (entry, about, list(rows_about(entry, about, person).values_list("pk", flat=True)))
        for entry, about in of_kind(rules, Erase.DELETE)
    ]
    done: Counter[str] = Counter()
    end_browser_sessions(person.pk)
    done["destroyed"] = destroy_files(rules, person, gone, now=now)
    blanked = list(of_kind(rules, Erase.BLANK))
    # The person's own row at last: the other rules find theirs by its name and addresses.
    for entry, about in sorted(blanked, key=lambda pair: pair[0].label == PERSON):
        done["blanked"] += blank(rows_about(entry, about, person), about.blank, person.pk, now)
    for entry, _about, keys in sorted(gone, key=depth, reverse=True):
        done["deleted"] += delete(entry.model, keys)
    with connection.cursor() as cursor:
        # Now and not at the commit: whoever called learns it here.
        cursor.execute("set constraints all immediate")
        cursor.execute("set constraints all deferred")
    return done


def of_kind(rules: Table, what: Erase) -> Iterator[tuple[Entry, About]]:
    for entry in rules.entries.values():
        for about in entry.about:
            if about.erase == what:
                yield entry, about


def depth(item: Gone) -> int:
    """How many relations lie between a row and the person: what hangs on others goes first."""
    _entry, about, _keys = item
    return about.person.count("__")


def end_browser_sessions(pk: int) -> None:
    """What a browser holds is worthless at once, on any device."""
    keys = UserSession.objects.filter(user_id=pk).values_list("session_key", flat=True)
    Session.objects.filter(session_key__in=list(keys)).delete()


def destroy_files(
    rules: Table,
    person: Known,
    gone: list[Gone],
    *,
    now: datetime,
) -> int:
    """Destroy the keys of the person's files, and of those that hang on rows that go."""
    keys: set[Any] = set()
    for entry, about in of_kind(rules, Erase.DESTROY):
        keys.update(rows_about(entry, about, person).values_list("pk", flat=True))
    for entry, _about, rows in gone:
        keys.update(files_on(entry.model, rows))
        if entry.model is ArrivalPart:
            names = ArrivalPart.objects.filter(pk__in=rows).values_list("storage_name", flat=True)
            transaction.on_commit(partial(delete_blobs, list(names)))
    files = StoredFile.objects.readable().filter(pk__in=keys).order_by("pk")
    for file in files:
        destroy(file, now=now)
    return len(files)


def files_on(model: type[Model], keys: list[Any]) -> set[Any]:
    """The sealed files that rows point to; plain files beside them go once this commits."""
    found: set[Any] = set()
    rows = model._base_manager.filter(pk__in=keys)
    for field in model._meta.concrete_fields:
        if isinstance(field, models.FileField):
            drop_plain_files(rows, field.name)
        elif field.is_relation and field.related_model is StoredFile:
            found.update(rows.exclude(**{field.name: None}).values_list(field.attname, flat=True))
    return found


def drop_plain_files(rows: QuerySet[Model], name: str) -> None:
    """Remove files that lie in storage as they are (a portrait), once the transaction commits."""
    for row in rows.exclude(**{name: ""}):
        file = getattr(row, name)
        transaction.on_commit(partial(file.storage.delete, file.name))


def delete(model: type[Model], keys: list[Any]) -> int:
    """Delete rows as they are; what may outlive them lets go first.

    Not Django's own collector: it stops at rows that protect each other, all of which go.
    """
    if not keys:
        return 0
    for relation in model._meta.related_objects:
        field = relation.field
        if getattr(field.remote_field, "on_delete", None) is models.SET_NULL and field.concrete:
            children = field.model._base_manager.filter(**{f"{field.name}__in": keys})
            children.update(**{field.name: None})
    rows = model._base_manager.filter(pk__in=keys)
    return int(rows._raw_delete(rows.db))


def blank(rows: QuerySet[Model], values: Mapping[str, Any], pk: int, now: datetime) -> int:
    """Put the table's values in the place of what was there; returns how many rows there are."""
    keys = list(rows.values_list("pk", flat=True))
    if not keys:
        return 0
    rows = rows.model._base_manager.filter(pk__in=keys)
    plain = {name: value for name, value in values.items() if "." not in name}
    for name, value in plain.items():
        if value == "@file":
            drop_plain_files(rows, name)
    if plain:
        rows.update(**{name: made(name, value, pk, now) for name, value in plain.items()})
    blank_within(rows, {name: value for name, value in values.items() if "." in name})
    return len(keys)


def blank_within(rows: QuerySet[Model], values: Mapping[str, Any]) -> None:
    """Blank single words of a JSON field (``facts.reason``) where they stand."""
    for path, value in values.items():
        name, _dot, key = path.partition(".")
        for row in rows.filter(**{f"{name}__has_key": key}):
            setattr(row, name, {**getattr(row, name), key: value})
            row.save(update_fields=[name])


def made(name: str, value: Any, pk: int, now: datetime) -> Any:
    """What the database is told to write for a value of the table."""
    match value:
        case "@now":
            return Coalesce(F(name), Value(now))
        case "@nothing":
            return None
        case "@address":
            return f"erased-{pk}@erased.invalid"
        case "@password":
            return make_password(None)
        case "@file":
            return ""
        case _ if value == ERASED:
            # Where nothing stood, nothing was erased.
            return Case(When(Q(**{name: ""}), then=Value("")), default=Value(ERASED))
    return value

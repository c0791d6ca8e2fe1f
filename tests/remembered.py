"""What takes hundreds of queries to build is built once; then its rows come back as they were.

What a builder leaves rests on its arguments and on what the database holds. Where all of that is
as it was before, the rows that its services made then are written again, with the same numbers, in
a fraction of the time. Anything else that differs has it built anew.
"""

import functools
from collections import OrderedDict
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import mail
from django.db import connection, models, transaction
from django.utils import timezone, translation
from psycopg import sql

# Services ask how long ago something was: what comes back is hardly older than what is made.
FRESH = timedelta(minutes=4)
AT_MOST = 40
"""Memories of one builder: tests that share a beginning stand close together."""
AS_STARTED, CLOCK = settings._wrapped, timezone.now

underway: list[datetime] = []
"""Since when what is being built counts as made, for builders within builders."""

type Rows = frozenset[tuple[str, str]]  # of which table, and the row as JSON


@dataclass
class Memory:
    """What a builder left behind."""

    at: datetime
    writing: str
    after_commit: list[tuple[Callable[[], object], bool]]
    made: Any


def remembered[**P, R](build: Callable[P, R]) -> Callable[P, R]:
    """For a builder that is given words, figures and rows, and leaves nothing but rows."""
    memories: OrderedDict[object, Memory] = OrderedDict()

    @functools.wraps(build)
    def built(*args: P.args, **kwargs: P.kwargs) -> R:
        if not may_remember():
            return build(*args, **kwargs)
        before, now = rows(), timezone.now()
        spoken, zone = translation.get_language(), timezone.get_current_timezone_name()
        key = told(args), told(kwargs), spoken, zone, before
        memory = memories.get(key)
        if memory is None or not timedelta(0) <= now - memory.at < FRESH:
            waiting = len(connection.run_on_commit)
            underway.append(now)
            try:
                made = build(*args, **kwargs)
            finally:
                at = underway.pop()
            after_commit = [tuple(call[1:]) for call in connection.run_on_commit[waiting:]]
            if not mail.outbox and timezone.now().date() == now.date():
                writing = what_leads(before, rows())
                memories[key] = Memory(at, writing, after_commit, deepcopy(made))
                memories.move_to_end(key)
                while len(memories) > AT_MOST:
                    memories.popitem(last=False)
            return made
        memories.move_to_end(key)
        underway[:] = [min(memory.at, begun) for begun in underway]
        with connection.cursor() as cursor:
            cursor.execute(memory.writing)
        for call, robust in memory.after_commit:
            transaction.on_commit(call, robust=robust)
        return deepcopy(memory.made)

    return built


def told(given: Any) -> object:
    """What a builder is given, by what it says: a row is told by its number."""
    match given:
        case None | str() | int() | date() | timedelta():
            return given
        case models.Model():
            return given._meta.label, given.pk
        case tuple():
            return tuple(map(told, given))
        case dict():
            return frozenset((name, told(item)) for name, item in given.items())
    return type(given), told(vars(given))


def may_remember() -> bool:
    """In a test's own transaction, with the settings and the clock of the run. Rows are written
    without their triggers, which is a superuser's right."""
    as_ever = settings._wrapped is AS_STARTED and timezone.now is CLOCK
    return as_ever and connection.in_atomic_block and bool(tables())


@functools.cache
def tables() -> dict[str, list[str]]:
    """Every table that a test may fill, with what can be written into it; none without the right
    to do so."""
    with connection.cursor() as cursor:
        cursor.execute("""
            select relname::text, array_agg(quote_ident(attname) order by attnum)
            from pg_class join pg_attribute on attrelid = pg_class.oid
            where relkind = 'r' and relnamespace = 'public'::regnamespace
              and relname not in ('django_migrations', 'django_content_type', 'auth_permission')
              and attnum > 0 and not attisdropped and attgenerated = ''
              and current_setting('is_superuser')::boolean
            group by relname
        """)
        return dict(cursor.fetchall())


@functools.cache
def reading() -> str:
    each = (f"select '{name}', to_jsonb(t)::text from {name} t" for name in tables())
    return " union all ".join(each)


def rows() -> Rows:
    """All that the database holds."""
    with connection.cursor() as cursor:
        cursor.execute(reading())
        return frozenset(cursor.fetchall())


def what_leads(before: Rows, after: Rows) -> str:
    """The statements that make one of the other; rows come in the order of their numbers."""
    lines = [
        sql.SQL("delete from {} t where to_jsonb(t)::text = {}").format(
            sql.Identifier(name), sql.Literal(row)
        )
        for name, row in before - after
    ]
    for name in sorted({name for name, _ in after - before}):
        new = sql.Literal(f"[{','.join(row for of, row in after - before if of == name)}]")
        columns = sql.SQL(",".join(tables()[name]))
        lines.append(
            sql.SQL(
                "insert into {0} ({1}) select {1} from jsonb_populate_recordset(null::{0}, {2}) "
                "order by 1"
            ).format(sql.Identifier(name), columns, new)
        )
    quietly = "set local session_replication_role = replica; {}; set local session_replication_role = origin"
    return quietly.format(sql.SQL("; ").join(lines).as_string(connection.connection))

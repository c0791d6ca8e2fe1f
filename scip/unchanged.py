"""Public pages that are put together once, and again when a row that they show has changed.

The database says whether one has: each version of a row has a place (``ctid``) and a transaction
(``xmin``) of its own, so that the versions of all rows of a page, taken together, are a mark of
what it says. One small statement stands in for the page's own. Nothing is late, because nothing
is believed for a while; nothing has to be told of a change, whoever makes it.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any, TypeGuard

from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, BitXor, Count, Expression, QuerySet, Value
from django.db.models.sql.compiler import SQLCompiler
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import get_language

type View = Callable[..., HttpResponseBase]
# A table (`Edition.objects.all`), or those of its rows that matter.
type Rows = Callable[[], QuerySet[Any]]

# Whoever brings another cookie (a session, a message) may be shown something else. Of these the
# zone is part of the key, and the others leave no trace on a page without forms.
HARMLESS_COOKIES = {"tz", settings.CSRF_COOKIE_NAME, settings.LANGUAGE_COOKIE_NAME}


class Version(Expression):
    """Which version of a row this is, as a number."""

    output_field = BigIntegerField()

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_extra: Any
    ) -> tuple[str, tuple[()]]:
        table = compiler.quote_name(compiler.query.get_initial_alias())
        return f"hashtextextended({table}.ctid || '/' || {table}.xmin, 0)", ()


@dataclass(eq=False)
class Shown:
    """The rows that a page shows."""

    rows: tuple[Rows, ...]

    def querysets(self) -> list[QuerySet[Any]]:
        return [rows() for rows in self.rows]

    @cached_property
    def statement(self) -> tuple[str, tuple[Any, ...]]:
        """For each table its name, one mark of all versions, in whatever order they lie, and how
        many rows there are. Put together by the ORM, once: its parameters never change."""
        parts = [
            rows.order_by()
            .annotate(table=Value(rows.model._meta.db_table))
            .values("table")
            .annotate(mark=BitXor(Version()), count=Count("*"))
            for rows in self.querysets()
        ]
        sql, given = parts[0].union(*parts[1:], all=True).order_by().query.sql_with_params()
        return sql, tuple(given)

    def says(self) -> tuple[Any, ...]:
        """Everything that the page says now: the clock to the minute, and the rows."""
        return f"{timezone.now():%Y%m%d%H%M}", self.marks()

    def marks(self) -> list[tuple[Any, ...]]:
        """What `statement` says now."""
        with connection.cursor() as cursor:
            cursor.execute(*self.statement)
            return sorted(cursor.fetchall())


def kept_while_unchanged(*rows: Rows) -> Callable[[View], View]:
    """A page for everybody that shows nothing but these rows, the clock to the minute, and words.
    Moments that pages speak of (when applications close, until when a price holds) are whole minutes.

    Visitors are answered from memory while no row has another version; people who are signed in,
    searches and parts of pages are not. A page that hands out a form's token is never kept.
    """
    shown = Shown(rows)

    def decorate(view: View) -> View:
        @wraps(view)
        def kept(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
            def draw() -> HttpResponseBase:
                return view(request, *args, **named)

            if request.META["QUERY_STRING"]:
                return draw()
            return remembered(request, shown.says, draw)

        kept.shown = shown  # type: ignore[attr-defined]
        return kept

    return decorate


def remembered(
    request: HttpRequest, says: Callable[[], object], draw: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    """A page for everybody, drawn once for all visitors to whom it says the same.

    ``says`` gives everything that it says beside its address, language and zone, as something whose
    ``repr`` tells all of it: a page that says something else is another page.
    """
    if not is_a_plain_visit(request):
        return draw()
    memory, key = caches["pages"], key_of(request, says())
    known = memory.get(key)
    if known is not None:
        return HttpResponse(known)
    response = draw()
    if is_the_same_for_all(response, request):
        memory.set(key, response.content)
    return response


def is_a_plain_visit(request: HttpRequest) -> bool:
    return (
        request.method == "GET"
        and request.COOKIES.keys() <= HARMLESS_COOKIES
        and not request.headers.get("HX-Request")
    )


def key_of(request: HttpRequest, says: object) -> str:
    """Everything that a page for visitors depends on."""
    parts = (request.path, get_language(), timezone.get_current_timezone_name(), says)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def is_the_same_for_all(
    response: HttpResponseBase, request: HttpRequest
) -> TypeGuard[HttpResponse]:
    return (
        isinstance(response, HttpResponse)
        and response.status_code == 200
        and not response.cookies
        and "CSRF_COOKIE_NEEDS_UPDATE" not in request.META
    )

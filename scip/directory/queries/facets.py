"""How many listings each filter would leave, beside its name.

Counting reads every listing that fits, so it is done once for a question and remembered by each
process for a while: a count that is minutes old misleads nobody, a page that waits for it does.
Numbers stop at a thousand. What is counted is what is shown; nobody is named here.
"""

import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import CharField, Count, F, Func, QuerySet, Value
from django.utils import timezone

from scip.directory.models import Listing
from scip.directory.queries.searching import Asked, narrowed, public, spelled, words_of

REMEMBERED_SECONDS = 300
QUESTIONS_AT_MOST = 500
CAP = 1000
# Filters that are a tick: the name of the question's field and the value of the column.
TICKS = ("online", "in_person", "accepting")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Facets:
    """Counts by filter and value, and of all that fits; never more than `CAP` + 1 each.

    One counting is the same as itself only, so that what is made of it can be remembered with it.
    """

    total: int
    counts: Mapping[str, Mapping[str, int]]

    def of(self, name: str) -> Mapping[str, int]:
        return self.counts.get(name, {})


def capped(count: int) -> str:
    """``37``, and ``1,000+`` from a thousand on."""
    return f"{CAP:,}+" if count > CAP else f"{count:,}"


def facets_of(asked: Asked) -> Facets:
    """Counts for a question; at most one query, none for one that was asked lately."""
    words = tuple(words_of(asked.q))
    if asked.q.strip() and not words:  # signs alone, in which nobody can be found
        return Facets(total=0, counts={})
    lately = int(time.monotonic() // REMEMBERED_SECONDS)
    return remembered(lately, asked.without("q"), words)


@lru_cache(maxsize=QUESTIONS_AT_MOST)
def remembered(_lately: int, asked: Asked, words: tuple[str, ...]) -> Facets:
    """Counted once in a while for all who ask the same, however they put their words."""
    return counted(asked, [*words], timezone.now())


def counted(asked: Asked, words: list[str], now: datetime) -> Facets:
    """Each filter counted among what the others leave, all in one statement."""

    def rows(without: str = "") -> Any:
        question = asked.without(without) if without else asked
        found = narrowed(public(), question, now)
        return spelled(found, words) if words else found

    parts: list[QuerySet[Any]] = [
        grouped(rows("country").exclude(country=""), "country", F("country")),
        grouped(rows("language"), "language", each("languages")),
        grouped(rows("topic"), "topic", each("topics")),
        *(grouped(narrowed(rows(name), Asked().but(**{name: True}), now), name) for name in TICKS),
        grouped(rows(), "total"),
    ]
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for name, value, count in parts[0].union(*parts[1:], all=True):
        counts[name][value] = min(count, CAP + 1)
    return Facets(total=counts.pop("total", {}).get("", 0), counts=dict(counts))


def each(column: str) -> Any:
    """The values of an array, one by one."""
    one = Func(F(column), function="unnest", output_field=CharField())
    one.set_returning = True
    return one


def grouped(rows: QuerySet[Listing], name: str, value: Any = None) -> QuerySet[Any]:
    """``(name, value, count)`` for every value."""
    return (
        rows.order_by()
        .annotate(
            facet=Value(name, output_field=CharField()),
            value=value if value is not None else Value("", output_field=CharField()),
        )
        .values_list("facet", "value")
        .annotate(count=Count("*"))
    )

"""Counting many small lists in one round trip, and no list further than it is worth."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet

# Beyond this nobody wants the exact figure, and counting on would cost as much as the list.
CAP = 1000


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows, up to one more than `CAP`, and the oldest moment among them."""

    number: int
    oldest: datetime | None

    @property
    def text(self) -> str:
        """``12``, or ``1,000+``."""
        return f"{CAP:,}+" if self.number > CAP else f"{self.number:,}"


def count_all(rows: Mapping[str, tuple[QuerySet[Any], str]]) -> dict[str, Count]:
    """Count every queryset and find its oldest moment, in a single query.

    ``rows`` maps a name to a queryset and the field with the moment. The oldest come first in
    each, so a capped count still names the true oldest.
    """
    parts: list[str] = []
    params: list[Any] = []
    for name, (found, field) in rows.items():
        limited: QuerySet[Model, Any] = found.order_by(field).values_list(field)[: CAP + 1]
        try:
            sql, own = limited.query.sql_with_params()
        except EmptyResultSet:
            continue
        parts.append(
            f"select %s, count(*), min(q.moment) from ({sql}) as q(moment)"  # noqa: S608 - compiled by Django
        )
        params += [name, *own]
    counts = dict.fromkeys(rows, Count(0, None))
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(" union all ".join(parts), params)
            counts |= {name: Count(number, oldest) for name, number, oldest in cursor.fetchall()}
    return counts

"""Paging through long lists without counting them to the end."""

from typing import Any

from django.core.paginator import Paginator
from django.utils.functional import cached_property

# 200 pages of 50. Whoever is looking further searches or filters instead.
COUNTED_AT_MOST = 10_000


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than 10,000 rows: a count over a whole large table costs more than the
    page itself, and nobody turns two hundred pages."""

    @cached_property
    def count(self) -> int:
        """How many rows, at most 10,000."""
        rows: Any = self.object_list
        if hasattr(rows, "query"):
            return int(rows.order_by()[:COUNTED_AT_MOST].count())
        return len(rows)

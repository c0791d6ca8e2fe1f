"""Papers of the demo's past: rendered beside the stories, kept when all are told."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import datetime
from multiprocessing import get_context
from types import TracebackType
from typing import Any, Self

import django
from django.db.models import Model

from scip.demo.clock import Clock


class Press:
    """Renders in a process of its own, as the worker does: a quarter of the world's making is
    receipts and certificates, and a machine has a second core. ``beside=False`` renders at once."""

    clock: Clock

    def __init__(self, *, beside: bool) -> None:
        # A new interpreter: a copy of this one would share its connection to the database.
        fresh = get_context("spawn")
        self._pool = ProcessPoolExecutor(1, fresh, django.setup) if beside else None
        self._ordered: dict[tuple[Callable[..., Any], int], tuple[datetime, Future[bytes]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def order[M: Model](
        self, row: M, render: Callable[[M], bytes], make: Callable[..., Any]
    ) -> None:
        """Have ``row`` rendered, and made by its service at the world's present moment: at once, or
        when everything was told. Raises what rendering raises, then."""
        if self._pool is None:
            make(row.pk, self.clock.now)
        elif (make, row.pk) not in self._ordered:
            self._ordered[make, row.pk] = self.clock.now, self._pool.submit(render, row)

    def deliveries(self) -> Iterator[datetime]:
        """Make what was ordered, each at its moment; yields the moments."""
        while self._ordered:
            make, pk = key = next(iter(self._ordered))
            moment, paper = self._ordered.pop(key)
            self.clock.now = moment
            make(pk, moment, render=lambda _row, paper=paper: paper.result())
            yield moment

"""Time while the demo world is made: what happened in the past is stamped in the past."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import DateTimeField, Model
from django.db.models.signals import pre_save
from django.utils import timezone


class Clock:
    """The moment at which the world stands just now."""

    def __init__(self, now: datetime) -> None:
        self.now = now


@cache
def stamped_fields(model: type[Model]) -> tuple[str, ...]:
    """Fields that take the present moment by themselves (log entries, files, rows' ages)."""
    return tuple(
        field.attname
        for field in model._meta.concrete_fields
        if isinstance(field, DateTimeField) and field.default is timezone.now
    )


@contextmanager
def following(clock: Clock) -> Iterator[None]:
    """Let rows that stamp themselves take the clock's moment instead of this one.

    Services take their moment as an argument; this is for what nobody hands over, such as
    the log. Limited to the block: outside of it nothing listens.
    """
    began = timezone.now()

    def stamp(sender: type[Model], instance: Model, raw: bool, **kwargs: Any) -> None:
        if raw or not instance._state.adding:
            return
        for name in stamped_fields(sender):
            value = getattr(instance, name)
            if value is not None and value >= began:
                setattr(instance, name, clock.now)

    pre_save.connect(stamp, weak=False, dispatch_uid="scip.demo.clock")
    try:
        yield
    finally:
        pre_save.disconnect(dispatch_uid="scip.demo.clock")

"""Tables of allowed moves live in the models; this module is the only one that moves."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.db import connection, models
from django.utils import timezone
from django.utils.translation import gettext as _

from scip.audit.services import record
from scip.requirements import Refusal


class Stateful(models.Model):
    """A model with ``State`` (TextChoices), ``state`` and a ``TRANSITIONS`` table."""

    TRANSITIONS: ClassVar[Mapping[str, frozenset[str]]]
    # Stamps that tell when something happened first; coming back to the state keeps them.
    FIRST_STAMPS: ClassVar[frozenset[str]] = frozenset()

    class Meta:
        abstract = True

    @property
    def audit_subject(self) -> Any:
        """The person this row is about; the log's page of that person shows the move."""
        return getattr(self, "user", None)


class IllegalMove(Refusal):
    """The table of moves does not allow this step (any more)."""


def lock[M: models.Model](obj: M) -> M:
    """Fetch the row again under a row lock and return it; use inside a transaction.

    ``FOR NO KEY UPDATE``: rows that merely refer to it are not held up.
    """
    # __class__ sees through the lazy wrapper that request.user is.
    manager: models.Manager[M] = obj.__class__._base_manager
    return manager.select_for_update(no_key=True).get(pk=obj.pk)


def move(
    obj: Stateful,
    to: str,
    *,
    by: Any,
    data: Mapping[str, str | int | None] | None = None,
    now: datetime | None = None,
) -> None:
    """Bring ``obj`` to the state ``to``: check, stamp, save, log.

    ``by`` is the acting person, or None for the system. Stamps ``<state>_at`` and
    ``<state>_by`` where the model has these fields, with ``now`` (default: this moment);
    stamps in ``FIRST_STAMPS`` keep their first value. ``obj`` must be fresh from `lock`.
    Raises IllegalMove if the table forbids the step or another process was faster.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("move() runs inside the service's transaction")
    came_from: str = obj.state  # type: ignore[attr-defined]
    if to not in obj.TRANSITIONS.get(came_from, frozenset()):
        raise IllegalMove(
            _(
                "This {name} is “{state}” now, so that step is not possible any more. "
                "Nothing was changed; open the page again to see where it stands."
            ).format(name=obj._meta.verbose_name, state=obj.get_state_display())  # type: ignore[attr-defined]
        )
    fields = {field.name for field in obj._meta.concrete_fields}
    values: dict[str, Any] = {"state": to}
    stamp = f"{to}_at"
    if stamp in fields and not (stamp in obj.FIRST_STAMPS and getattr(obj, stamp)):
        values[stamp] = now or timezone.now()
    if f"{to}_by" in fields:
        values[f"{to}_by"] = by
    rows: models.Manager[Any] = type(obj)._base_manager
    if not rows.filter(pk=obj.pk, state=came_from).update(**values):
        raise IllegalMove(_("Somebody else was faster. Nothing was changed; open the page again."))
    for name, value in values.items():
        setattr(obj, name, value)
    record(
        f"{obj._meta.model_name}.{to}",
        obj,
        by=by,
        subject=obj.audit_subject,
        came_from=came_from,
        **(data or {}),
    )

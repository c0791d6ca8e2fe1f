"""What a list for the whole office leaves out for one of its people, because it tells of work about
themselves that others do in confidence. Whoever knows such rows says so here; lists ask."""

from collections.abc import Callable
from typing import Any

from django.db.models import Model, Q, QuerySet

# For somebody who looks: the rows of a model that are not for them.
type Rule = Callable[[Any], Q]

RULES: dict[type[Model], list[Rule]] = {}


def keep_back(model: type[Model], rule: Rule) -> None:
    """From now on `shown_to` leaves out what the rule finds. Called once, when apps are ready."""
    RULES.setdefault(model, []).append(rule)


def shown_to[R: QuerySet[Any]](user: Any, rows: R) -> R:
    """The rows without those that are kept back from this person; may ask the database which
    ones these are."""
    for rule in RULES.get(rows.model, ()):
        rows = rows.exclude(rule(user))
    return rows

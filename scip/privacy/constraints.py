"""Would a row that is blanked still satisfy a check constraint? Known without asking a database.

Three answers: yes, no, and "it depends on the rest of the row". The last counts as no, as soon as
the constraint looks at a field that is blanked.
"""

from collections.abc import Mapping
from typing import Any

from django.db.models import F, Q
from django.db.models.functions import Lower

from scip.privacy.rules import ERASED

# Stands for a value of which only this is known: there is one.
SOMETHING = object()
UNKNOWN = object()


def is_kept(condition: Any, blank: Mapping[str, Any]) -> bool:
    """True unless blanking these fields could break the condition."""
    if not isinstance(condition, Q):
        return True
    # Words take the place of words, and where there were none nothing changes: a condition that
    # only asks whether there are any answers as before.
    values = {
        name: value_of(value)
        for name, value in blank.items()
        if value != ERASED or not only_asks_for_words(condition, name)
    }
    if not names_in(condition) & values.keys():
        return True
    return holds(condition, values) is True


def only_asks_for_words(condition: Q, name: str) -> bool:
    """Is the field compared with nothing but the empty text?"""
    return all(
        only_asks_for_words(child, name)
        if isinstance(child, Q)
        else isinstance(child, tuple) and (child[0] != name or child[1] == "")
        for child in condition.children
    )


def value_of(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("@"):
        return None if value == "@nothing" else SOMETHING
    return value


def names_in(condition: Q) -> set[str]:
    """The fields that a condition looks at."""
    names: set[str] = set()
    for child in condition.children:
        if isinstance(child, Q):
            names |= names_in(child)
        elif isinstance(child, tuple):
            names.add(str(child[0]).split("__", maxsplit=1)[0])
            if isinstance(child[1], F):
                names.add(str(vars(child[1])["name"]))
    return names


def holds(condition: Q, values: Mapping[str, Any]) -> bool | None:
    """True, False, or None when it depends on what is not known."""
    found = [
        holds(child, values) if isinstance(child, Q) else compare(child, values)
        for child in condition.children
    ]
    answer: bool | None
    if condition.connector == Q.OR:
        answer = True if True in found else (None if None in found else False)
    else:
        answer = False if False in found else (None if None in found else True)
    return answer if answer is None or not condition.negated else not answer


def compare(child: Any, values: Mapping[str, Any]) -> bool | None:
    """One comparison: equality, ``isnull`` and ``in`` are understood, everything else is open."""
    if not isinstance(child, tuple):
        return None
    name, _under, lookup = str(child[0]).partition("__")
    wanted = child[1]
    here = values.get(name, UNKNOWN)
    if isinstance(wanted, Lower) and here is SOMETHING:
        # The address that is made for somebody erased is in lower case.
        return True
    if here is UNKNOWN or isinstance(wanted, F) or hasattr(wanted, "resolve_expression"):
        return None
    if lookup == "isnull":
        return (here is None) == bool(wanted)
    if lookup == "" and wanted is None:
        return here is None
    if here is SOMETHING:
        return False if wanted == "" else None
    if lookup in {"", "exact"}:
        return bool(here == wanted)
    return here in wanted if lookup == "in" else None

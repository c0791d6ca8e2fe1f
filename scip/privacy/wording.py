"""The plain words of the table, with the days that its rules really count."""

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from scip.privacy.rules import Table

PLACE = re.compile(r"\{(\w+\.\w+)\.(\w+)\}")


def places_of(words: str) -> Iterator[tuple[str, str]]:
    """The model and the moment of every number of days in a sentence."""
    for found in PLACE.finditer(words):
        yield found[1], found[2]


def with_days(words: str, table: Table) -> str:
    """The sentence with its numbers: they come from the rules, so that it can't say others."""
    return PLACE.sub(lambda found: str(table.days(found[1], found[2])), _(words))

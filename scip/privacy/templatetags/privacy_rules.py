"""The table of personal data in plain words, for the public page below this floor."""

from dataclasses import dataclass

from django import template

from scip.privacy.rules import Erase, Kind, table
from scip.privacy.wording import with_days

register = template.Library()


@dataclass(frozen=True, slots=True)
class KindRules:
    """A kind of data with what its rules say: how long, and what erasing leaves of it."""

    kind: Kind
    lasts: str
    reasons: tuple[str, ...]
    is_erased_whole: bool


@register.simple_tag
def kinds_of_data() -> list[KindRules]:
    """Every kind of data as the table has it, in the order of the pages; no query."""
    found = table()
    rules = []
    for kind in found.kinds.values():
        entries = [entry for entry in found.entries.values() if entry.kind == kind.key]
        reasons: list[str] = []
        for entry in entries:
            kept = [about.because for about in entry.about if about.erase == Erase.KEEP]
            reasons += [
                sentence for sentence in (*kept, *entry.kept.values()) if sentence not in reasons
            ]
        whole = {Erase.DELETE, Erase.DESTROY}
        is_whole = all(about.erase in whole for entry in entries for about in entry.about)
        rules.append(
            KindRules(kind, with_days(kind.lasts, found), tuple(dict.fromkeys(reasons)), is_whole)
        )
    return rules

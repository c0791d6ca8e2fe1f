"""What we have about one person by the table, and what becomes of it: for their own page."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db import connection

from scip.accounts.models import User
from scip.privacy.reach import Known, known, rows_about
from scip.privacy.rules import About, Entry, Erase, Kind, table
from scip.privacy.wording import with_days


@dataclass(frozen=True, slots=True, kw_only=True)
class KindPicture:
    """One kind of data: how many rows go, lose their words, or stay, and why those stay.

    ``rows`` names the models with their counts, for whoever wants to look closer.
    """

    kind: Kind
    lasts: str
    goes: int
    loses_words: int
    stays: int
    reasons: tuple[str, ...]

    @property
    def total(self) -> int:
        return self.goes + self.loses_words + self.stays


def picture(person: User) -> list[KindPicture]:
    """Everything that is about somebody, kind by kind, only kinds of which there is something.

    Two queries: their addresses, and one that counts by all rules at once.
    """
    found = table()
    counted = count(rules_of_person(), known(person))
    kinds: dict[str, Counter[str]] = {}
    reasons: dict[str, list[str]] = {}
    for (entry, about), rows in counted:
        if not rows:
            continue
        sums = kinds.setdefault(entry.kind, Counter())
        sums[about.erase] += rows
        why = reasons.setdefault(entry.kind, [])
        for sentence in (about.because, *entry.kept.values()):
            if sentence and sentence not in why and about.erase != Erase.DELETE:
                why.append(sentence)
    return [
        KindPicture(
            kind=kind,
            lasts=with_days(kind.lasts, found),
            goes=kinds[key][Erase.DELETE] + kinds[key][Erase.DESTROY],
            loses_words=kinds[key][Erase.BLANK],
            stays=kinds[key][Erase.KEEP],
            reasons=tuple(reasons[key]),
        )
        for key, kind in found.kinds.items()
        if key in kinds
    ]


def rules_of_person() -> list[tuple[Entry, About]]:
    """The rules that find rows of a person's own; mentions in other people's letters are not."""
    return [
        (entry, about)
        for entry in table().entries.values()
        for about in entry.about
        if not about.person.startswith("mentions:")
    ]


def count(rules: list[tuple[Entry, About]], person: Known) -> list[tuple[tuple[Entry, About], int]]:
    """How many rows each rule finds, in one statement."""
    parts: list[str] = []
    params: list[Any] = []
    for number, (entry, about) in enumerate(rules):
        rows = rows_about(entry, about, person).order_by().values("pk")
        sql, values = rows.query.sql_with_params()
        parts.append(f"select {number}, count(*) from ({sql}) as rows_{number}")  # noqa: S608  ours
        params.extend(values)
    with connection.cursor() as cursor:
        cursor.execute(" union all ".join(parts), params)
        found = dict(cursor.fetchall())
    return [(rule, found.get(number, 0)) for number, rule in enumerate(rules)]

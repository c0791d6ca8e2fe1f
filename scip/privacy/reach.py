"""From a rule of the table to the rows that are about one person."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_

from allauth.account.models import EmailAddress
from django.db.models import Model, Q, QuerySet

from scip.accounts.models import User
from scip.privacy.rules import About, Entry

# A shorter name ("Li") would occur in the letters of half the world.
SHORTEST_NAME = 5


@dataclass(frozen=True, slots=True)
class Known:
    """By what a person can be found: the number, confirmed addresses, the name if it is telling."""

    pk: int
    addresses: tuple[str, ...]
    name: str

    @property
    def words(self) -> tuple[str, ...]:
        """By which words others write of the person."""
        return (*self.addresses, *([self.name] if self.name else []))


def known(person: User) -> Known:
    """One query. Ask before the person is erased; afterwards nothing finds them by words.

    Only addresses that were confirmed: whoever types somebody else's must not reach their letters.
    """
    confirmed = EmailAddress.objects.filter(user=person, verified=True)
    addresses = {person.email.lower(), *(row.email.lower() for row in confirmed)}
    name = person.name.strip()
    return Known(person.pk, tuple(sorted(addresses)), name if len(name) >= SHORTEST_NAME else "")


def rows_about(entry: Entry, about: About, person: Known) -> QuerySet[Model]:
    """The rows of a model that one rule of the table finds for a person, in no order."""
    rows = entry.model._base_manager.filter(**about.where)
    if about.where_not:
        rows = rows.exclude(**about.where_not)
    return rows.filter(is_about(about.person, person))


def is_about(way: str, person: Known) -> Q:
    """The condition of a rule's way to the person (see `rules.About`)."""
    manner, _colon, names = way.rpartition(":")
    if way == "self":
        return Q(pk=person.pk)
    if manner == "address":
        return any_of(Q(**{f"{names}__iexact": address}) for address in person.addresses)
    if manner == "mentions":
        return any_of(
            Q(**{f"{name}__icontains": words}) for name in names.split() for words in person.words
        )
    # A path of relations, or a plain number.
    return Q(**{names: person.pk})


def any_of(conditions: Iterable[Q]) -> Q:
    return reduce(or_, conditions)

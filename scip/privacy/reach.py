"""From a rule of the table to the rows that are about one person."""

from functools import reduce
from operator import or_
from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import Model, Q, QuerySet

from scip.accounts.models import User
from scip.privacy.rules import About, Entry

# A shorter single word ("Li") would occur in the letters of half the world.
SHORTEST_NAME = 5


def addresses_of(person: User) -> list[str]:
    """The address somebody signs in with, and further ones that they confirmed."""
    confirmed = EmailAddress.objects.filter(user=person, verified=True)
    return sorted({person.email.lower(), *(row.email.lower() for row in confirmed)})


def names_of(person: User) -> list[str]:
    """By which words others write of the person: the name, and the addresses."""
    name = person.name.strip()
    is_telling = len(name) >= SHORTEST_NAME
    return [*addresses_of(person), *([name] if is_telling else [])]


def rows_about(entry: Entry, about: About, person: User) -> QuerySet[Model]:
    """The rows of a model that one rule of the table finds for a person, in no order.

    One query when it is read; ways by address or by mention ask for the person's addresses, too.
    """
    rows = entry.model._base_manager.filter(**about.where)
    if about.where_not:
        rows = rows.exclude(**about.where_not)
    return rows.filter(is_about(about.person, person))


def is_about(way: str, person: User) -> Q:
    """The condition of a rule's way to the person (see `rules.About`)."""
    manner, _colon, names = way.rpartition(":")
    if way == "self":
        return Q(pk=person.pk)
    if manner == "address":
        return any_of(Q(**{f"{names}__iexact": address}) for address in addresses_of(person))
    if manner == "mentions":
        return any_of(
            Q(**{f"{name}__icontains": words})
            for name in names.split()
            for words in names_of(person)
        )
    # A path of relations, or a plain number.
    return Q(**{names: person.pk})


def any_of(conditions: Any) -> Q:
    return reduce(or_, conditions)

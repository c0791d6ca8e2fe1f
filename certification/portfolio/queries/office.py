"""What a portfolio holds, told without a word of it, for the one way in that the office has."""

from collections.abc import Sequence

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from certification.portfolio.models import CaseStudy, Excerpt, Portfolio
from scip.accounts.models import Role, RoleGrant, User
from scip.formats import day


def things_in(portfolio: Portfolio) -> list[Excerpt | CaseStudy]:
    """What the office could open: excerpts with a file, and case studies; two queries."""
    excerpts = portfolio.excerpts.filter(removed_at=None, document__destroyed_at=None)
    return [*excerpts.exclude(document=None), *portfolio.cases.all()]


def name_of(thing: Excerpt | CaseStudy) -> str:
    """What it is, without its title: a title may say more than it should."""
    if isinstance(thing, CaseStudy):
        return str(thing)
    kind = capfirst(str(thing.get_kind_display()))
    return _("{kind} of {day}").format(kind=kind, day=day(thing.attested_at))


def minutes_of(portfolio: Portfolio) -> int:
    """For how long one act opens something, by the Edition of the candidacy."""
    edition = portfolio.candidacy.edition
    return edition.office_access_minutes if edition is not None else 1


def colleagues_of(user: User) -> Sequence[User]:
    """The others of the office today; one query."""
    grants = RoleGrant.objects.holding().filter(role=Role.STAFF)
    people = User.objects.filter(pk__in=grants.values("user"), is_active=True)
    return list(people.exclude(pk=user.pk).order_by("pk"))

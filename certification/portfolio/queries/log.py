"""The log of client sessions, counted beside what was attested."""

from dataclasses import dataclass

from django.db.models import Count, QuerySet, Sum

from certification.candidacy.models import Attestation
from certification.portfolio.models import ClientSession
from certification.portfolio.queries.portfolios import Desk


def sessions_of(desk: Desk) -> QuerySet[ClientSession]:
    """The logged sessions, the newest first, with their labels; one query."""
    rows = ClientSession.objects.visible_to(desk.candidacy.user).filter(portfolio=desk.portfolio)
    return rows.select_related("label")


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What the log adds up to; ``attested`` is the person's word at registration, if given."""

    sessions: int
    clients: int
    minutes: int
    attested: Attestation | None

    @property
    def hours(self) -> float:
        return round(self.minutes / 60, 1)


def totals_of(desk: Desk) -> Totals:
    """Two queries."""
    sums = sessions_of(desk).aggregate(
        sessions=Count("pk"), clients=Count("label", distinct=True), minutes=Sum("minutes")
    )
    return Totals(
        sessions=sums["sessions"],
        clients=sums["clients"],
        minutes=sums["minutes"] or 0,
        attested=desk.candidacy.attestations.first(),
    )

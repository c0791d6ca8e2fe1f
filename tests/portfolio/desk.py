"""A candidate with a portfolio, at the points that tests begin from."""

from dataclasses import dataclass
from typing import Any

from certification.candidacy.models import Candidacy
from certification.portfolio import services
from certification.portfolio.models import CaseStudy, ClientLabel
from certification.portfolio.services.writing import values_of
from scip.accounts.models import User
from tests import world


@dataclass
class Author:
    user: User
    candidacy: Candidacy

    def case(self, label: str = "", **values: Any) -> CaseStudy:
        """A case study, with these parts saved."""
        found = None
        if label:
            mine = ClientLabel.objects.filter(portfolio__candidacy=self.candidacy, name=label)
            found = mine.first() or services.add_label(self.candidacy, label, by=self.user)
        row = services.begin_case(self.candidacy, by=self.user, label=found)
        return self.save(row, **values) if values else row

    def save(self, row: Any, *, revision: int | None = None, **values: Any) -> Any:
        return services.save_writing(
            row, values, revision=row.revision if revision is None else revision, by=self.user
        )


def make_author(number: int = 1, state: str = "active") -> Author:
    user = world.make_user(f"author{number}@example.com", name=f"Alma {number}")
    candidacy = world.make_candidacy(user, state)
    if candidacy.edition is not None:
        world.make_framework(candidacy.edition)
    return Author(user, candidacy)


def typed(row: Any, **changes: Any) -> dict[str, Any]:
    """What the page of a writing posts, with changes; ``version`` is the row's own."""
    values = values_of(row) | {"version": row.revision} | changes
    return {name: "" if value is None else value for name, value in values.items()}

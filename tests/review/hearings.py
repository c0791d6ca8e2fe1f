"""A candidate whose supervisor said "not yet", and people who could hear the appeal."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from certification.candidacy.models import Candidacy
from certification.review.models import Appeal, PanelSeat
from certification.review.services import appealing, hearing
from scip.accounts.models import Role, User
from supervision.models import Recommendation
from supervision.services import recommendations
from tests import world
from tests.remembered import remembered
from tests.review.desk import verified_retreat
from tests.supervision.pair import Pair, make_pair, walk
from tests.vault.samples import simple_pdf

NOT_YET = {
    "outcome": "not_yet",
    "key_elements": "Alliance, and how it was held: a word of the letter.",
    "assessment": "Not there yet.",
    "reflections": "It comes.",
    "guidance": "Three more months of practice would help.",
}
WORDS = "What I see differently, in my own words."
REASONS = "The record shows steady presence."


@dataclass
class Appellant:
    """The candidate with everything around them."""

    pair: Pair
    user: User
    candidacy: Candidacy
    office: User

    @property
    def guide(self) -> User:
        return self.pair.guide

    @property
    def letter(self) -> Recommendation:
        return Recommendation.objects.get(agreement=self.pair.agreement, state="sent")

    @property
    def appeal(self) -> Appeal:
        rows = Appeal.objects.select_related("candidacy__user", "candidacy__edition")
        return rows.order_by("pk").filter(candidacy=self.candidacy).last()  # type: ignore[return-value]

    def begins(self, now: datetime | None = None) -> Appeal:
        return appealing.begin(self.candidacy, by=self.user, now=now)

    def writes(self, words: str = WORDS) -> Appeal:
        return appealing.save_statement(self.begins(), words, by=self.user)

    def adds(self, title: str = "A letter of a colleague") -> Any:
        file = SimpleUploadedFile("letter.pdf", simple_pdf())
        return appealing.add_document(self.begins(), title=title, document=file, by=self.user)

    def files(self, now: datetime | None = None) -> Appeal:
        return appealing.file_appeal(self.writes(), by=self.user, now=now)

    def asks(self, *members: User, now: datetime | None = None) -> list[PanelSeat]:
        return [hearing.ask(self.appeal, member, by=self.office, now=now) for member in members]

    def heard_by(self, *members: User, now: datetime | None = None) -> list[PanelSeat]:
        """Filed, asked, and accepted by everybody."""
        if self.appeal is None or self.appeal.state == "draft":
            self.files(now=now)
        seats = self.asks(*members, now=now)
        return [hearing.answer(seat, by=seat.member, now=now) for seat in seats]


@remembered
def make_appellant(number: int = 1) -> Appellant:
    """All sessions are there, and the letter said "not yet" today."""
    world.make_edition()
    pair = make_pair(number)
    walk(pair, 10)
    draft = recommendations.save_part(pair.agreement, by=pair.guide, **NOT_YET)
    recommendations.send_recommendation(draft, by=pair.guide)
    verified_retreat(pair.candidate)
    office = User.objects.filter(email="office@example.com").first() or world.make_user(
        "office@example.com", Role.STAFF
    )
    candidacy = Candidacy.objects.select_related("user", "edition").get(pk=pair.candidacy.pk)
    return Appellant(pair, pair.candidate, candidacy, office)


def make_panel(count: int, **fields: Any) -> list[User]:
    """People with a seat on the panel and no tie to anybody."""
    return [
        world.make_user(f"panel{number}@example.org", Role.PANEL, name=f"Pia {number}", **fields)
        for number in range(1, count + 1)
    ]


def gives(seat: PanelSeat, outcome: str, **fields: Any) -> PanelSeat:
    """One whole answer."""
    words = {"reasons": REASONS, "instructions": "Look at session 7." * (outcome == "remanded")}
    hearing.save_answer(seat, outcome=outcome, by=seat.member, **words | fields)
    return hearing.give(seat, by=seat.member)


def later(days: float) -> datetime:
    return timezone.now() + timedelta(days=days)

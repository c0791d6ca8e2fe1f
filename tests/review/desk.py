"""A candidate whose way is walked to its end, at the points that tests begin from."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from certification.candidacy.forms.registration import ATTESTATION
from certification.candidacy.models import Candidacy, Retreat
from certification.portfolio import services as portfolio
from certification.portfolio.models import CaseStudy
from certification.review import services
from certification.review.models import Submission
from payments.models import Payment, Settlement
from payments.services import dispatch_settlement, record_offline_payment
from scip.accounts.models import User
from supervision.services import recommendations
from tests import world
from tests.remembered import remembered
from tests.supervision.pair import Pair, make_pair, walk

LETTER = {
    "path": "From the first cohort to this page.",
    "practice": "Forty sessions with seven people.",
    "growth": "I learned to wait.",
    "personal": "Four days in silence, and every morning since.",
}
RECOMMENDED = {
    "outcome": "recommended",
    "key_elements": "Presence before practice: the supervisor’s own words.",
    "assessment": "Ready.",
    "reflections": "It was a joy.",
}


@dataclass
class Walker:
    pair: Pair
    user: User
    candidacy: Candidacy

    @property
    def guide(self) -> User:
        return self.pair.guide

    @property
    def submission(self) -> Submission:
        return Submission.objects.select_related("candidacy__user", "charge", "edition").get(
            candidacy=self.candidacy
        )

    def cases(self, count: int, **values: Any) -> list[CaseStudy]:
        """So many finished case studies."""
        rows = []
        for number in range(count):
            row = portfolio.begin_case(self.candidacy, by=self.user)
            text = {"happened": f"Case {number}: they waited together.", **values}
            portfolio.save_writing(row, text, revision=0, by=self.user)
            portfolio.mark_done(row, True, by=self.user)
            rows.append(row)
        return rows

    def writes(self, **parts: str) -> Any:
        """The letter of application, whole."""
        row = getattr(Submission.objects.filter(candidacy=self.candidacy).first(), "letter", None)
        return services.save_letter(
            self.candidacy, LETTER | parts, revision=row.revision if row else 0, by=self.user
        )

    def attests(self, sessions: int = 40, clients: int = 7) -> Any:
        return services.attest_again(
            self.candidacy,
            client_sessions=sessions,
            clients=clients,
            wording=str(ATTESTATION),
            name_typed=self.user.name,
            by=self.user,
        )

    def submits(self) -> Submission:
        return services.submit(self.submission, by=self.user)

    def sends_money(self) -> Settlement:
        """A transfer of the whole fee that the office has entered; nobody was told of it yet."""
        charge = self.submission.charge
        assert charge is not None
        staff = User.objects.filter(email="office@example.com").first() or world.make_user(
            "office@example.com", world.Role.STAFF
        )
        record_offline_payment(
            charge,
            method=Payment.Method.BANK,
            reference=f"{charge.reference} transfer",
            amount_cents=charge.amount_cents,
            received_at=timezone.now(),
            by=staff,
        )
        return Settlement.objects.get(charge=charge)

    def pays(self) -> None:
        """The same, told to whoever claims it."""
        dispatch_settlement(self.sends_money().pk)

    @remembered
    def hands_in(self) -> Submission:
        """Submitted and paid."""
        self.submits()
        self.pays()
        return self.submission


@remembered
def make_walker(number: int = 1, *, cases: int = 2) -> Walker:
    """Everything is there that takes months; letter and attestation are not. The edition asks for
    ``cases`` case studies."""
    edition = world.make_edition()
    edition.case_studies = cases
    edition.save()
    pair = make_pair(number)
    walk(pair, 10)
    recommends(pair)
    verified_retreat(pair.candidate)
    walker = Walker(pair, pair.candidate, Candidacy.objects.get(pk=pair.candidacy.pk))
    walker.cases(cases)
    return walker


@remembered
def make_ready(number: int = 1, *, cases: int = 2) -> Walker:
    """The same with letter and attestation: nothing is open but the fee."""
    walker = make_walker(number, cases=cases)
    walker.writes()
    walker.attests()
    return walker


def recommends(pair: Pair) -> None:
    draft = recommendations.save_part(pair.agreement, by=pair.guide, **RECOMMENDED)
    recommendations.send_recommendation(draft, by=pair.guide)


def verified_retreat(user: User) -> Retreat:
    return Retreat.objects.create(
        user=user,
        title="Silent days by the sea",
        teachers="Two teachers",
        started_on=date(2025, 5, 1),
        ended_on=date(2025, 5, 4),
        state=Retreat.State.VERIFIED,
        verified_at=timezone.now() - timedelta(days=200),
    )

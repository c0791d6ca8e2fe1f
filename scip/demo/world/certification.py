"""Level C: applications open, the candidate registers, others prepare or ask for credit."""

from datetime import timedelta

from certification.candidacy.forms.registration import ATTESTATION
from certification.candidacy.models import Candidacy, Retreat
from certification.candidacy.services import (
    attest,
    begin,
    register,
    submit_retreat,
    verify_retreat,
)
from certification.candidacy.services import equivalency as credit
from certification.review.models import Submission
from payments.models import Payment
from payments.services import dispatch_settlement, make_receipt, receipts, record_offline_payment
from scip.accounts.models import Prerequisite, User
from scip.credentials.models import Completion, Level
from scip.demo.world import papers, texts
from scip.demo.world.company import DAY, HOUR, Company, demo
from scip.demo.world.portfolio import portfolio_grows
from scip.demo.world.stage import Story
from scip.demo.world.supervision import supervision_begins
from scip.demo.world.supervisors import supervisors_join
from scip.pages.services import announce_opening
from scip.policy.models import Edition

# Days before the present.
OPENED, REGISTERS, PAYS = 54, 22, 20


def certification(company: Company) -> Story:
    """Everything about Level C, begun before applications open."""
    yield company.ago(OPENED + 20)
    opens_on = company.ago(OPENED).date()
    Edition.objects.update(applications_open_on=opens_on)
    company.stage.tell(supervisors_join(company))
    company.stage.tell(interest_is_told(company))
    company.stage.tell(candidate_registers(company))
    company.stage.tell(supervision_begins(company))
    company.stage.tell(portfolio_grows(company))
    company.stage.tell(somebody_prepares(company))
    company.stage.tell(somebody_asks_for_credit(company))


def interest_is_told(company: Company) -> Story:
    """The one letter, on the day; later ones hear it soon after they joined."""
    for days in (OPENED - 0.5, 30, 15, 1):
        yield company.ago(days)
        announce_opening(company.now)


def candidate_registers(company: Company) -> Story:
    """Attested, retreat verified, paid by transfer: the certification record is open."""
    yield company.ago(REGISTERS + 3)
    user = company.users[demo("candidate").email]
    gives_word(company, user, sessions=31, clients=6)
    retreat = brings_retreat(company, user, days_ago=260)
    yield company.ago(REGISTERS + 1)
    verify_retreat(retreat, by=company.staff, now=company.now)
    yield company.ago(REGISTERS)
    candidacy = register(begin(user, now=company.now), by=user, now=company.now)
    yield company.ago(PAYS)
    is_paid(company, candidacy)
    yield company.now + timedelta(minutes=1)
    has_receipt(company, candidacy)


def has_receipt(company: Company, row: Candidacy | Submission) -> None:
    """The receipt of what `is_paid` entered."""
    for payment in Payment.objects.filter(charge=row.charge).select_related("receipt"):
        company.stage.press.order(payment.receipt, receipts.render, make_receipt)


def is_paid(company: Company, row: Candidacy | Submission) -> None:
    """A transfer for the whole fee; its owner is told now, as the seeding commits at its end."""
    charge = row.charge
    if charge is None:
        raise AssertionError("this was registered just now")
    record_offline_payment(
        charge,
        method=Payment.Method.BANK,
        reference=f"{charge.reference} {charge.user_id}",
        amount_cents=charge.amount_cents,
        received_at=company.now,
        by=company.staff,
        now=company.now,
    )
    charge.refresh_from_db()
    dispatch_settlement(charge.settlement.pk, now=company.now)


def gives_word(company: Company, user: User, *, sessions: int, clients: int) -> None:
    """The attestation, under the sentence that the page shows."""
    attest(
        user,
        client_sessions=sessions,
        clients=clients,
        wording=str(ATTESTATION),
        name_typed=user.name,
        now=company.now,
    )


def brings_retreat(company: Company, user: User, *, days_ago: int) -> Retreat:
    """A silent retreat of four days, so long before the present."""
    first = company.ago(days_ago).date()
    return submit_retreat(
        user,
        fields={**texts.RETREAT, "started_on": first, "ended_on": first + 3 * DAY},
        document=papers.document(Prerequisite.Kind.MSC),
        now=company.now,
    )


def somebody_prepares(company: Company) -> Story:
    """Another who completed both levels has sent a retreat; the office has it."""
    yield company.ago(4)
    others = Completion.objects.filter(level=Level.B, basis=Completion.Basis.COHORT)
    found = others.exclude(user__email=demo("candidate").email).order_by("pk").first()
    if found is not None:
        gives_word(company, found.user, sessions=19, clients=4)
        brings_retreat(company, found.user, days_ago=120)


def somebody_asks_for_credit(company: Company) -> Story:
    """SCIP 2.0, with two entries; the office has it."""
    yield company.ago(6)
    user = company.register(company.someone())
    case = credit.begin_case(user, format="scip_2", now=company.now)
    credit.save_case(case, format="scip_2", statement=texts.CREDIT, by=user)
    for fields in texts.CREDIT_ITEMS:
        yield company.now + HOUR
        credit.add_item(
            case, fields=fields, document=papers.document(Prerequisite.Kind.MSC), by=user
        )
    yield company.now + HOUR
    credit.submit_case(case, by=user, now=company.now)

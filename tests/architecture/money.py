"""Money in the house: what one of the pair paid, got back, owes, and what a bank asks about."""

from datetime import timedelta

from django.conf import settings
from django.core.files.base import ContentFile
from django.utils import timezone

from cohorts.models import Enrolment
from payments.models import (
    AidFund,
    CreditNote,
    Dispute,
    FundEntry,
    Payment,
    Receipt,
    Refund,
)
from payments.refund_terms import RefundTerms
from payments.services import make_invoice, open_charge, start_checkout
from tests.architecture.places import House, canary
from tests.vault.samples import simple_pdf


def add_money(house: House, whose: str, enrolment: Enrolment) -> None:
    """A payment with its papers, a charge under way at the checkout, a dispute, a gift."""
    user, things = house.people[whose], house.things[whose]
    now = timezone.now()
    payment = Payment.objects.create(
        charge=enrolment.charge,
        amount_cents=100,
        currency="USD",
        method="bank",
        reference=canary(whose, "reference"),
        received_at=now,
    )
    receipt = Receipt(
        payment=payment,
        year=2026,
        number=payment.pk,
        facts={"name": canary(whose, "receipt")},
        made_at=now,
    )
    receipt.document.save("receipt.pdf", ContentFile(simple_pdf()), save=True)
    charge = open_charge(
        user,
        purpose="tuition_level_a",
        description=canary(whose, "charge"),
        amount_cents=100_000,
        currency="USD",
        due_at=now + timedelta(days=3),
        refund_terms=RefundTerms(("Nothing comes back.",)),
    )
    refund = Refund.objects.create(
        charge=enrolment.charge,
        payment=payment,
        amount_cents=100,
        currency="USD",
        reason=canary(whose, "refund"),
        state="done",
        reference=canary(whose, "transfer"),
        done_at=now,
    )
    note = CreditNote(
        refund=refund,
        year=2026,
        number=payment.pk,
        facts={"name": canary(whose, "note")},
        made_at=now,
    )
    note.document.save("note.pdf", ContentFile(simple_pdf()), save=True)
    payer = {"payer": canary(whose, "payer"), "address": "1 Practice Street", "country": "PT"}
    things |= {
        "charge": charge,
        "receipt": receipt,
        "refund": refund,
        "credit_note": note,
        "invoice": make_invoice(charge, payer=payer, by=user),
        "payment": payment,
        "settlement": enrolment.charge.settlement,
    }
    start_checkout(
        charge,
        by=user,
        success_url=f"{settings.SITE_URL}/payments/{charge.pk}/returned/",
        cancel_url=f"{settings.SITE_URL}/payments/{charge.pk}/",
    )
    things["charge_act"] = {"pk": charge.pk, "verb": "adjust"}
    things["dispute"] = Dispute.objects.create(
        charge=enrolment.charge,
        payment=payment,
        reference=canary(whose, "dispute"),
        amount_cents=100,
        currency="USD",
        flagged_at=now,
    )
    # Of a gift in a price whose it is stays with the office; of aid its reason is never a statement.
    AidFund.objects.get_or_create(currency="USD")
    things["fund_entry"] = FundEntry.objects.create(
        fund_id="USD", kind="surplus", amount_cents=100, charge=charge, user=user,
        reason=charge.description,
    )  # fmt: skip
    things["sandbox"] = {"session_id": charge.checkouts.get().session_id}

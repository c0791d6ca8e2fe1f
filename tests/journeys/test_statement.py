"""The statement with every sort of line, instalments, and an invoice for the employer."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from payments import services
from payments.models import Adjustment, Charge, Dispute, Invoice
from payments.refund_terms import RefundStep, RefundTerms
from scip.accounts.models import User
from tests.world import make_edition


@pytest.fixture
def charges(site: str, participant: User, staff: User) -> list[Charge]:
    """One that was paid and half returned, and one in two instalments with aid and a gift."""
    make_edition(payment_instructions="Center account 123 456\nRiver Bank, Example City")
    now = timezone.now()
    terms = RefundTerms(
        (
            "Until Sunday 31 January 2027 the whole tuition comes back.",
            "Until Tuesday 16 February 2027 half of it comes back.",
            "After that nothing comes back.",
        ),
        (RefundStep(now + timedelta(days=30), 100), RefundStep(now + timedelta(days=46), 50)),
    )

    def charge(what: str, cents: int, **fields: Any) -> Charge:
        return services.open_charge(
            participant,
            purpose="tuition_level_a",
            description=what,
            amount_cents=cents,
            currency="USD",
            due_at=now + timedelta(days=5),
            refund_terms=terms,
            **fields,
        )

    paid = charge("Tuition, Autumn cohort", 289_500)
    payment = services.record_offline_payment(
        paid, method="bank", reference="T 1", amount_cents=289_500, received_at=now, by=staff
    )
    services.make_receipt(payment.receipt.pk)
    (refund,) = services.return_money(paid, cents=100_000, by=staff, reason="Illness in spring")
    services.record_returned(refund, reference="B 7", by=staff)
    services.make_credit_note(refund.credit_note.pk)
    services.return_money(paid, cents=20_000, by=staff, reason="Kindness")
    Dispute.objects.create(
        charge=paid, payment=payment, reference="dp_1", amount_cents=50_000, currency="USD"
    )
    aid = Adjustment(kind="aid", amount_cents=-100_000, reason="Supported rate", author=staff)
    parted = charge("Tuition, Spring cohort", 319_500, gift_cents=30_000, adjustments=[aid])
    parts = services.agree_instalments(
        parted, later=[(100_000, now + timedelta(days=40))], by=staff
    )
    return [paid, *parts]


def test_reading_the_statement_and_having_an_invoice_made(
    someone: Any, charges: list[Charge], participant: User
) -> None:
    person = someone(participant)
    page = person.page
    person.go("/payments/")
    person.look(closely=True)
    person.reads("Credit note C-")
    person.reads("In all, USD")
    person.go(f"/payments/{charges[0].pk}/")
    person.go(f"/payments/{charges[1].pk}/")
    person.look(closely=True)
    person.reads("Instalment 1, this page")
    person.reads("River Bank")

    person.follow("Make an invoice")
    person.look(closely=True)
    page.get_by_label("Organisation or person who pays").fill("Clinic by the River")
    person.press("Make the invoice")
    person.reads("Something here needs another look")
    expect(page.get_by_label("Organisation or person who pays")).to_have_value(
        "Clinic by the River"
    )
    page.get_by_label("Postal address").fill("12 Mill Lane\nPorto")
    page.get_by_label("Country").select_option("PT")
    person.press("Make the invoice")
    person.reads("The invoice for Clinic by the River is ready below")
    with page.expect_download() as download:
        page.get_by_role("link", name="Pro-forma invoice for Clinic by the River (PDF)").click()
    assert download.value.suggested_filename == f"{Invoice.objects.get().label}.pdf"

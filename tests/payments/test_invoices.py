"""Pro-forma invoices: what is typed is kept, facts are frozen, the receipt names the payer."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.utils import timezone
from pypdf import PdfReader

from payments import services
from payments.models import Adjustment, Invoice
from payments.services import invoices, receipts
from scip.audit.models import Entry
from scip.requirements import Refusal
from tests.world import make_edition, utc

TYPED = {
    "payer": "Clinic by the River Ltd",
    "attention": "Accounts",
    "address": "12 Mill Lane\n\n  Porto 4000-001 ",
    "country": "PT",
    "tax_number": "PT 501 234 567",
    "order_reference": "PO-2027-9",
}
NOW = utc(2027, 3, 2, 9)


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages)


def size_of(pdf: bytes) -> tuple[int, int]:
    box = PdfReader(BytesIO(pdf)).pages[0].mediabox
    return round(float(box.width)), round(float(box.height))


@pytest.fixture
def mine(participant, as_user):
    return as_user(participant)


def made(charge, by, **changes):
    return services.make_invoice(charge, payer=TYPED | changes, by=by, now=NOW)


def test_from_the_pay_page_to_the_invoice(mine, charge, participant):
    pay = mine.get(f"/payments/{charge.pk}/").content.decode()
    assert f'href="/payments/{charge.pk}/invoice/"' in pay
    assert mine.get(f"/payments/{charge.pk}/invoice/").status_code == 200
    back = mine.post(f"/payments/{charge.pk}/invoice/", TYPED, follow=True)
    invoice = Invoice.objects.get()
    assert (invoice.charge, invoice.made_by) == (charge, participant)
    assert invoice.address == "12 Mill Lane\nPorto 4000-001"
    page = back.content.decode()
    assert "Pro-forma invoice for Clinic by the River Ltd (PDF)" in page
    response = mine.get(f"/payments/invoices/{invoice.pk}/")
    assert response["Cache-Control"] == "private, no-store"
    text = text_of(b"".join(response.streaming_content))
    for part in (
        "Pro-forma invoice",
        "Clinic by the River Ltd",
        "Accounts",
        "12 Mill Lane",
        "Portugal",
        "PT 501 234 567",
        "PO-2027-9",
        charge.reference,
        "Paulo Participant",
        "USD 2,895",
        "All of it comes back",
        "This is not a receipt",
    ):
        assert part in text, part
    assert Entry.objects.filter(action="invoice.made").exists()


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("payer", " ", "Please fill this in."),
        ("address", " \n ", "Please fill this in."),
        ("address", "\n".join("abcdefghi"), "at most 8 lines"),
        ("country", "XX", "is not among the choices"),
        ("order_reference", "x" * 81, "at most 80 characters"),
    ],
)
def test_errors_keep_what_was_typed(mine, charge, field, typed, says):
    page = mine.post(f"/payments/{charge.pk}/invoice/", TYPED | {field: typed}).content.decode()
    assert says in page
    kept = {name: value for name, value in TYPED.items() if name not in {field, "address"}}
    for name, value in kept.items():
        assert f'value="{value}"' in page, name
    assert not Invoice.objects.exists()


def test_a_refusal_keeps_what_was_typed_too(mine, charge, staff):
    services.record_offline_payment(
        charge,
        method="bank",
        reference="T",
        amount_cents=289_500,
        received_at=NOW,
        by=staff,
        now=NOW,
    )
    page = mine.post(f"/payments/{charge.pk}/invoice/", TYPED).content.decode()
    assert "nothing to invoice" in page
    assert "Clinic by the River Ltd" in page


def test_facts_stay_and_another_can_be_made(charge, participant, staff):
    edition = make_edition()
    edition.payment_instructions = "Account 123 at River Bank"
    edition.save()
    first = made(charge, participant)
    edition.payment_instructions = "Account 456 at Hill Bank"
    edition.save()
    participant.name = "Another Name"
    participant.save()
    services.adjust_charge(charge, kind="waiver", cents=-9_500, reason="Late start", by=staff)
    second = made(charge, participant, payer="Hill Practice")
    before, after = (
        text_of(invoices.render(Invoice.objects.get(pk=row.pk))) for row in (first, second)
    )
    assert "River Bank" in before
    assert "Paulo Participant" in before
    assert "USD 2,895" in before
    assert "Hill Bank" in after
    assert "USD 2,800" in after
    assert first.label != second.label


def test_without_instructions_one_writes_to_the_office(charge, participant, settings):
    settings.STAFF_EMAIL = "office@example.org"
    assert "office@example.org" in text_of(invoices.render(made(charge, participant)))


def test_the_pay_page_shows_how_to_pay_when_the_edition_says_so(mine, charge):
    edition = make_edition()
    edition.payment_instructions = "Account 123 at <b>River Bank</b>"
    edition.save()
    page = mine.get(f"/payments/{charge.pk}/").content.decode()
    assert "Account 123 at &lt;b&gt;River Bank" in page
    assert "for the account details" not in page


def test_what_arrived_is_taken_off(charge, participant, staff):
    services.record_offline_payment(
        charge,
        method="bank",
        reference="T",
        amount_cents=100_000,
        received_at=NOW,
        by=staff,
        now=NOW,
    )
    text = text_of(invoices.render(made(charge, participant)))
    assert "−USD 1,000" in text
    assert "USD 1,895" in text


@pytest.mark.parametrize(("country", "size"), [("PT", (595, 842)), ("US", (612, 792))])
def test_the_paper_is_the_payers(charge, participant, country, size):
    assert size_of(invoices.render(made(charge, participant, country=country))) == size


def test_it_has_an_end(charge, participant, monkeypatch):
    monkeypatch.setattr(invoices, "MOST_INVOICES", 2)
    made(charge, participant)
    made(charge, participant)
    with pytest.raises(Refusal, match="many invoices"):
        made(charge, participant)


def test_a_cancelled_charge_has_none(charge, participant, staff):
    services.cancel_charge(charge, by=staff, reason="Changed plans")
    with pytest.raises(Refusal, match="nothing to invoice"):
        made(charge, participant)


def test_strangers_make_and_read_none(charge, participant, as_user, stranger, facilitator, staff):
    invoice = made(charge, participant)
    for person in (stranger, facilitator):
        client = as_user(person)
        assert client.get(f"/payments/invoices/{invoice.pk}/").status_code == 404
        assert client.get(f"/payments/{charge.pk}/invoice/").status_code == 404
        assert client.post(f"/payments/{charge.pk}/invoice/", TYPED).status_code == 404
    assert as_user(staff).get(f"/payments/invoices/{invoice.pk}/").status_code == 200
    assert Invoice.objects.count() == 1


@pytest.mark.parametrize("count", [1, 3])
def test_the_pay_page_takes_the_same_queries_for_any_number(
    mine, charge, participant, count, django_assert_num_queries
):
    for _number in range(count):
        made(charge, participant)
    mine.get(f"/payments/{charge.pk}/")
    with django_assert_num_queries(PAY_QUERIES):
        mine.get(f"/payments/{charge.pk}/")


PAY_QUERIES = 13


def test_the_receipt_names_whoever_was_billed(charge, participant, staff):
    made(charge, participant)
    payment = services.record_offline_payment(
        charge,
        method="bank",
        reference="T",
        amount_cents=289_500,
        received_at=NOW,
        by=staff,
        now=NOW,
    )
    text = text_of(receipts.render(payment.receipt))
    for part in ("BILLED TO", "Clinic by the River Ltd", "PO-2027-9", "for Paulo Participant"):
        assert part in text, part
    assert "RECEIVED FROM" not in text


def test_the_receipt_says_which_instalment_and_what_is_a_gift(participant, make_charge, staff):
    charge = make_charge(participant, amount_cents=319_500, gift_cents=30_000)
    due = timezone.now() + timedelta(days=40)
    services.agree_instalments(charge, later=[(150_000, due)], by=staff)
    payment = services.record_offline_payment(
        charge,
        method="bank",
        reference="T",
        amount_cents=169_500,
        received_at=NOW,
        by=staff,
        now=NOW,
    )
    text = text_of(receipts.render(payment.receipt))
    assert "This is instalment 1 of 2. Still to come: USD 1,500 by" in text
    assert "USD 300 of this price goes to the aid fund" in text


def test_whoever_pays_for_somebody_else_reads_nothing_of_aid_or_reasons(
    participant, staff, make_charge
):
    aid = Adjustment(kind="aid", amount_cents=-100_000, reason="Supported rate", author=staff)
    charge = make_charge(participant, adjustments=[aid])
    services.adjust_charge(charge, kind="waiver", cents=-9_500, reason="Her divorce", by=staff)
    text = text_of(invoices.render(made(charge, participant)))
    payment = services.record_offline_payment(
        charge,
        method="bank",
        reference="T 1",
        amount_cents=180_000,
        received_at=NOW,
        by=staff,
        now=NOW,
    )
    lines = payment.receipt.facts["lines"]
    assert sum(line["amount_cents"] for line in lines) == 180_000
    for said in (text, str(lines)):
        assert said.count("Taken off") == 2
        for private in ("aid", "Aid", "Supported", "divorce", "aiver"):
            assert private not in said.replace("Paid", "").replace("paid", "")

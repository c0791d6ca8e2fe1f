"""Receipts: no gap, no double, frozen facts, one document and one letter."""

import threading
from datetime import timedelta
from io import BytesIO

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from pypdf import PdfReader

from payments import services
from payments.models import Adjustment, DocumentNumber, Receipt
from payments.services import receipts
from scip.mail.models import Letter
from tests.world import make_user, utc


def bank(charge, cents, reference, staff, **fields):
    values = {"method": "bank", "received_at": utc(2027, 3, 1, 12), "now": utc(2027, 3, 2, 9)}
    return services.record_offline_payment(
        charge, amount_cents=cents, reference=reference, by=staff, **values | fields
    )


def text_of(pdf: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def test_the_receipt_explains_the_amount_and_keeps_its_facts(participant, staff, make_charge):
    charge = make_charge(
        participant,
        adjustments=[
            Adjustment(kind="aid", amount_cents=-100_000, reason="Supported rate", author=staff)
        ],
    )
    receipt = bank(charge, 189_500, "T 9", staff).receipt
    participant.name = "Another Name"
    participant.save()
    assert receipts.make_receipt(receipt.pk) is True
    receipt.refresh_from_db()
    with receipt.document.open() as file:
        text = text_of(file.read())
    for part in (
        "R-2027-000001",
        "Paulo Participant",
        "Learning cohort 1: tuition",
        "USD 2,895",
        "Supported rate",
        "−USD 1,000",
        "USD 1,895",
        "T 9",
        "All of it comes back",
    ):
        assert part in text, part
    assert "Another Name" not in text


def test_a_part_payment_says_so(charge, staff):
    receipt = bank(charge, 100_000, "T 1", staff).receipt
    assert receipt.facts["lines"] == [
        {
            "description": "Learning cohort 1: tuition",
            "amount_cents": 100_000,
            "detail": "Part of the whole",
        }
    ]


@pytest.mark.parametrize("cents", [289_501, 400_000])
def test_more_than_was_owed_is_no_part(charge, staff, cents):
    (line,) = bank(charge, cents, "T 1", staff).receipt.facts["lines"]
    assert (line["amount_cents"], line["detail"]) == (cents, "")


def test_the_letter_goes_once_with_the_receipt(charge, staff):
    receipt = bank(charge, 289_500, "T 1", staff).receipt
    assert [receipts.make_receipt(receipt.pk), receipts.make_receipt(receipt.pk)] == [True, False]
    letter = Letter.objects.get()
    assert letter.subject == "Your payment of USD 2,895 has arrived"
    assert [item["name"] for item in letter.attachments] == ["R-2027-000001.pdf"]
    assert "Monday 1 March 2027" in letter.text
    assert "/payments/" in letter.text
    assert "!" not in letter.text


def test_a_worker_killed_before_the_row_was_kept_makes_it_again_in_the_same_place(
    charge, staff, monkeypatch
):
    receipt = bank(charge, 289_500, "T 1", staff).receipt

    def die(*args):
        raise SystemExit

    monkeypatch.setattr(receipts, "send_receipt", die)
    with pytest.raises(SystemExit):
        receipts.make_receipt(receipt.pk)
    monkeypatch.undo()
    receipt.refresh_from_db()
    assert receipt.made_at is None
    assert not Letter.objects.exists()
    assert receipts.sweep_receipts(now=receipt.issued_at + timedelta(minutes=1)) == []
    assert receipts.sweep_receipts(now=receipt.issued_at + timedelta(minutes=2)) == [receipt.pk]
    assert receipts.make_receipt(receipt.pk) is True
    receipt.refresh_from_db()
    assert receipt.document.name == "receipts/2027/R-2027-000001.pdf"
    assert Letter.objects.count() == 1


def test_each_year_counts_from_one(charge, staff):
    bank(charge, 100, "T 1", staff)
    later = {"received_at": utc(2028, 1, 1), "now": utc(2028, 1, 2)}
    assert bank(charge, 100, "T 2", staff, **later).receipt.label == "R-2028-000001"
    assert bank(charge, 100, "T 3", staff).receipt.label == "R-2027-000002"


def test_a_payment_that_rolls_back_leaves_no_gap(charge, staff):
    bank(charge, 100, "T 1", staff)
    with transaction.atomic():
        bank(charge, 100, "T 2", staff)
        transaction.set_rollback(True)
    assert bank(charge, 100, "T 3", staff).receipt.number == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_locked", [True, False])
def test_numbers_have_no_gap_and_no_double_under_threads(
    make_charge, staff, is_locked, monkeypatch
):
    """The control: without the row lock two payments get the same number."""
    charges = [make_charge(make_user(f"p{number}@example.com")) for number in range(12)]
    if not is_locked:
        queryset = type(DocumentNumber.objects.all())
        original = queryset.select_for_update
        monkeypatch.setattr(
            queryset,
            "select_for_update",
            lambda self, **how: self if self.model is DocumentNumber else original(self, **how),
        )
    problems, barrier = [], threading.Barrier(len(charges))

    def pay(charge):
        try:
            barrier.wait()
            bank(charge, 289_500, f"T {charge.pk}", staff)
        except DatabaseError as error:  # the control counts what went wrong
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=pay, args=[charge]) for charge in charges]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    numbers = sorted(Receipt.objects.values_list("number", flat=True))
    if is_locked:
        assert (problems, numbers) == ([], list(range(1, 13)))
    else:
        assert problems, "the control has to go wrong"


def test_now_is_the_default_year(charge, staff):
    receipt = bank(charge, 100, "T 1", staff, received_at=timezone.now(), now=None).receipt
    assert receipt.year == timezone.now().year

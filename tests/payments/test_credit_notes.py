"""Credit notes: numbered with the money's return, frozen, one document, one letter, void in the open."""

import threading
from datetime import timedelta
from io import BytesIO

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from pypdf import PdfReader

from payments import services
from payments.models import CreditNote, DocumentNumber, Refund
from payments.services import credit_notes
from payments.services.returned import after_done, after_failed
from scip.mail.models import Letter
from scip.states import move
from tests.world import make_user, utc

NOW = utc(2027, 4, 2, 9)


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages)


def bank(charge, staff, cents=289_500, reference="T 1"):
    return services.record_offline_payment(
        charge,
        method="bank",
        reference=reference,
        amount_cents=cents,
        received_at=utc(2027, 3, 1, 12),
        by=staff,
        now=utc(2027, 3, 2, 9),
    )


@pytest.fixture
def refund(charge, staff) -> Refund:
    """Written down, and not sent yet: by hand, as it came by bank."""
    bank(charge, staff)
    (refund,) = services.return_money(
        charge, cents=144_750, by=staff, reason="Illness", now=utc(2027, 4, 1)
    )
    return refund


def sent_back(refund, staff, reference="B 77", now=NOW) -> CreditNote:
    services.record_returned(refund, reference=reference, by=staff, now=now)
    return CreditNote.objects.get(refund=refund)


def test_there_is_none_before_the_money_went_back(refund, staff):
    assert not CreditNote.objects.exists()
    assert sent_back(refund, staff).label == "C-2027-000001"


def test_it_names_receipt_reason_way_and_who_and_keeps_its_facts(refund, staff, participant):
    note = sent_back(refund, staff)
    participant.name = "Another Name"
    participant.save()
    assert credit_notes.make_credit_note(note.pk) is True
    note.refresh_from_db()
    assert note.document.name == "credit-notes/2027/C-2027-000001.pdf"
    with note.document.open() as file:
        text = text_of(file.read())
    for part in (
        "C-2027-000001",
        "Paulo Participant",
        "Learning cohort 1: tuition",
        "R-2027-000001",
        "Monday 1 March 2027",
        "Friday 2 April 2027",
        "USD 1,447.50",
        "It is not owed any more",
        "Decided by: the office",
        "bank transfer",
        "B 77",
    ):
        assert part in text, part
    for secret in ("Another Name", staff.name, "Illness"):
        assert secret not in text


@pytest.mark.parametrize("who", ["terms", "person"])
def test_who_decided_is_said(refund, staff, who, participant):
    by = {"terms": None, "person": participant}[who]
    refund.requested_by = by
    said = {"terms": "the refund terms", "person": "Paulo Participant"}[who]
    assert credit_notes.asked_by(refund) == said


def test_two_letters_for_one_return_on_its_way_and_with_the_note(refund, staff):
    note = sent_back(refund, staff)
    made = [credit_notes.make_credit_note(note.pk), credit_notes.make_credit_note(note.pk)]
    assert made == [True, False]
    coming, came = Letter.objects.filter(subject__contains="back to you").order_by("pk")
    assert coming.subject == "USD 1,447.50 is on its way back to you"
    assert coming.attachments == []
    assert came.subject == "USD 1,447.50 has been sent back to you"
    assert [item["name"] for item in came.attachments] == ["C-2027-000001.pdf"]
    assert "B 77" in came.text
    assert "!" not in coming.text + came.text


def test_a_second_click_and_a_second_call_number_nothing_twice(refund, staff):
    note = sent_back(refund, staff)
    services.record_returned(refund, reference="B 77", by=staff, now=NOW)
    refund.refresh_from_db()
    with transaction.atomic():
        assert after_done(refund, now=NOW) == note
    assert DocumentNumber.objects.get(series="C").last == 1


def test_a_worker_killed_before_the_row_was_kept_makes_it_again_in_the_same_place(
    refund, staff, monkeypatch
):
    note = sent_back(refund, staff)

    def die(*args):
        raise SystemExit

    monkeypatch.setattr(credit_notes, "send_credit_note", die)
    with pytest.raises(SystemExit):
        credit_notes.make_credit_note(note.pk)
    monkeypatch.undo()
    note.refresh_from_db()
    assert note.made_at is None
    assert credit_notes.sweep_credit_notes(now=NOW + timedelta(minutes=1)) == []
    assert credit_notes.sweep_credit_notes(now=NOW + timedelta(minutes=2)) == [note.pk]
    assert credit_notes.make_credit_note(note.pk) is True
    note.refresh_from_db()
    assert note.document.name == "credit-notes/2027/C-2027-000001.pdf"
    assert credit_notes.sweep_credit_notes(now=NOW + timedelta(hours=2)) == []


def test_receipts_and_credit_notes_count_apart_and_from_one_each_year(charge, staff):
    bank(charge, staff)
    ways = [(100, utc(2027, 4, 1)), (200, utc(2027, 5, 1)), (300, utc(2028, 1, 5))]
    labels = []
    for number, (cents, now) in enumerate(ways):
        (refund,) = services.return_money(charge, cents=cents, by=staff, reason="Why", now=now)
        labels.append(sent_back(refund, staff, f"B {number}", now).label)
    assert labels == ["C-2027-000001", "C-2027-000002", "C-2028-000001"]


# --- money that did not arrive ---------------------------------------------------------------


def fail(refund, now=NOW + timedelta(days=3)):
    with transaction.atomic():
        refund = Refund.objects.select_for_update().get(pk=refund.pk)
        move(refund, Refund.State.FAILED, by=None, now=now)
        after_failed(refund, now=now)


def test_a_note_whose_money_did_not_arrive_is_void_never_gone(refund, staff, as_user, participant):
    note = sent_back(refund, staff)
    services.make_credit_note(note.pk)
    fail(refund)
    note.refresh_from_db()
    refund.refresh_from_db()
    assert note.void_at == NOW + timedelta(days=3)
    assert (refund.flag, refund.looked_at) == ("failed", None)
    assert refund.flagged_at is not None
    assert "is void since Monday 5 April 2027" in text_of(credit_notes.render(note))
    letter = Letter.objects.get(subject="USD 1,447.50 did not reach you yet")
    assert "C-2027-000001 no longer counts" in letter.text
    response = as_user(participant).get(f"/payments/credit-notes/{note.pk}/")
    assert "is void" in text_of(b"".join(response.streaming_content))
    page = as_user(participant).get("/payments/").content.decode()
    assert "The money is safe with us" in page


def test_a_note_that_became_void_before_it_was_made_is_kept_without_its_letter(refund, staff):
    note = sent_back(refund, staff)
    fail(refund)
    assert credit_notes.make_credit_note(note.pk) is True
    assert not Letter.objects.filter(subject__contains="has been sent back").exists()


def test_failing_without_a_note_tells_the_person_once(refund):
    fail(refund)
    refund.refresh_from_db()
    with transaction.atomic():
        after_failed(refund, now=NOW)
    letter = Letter.objects.get(subject__contains="did not reach you yet")
    assert "credit note" not in letter.text


def test_the_next_try_gets_the_next_number(refund, staff, charge):
    sent_back(refund, staff)
    fail(refund)
    (again,) = services.request_refund(charge, cents=144_750, by=staff, reason="Other account")
    assert sent_back(again, staff, "B 78").label == "C-2027-000002"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_locked", [True, False])
def test_numbers_have_no_gap_and_no_double_under_threads(
    make_charge, staff, is_locked, monkeypatch
):
    """The control: without the row lock two refunds get the same number."""
    refunds = []
    for number in range(8):
        charge = make_charge(make_user(f"p{number}@example.com"))
        bank(charge, staff, reference=f"T {number}")
        refunds += services.return_money(charge, cents=100, by=staff, reason="Why")
    if not is_locked:
        queryset = type(DocumentNumber.objects.all())
        original = queryset.select_for_update
        monkeypatch.setattr(
            queryset,
            "select_for_update",
            lambda self, **how: self if self.model is DocumentNumber else original(self, **how),
        )
    problems, barrier = [], threading.Barrier(len(refunds))

    def send(refund):
        try:
            barrier.wait()
            sent_back(refund, staff, f"B {refund.pk}")
        except DatabaseError as error:  # the control counts what went wrong
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=[refund]) for refund in refunds]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    numbers = sorted(CreditNote.objects.values_list("number", flat=True))
    if is_locked:
        assert (problems, numbers) == ([], list(range(1, 9)))
    else:
        assert problems, "the control has to go wrong"


# --- whose pages ---------------------------------------------------------------------------


def test_strangers_download_nothing(refund, staff, as_user, stranger, facilitator, participant):
    note = sent_back(refund, staff)
    address = f"/payments/credit-notes/{note.pk}/"
    early = as_user(participant).get(address, follow=True).content.decode()
    assert "is being prepared" in early
    services.make_credit_note(note.pk)
    for person in (stranger, facilitator):
        assert as_user(person).get(address).status_code == 404
    for person in (participant, staff):
        response = as_user(person).get(address)
        assert b"".join(response.streaming_content).startswith(b"%PDF-")
        assert response["Cache-Control"] == "private, no-store"


def test_now_is_the_default_year(refund, staff):
    assert sent_back(refund, staff, now=None).year == timezone.now().year


@pytest.mark.parametrize("pays", ["employer", "self"])
def test_a_note_prints_nothing_that_the_office_wrote_for_itself(charge, staff, pays):
    if pays == "employer":
        payer = {"payer": "Clinic by the River Ltd", "address": "12 Mill Lane", "country": "PT"}
        services.make_invoice(charge, payer=payer, by=charge.user)
    bank(charge, staff)
    (refund,) = services.return_money(charge, cents=10_000, by=staff, reason="Her divorce")
    services.record_returned(refund, reference="B 1", by=staff)
    said = refund.credit_note.facts["reason"]
    assert (said, refund.credit_note.facts["asked_by"]) == ("It is not owed any more", "the office")
    assert "divorce" not in text_of(credit_notes.render(refund.credit_note))

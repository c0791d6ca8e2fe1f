"""The outbox in the office: read, never changed, tried again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from scip.audit.models import Entry
from scip.mail.models import Letter
from scip.mail.services import Address, Draft, queue_draft

TEXT = "Dear you, your code is 123 456."


def make_letter(key: str, **fields: object) -> Letter:
    queue_draft(Draft("A subject", TEXT, "<p>x</p>"), to=Address("a@example.com"), dedupe_key=key)
    Letter.objects.filter(dedupe_key=key).update(**fields)
    return Letter.objects.get(dedupe_key=key)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same(as_user, staff, django_assert_max_num_queries, rows) -> None:
    for number in range(rows):
        make_letter(f"k{number}")
    client = as_user(staff)
    client.get("/admin/mail/letter/")
    with django_assert_max_num_queries(9):
        assert client.get("/admin/mail/letter/").context["cl"].result_count == rows


def test_a_letter_is_read_and_not_changed(as_user, staff) -> None:
    letter = make_letter("occasion:1")
    client = as_user(staff)
    path = f"/admin/mail/letter/{letter.pk}/change/"
    assert TEXT in client.get(path).content.decode()
    client.post(path, {"subject": "Else", "text": "Else"})
    client.post(f"/admin/mail/letter/{letter.pk}/delete/", {"post": "yes"})
    letter.refresh_from_db()
    assert (letter.subject, letter.text) == ("A subject", TEXT)


def test_codes_of_sign_in_are_for_their_reader_alone(as_user, staff) -> None:
    letter = make_letter("account:login_code:abc")
    page = as_user(staff).get(f"/admin/mail/letter/{letter.pk}/change/").content.decode()
    assert "123 456" not in page
    assert "for its reader alone" in page


def test_stuck_ones_are_tried_again_and_sent_ones_are_not(as_user, staff) -> None:
    long_ago = timezone.now() - timedelta(days=4)
    stuck = make_letter("stuck", given_up_at=long_ago, created_at=long_ago, attempts=9)
    sent = make_letter("sent", sent_at=long_ago)
    as_user(staff).post(
        "/admin/mail/letter/", {"action": "try_again", "_selected_action": [stuck.pk, sent.pk]}
    )
    stuck.refresh_from_db()
    sent.refresh_from_db()
    assert stuck.given_up_at is None
    assert stuck in Letter.objects.due()
    assert sent.sent_at == long_ago
    assert Entry.objects.filter(action="letter.tried_again").count() == 1


@pytest.mark.parametrize(
    ("progress", "found"),
    [
        ("waiting", {"new", "stuck"}),
        ("stuck", {"stuck"}),
        ("given_up", {"lost"}),
        ("sent", {"sent"}),
    ],
)
def test_filters(as_user, staff, progress, found) -> None:
    make_letter("new")
    make_letter("stuck", attempts=2)
    make_letter("lost", attempts=9, given_up_at=timezone.now())
    make_letter("sent", sent_at=timezone.now(), attempts=1)
    result = as_user(staff).get(f"/admin/mail/letter/?progress={progress}").context["cl"]
    assert {letter.dedupe_key for letter in result.result_list} == found


def test_only_the_office_reads_letters(as_user, aid_decider) -> None:
    letter = make_letter("occasion:1")
    path = f"/admin/mail/letter/{letter.pk}/change/"
    assert as_user(aid_decider).get(path).status_code == 403


REFUSED = "SMTPRecipientsRefused: {'a@example.com': (550, b'No such person')}"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (REFUSED, "The address was not taken"),
        (REFUSED.replace("550", "451"), "did not take it yet"),
        ("SMTPDataError: (552, b'Too large')", "took the address, and not the letter"),
        ("SMTPSenderRefused: (552, b'Too large', 'office')", "larger than the mail server allows"),
        ("SMTPDataError: (451, b'Busy')", "The mail server was away"),
        ("ValueError: Header values may not contain newlines", "No e-mail could be made of it"),
        ("ConnectionRefusedError: [Errno 111] Connection refused", "The mail server was away"),
    ],
)
def test_a_letter_that_was_given_up_says_whose_it_is_and_why(
    as_user, staff, participant, error, words
) -> None:
    letter = make_letter(
        "lost", given_up_at=timezone.now(), attempts=9, last_error=error, to_user=participant
    )
    client = as_user(staff)
    assert words in client.get("/admin/mail/letter/").content.decode()
    page = client.get(f"/admin/mail/letter/{letter.pk}/change/").content.decode()
    assert words in page
    assert f'<a href="/admin/person/{participant.pk}/">{participant}</a>' in page
    assert f"whose address is {participant.email} by now" in page
    assert "Send again" in page


@pytest.mark.parametrize("fields", [{"sent_at": timezone.now()}, {"to_address": ""}])
def test_what_is_sent_or_forgotten_is_not_offered_to_be_sent_again(as_user, staff, fields) -> None:
    letter = make_letter("over", given_up_at=timezone.now(), **fields)
    client = as_user(staff)
    page = client.get(f"/admin/mail/letter/{letter.pk}/change/").content.decode()
    assert "Send again" not in page
    assert "an address without an account" in page
    client.post("/admin/mail/letter/", {"action": "try_again", "_selected_action": [letter.pk]})
    letter.refresh_from_db()
    assert letter.given_up_at is not None
    assert not Entry.objects.filter(action="letter.tried_again").exists()

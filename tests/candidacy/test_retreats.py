"""The retreat's record, and the office's leave to bring it later."""

import threading
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from certification.candidacy.models import Retreat, RetreatDeferral
from certification.candidacy.services import (
    begin,
    defer_retreat,
    return_retreat,
    submit_retreat,
    verify_retreat,
    withdraw_retreat,
)
from scip.mail.models import Letter
from scip.policy.models import Edition
from scip.requirements import Refusal
from scip.states import IllegalMove, lock
from scip.vault.errors import Refused
from tests import world
from tests.candidacy import walking
from tests.candidacy.walking import paper, send_retreat, stay
from tests.payments.test_meanwhile import until_somebody_waits

pytestmark = pytest.mark.django_db
State = Retreat.State


def test_a_correction_takes_the_place_of_what_came_back_and_keeps_its_file(
    applicant, staff, edition
):
    first = return_retreat(send_retreat(applicant), by=staff, reason="Which teachers?")
    second = submit_retreat(applicant, fields=stay(teachers="Both"), document=first.document)
    first.refresh_from_db()
    assert (first.state, second.state) == (State.REPLACED, State.SUBMITTED)
    assert second.document_id == first.document_id
    verified = verify_retreat(second, by=staff)
    assert verified.state == State.VERIFIED
    letters = Letter.objects.filter(to_user=applicant).order_by("pk")
    assert [letter.dedupe_key.rsplit(":")[-1] for letter in letters] == ["returned", "verified"]
    assert "Which teachers?" in letters[0].text
    with pytest.raises(Refusal):
        send_retreat(applicant)


@pytest.mark.parametrize(
    "fields",
    [
        {"is_silent": False},
        {"ended_on": date(2026, 4, 3)},
        {"ended_on": date(2026, 4, 1)},
        {"ended_on": timezone.localdate() + timedelta(days=3)},
    ],
)
def test_what_the_office_could_only_send_back_is_refused_at_once(applicant, edition, fields):
    with pytest.raises(Refusal):
        send_retreat(applicant, **fields)
    assert not Retreat.objects.exists()


def test_the_shortest_one_counts(applicant, edition):
    assert send_retreat(applicant, ended_on=date(2026, 4, 4)).days == 3


def test_what_is_no_document_is_refused(applicant, edition):
    from django.core.files.uploadedfile import SimpleUploadedFile

    with pytest.raises(Refused):
        submit_retreat(
            applicant, fields=stay(), document=SimpleUploadedFile("x.pdf", b"MZ" + b"0" * 99)
        )


def test_a_fact_that_is_none_is_a_mistake(applicant, edition):
    with pytest.raises(ValueError, match="has no state"):
        submit_retreat(applicant, fields=stay() | {"state": "verified"}, document=paper())


def test_somebody_else_s_file_is_refused(applicant, stranger, edition):
    other = send_retreat(stranger)
    with pytest.raises(Refusal):
        submit_retreat(applicant, fields=stay(), document=other.document)


def test_taking_it_back_destroys_the_document(applicant, stranger, staff, edition):
    retreat = send_retreat(applicant)
    with pytest.raises(Refusal):
        withdraw_retreat(retreat, by=stranger)
    withdraw_retreat(retreat, by=applicant)
    retreat.document.refresh_from_db()
    assert retreat.document.is_destroyed
    with pytest.raises(IllegalMove):
        withdraw_retreat(retreat, by=applicant)


def test_nobody_decides_about_their_own(staff, edition):
    retreat = send_retreat(staff)
    with pytest.raises(Refusal):
        verify_retreat(retreat, by=staff)
    with pytest.raises(Refusal):
        return_retreat(retreat, by=staff, reason="So.")
    with pytest.raises(Refusal):
        defer_retreat(begin(staff), by=staff, reason="So.")


def test_a_reason_is_asked_for(applicant, staff, edition):
    with pytest.raises(Refusal):
        return_retreat(send_retreat(applicant), by=staff, reason=" ")
    with pytest.raises(Refusal):
        defer_retreat(begin(applicant), by=staff, reason="")


def test_illegal_moves_are_refused(applicant, staff, edition):
    retreat = verify_retreat(send_retreat(applicant), by=staff)
    with pytest.raises(IllegalMove):
        verify_retreat(retreat, by=staff)
    with pytest.raises(IllegalMove):
        withdraw_retreat(retreat, by=applicant)
    back = return_retreat(retreat, by=staff, reason="A mistake of ours.")
    with pytest.raises(IllegalMove):
        verify_retreat(back, by=staff)


def test_the_office_lets_it_wait_and_says_why(applicant, staff, edition):
    candidacy = begin(applicant)
    defer_retreat(candidacy, by=staff, reason="Booked for May.")
    defer_retreat(candidacy, by=staff, reason="Booked for June.")
    assert RetreatDeferral.objects.get().reason == "Booked for June."
    assert "Booked for June." in Letter.objects.filter(to_user=applicant).latest("pk").text


def test_it_is_let_wait_only_where_the_edition_asks_for_it(applicant, staff, edition):
    candidacy = begin(applicant)
    Edition.objects.update(retreat_required_for="submission")
    with pytest.raises(Refusal):
        defer_retreat(candidacy, by=staff, reason="So.")
    Edition.objects.update(retreat_required_for="registration")
    with pytest.raises(Refusal):
        defer_retreat(world.make_candidacy(applicant, "withdrawn"), by=staff, reason="So.")


def test_with_a_deferral_somebody_registers(applicant, staff):
    walking.open_edition()
    world.verify_prerequisites(applicant)
    walking.complete(applicant, "A", "B")
    walking.give_word(applicant)
    from certification.candidacy.services import register

    candidacy = begin(applicant)
    with pytest.raises(Refusal) as refusal:
        register(candidacy, by=applicant)
    assert [item.code for item in refusal.value.findings] == ["retreat"]
    defer_retreat(candidacy, by=staff, reason="Booked for May.")
    assert register(candidacy, by=applicant).state == "awaiting_payment"


@pytest.mark.django_db(transaction=True)
def test_a_file_taken_back_while_a_correction_waited_is_not_sent_again():
    walking.open_edition()
    user = world.make_user("two.tabs@example.com")
    first = send_retreat(user)
    refused: list[Refusal] = []

    def correct() -> None:
        try:
            submit_retreat(user, fields=stay(teachers="Both"), document=first.document)
        except Refusal as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    other = threading.Thread(target=correct)
    try:
        with transaction.atomic():
            lock(user)
            other.start()
            until_somebody_waits()
            withdraw_retreat(first, by=user)
    finally:
        other.join()
    assert [str(item.sentence) for item in refused] == [
        "That file cannot be used again. Please choose the document once more."
    ]
    assert not Retreat.objects.current().exists()

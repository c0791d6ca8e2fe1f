"""``/profile/data/`` and the office's pages, as people meet them."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from payments.models import Adjustment, Charge
from scip.accounts.models import User
from scip.pages.models import ContactMessage
from scip.privacy import services
from scip.privacy.models import ErasureRequest
from scip.privacy.rules import table
from tests import world

pytestmark = pytest.mark.django_db
State = ErasureRequest.State


@pytest.fixture
def person(edition: Any) -> User:
    return world.make_user("going@example.org", name="Gunda Gehrig")


@pytest.fixture
def client_of_person(person: User) -> Client:
    """Signed in with the password a moment ago, so nothing is asked again."""
    client = Client()
    client.post("/accounts/login/", {"login": person.email, "password": world.PASSWORD})
    return client


def confirm(client: Client) -> None:
    client.post("/accounts/reauthenticate/", {"password": world.PASSWORD})


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_the_page_says_what_there_is_and_for_how_long(client_of_person: Client) -> None:
    ContactMessage.objects.create(name="G", email="going@example.org", message="Hello")
    page = text_of(client_of_person.get("/profile/data/"))
    assert "Your account and profile" in page
    assert "A message goes 365 days after the answer" in page
    assert "Your portfolio" not in page


@pytest.mark.parametrize("rows", [1, 3])
def test_the_pages_ask_as_much_with_three_rows_as_with_one(
    rows: int, client_of_person: Client, django_assert_num_queries: Any
) -> None:
    for number in range(rows):
        ContactMessage.objects.create(name=f"G{number}", email="going@example.org", message="Hi")
    confirm(client_of_person)
    client_of_person.get("/profile/data/erase/")
    with django_assert_num_queries(ERASE):
        assert client_of_person.get("/profile/data/erase/").status_code == 200
    with django_assert_num_queries(DATA):
        assert client_of_person.get("/profile/data/").status_code == 200


DATA = 7
ERASE = 17


def test_what_stays_of_money_says_that_the_office_s_reasons_do(
    person: User, client_of_person: Client
) -> None:
    charge = Charge.objects.create(
        user=person,
        purpose="tuition_level_a",
        description="Tuition",
        amount_cents=100,
        due_at=timezone.now(),
    )
    Adjustment.objects.create(charge=charge, kind="waiver", amount_cents=-100, reason="Hardship")
    confirm(client_of_person)
    stays = text_of(client_of_person.get("/profile/data/erase/")).partition("What stays, and why")[
        2
    ]
    assert "the name and address on invoices and receipts" in stays
    assert "a reason where somebody of the office typed one" in stays


def test_the_password_is_asked_again(person: User, as_user: Any) -> None:
    client = as_user(person)
    answer = client.get("/profile/data/erase/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/reauthenticate/")


def test_asking_needs_the_address_typed(client_of_person: Client, person: User) -> None:
    confirm(client_of_person)
    page = client_of_person.post("/profile/data/erase/", {"address": "other@example.org"})
    assert "This is not the address you sign in with" in page.content.decode()
    assert not ErasureRequest.objects.exists()
    answer = client_of_person.post("/profile/data/erase/", {"address": "GOING@example.org"})
    assert answer.status_code == 302
    assert ErasureRequest.objects.get().person == person
    page = text_of(client_of_person.get("/profile/data/"))
    assert "You asked to be erased" in page
    assert "Keep my account" in page


def test_what_stands_in_the_way_is_said_with_a_link_and_without_the_button(
    client_of_person: Client, person: User
) -> None:
    place = world.make_enrolment(person, world.make_cohort())
    confirm(client_of_person)
    page = client_of_person.get("/profile/data/erase/").content.decode()
    assert f"/enrolments/{place.pk}/" in page
    assert "Ask to be erased" not in page


def test_changing_one_s_mind(client_of_person: Client, person: User) -> None:
    request = services.ask(person, by=person, takes_down_credentials=False)
    assert client_of_person.get(f"/profile/data/erase/{request.pk}/withdraw/").status_code == 405
    client_of_person.post(f"/profile/data/erase/{request.pk}/withdraw/")
    request.refresh_from_db()
    assert request.state == State.WITHDRAWN


def test_a_stranger_s_request_is_not_there(
    client_of_person: Client, stranger: User, staff: User, as_user: Any
) -> None:
    request = services.ask(stranger, by=stranger, takes_down_credentials=False)
    path = f"/profile/data/erase/{request.pk}/withdraw/"
    assert client_of_person.post(path).status_code == 404
    assert as_user(staff).post(path).status_code == 404
    request.refresh_from_db()
    assert request.state == State.ASKED


def test_the_public_page_tells_the_table(client: Client, edition: Any) -> None:
    page = text_of(client.get("/privacy/"))
    for kind in table().kinds.values():
        assert kind.title in page
    assert "{" not in page
    assert "at least seven years" in page


# --- the office ------------------------------------------------------------------------------


def test_the_office_enters_a_letter(person: User, staff: User, as_user: Any) -> None:
    office = as_user(staff)
    page = office.post(
        "/admin/privacy/erasurerequest/enter/",
        {"address": "nobody@example.org", "letter_note": "By post"},
    )
    assert "Nobody has an account with this address" in page.content.decode()
    office.post(
        "/admin/privacy/erasurerequest/enter/",
        {"address": person.email, "letter_note": "By post, rang her up."},
    )
    request = ErasureRequest.objects.get()
    assert (request.person, request.asked_by) == (person, staff)
    assert request.due_at > timezone.now() + timedelta(days=13)
    page = office.get(f"/admin/privacy/erasurerequest/{request.pk}/change/").content.decode()
    assert "nobody can skip them" in page
    office.post(f"/admin/privacy/erasurerequest/{request.pk}/take-back/")
    request.refresh_from_db()
    assert request.state == State.WITHDRAWN


def test_the_office_takes_back_only_what_it_entered(
    person: User, staff: User, as_user: Any
) -> None:
    request = services.ask(person, by=person, takes_down_credentials=False)
    as_user(staff).post(f"/admin/privacy/erasurerequest/{request.pk}/take-back/")
    request.refresh_from_db()
    assert request.state == State.ASKED


@pytest.mark.parametrize("rows", [1, 3])
def test_the_office_s_list_asks_as_much_with_three_rows_as_with_one(
    rows: int, edition: Any, staff: User, as_user: Any, django_assert_num_queries: Any
) -> None:
    for number in range(rows):
        person = world.make_user(f"going{number}@example.org")
        services.ask(person, by=person, takes_down_credentials=False)
    office = as_user(staff)
    office.get("/admin/privacy/erasurerequest/")
    with django_assert_num_queries(7):
        page = office.get("/admin/privacy/erasurerequest/").content.decode()
    assert page.count("its day</td>") == rows

"""Sessions and passwords as the standard asks for them, through the site's own pages."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from scip.accounts.models import User
from tests.world import PASSWORD, make_user


def sign_in(client: Client, user: User, password: str = PASSWORD) -> None:
    client.post(reverse("account_login"), {"login": user.email, "password": password})


def is_in(client: Client) -> bool:
    return client.get(reverse("profile:edit")).status_code == 200


@pytest.fixture
def person(db: None) -> User:
    return make_user("person@example.com", name="Pia")


def test_signing_in_gives_a_new_session(person):
    client = Client()
    client.get(reverse("account_login"))
    session = client.session
    session["planted"] = "x"
    session.save()
    client.cookies["session"] = session.session_key
    before = session.session_key
    sign_in(client, person)
    assert is_in(client)
    assert client.cookies["session"].value != before


def test_a_session_that_was_left_is_of_no_use_to_anybody(person):
    client = Client()
    sign_in(client, person)
    kept = client.cookies["session"].value
    client.post(reverse("account_logout"))
    thief = Client()
    thief.cookies["session"] = kept
    assert not is_in(thief)


def test_a_session_of_ones_own_making_is_not_taken(person):
    client = Client()
    client.cookies["session"] = "a" * 32
    assert not is_in(client)


def test_a_closed_account_is_out_at_once(person):
    client = Client()
    sign_in(client, person)
    assert is_in(client)
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert not is_in(client)


def test_a_get_never_signs_anybody_in_or_out(person):
    client = Client()
    client.get(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    assert not is_in(client)
    sign_in(client, person)
    client.get(reverse("account_logout"))
    assert is_in(client)


def test_every_page_of_an_account_offers_the_way_out(person, edition):
    client = Client()
    sign_in(client, person)
    for name in ("pathway:home", "profile:edit", "applications:list", "payments:list"):
        assert reverse("account_logout") in client.get(reverse(name)).content.decode()


@pytest.mark.parametrize("new", ["pässwörd 🧘 with spaces", "a1" * 40, "onlysmalllettershere"])
def test_a_new_password_may_be_anything_long_and_needs_the_present_one(person, new):
    client, elsewhere = Client(), Client()
    sign_in(client, person)
    sign_in(elsewhere, person)
    page = reverse("account_change_password")
    wrong = {"oldpassword": "not this one at all", "password1": new, "password2": new}
    client.post(page, wrong)
    person.refresh_from_db()
    assert person.check_password(PASSWORD)
    client.post(page, wrong | {"oldpassword": PASSWORD})
    person.refresh_from_db()
    assert person.check_password(new)
    assert not person.check_password(new.swapcase())
    assert not is_in(elsewhere)


def test_password_fields_are_masked_and_leave_managers_alone(db):
    for name in ("account_login", "account_signup"):
        page = Client().get(reverse(name)).content.decode()
        fields = re.findall(r"<input[^>]*password[^>]*>", page)
        assert fields
        assert all('type="password"' in field for field in fields)
        assert not [
            field for field in fields if 'autocomplete="off"' in field or "onpaste" in field
        ]


def test_a_new_installation_has_no_accounts(db):
    assert User.objects.count() == 0

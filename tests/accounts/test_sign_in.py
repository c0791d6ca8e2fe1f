"""Signing up and in: limits, codes, second factors, nothing given away."""

import re
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from scip.accounts.models import Role, User
from scip.mail.models import Letter
from tests import world
from tests.factors import code_from

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
LOGIN = "/accounts/login/"
NEW_PASSWORD = "a calm river at dawn"


@pytest.fixture(autouse=True)
def empty_cache(db: None) -> None:
    cache.clear()


def code_in(letter: Letter) -> str:
    found = re.search(r"^([A-Z0-9]{3,}[A-Z0-9-]*)$", letter.text, re.MULTILINE)
    assert found is not None, letter.text
    return found[1]


def newest() -> Letter:
    letter = Letter.objects.order_by("-pk").first()
    assert letter is not None
    return letter


def try_password(client: Client, email: str, password: str, **extra: Any) -> Any:
    return client.post(LOGIN, {"login": email, "password": password}, **extra)


class TestSignUp:
    def test_with_code_to_the_profile(self, client: Client) -> None:
        page = client.post(
            "/accounts/signup/", {"email": "Nia@Example.com", "password1": NEW_PASSWORD}
        )
        assert page.status_code == 302
        assert page.url == "/accounts/confirm-email/"
        letter = newest()
        assert letter.to_address == "nia@example.com"
        done = client.post("/accounts/confirm-email/", {"code": code_in(letter)})
        assert done.url == "/profile/"
        assert client.get("/profile/").status_code == 200
        assert User.objects.get(email="nia@example.com").roles == frozenset()
        assert EmailAddress.objects.get(email="nia@example.com").verified

    @pytest.mark.parametrize(
        ("proposed", "kept"),
        [("America%2FBogota", "America/Bogota"), ("Nowhere%2FAtAll", "UTC"), ("", "UTC")],
    )
    def test_the_zone_that_the_browser_proposed_stays(
        self, client: Client, proposed: str, kept: str
    ) -> None:
        client.cookies["tz"] = proposed
        client.post("/accounts/signup/", {"email": "nia@example.com", "password1": NEW_PASSWORD})
        assert User.objects.get(email="nia@example.com").time_zone == kept

    def test_a_wrong_code_opens_nothing(self, client: Client) -> None:
        client.post("/accounts/signup/", {"email": "nia@example.com", "password1": NEW_PASSWORD})
        page = client.post("/accounts/confirm-email/", {"code": "WRONG1"})
        assert "This is not the code we sent" in page.content.decode()
        assert not EmailAddress.objects.filter(verified=True).exists()

    def test_the_honeypot_takes_nobody_in(self, client: Client) -> None:
        client.post(
            "/accounts/signup/",
            {"email": "bot@example.com", "password1": NEW_PASSWORD, "homepage": "http://x"},
        )
        assert not User.objects.filter(email="bot@example.com").exists()

    @pytest.mark.parametrize("password", ["short", "password1234", "n@example.com"])
    def test_weak_passwords(self, client: Client, password: str) -> None:
        page = client.post("/accounts/signup/", {"email": "n@example.com", "password1": password})
        assert "password1" in page.context["form"].errors


def shape(response: Any, *addresses: str) -> tuple[Any, ...]:
    """What an observer sees, without what differs at random or repeats the address typed."""
    body = response.content.decode()
    body = re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]+', r"\1", body)
    for address in addresses:
        body = body.replace(address, "address")
    headers = {
        name: value
        for name, value in response.headers.items()
        if name not in {"Content-Length", "Expires"}
    }
    cookies = sorted(
        (name, morsel["path"], morsel["max-age"], morsel["samesite"], morsel["httponly"])
        for name, morsel in response.cookies.items()
    )
    return response.status_code, headers, body, cookies


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        (LOGIN, {"login": "{email}", "password": "not this one, no"}),
        ("/accounts/signup/", {"email": "{email}", "password1": NEW_PASSWORD}),
        ("/accounts/password/reset/", {"email": "{email}"}),
        ("/accounts/login/code/", {"email": "{email}"}),
    ],
)
class TestNothingGivenAway:
    KNOWN, UNKNOWN, OFFICE = "known@example.com", "other@example.com", "staff@example.com"

    def walk(self, path: str, fields: dict[str, str], email: str) -> list[tuple[Any, ...]]:
        """The answer, the page it leads to, and what a wrong code gets there."""
        client = Client()
        client.get(path)
        first = client.post(path, {key: value.format(email=email) for key, value in fields.items()})
        seen = [shape(first, email)]
        if first.status_code == 302:
            seen.append(shape(client.get(first.url), email))
            if "confirm" in first.url:
                seen.append(shape(client.post(first.url, {"code": "ABC123"}), email))
        return seen

    def test_known_and_unknown_look_the_same(self, path: str, fields: dict[str, str]) -> None:
        world.make_user(self.KNOWN)
        known = self.walk(path, fields, self.KNOWN)
        cache.clear()
        unknown = self.walk(path, fields, self.UNKNOWN)
        assert known == unknown

    def test_people_of_the_office_look_the_same(self, path: str, fields: dict[str, str]) -> None:
        world.make_user(self.OFFICE, Role.STAFF)
        office = self.walk(path, fields, self.OFFICE)
        cache.clear()
        assert office == self.walk(path, fields, self.UNKNOWN)


@pytest.mark.soak  # a measurement: on a busy machine it says nothing
def test_signing_up_takes_as_long_for_a_known_address() -> None:
    """Both hash a password; the medians stay within a factor of two of each other."""
    world.make_user("known@example.com")

    def seconds(email: str) -> float:
        cache.clear()
        start = time.perf_counter()
        Client().post("/accounts/signup/", {"email": email, "password1": NEW_PASSWORD})
        return time.perf_counter() - start

    seconds("warm@example.com")
    known = sorted(seconds("known@example.com") for _n in range(5))[2]
    unknown = sorted(seconds(f"new{n}@example.com") for n in range(5))[2]
    assert 0.5 < known / unknown < 2


class TestLoginCode:
    def test_without_a_role(self, client: Client, applicant: User) -> None:
        client.post("/accounts/login/code/", {"email": applicant.email})
        done = client.post("/accounts/login/code/confirm/", {"code": code_in(newest())})
        assert done.status_code == 302
        assert client.get("/profile/").status_code == 200

    @pytest.mark.parametrize("role", list(Role))
    def test_a_role_gets_a_kind_letter_and_no_code(self, client: Client, role: Role) -> None:
        user = world.make_user("r@example.com", role)
        client.post("/accounts/login/code/", {"email": user.email})
        letter = newest()
        assert letter.subject == "Please sign in with your password"
        assert not re.search(r"^[A-Z0-9]{3,}[A-Z0-9-]*$", letter.text, re.MULTILINE)

    def test_even_the_right_code_is_no_way_in(self, client: Client, facilitator: User) -> None:
        client.post("/accounts/login/code/", {"email": facilitator.email})
        # The code was made and never sent; suppose somebody guessed it.
        code = re.findall(r"'code': '([^']+)'", str(dict(client.session)))[0]
        page = client.post("/accounts/login/code/confirm/", {"code": code}, follow=True)
        assert page.redirect_chain[-1][0] == LOGIN
        assert "Your role needs your password" in page.content.decode()
        assert not page.wsgi_request.user.is_authenticated


class TestSecondFactor:
    PAGES = ("/pathway/", "/profile/", "/profile/prerequisites/", "/admin/", "/payments/")

    @pytest.mark.parametrize("role", list(Role))
    def test_every_role_without_one_sees_account_pages_only(
        self, as_user: SignIn, role: Role
    ) -> None:
        user = world.make_user("r@example.com", role)
        Authenticator.objects.filter(user=user).delete()
        client = as_user(user)
        for page in self.PAGES:
            response = client.get(page)
            assert (response.status_code, response.url) == (302, reverse("mfa_index")), page
        assert client.get(reverse("mfa_index")).status_code == 200
        assert client.post(reverse("account_logout")).status_code == 302

    @pytest.mark.parametrize("role", list(Role))
    def test_every_role_with_one_goes_on(self, as_user: SignIn, role: Role) -> None:
        client = as_user(world.make_user("r@example.com", role))
        assert client.get("/profile/").status_code == 200

    def test_recovery_codes_alone_are_none(self, as_user: SignIn) -> None:
        user = world.make_user("r@example.com", Role.REVIEWER)
        Authenticator.objects.filter(user=user).delete()
        RecoveryCodes.activate(user)
        assert as_user(user).get("/profile/").status_code == 302

    def test_nobody_else_is_asked(self, applicant: User, as_user: SignIn) -> None:
        assert as_user(applicant).get("/profile/").status_code == 200

    def test_password_alone_does_not_sign_in(self, client: Client, staff: User) -> None:
        response = try_password(client, staff.email, world.PASSWORD)
        assert response.url == reverse("mfa_authenticate")
        assert client.get("/profile/").status_code == 302

    def test_password_and_code_do(self, client: Client) -> None:
        user = world.make_user("plain@example.com")
        secret = generate_totp_secret()
        TOTP.activate(user, secret)
        try_password(client, user.email, world.PASSWORD)
        code = code_from(secret)
        client.post(reverse("mfa_authenticate"), {"code": code})
        assert client.get("/profile/").status_code == 200
        again = Client()
        try_password(again, user.email, world.PASSWORD)
        again.post(reverse("mfa_authenticate"), {"code": code})
        assert again.get("/profile/").status_code == 302, "a code works once"

    def test_the_last_factor_of_a_role_stays(self, client: Client, staff: User) -> None:
        from allauth.mfa.adapter import get_adapter

        factor = Authenticator.objects.get(user=staff)
        assert not get_adapter().can_delete_authenticator(factor)
        Authenticator.objects.create(user=staff, type=Authenticator.Type.WEBAUTHN, data={})
        assert get_adapter().can_delete_authenticator(factor)

    def test_secrets_are_sealed_in_the_database(self, applicant: User) -> None:
        secret = generate_totp_secret()
        TOTP.activate(applicant, secret)
        codes = RecoveryCodes.activate(applicant).get_unused_codes()
        with connection.cursor() as cursor:
            cursor.execute("select data::text from mfa_authenticator")
            columns = " ".join(row[0] for row in cursor.fetchall())
        assert secret not in columns
        assert not [code for code in codes if code in columns]
        assert TOTP(Authenticator.objects.get(type="totp")).validate_code(code_from(secret))

    def test_an_older_vault_key_still_opens_secrets(self, settings: Any, applicant: User) -> None:
        from scip.accounts.services import cipher

        sealed = cipher().encrypt(b"secret")
        settings.VAULT_KEYS = [b"n" * 32, *settings.VAULT_KEYS]
        assert cipher().decrypt(sealed) == b"secret"

    def test_rotating_the_vault_keys_takes_second_factors_along(
        self, settings: Any, applicant: User, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Otherwise everybody with a role is locked out when the older key goes."""
        secret = generate_totp_secret()
        TOTP.activate(applicant, secret)
        codes = RecoveryCodes.activate(applicant).get_unused_codes()
        new = b"n" * 32
        settings.VAULT_KEYS = [new, *settings.VAULT_KEYS]
        call_command("rotate_vault_keys")
        call_command("rotate_vault_keys")
        first, again = capsys.readouterr().out.splitlines()
        assert first.startswith("0 files and 2 second factors are now under the newest key")
        assert again.startswith("0 files and 0 second factors")
        settings.VAULT_KEYS = [new]
        code = code_from(secret)
        assert TOTP(Authenticator.objects.get(type="totp")).validate_code(code)
        kept = RecoveryCodes(Authenticator.objects.get(type="recovery_codes"))
        assert kept.get_unused_codes() == codes

    def test_a_key_that_went_too_early_is_named(self, settings: Any, applicant: User) -> None:
        TOTP.activate(applicant, generate_totp_secret())
        settings.VAULT_KEYS = [b"n" * 32]
        with pytest.raises(CommandError, match="Add the older key back"):
            call_command("rotate_vault_keys")


class TestAdminSignIn:
    def test_leads_to_our_own_page(self, client: Client) -> None:
        response = client.get("/admin/login/?next=/admin/")
        assert (response.status_code, response.url) == (302, "/accounts/login/?next=%2Fadmin%2F")
        assert client.post("/admin/login/", {"username": "x", "password": "y"}).status_code == 302

    def test_others_are_told_plainly(self, applicant: User, as_user: SignIn) -> None:
        assert as_user(applicant).get("/admin/", follow=True).status_code == 403

    def test_passwords_change_on_the_account_page(self, staff: User, as_user: SignIn) -> None:
        response = as_user(staff).get("/admin/password_change/")
        assert response.url == reverse("account_change_password")


class TestLimits:
    def attempts(self, count: int, **kwargs: Any) -> list[bool]:
        """Was each wrong try looked at (True) or sent away (False)?"""
        looked_at = []
        for number in range(count):
            page = try_password(Client(), "limit@example.com", f"wrong {number}", **kwargs)
            looked_at.append("do not belong together" in page.content.decode())
        return looked_at

    def test_five_then_a_pause_for_the_right_one_too(self) -> None:
        world.make_user("limit@example.com")
        assert self.attempts(7) == [True] * 5 + [False] * 2
        page = try_password(Client(), "limit@example.com", world.PASSWORD)
        assert "so we pause for five minutes" in page.content.decode()

    def test_an_unknown_address_is_paused_too(self) -> None:
        assert self.attempts(6) == [True] * 5 + [False]

    def test_another_host_name_adds_none(self, settings: Any) -> None:
        settings.ALLOWED_HOSTS = ["testserver", "other.example"]
        assert self.attempts(5) == [True] * 5
        assert self.attempts(1, headers={"host": "other.example"}) == [False]

    def test_capital_letters_add_none(self) -> None:
        self.attempts(5)
        page = try_password(Client(), "LIMIT@example.com", "x")
        assert "so we pause" in page.content.decode()

    def test_forged_forwarding_headers_change_nothing(self) -> None:
        """One address may try ten accounts a minute, whatever it claims to be."""
        looked_at = []
        for number in range(12):
            page = try_password(
                Client(),
                f"person{number}@example.com",
                "wrong",
                headers={"x-forwarded-for": f"203.0.113.{number}", "forwarded": "for=1.2.3.4"},
            )
            looked_at.append("do not belong together" in page.content.decode())
        assert looked_at == [True] * 10 + [False] * 2

    def test_a_flood_of_other_entries_does_not_wash_the_limit_out(self) -> None:
        self.attempts(5)
        for number in range(400):
            cache.set(f"flood:{number}", number, 600)
        assert self.attempts(1) == [False]

    def test_right_ones_in_between_give_no_further_tries(self) -> None:
        world.make_user("limit@example.com")
        self.attempts(3)
        assert try_password(Client(), "limit@example.com", world.PASSWORD).status_code == 302
        assert self.attempts(4) == [True, True, False, False]


@pytest.mark.django_db(transaction=True)
class TestLimitsAtOnce:
    """Fifty threads with real connections, each from an address of its own."""

    THREADS = 50

    def looked_at(self) -> int:
        world.make_user("limit@example.com")
        start = threading.Barrier(self.THREADS)
        outcomes: list[bool] = []

        def one(number: int) -> None:
            client = Client(REMOTE_ADDR=f"10.0.0.{number}")
            start.wait()
            try:
                page = try_password(client, "limit@example.com", f"wrong {number}")
                outcomes.append("do not belong together" in page.content.decode())
            finally:
                connection.close()

        threads = [threading.Thread(target=one, args=(n,)) for n in range(self.THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(outcomes) == self.THREADS
        return sum(outcomes)

    def test_at_most_five(self) -> None:
        assert 1 <= self.looked_at() <= 5

    def test_without_the_limit_the_count_is_higher(self, settings: Any) -> None:
        """The control: the same threads with the limit off are all looked at."""
        settings.ACCOUNT_RATE_LIMITS = {"login_failed": None, "login": None}
        assert self.looked_at() > 5

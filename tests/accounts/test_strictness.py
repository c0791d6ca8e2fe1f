"""What the security standard asks of passwords, codes and sessions beyond the ways themselves."""

import logging
import math
import re
import time
from typing import Any

import pytest
from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from scip.accounts.journal import mark_of
from scip.accounts.models import User
from scip.mail.models import Letter
from tests import world

pytestmark = pytest.mark.django_db
LOGIN, CODE, CONFIRM = "/accounts/login/", "/accounts/login/code/", "/accounts/login/code/confirm/"
SIGN_INS = "scip.accounts.sign_in"


@pytest.fixture(autouse=True)
def empty_cache(db: None) -> None:
    cache.clear()


def sign_in(client: Client, user: User, password: str = world.PASSWORD) -> Any:
    return client.post(LOGIN, {"login": user.email, "password": password})


def is_in(client: Client) -> bool:
    return bool(client.get("/profile/").status_code == 200)


def newest() -> Letter:
    letter = Letter.objects.order_by("-pk").first()
    assert letter is not None
    return letter


def sent_code() -> str:
    found = re.search(r"^([A-Z0-9]{3,}[A-Z0-9-]*)$", newest().text, re.MULTILINE)
    assert found is not None
    return found[1]


class TestPasswords:
    @pytest.mark.parametrize(
        "password", ["Self-Compassion!", "scip-cmsc-2026", "Mindful-Therapist", "pathway-pathway-1"]
    )
    def test_words_of_ours_alone_are_refused(self, password: str) -> None:
        with pytest.raises(ValidationError) as refused:
            validate_password(password)
        assert "password_of_our_words" in {error.code for error in refused.value.error_list}

    @pytest.mark.parametrize(
        "password", ["compassion for seven herons", "a calm river at dawn", "..............!!"]
    )
    def test_they_may_stand_in_a_longer_one(self, password: str) -> None:
        validate_password(password)

    def test_a_new_password_leaves_the_second_factor_in_place(self, client: Client) -> None:
        user = world.make_user("plain@example.com")
        TOTP.activate(user, generate_totp_secret())
        client.post("/accounts/password/reset/", {"email": user.email})
        link = re.search(r"https?://\S+/accounts/password/reset/key/\S+", newest().text)
        assert link is not None
        form = client.get(re.sub(r"^https?://[^/]+", "", link[0]), follow=True)
        new = "a calm river at dawn"
        client.post(form.redirect_chain[-1][0], {"password1": new, "password2": new})
        assert not is_in(client), "a new password alone lets nobody in"
        user.refresh_from_db()
        assert user.check_password(new)
        again = Client()
        assert sign_in(again, user, new).url == reverse("mfa_authenticate")
        assert not is_in(again)


class TestCodes:
    def test_a_code_belongs_to_the_browser_that_asked(self, applicant: User) -> None:
        mine, other = Client(), Client()
        mine.post(CODE, {"email": applicant.email})
        code = sent_code()
        other.post(CODE, {"email": "other@example.com"})
        other.post(CONFIRM, {"code": code})
        assert not is_in(other)
        mine.post(CONFIRM, {"code": code})
        assert is_in(mine)

    def test_a_code_can_be_guessed_three_times(self, client: Client, applicant: User) -> None:
        client.post(CODE, {"email": applicant.email})
        right = sent_code()
        for _try in range(3):
            client.post(CONFIRM, {"code": "ZZZZZZ"})
        client.post(CONFIRM, {"code": right})
        assert not is_in(client)

    def test_codes_hold_enough_chance(self, applicant: User) -> None:
        """At least 20 bits, judged by what two hundred of them look like."""
        letters = [get_adapter().generate_login_code() for _n in range(200)]
        lists = []
        for _n in range(20):
            Authenticator.objects.filter(user=applicant).delete()
            lists += RecoveryCodes.activate(applicant).get_unused_codes()
        for codes in (letters, lists):
            plain = [code.replace("-", "") for code in codes]
            signs = len(set("".join(plain)))
            assert min(map(len, plain)) * math.log2(signs) >= 20
            assert len(set(plain)) >= len(plain) - 1


class TestSessions:
    def test_the_busiest_session_ends(
        self, client: Client, applicant: User, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sign_in(client, applicant)
        now = time.time()
        for days in (10, 20, 29):
            monkeypatch.setattr(time, "time", lambda days=days: now + days * 86_400)
            assert is_in(client)
        monkeypatch.setattr(time, "time", lambda: now + settings.SESSION_LONGEST + 60)
        page = client.get("/profile/", follow=True)
        assert page.redirect_chain[-1][0].startswith(LOGIN)
        assert "You were signed in for a long time" in page.content.decode()

    def test_nobody_is_sent_away_in_the_middle_of_writing(
        self, client: Client, applicant: User, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sign_in(client, applicant)
        later = time.time() + settings.SESSION_LONGEST + 60
        monkeypatch.setattr(time, "time", lambda: later)
        asides: list[dict[str, str]] = [{"Sec-Fetch-Mode": "cors"}, {"HX-Request": "true"}]
        for headers in asides:
            assert client.get("/profile/", headers=headers).status_code == 200
        client.post("/profile/", {})
        assert client.get("/profile/", headers=asides[0]).status_code == 200
        monkeypatch.setattr(time, "time", lambda: later + 86_400)
        assert client.get("/profile/", headers=asides[0]).status_code == 302

    def test_the_browser_forgets_the_pages_of_whoever_leaves(
        self, client: Client, applicant: User
    ) -> None:
        sign_in(client, applicant)
        assert "Clear-Site-Data" not in client.get("/profile/").headers
        assert client.post("/accounts/logout/").headers["Clear-Site-Data"] == '"cache"'
        assert "Clear-Site-Data" not in client.get("/faq/").headers


class TestWrittenDown:
    @pytest.fixture(autouse=True)
    def everything(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO, logger=SIGN_INS)

    def test_coming_going_and_being_refused(
        self, client: Client, applicant: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        sign_in(client, applicant, "not this one, no")
        sign_in(client, applicant)
        client.post("/accounts/logout/")
        assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
            ("WARNING", f"A sign-in for {mark_of(applicant.email)} was refused."),
            ("INFO", f"Account {applicant.pk} signed in."),
            ("INFO", f"Account {applicant.pk} signed out."),
        ]
        assert applicant.email not in caplog.text
        assert "not this one" not in caplog.text

    def test_a_wrong_factor_and_a_wrong_code(
        self, client: Client, applicant: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        client.post(CODE, {"email": applicant.email})
        client.post(CONFIRM, {"code": "ZZZZZZ"})
        TOTP.activate(applicant, generate_totp_secret())
        other = Client()
        sign_in(other, applicant)
        other.post(reverse("mfa_authenticate"), {"code": "000000"})
        said = [record.getMessage() for record in caplog.records if record.name == SIGN_INS]
        assert said == [
            "A code from a letter was refused.",
            f"A second factor of account {applicant.pk} was refused.",
        ]

    def test_a_limit_that_is_reached(
        self, applicant: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        for _try in range(6):
            sign_in(Client(), applicant, "not this one, no")
        pauses = [record for record in caplog.records if "pauses" in record.getMessage()]
        assert [record.getMessage() for record in pauses] == [
            f"Signing in pauses for {mark_of(applicant.email)}."
        ]

    def test_other_limits_are_refused_requests(
        self, client: Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        for number in range(62):  # more than thirty in one minute, wherever it begins
            client.get(f"/verify/{number:017}/")
        refused = [record for record in caplog.records if record.name == "django.request"]
        assert refused[-1].getMessage().startswith("Too Many Requests: /verify/")
        assert refused[-1].levelname == "WARNING"

    def test_an_address_cannot_write_a_line_of_its_own(
        self, client: Client, caplog: pytest.LogCaptureFixture, settings: Any
    ) -> None:
        client.get("/nowhere%0A2026-01-01%20INFO%20forged")
        (record,) = [record for record in caplog.records if record.name == "django.request"]
        form = settings.LOGGING["formatters"]["plain"]
        line = logging.Formatter(form["format"], style=form["style"]).format(record)
        assert "\n" not in line
        assert re.fullmatch(
            r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} WARNING django\.request Not Found: /nowhere.*",
            line,
        )


def test_a_parameter_given_twice_counts_as_its_last(client: Client, edition: Any) -> None:
    once = client.get("/directory/?country=PT")
    twice = client.get("/directory/?country=DE&country=PT")
    assert once.context["asked"].country == "PT"
    assert twice.content == once.content

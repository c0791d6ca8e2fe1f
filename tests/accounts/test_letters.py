"""Every letter about an account: rendered, complete, in the house's voice."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import allauth
import pytest
from django.conf import settings
from django.utils import timezone

from scip.accounts import emails
from scip.accounts.models import Prerequisite, User
from scip.mail.models import Letter

pytestmark = pytest.mark.django_db
FOLDER = Path(settings.BASE_DIR) / "templates" / "accounts" / "emails"
ALLAUTH = [
    "account_already_exists",
    "email_changed",
    "email_confirmation",
    "email_confirmation_signup",
    "email_deleted",
    "login_code",
    "login_code_refused",
    "password_changed",
    "password_reset",
    "password_reset_key",
    "password_set",
    "recovery_codes_generated",
    "totp_activated",
    "totp_deactivated",
    "unknown_account",
    "webauthn_added",
    "webauthn_removed",
]
OURS = [
    "prerequisite_expires",
    "prerequisite_returned",
    "prerequisite_verified",
    "role_ended",
    "role_granted",
    "second_factor_reset",
]


def context() -> dict[str, Any]:
    return {
        "code": "QX7-9PL",
        "ip": "192.0.2.7",
        "timestamp": timezone.now(),
        "from_email": "old@example.com",
        "to_email": "new@example.com",
        "deleted_email": "old@example.com",
        "password_reset_url": f"{settings.SITE_URL}/accounts/password/reset/key/1-abc/",
    }


def test_the_list_is_complete() -> None:
    assert sorted({path.name.split(".")[0] for path in FOLDER.iterdir()}) == sorted(
        [*ALLAUTH, *OURS]
    )


def test_every_letter_that_allauth_sends_has_a_template() -> None:
    """Its own source names them; letters of switched-off ways are listed here."""
    switched_off = {"password_reset_code"}
    sent = set()
    for path in Path(allauth.__path__[0]).rglob("*.py"):
        if "headless" not in path.parts and "socialaccount" not in path.parts:
            sent |= set(re.findall(r'"(?:account|mfa)/email/(\w+)"', path.read_text()))
    assert sent - switched_off <= set(ALLAUTH)
    assert len(sent) > 10


@pytest.mark.parametrize("name", ALLAUTH)
def test_account_letters(name: str, applicant: User) -> None:
    emails.account_letter(name, applicant.email, context())
    letter = Letter.objects.get()
    check(letter, button=name in {*emails.BUTTONS, "password_reset_key"})
    # The office reads subjects (its outbox, a person's page), so no secret stands in one.
    assert context()["code"] not in letter.subject


def test_a_letter_to_somebody_unknown() -> None:
    emails.account_letter("unknown_account", "who@example.com", {})
    letter = Letter.objects.get()
    assert (letter.to_user, letter.to_address) == (None, "who@example.com")
    assert letter.text.startswith("Hello,")


@pytest.mark.parametrize("stage", ["first", "last", "ended"])
def test_expiry(applicant: User, stage: str) -> None:
    row = Prerequisite.objects.create(
        user=applicant, kind="insurance", insurer="x", expires_on=date(2027, 3, 2)
    )
    emails.prerequisite_expires(row, stage)
    letter = Letter.objects.get()
    check(letter, button=True)
    assert "Tuesday 2 March 2027" in letter.text
    assert ("has ended" in letter.subject) == (stage == "ended")


def check(letter: Letter, *, button: bool) -> None:
    for body in (letter.text, letter.html):
        assert "{{" not in body
        assert "None" not in body
        assert not re.search(r"(?i)\binvalid\b|failed to", body)
    assert "!" not in letter.text + letter.subject
    assert letter.subject
    assert "\n" not in letter.subject
    assert letter.html.count('class="button"') == int(button)
    if button:
        link = re.search(r'class="button" href="([^"]+)"', letter.html)
        assert link is not None
        assert link[1].startswith(settings.SITE_URL + "/")
        assert link[1] in letter.text
    assert not re.search(r'(?:href|src)="(?!http|mailto)', letter.html)


def test_the_reset_link_ignores_the_host_that_was_asked(
    client: Any, applicant: User, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    client.post(
        "/accounts/password/reset/",
        {"email": applicant.email},
        headers={"host": "evil.example"},
    )
    letter = Letter.objects.get()
    assert "evil.example" not in letter.text + letter.html
    link = re.search(r"\S+/accounts/password/reset/key/\S+", letter.text)
    assert link is not None
    assert link[0].startswith(settings.SITE_URL + "/")
    path = link[0].removeprefix(settings.SITE_URL)
    page = client.get(path, follow=True)
    assert "Choose a new password" in page.content.decode()
    done = client.post(
        page.request["PATH_INFO"],
        {"password1": "a calm river at dawn", "password2": "a calm river at dawn"},
    )
    assert done.status_code == 302
    applicant.refresh_from_db()
    assert applicant.check_password("a calm river at dawn")
    assert client.get(path, follow=True).context["token_fail"]

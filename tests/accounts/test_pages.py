"""allauth's pages in our dress: all reachable ones render in our frame and words."""

import re
from pathlib import Path

import allauth
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.conf import settings
from django.test import Client
from django.urls import reverse

from scip.accounts.models import User
from tests import world

pytestmark = pytest.mark.django_db
FOLDER = Path(settings.BASE_DIR) / "templates"
PUBLIC = [
    "account_login",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
    "account_request_login_code",
    "account_inactive",
]
SIGNED_IN = [
    "account_logout",
    "account_email",
    "account_change_password",
    "account_reauthenticate",
    "mfa_index",
    "mfa_activate_totp",
    "mfa_generate_recovery_codes",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "usersessions_list",
]


def check(page: str) -> None:
    assert '<main id="main"' in page
    assert page.count("<h1") == 1
    assert not re.search(r"<[^>]+\sstyle=", page)
    assert not re.search(r"<[^>]+\son\w+=", page)
    assert "data:" not in page
    for script in re.findall(r"<script[^>]*>", page):
        assert "src=" in script or 'type="application/json"' in script
    text = re.sub(r"<[^>]+>", " ", page)
    assert "!" not in text
    assert not re.search(r"(?i)two-factor authentication|sign up|\binvalid\b", text)


@pytest.mark.parametrize("name", PUBLIC)
def test_public(client: Client, name: str) -> None:
    response = client.get(reverse(name))
    assert response.status_code == 200
    check(response.content.decode())


@pytest.mark.parametrize("name", SIGNED_IN)
def test_signed_in(name: str) -> None:
    client = Client()
    user = world.make_user("a@example.com")
    if name in {"mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes"}:
        from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

        TOTP.activate(user, generate_totp_secret())
        RecoveryCodes.activate(user)
    client.force_login(user)
    if name != "account_reauthenticate":
        # A fresh sign-in by password is remembered; changing a factor asks for it.
        client.post(reverse("account_reauthenticate"), {"password": world.PASSWORD})
    response = client.get(reverse(name), follow=True)
    assert response.status_code == 200
    assert response.request["PATH_INFO"] == reverse(name) or name == "mfa_view_recovery_codes"
    check(response.content.decode())


def test_the_qr_code_stands_in_the_page() -> None:
    client = Client()
    client.force_login(world.make_user("a@example.com"))
    client.post(reverse("account_reauthenticate"), {"password": world.PASSWORD})
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    picture = re.search(r'<div class="qr".*?</div>', page, re.DOTALL)
    assert picture is not None
    assert "<svg" in picture[0]
    assert "style=" not in picture[0]


def test_waiting_for_a_code_and_a_factor() -> None:
    client = Client()
    client.post("/accounts/signup/", {"email": "n@example.com", "password1": "a calm river, dawn"})
    check(client.get("/accounts/confirm-email/").content.decode())
    client = Client()
    world.make_user("n2@example.com")
    client.post("/accounts/login/code/", {"email": "n2@example.com"})
    check(client.get("/accounts/login/code/confirm/").content.decode())
    client = Client()
    from scip.accounts.models import Role

    world.make_user("n3@example.com", Role.STAFF)
    client.post("/accounts/login/", {"login": "n3@example.com", "password": world.PASSWORD})
    check(client.get(reverse("mfa_authenticate")).content.decode())


def test_a_key_is_listed_renamed_and_asked_about(applicant: User) -> None:
    client = Client()
    client.force_login(applicant)
    client.post(reverse("account_reauthenticate"), {"password": world.PASSWORD})
    key = Authenticator.objects.create(
        user=applicant, type=Authenticator.Type.WEBAUTHN, data={"name": "My phone"}
    )
    page = client.get(reverse("mfa_list_webauthn")).content.decode()
    assert "My phone" in page
    check(page)
    check(client.get(reverse("mfa_remove_webauthn", args=[key.pk])).content.decode())
    check(client.get(reverse("mfa_edit_webauthn", args=[key.pk])).content.decode())


def test_changing_the_address_asks_for_a_code(applicant: User) -> None:
    client = Client()
    client.force_login(applicant)
    client.post(reverse("account_reauthenticate"), {"password": world.PASSWORD})
    client.post(reverse("account_email"), {"email": "new@example.com", "action_add": ""})
    applicant.refresh_from_db()
    assert applicant.email == "applicant@example.com"
    page = client.get(reverse("account_email_verification_sent")).content.decode()
    assert "new@example.com" in page
    check(page)


def test_no_reachable_page_keeps_its_stock_words() -> None:
    """Every page template of allauth has ours in front of it; ways that are off are listed."""
    off = {
        "account/confirm_password_reset_code.html",
        "account/confirm_phone_verification_code.html",
        "account/email.html",
        "account/email_confirm.html",
        "account/phone_change.html",
        "account/signup_by_passkey.html",
        "account/snippets/warn_no_email.html",
        "mfa/trust.html",
        "mfa/webauthn/signup_form.html",
    }
    stock = Path(allauth.__path__[0]) / "templates"
    pages = {
        str(path.relative_to(stock))
        for app in ("account", "mfa", "usersessions")
        for path in (stock / app).rglob("*.html")
    }
    frames = {page for page in pages if Path(page).name.startswith("base")}
    assert {page for page in pages - off - frames if not (FOLDER / page).exists()} == set()

"""How allauth fits into the house: its letters go through our outbox, secrets are sealed."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.stagekit import clear_login
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.crypto import get_random_string
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scip.accounts import emails
from scip.accounts.forms import proposed_zone
from scip.accounts.journal import logger, mark_of
from scip.accounts.models import User
from scip.accounts.queries import FACTORS
from scip.accounts.services import cipher


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-in and account changes in our voice, the same for known and unknown addresses."""

    error_messages: Mapping[str, str | Promise] = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": gettext_lazy("This account is closed. Write to us to open it again."),
        "cannot_remove_primary_email": gettext_lazy(
            "This is the address you sign in with, so it stays. Make another one your main "
            "address first."
        ),
        "duplicate_email": gettext_lazy("This address is already yours."),
        "email_password_mismatch": gettext_lazy(
            "This address and password do not belong together. You can try again, or choose "
            "a new password."
        ),
        "email_taken": gettext_lazy("This address cannot be used here. Please take another one."),
        "enter_current_password": gettext_lazy("Please type your current password."),
        "incorrect_code": gettext_lazy(
            "This is not the code we sent. Please look at the newest letter and try again."
        ),
        "incorrect_password": gettext_lazy("This is not your password. Please try again."),
        "invalid_or_expired_key": gettext_lazy(
            "This link or code has run out. Please ask for a new one; nothing was changed."
        ),
        "invalid_login": gettext_lazy("Please look at the address once more."),
        "invalid_password_reset": gettext_lazy(
            "This link was used already or has run out. Please ask for a new one."
        ),
        "max_email_addresses": gettext_lazy("You can have up to %d addresses."),
        "too_many_login_attempts": gettext_lazy(
            "That was not right a few times in a row, so we pause for five minutes to protect "
            "the account. You can choose a new password meanwhile."
        ),
        "unknown_email": gettext_lazy("Please look at the address once more."),
        "unverified_primary_email": gettext_lazy("Please confirm your main address first."),
        "same_as_current": gettext_lazy("This is the one you have now. Please choose another."),
        "rate_limited": gettext_lazy("A few too many at once. Please try again in a minute."),
    }

    def save_user(
        self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True
    ) -> User:
        """Times stay in the zone that the visitor's browser proposed, until the profile says more."""
        zone = proposed_zone(request)
        if zone in available_timezones():
            user.time_zone = zone
        saved: User = super().save_user(request, user, form, commit)
        return saved

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue ``templates/accounts/emails/<name>``; each sending is an occasion of its own.

        A sign-in code is never sent to somebody with a role: their letter says so, while the
        page looks the same for everybody.
        """
        name = template_prefix.rsplit("/", 1)[-1]
        if name == "login_code":
            user = User.objects.filter(email=email.lower()).first()
            if user is not None and user.roles:
                name = "login_code_refused"
                context = {"user": user}
        emails.account_letter(name, email, context)

    def send_account_already_exists_mail(self, email: str) -> None:
        """Takes as long as a real sign-up, which hashes a password."""
        make_password(get_random_string(12))
        emails.account_letter("account_already_exists", email, {})

    def get_reset_password_from_key_url(self, key: str) -> str:
        """On the site's own host: a forged Host header must not lead the link elsewhere."""
        return f"{emails.absolute('account_reset_password')}key/{key}/"

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Nobody with a role comes in by a code from a letter, whatever sent it."""
        records = get_authentication_records(request, user)
        if user.roles and records and records[-1]["method"] == "code":
            clear_login(request)
            messages.info(
                request,
                _("Your role needs your password and second factor, or a passkey, to sign in."),
            )
            return redirect("account_login")
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return response

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """People without a name are led to their profile first, everybody else home."""
        if request.user.is_authenticated and not request.user.name:
            return resolve_url("profile:edit")
        return resolve_url(settings.LOGIN_REDIRECT_URL)

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return self.get_login_redirect_url(request)

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        """A code that does not fit is written down, alike for known and unknown addresses."""
        if code == "incorrect_code":
            logger.warning("A code from a letter was refused.")
        error: ValidationError = super().validation_error(code, *args)
        return error

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Wrong tries are limited; that somebody reached the limit is written down."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            logger.warning("Signing in pauses for %s.", mark_of(credentials.get("email")))
            raise

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Wrong tries count for the account alone; asking under another host name adds none."""
        return str(credentials.get("email", "")).strip().lower()


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second-factor secrets are encrypted in the database (with the vault's keys)."""

    error_messages: Mapping[str, str | Promise] = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": gettext_lazy(
            "Your role needs a second factor, and this is your last one. Add another first; "
            "then this one can go."
        ),
        "cannot_generate_recovery_codes": gettext_lazy(
            "Recovery codes come with a second factor. Set one up first."
        ),
        "incorrect_code": gettext_lazy(
            "This is not the current code. Please wait for the next one and try again."
        ),
        "unverified_email": gettext_lazy("Please confirm your address first."),
    }

    def encrypt(self, text: str) -> str:
        return cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return cipher().decrypt(encrypted_text.encode()).decode()

    def build_totp_svg(self, url: str) -> str:
        """The QR code as inline SVG: the content security policy allows no ``data:`` pictures."""
        picture: str = segno.make(url, error="m").svg_inline(
            scale=4, dark="#1f2a2d", light="#ffffff", border=4, omitsize=False
        )
        return picture

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """The last second factor of somebody with a role stays."""
        if authenticator.type not in FACTORS or not authenticator.user.roles:
            return True
        others = Authenticator.objects.filter(user=authenticator.user, type__in=FACTORS)
        return bool(others.exclude(pk=authenticator.pk).exists())

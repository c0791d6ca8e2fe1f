"""How allauth fits into the house: its letters go through our outbox, secrets are sealed."""

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.utils.crypto import get_random_string

from scip.accounts.models import User
from scip.mail.services import Address, queue_letter


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Letters of sign-in and account changes, in our voice and through the outbox."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue ``templates/account/email/<name>``; each sending is an occasion of its own."""
        user = context.get("user") or User.objects.filter(email__iexact=email).first()
        zone = user.time_zone if user is not None else "UTC"
        name = template_prefix.rsplit("/", 1)[-1]
        queue_letter(
            f"accounts/emails/{name}",
            to=Address(email=email, time_zone=zone),
            context=context,
            dedupe_key=f"account:{name}:{get_random_string(24)}",
        )


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second-factor secrets are encrypted in the database (with the vault's keys)."""

    def encrypt(self, text: str) -> str:
        return cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return cipher().decrypt(encrypted_text.encode()).decode()


def cipher() -> MultiFernet:
    """The newest key encrypts, older ones still decrypt."""
    return MultiFernet(
        Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"second factor" + key).digest()))
        for key in settings.VAULT_KEYS
    )

"""The secrets of second factors, sealed with the vault's keys."""

import base64
import hashlib

from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import transaction

from scip.states import lock

# Where allauth keeps what went through the adapter's ``encrypt``.
SEALED = ("secret", "seed")


def seal_of(key: bytes) -> Fernet:
    """The cipher that follows from one entry of VAULT_KEYS."""
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"second factor" + key).digest()))


def cipher() -> MultiFernet:
    """The newest key encrypts, older ones still decrypt."""
    return MultiFernet(seal_of(key) for key in settings.VAULT_KEYS)


def reseal_second_factors() -> int:
    """Bring every secret under the newest key; returns how many factors needed it.

    Each commits on its own, so an interrupted run is simply started again. Raises
    cryptography's InvalidToken when no key opens a secret.
    """
    count = 0
    for factor in Authenticator.objects.order_by("pk").iterator(chunk_size=200):
        with transaction.atomic():
            fresh = lock(factor)
            behind = {
                name: cipher().rotate(fresh.data[name]).decode()
                for name in SEALED
                if name in fresh.data and not is_under_newest(fresh.data[name])
            }
            if behind:
                fresh.data |= behind
                fresh.save(update_fields=["data"])
                count += 1
    return count


def is_under_newest(sealed: str) -> bool:
    try:
        seal_of(settings.VAULT_KEYS[0]).decrypt(sealed)
    except InvalidToken:
        return False
    return True

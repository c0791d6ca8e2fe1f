"""What somebody's authenticator app shows."""

import time

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt

from scip.accounts.models import User

TO_POST, TO_TYPE = 3, 10
"""Seconds that a code needs until it is checked: sent by a test client, or from a browser."""


def code_from(secret: str, *, lasting: int = TO_POST) -> str:
    """The code of now; where it would not last, the next one, as a person waits for it."""
    left = app_settings.TOTP_PERIOD - time.time() % app_settings.TOTP_PERIOD
    if left < lasting:
        time.sleep(left)
    counter = int(time.time()) // app_settings.TOTP_PERIOD
    return str(format_hotp_value(hotp_value(secret, counter)))


def current_code(user: User, *, lasting: int = TO_POST) -> str:
    """The code that the person's app shows now."""
    factor = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
    return code_from(decrypt(factor.data["secret"]), lasting=lasting)

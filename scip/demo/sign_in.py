"""Signing in as a demo person with one click."""

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from django.contrib.auth import logout
from django.http import HttpRequest

from scip.accounts.models import User


def sign_in_fully(request: HttpRequest, user: User) -> None:
    """Open a session as if password and second factor had just been given.

    Both are recorded in the session as allauth records them, so pages that ask again for
    a fresh sign-in behave as after a real one. Whoever was signed in before is signed out.
    """
    logout(request)
    adapter = get_adapter(request)
    # The backend that a password sign-in would have noted on the person.
    user.backend = "allauth.account.auth_backends.AuthenticationBackend"
    adapter.login(request, user)
    record_authentication(request, user, method="password", email=user.email)
    factor = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    if factor is not None:
        record_authentication(
            request, user, method="mfa", type=Authenticator.Type.TOTP, id=factor.pk
        )

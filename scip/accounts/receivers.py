"""Signing in and out, in the process log: whose account and by what, never what was typed."""

import time
from typing import Any

from allauth.mfa.signals import authentication_failed
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from scip.accounts.journal import logger, mark_of
from scip.accounts.models import User


@receiver(user_logged_in)
def signed_in(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Also notes when, for the longest time that a session may last."""
    request.session["signed_in_at"] = int(time.time())
    logger.info("Account %s signed in.", user.pk)


@receiver(user_logged_out)
def signed_out(sender: object, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        logger.info("Account %s signed out.", user.pk)


@receiver(user_login_failed)
def refused(sender: object, credentials: dict[str, Any], **kwargs: Any) -> None:
    logger.warning("A sign-in for %s was refused.", mark_of(credentials.get("email")))


@receiver(authentication_failed)
def factor_refused(sender: object, user: User, **kwargs: Any) -> None:
    logger.warning("A second factor of account %s was refused.", user.pk)

"""Fifty threads guess one password."""

import time
from functools import partial

from django.contrib.auth.signals import user_login_failed
from django.core.cache import cache
from django.test import Client, override_settings

from bench.soak.outcome import Outcome
from bench.soak.threads import all_at_once
from tests import world

GUESSES, ALLOWED = 50, 5


def check_sign_in(guesses: int = GUESSES) -> Outcome:
    """At most five tries at one account get as far as the password, from however many addresses."""
    started = time.monotonic()
    world.make_user("soak-guess@example.com")
    tried = guess("soak-guess@example.com", guesses)
    with override_settings(ACCOUNT_RATE_LIMITS={"login_failed": None}):
        free = guess("soak-guess@example.com", 12)
    return Outcome(
        name="sign-in",
        figure=f"{guesses} wrong passwords at once: at most {ALLOWED} are tried",
        found=f"{tried} were tried",
        is_met=tried <= ALLOWED,
        control=f"without the limit {free} of 12 were tried",
        control_failed=free > ALLOWED,
        seconds=time.monotonic() - started,
    )


def guess(email: str, count: int) -> int:
    """How many of these sign-ins came as far as comparing the password."""
    cache.clear()
    tried: list[str] = []

    def note(sender: object, **kwargs: object) -> None:
        tried.append(email)

    user_login_failed.connect(note)
    try:
        all_at_once([partial(sign_in, email, number) for number in range(count)])
    finally:
        user_login_failed.disconnect(note)
    return len(tried)


def sign_in(email: str, number: int) -> int:
    """One try from an address of its own, so that only the account's limit counts."""
    client = Client(REMOTE_ADDR=f"10.1.{number // 250}.{number % 250 + 1}")
    response = client.post(
        "/accounts/login/", {"login": email, "password": f"wrong-guess-{number}"}
    )
    return response.status_code

"""Fifty threads guess one password, and somebody with a stop watch looks for accounts."""

import time
from functools import partial
from unittest import mock

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.hashers import make_password
from django.contrib.auth.signals import user_login_failed
from django.core.cache import cache
from django.test import Client, override_settings

from bench.soak.outcome import Outcome
from bench.soak.threads import all_at_once
from tests import world

GUESSES, ALLOWED = 50, 5
TRIES, TELLS_NOTHING = 300, 0.55
SLOW_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]


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


def check_timing(tries: int = TRIES, limit: float = TELLS_NOTHING) -> Outcome:
    """How long a refusal takes says nothing about whether there is such an account.

    Measured as the area under the ROC curve of “took longer”: 0.5 is a coin, 1 gives all away.
    Passwords are hashed as in production, which is what makes the difference.
    """
    started = time.monotonic()
    known = "soak-known@example.com"
    with override_settings(
        PASSWORD_HASHERS=SLOW_HASHERS, ACCOUNT_RATE_LIMITS={"login_failed": None, "login": None}
    ):
        user = world.make_user(known)
        user.password = make_password("right-and-long-enough")
        user.save(update_fields=["password"])
        found = area_of(known, tries)
        with mock.patch.object(AuthenticationBackend, "_mitigate_timing_attack"):
            bare = area_of(known, max(tries // 10, 10))
    return Outcome(
        name="sign-in, timing",
        figure=f"{tries} refusals of a known and of unknown addresses: AUC ≤ {limit}",
        found=f"AUC {found:.3f}",
        is_met=found <= limit,
        control=f"with nothing hashed for unknown addresses AUC {bare:.3f}",
        control_failed=bare > limit,
        seconds=time.monotonic() - started,
    )


def area_of(known: str, tries: int) -> float:
    """From 0.5 (times cannot be told apart) to 1; the two kinds are asked in turns."""
    cache.clear()
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    for number in range(tries):
        asked = {"known": known, "unknown": f"soak-nobody-{number}@example.com"}
        for kind, email in sorted(asked.items(), reverse=bool(number % 2)):
            begun = time.perf_counter()
            sign_in(email, number)
            times[kind].append(time.perf_counter() - begun)
    longer = sum(
        (one > other) + (one == other) / 2 for one in times["known"] for other in times["unknown"]
    )
    share = longer / (tries * tries)
    return max(share, 1 - share)


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

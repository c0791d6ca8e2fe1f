"""Seats over HTTP: everybody presses at once, each signed in, with the form's own token.

The office's answer takes the seat (`offer_place`), the person's takes the place that it holds
(`accept_offer`): charge, enrolment, log. Both are the site's own forms, under its own server.
"""

import asyncio
import itertools
import re
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.test import override_settings
from django.urls import reverse

from bench import people
from bench.report import Row
from bench.requests import cookie_of
from bench.rounds import REPEATS
from bench.server import Ask, served
from cohorts.models import Application, Enrolment, Seat
from scip.accounts.models import Role
from tests import world
from tests.cohorts import admission

CONNECTIONS = 16
TAKERS = 120
A_SECOND = 150
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')
LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
LOCATION = re.compile(rb"\r\nlocation: ([^\r]+)", re.IGNORECASE)
COOKIE = re.compile(
    rb"\r\nset-cookie: (%s=[^;]+)" % settings.CSRF_COOKIE_NAME.encode(), re.IGNORECASE
)


def field(pattern: re.Pattern[bytes], head: bytes) -> str:
    """What a header says; empty without it."""
    found = pattern.search(head)
    return found[1].decode() if found else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status and, for a redirect, where it leads."""

    status: int
    leads_to: str
    token: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Rush:
    """Answers to presses that came together, and how long all of them took."""

    answers: list[Answer]
    seconds: float

    @property
    def per_second(self) -> float:
        return len(self.answers) / self.seconds


def ask_all(port: int, asks: Sequence[Ask], connections: int = CONNECTIONS) -> Rush:
    """Each once, over so many connections; answers in the order of the asks."""
    return asyncio.run(_ask_all(port, asks, connections))


async def _ask_all(port: int, asks: Sequence[Ask], connections: int) -> Rush:
    answers: dict[int, Answer] = {}
    waiting = iter(enumerate(asks))
    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(_one(port, waiting, answers))
    return Rush([answers[number] for number in range(len(asks))], time.perf_counter() - started)


async def _one(port: int, waiting: Iterator[tuple[int, Ask]], answers: dict[int, Answer]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for number, ask in waiting:
            writer.write(ask.raw)
            head = await reader.readuntil(b"\r\n\r\n")
            length, leads_to, token = (field(name, head) for name in (LENGTH, LOCATION, COOKIE))
            body = await reader.readexactly(int(length or 0))
            answers[number] = Answer(int(head.split()[1]), leads_to, token, body)
    finally:
        writer.close()


def presses(port: int, pages: Sequence[tuple[str, str]], values: dict[str, str]) -> list[Ask]:
    """The press of a button on each page (address, cookie of its reader), with the token that the
    page came with."""
    read = ask_all(port, [Ask.get(path, {"Cookie": cookie}) for path, cookie in pages])
    posts = []
    for (path, cookie), answer in zip(pages, read.answers, strict=True):
        token = TOKEN.search(answer.body)
        if token is None:
            raise RuntimeError(f"{path} answered {answer.status} without a form.")
        body = urlencode(values | {"csrfmiddlewaretoken": token[1].decode()}).encode()
        headers = {
            "Cookie": f"{cookie}; {answer.token}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        posts.append(Ask.post(path, body, headers))
    return posts


@dataclass(frozen=True, slots=True)
class Reservations:
    """One cohort in which everybody wants a place."""

    offers: Rush
    accepts: Rush
    held: int
    accepted: int
    capacity: int
    strays: Counter[int]
    """Answers that are neither a place nor a refusal in words, by status."""

    @property
    def oversold(self) -> int:
        return self.held - self.capacity


def reserve(port: int, office: Sequence[str], takers: int, seats: int) -> Reservations:
    """The office offers places to ``takers`` people at once, of whom ``seats`` can have one; then
    everybody with an offer accepts at once. ``office``: cookies of those who press."""
    cohort = world.make_cohort(capacity=seats)
    # Nobody signs in by password here, so none is hashed slowly.
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        waiting = [admission.sent(cohort) for _ in range(takers)]
    people.analyse()
    pages = [
        (reverse("admin:cohorts_application_decide", args=[item.pk, "offer"]), cookie)
        for item, cookie in zip(waiting, itertools.cycle(office), strict=False)
    ]
    offers = ask_all(port, presses(port, pages, {"tier": "standard", "send": "1"}))
    offered = Application.objects.filter(cohort=cohort, state="offered").select_related("user")
    pages = [
        (reverse("applications:offer", args=[item.pk]), cookie_of(item.user)) for item in offered
    ]
    accepts = ask_all(port, presses(port, pages, {"accept": "1"}))
    numbers = sorted(Seat.objects.filter(cohort=cohort).values_list("number", flat=True))
    if numbers != list(range(1, len(numbers) + 1)):
        raise RuntimeError(f"Seats with gaps: {numbers}")
    return Reservations(
        offers=offers,
        accepts=accepts,
        held=len(numbers),
        accepted=Enrolment.objects.filter(cohort=cohort).count(),
        capacity=seats,
        strays=Counter(
            [item.status for item in offers.answers if item.status not in {200, 302}]
            + [item.status for item in accepts.answers if "/payments/" not in item.leads_to]
        ),
    )


def office_cookies(name: str, count: int = 4) -> list[str]:
    """Some of the office, each signed in."""
    return [
        cookie_of(world.make_user(f"{name}-{number}@example.com", Role.STAFF))
        for number in range(count)
    ]


def reservation_rows() -> list[Row]:
    """Places a second over HTTP, medians of three cohorts after one that warms the server up."""
    office = office_cookies("rush")
    with served() as port:
        reserve(port, office, 24, 20)
        rounds = [reserve(port, office, TAKERS + 20, TAKERS) for _ in range(REPEATS)]
    return [
        Row(
            name=f"places accepted a second over HTTP ({CONNECTIONS} connections)",
            value=statistics.median(item.accepts.per_second for item in rounds),
            unit="/s",
            goal=A_SECOND,
            sense="at least",
            note="one cohort, each person signed in; charge, enrolment and log included",
        ),
        Row(
            name=f"places offered a second over HTTP ({CONNECTIONS} connections)",
            value=statistics.median(item.offers.per_second for item in rounds),
            unit="/s",
            note="the office's form; findings, letter and log included",
        ),
        Row(
            name="places oversold over HTTP, and answers that are neither a place nor a refusal",
            value=sum(max(item.oversold, 0) + item.strays.total() for item in rounds),
            unit="",
            goal=0,
            is_exact=True,
        ),
    ]

"""Slow players of recordings beside the home page: workers of their own, as docker-compose.yml has them."""

import asyncio
import time
from datetime import UTC, datetime

from django.urls import reverse

from bench.report import Row
from bench.requests import cookie_of
from bench.server import Ask, Load, in_turn, load_in, served
from bench.slow import PLAYERS, playing
from bench.vault import MIB, keep
from certification.portfolio import attesting
from certification.portfolio.models import Excerpt, Portfolio
from scip.vault.models import StoredFile
from scip.vault.services import destroy
from scip.vault.serving import mint_token
from tests import world

SECONDS = 12.0
ROUNDS = 3
# Among slow players a page may wait long, and not for ever.
LONGEST_ANSWER = 120
BEHIND = 10
"""The niceness of media's workers here: it weighs 110 against a web worker's 1024, as much as
``cpu_shares: 110`` of the service `media` in docker-compose.yml (between containers niceness counts
for nothing; a test holds the two together). What a host makes of ``cpu_shares`` differs: with cgroups
of the second version the fraction depends on how they are converted."""


def player_rows() -> list[Row]:
    """The home page's slowest answers alone, beside players elsewhere, and (the control) among them."""
    file = keep(64 * MIB)
    ask = range_of(file)
    found: dict[str, Load] = {name: Load() for name in ("alone", "apart", "among")}
    received = 0
    with served() as web, served(niceness=BEHIND) as media:
        watch(web, None, ask, 3.0)  # what is loaded once
        for _round in range(ROUNDS):
            found["alone"].taken += watch(web, None, ask, SECONDS)[0].taken
            load, played = watch(web, media, ask, SECONDS)
            found["apart"].taken += load.taken
            received += played
        found["among"], _played = watch(web, web, ask, SECONDS)
    destroy(file)
    each = received / ROUNDS / SECONDS / PLAYERS / MIB
    return [
        Row(
            name=f"home page's p99 beside {PLAYERS} slow players at media's workers",
            value=found["apart"].p99,
            unit="ms",
            baseline="without players",
            baseline_value=found["alone"].p99,
            goal=1.15,
            note=f"each player got {each:.2f} MiB/s",
        ),
        Row(
            name="the same with the players at web's workers",
            value=found["among"].p99,
            unit="ms",
            baseline="without players",
            baseline_value=found["alone"].p99,
            goal=5,
            sense="at least",
            note="negative control: what workers of their own are for",
        ),
    ]


def range_of(file: StoredFile) -> bytes:
    """A request for the first range of a recording, as its candidate's player sends it."""
    user = world.make_user("player@example.com")
    StoredFile.objects.filter(pk=file.pk).update(owner=user)
    file.refresh_from_db()
    row = Excerpt.objects.create(
        portfolio=Portfolio.objects.create(candidacy=world.make_candidacy(user)),
        kind=Excerpt.Kind.VIDEO,
        title="Ten minutes",
        document=file,
        consent_on=datetime.now(UTC).date(),
        consent_scope=Excerpt.Scope.REVIEW,
        identity=Excerpt.Identity.REMOVED,
        wording=attesting.wording(Excerpt.Identity.REMOVED),
        wording_version=attesting.VERSION,
    )
    address = reverse("portfolio:excerpt_content", args=[row.pk, mint_token(file, user)])
    lines = [f"GET {address} HTTP/1.1", "Host: localhost", "Range: bytes=0-"]
    return "\r\n".join([*lines, f"Cookie: {cookie_of(user)}", "", ""]).encode()


def watch(port: int, players: int | None, ask: bytes, seconds: float) -> tuple[Load, int]:
    """The home page asked by four visitors, while players (at a port, if any) take their time; what
    the visitors waited, and how many bytes the players got."""
    if players is None:
        return asyncio.run(visit(port, seconds)), 0
    with playing(players, ask, seconds) as found:
        load = asyncio.run(visit(port, seconds))
    return load, found.bytes_received


async def visit(port: int, seconds: float) -> Load:
    """Four visitors of the home page, each asking again as soon as it was answered."""
    load = Load()
    end = time.perf_counter() + seconds
    async with asyncio.timeout(seconds + LONGEST_ANSWER):
        await load_in(load, port, in_turn([Ask.get("/")]), connections=4, end=end)
    return load

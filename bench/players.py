"""Slow players of recordings beside the home page: workers of their own, as docker-compose.yml has them."""

import asyncio
import socket
import time
from datetime import UTC, datetime

from django.urls import reverse

from bench.report import Row
from bench.requests import cookie_of
from bench.server import Ask, Load, in_turn, load_in, read_head, served
from bench.vault import MIB, keep
from certification.portfolio import attesting
from certification.portfolio.models import Excerpt, Portfolio
from scip.vault.models import StoredFile
from scip.vault.services import destroy
from scip.vault.serving import mint_token
from tests import world

PLAYERS = 20
BYTES_A_SECOND = 2 * MIB
PIECE = 32 * 1024
SECONDS = 12.0
ROUNDS = 3
# Among slow players a page may wait long, and not for ever.
LONGEST_ANSWER = 120
# What a phone far away takes at once: the kernel must not swallow a range whole for it.
WINDOW = 64 * 1024


def player_rows() -> list[Row]:
    """The home page's slowest answers alone, beside players elsewhere, and (the control) among them."""
    file = keep(64 * MIB)
    ask = range_of(file)
    found: dict[str, Load] = {name: Load() for name in ("alone", "apart", "among")}
    with served() as web, served() as media:
        asyncio.run(watch(web, None, ask, 3.0))  # what is loaded once
        for _round in range(ROUNDS):
            for name, players in (("alone", None), ("apart", media)):
                found[name].taken += asyncio.run(watch(web, players, ask, SECONDS)).taken
        found["among"] = asyncio.run(watch(web, web, ask, SECONDS))
    destroy(file)
    return [
        Row(
            name=f"home page's p99 beside {PLAYERS} slow players at media's workers",
            value=found["apart"].p99,
            unit="ms",
            baseline="without players",
            baseline_value=found["alone"].p99,
            goal=1.15,
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


async def watch(port: int, players: int | None, ask: bytes, seconds: float) -> Load:
    """The home page asked by four visitors, while players (at a port, if any) take their time."""
    end = time.perf_counter() + seconds
    load = Load()
    playing = []
    if players is not None:
        playing = [asyncio.create_task(play(players, ask, end)) for _ in range(PLAYERS)]
    try:
        async with asyncio.timeout(seconds + LONGEST_ANSWER):
            await load_in(load, port, in_turn([Ask.get("/")]), connections=4, end=end)
    finally:
        for task in playing:
            task.cancel()
        results = await asyncio.gather(*playing, return_exceptions=True)
    wrong = [item for item in results if isinstance(item, RuntimeError)]
    if wrong:
        raise wrong[0]
    return load


async def play(port: int, ask: bytes, end: float) -> None:
    """One range after the other, no faster than a middling connection."""
    while time.perf_counter() < end:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=sock, limit=WINDOW)
        try:
            writer.write(ask)
            status, headers = await read_head(reader)
            if status != 206:
                raise RuntimeError(f"A player was answered {status}.")
            left = int(headers["content-length"])
            while left and time.perf_counter() < end:
                left -= len(await reader.readexactly(min(left, PIECE)))
                await asyncio.sleep(PIECE / BYTES_A_SECOND)
        finally:
            writer.close()

"""The site under its real server on a loopback port, and a client that asks it a lot."""

import asyncio
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.conf import settings

from bench.rounds import quantile
from scip.management.supervisor import web_command

READY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: bytes ready to be sent."""

    raw: bytes

    @classmethod
    def get(cls, path: str, headers: dict[str, str] | None = None) -> "Ask":
        lines = [f"GET {path} HTTP/1.1", "Host: localhost"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        return cls("\r\n".join([*lines, "", ""]).encode())

    @classmethod
    def post(cls, path: str, body: bytes, headers: dict[str, str]) -> "Ask":
        lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return cls("\r\n".join([*lines, "", ""]).encode() + body)


@dataclass
class Load:
    """What many connections got in some time; milliseconds."""

    taken: list[float] = field(default_factory=list)
    refused: dict[int, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def p50(self) -> float:
        return quantile(self.taken, 0.5)

    @property
    def p99(self) -> float:
        return quantile(self.taken, 0.99)

    @property
    def per_second(self) -> float:
        return len(self.taken) / self.seconds


@contextmanager
def served(*, workers: int = 2, niceness: int = 0) -> Iterator[int]:
    """Granian with the site of this process's database, as the demo starts it; yields its port.
    ``niceness``: how far its workers step back behind others."""
    port = free_port()
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "scip.settings", "LOG_LEVEL": "ERROR"}
    server = subprocess.Popen(
        ["nice", "-n", str(niceness), *web_command(port, workers=workers)],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_up(port, server)
        yield port
    finally:
        server.terminate()
        try:
            server.wait(timeout=15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def free_port() -> int:
    """A port of the loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_up(port: int, server: subprocess.Popen[bytes]) -> None:
    """Until the port answers; RuntimeError when the server ended or never did."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError("The server ended before it answered.")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("The server did not answer in time.")


def put_under_load(
    port: int, next_ask: Callable[[], Ask], *, connections: int = 16, seconds: float = 60
) -> Load:
    """So many connections, each asking again as soon as it was answered."""
    return asyncio.run(_load(port, next_ask, connections, seconds))


async def _load(port: int, next_ask: Callable[[], Ask], connections: int, seconds: float) -> Load:
    load = Load()
    started = time.perf_counter()
    await load_in(load, port, next_ask, connections=connections, end=started + seconds)
    load.seconds = time.perf_counter() - started
    return load


async def load_in(
    load: Load, port: int, next_ask: Callable[[], Ask], *, connections: int, end: float
) -> None:
    """So many connections until ``end`` (of the performance counter), noted in ``load``."""
    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(_one(port, next_ask, end, load))


async def _one(port: int, next_ask: Callable[[], Ask], end: float, load: Load) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while time.perf_counter() < end:
            begun = time.perf_counter()
            writer.write(next_ask().raw)
            status = await _read_answer(reader)
            load.taken.append((time.perf_counter() - begun) * 1000)
            if not 200 <= status < 300:
                load.refused[status] = load.refused.get(status, 0) + 1
    finally:
        writer.close()


async def read_head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    """Status and headers of one answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:] if line)
    }
    return int(head.split()[1]), headers


async def _read_answer(reader: asyncio.StreamReader) -> int:
    """The status of one answer; its body is read to the end."""
    status, headers = await read_head(reader)
    if "content-length" in headers:
        await reader.readexactly(int(headers["content-length"]))
    elif headers.get("transfer-encoding") == "chunked":
        while size := int((await reader.readline()).split(b";")[0], 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    return status


def in_turn(asks: Sequence[Ask]) -> Callable[[], Ask]:
    """The asks one after the other, over and over."""
    position = -1

    def next_ask() -> Ask:
        nonlocal position
        position = (position + 1) % len(asks)
        return asks[position]

    return next_ask

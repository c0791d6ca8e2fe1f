"""Slow players as a process of their own: they stand for people elsewhere, so what they cost must not
be taken from the machine that is measured more than can be helped.

``python -m bench.slow PORT SECONDS``, with the request on standard input, prints how many bytes came.
"""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

PLAYERS = 20
MIB = 1024**2
BYTES_A_SECOND = 2 * MIB
PIECE = 32 * 1024
# What a phone far away takes at once: the kernel must not swallow a range whole for it.
WINDOW = 64 * 1024
FARAWAY = 19
"""The niceness of the process: on one machine, whoever is measured goes first."""


class Playing:
    """What a run of players got; known once it is over."""

    bytes_received = 0


@contextmanager
def playing(port: int, ask: bytes, seconds: float) -> Iterator[Playing]:
    """All of them at a port meanwhile; RuntimeError when one was not answered with a range."""
    command = ["nice", "-n", str(FARAWAY), sys.executable, "-m", "bench.slow"]
    process = subprocess.Popen(
        [*command, str(port), str(seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    found = Playing()
    if process.stdin is None:
        raise RuntimeError("The players have no ear.")
    process.stdin.write(ask)
    process.stdin.close()
    process.stdin = None
    try:
        yield found
    finally:
        told = ended(process, timeout=seconds + 60)
    if process.returncode != 0:
        raise RuntimeError("A player was not answered with a range.")
    found.bytes_received = int(told)


def ended(process: subprocess.Popen[bytes], *, timeout: float) -> bytes:
    """What it printed by its end; one that does not end by itself is ended, and TimeoutExpired
    raised."""
    try:
        return process.communicate(timeout=timeout)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise


@dataclass
class Got:
    """What a player got so far: also of one that is not waited for any more."""

    bytes_received: int = 0


async def play(port: int, ask: bytes, end: float, got: Got) -> None:
    """One range after the other, no faster than a middling connection; ``got`` counts the bytes
    that came."""
    while time.perf_counter() < end:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=sock, limit=WINDOW)
        try:
            writer.write(ask)
            head = await reader.readuntil(b"\r\n\r\n")
            if head.split()[1] != b"206":
                raise RuntimeError(f"A player was answered {head.split()[1]!r}.")
            left = length_in(head)
            while left and time.perf_counter() < end:
                piece = len(await reader.readexactly(min(left, PIECE)))
                left -= piece
                got.bytes_received += piece
                await asyncio.sleep(PIECE / BYTES_A_SECOND)
        finally:
            writer.close()


def length_in(head: bytes) -> int:
    """The bytes that follow an answer's head."""
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    raise RuntimeError("An answer without its length.")


async def play_all(port: int, ask: bytes, seconds: float, *, grace: float = 5) -> int:
    """All at once, until a player that waits in a queue for its turn is not asked any more; the
    bytes that came."""
    end = time.perf_counter() + seconds
    got = [Got() for _ in range(PLAYERS)]
    tasks = [asyncio.create_task(play(port, ask, end, item)) for item in got]
    # Whoever waits for a worker behind others may wait long: what counts has been received by then.
    _done, waiting = await asyncio.wait(tasks, timeout=seconds + grace)
    for task in waiting:
        task.cancel()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    for item in found:
        if isinstance(item, RuntimeError):
            raise item
    return sum(item.bytes_received for item in got)


if __name__ == "__main__":
    print(asyncio.run(play_all(int(sys.argv[1]), sys.stdin.buffer.read(), float(sys.argv[2]))))

"""The players that the bench puts beside a page: what they count, and that they end."""

import asyncio
import subprocess
import sys

import pytest

from bench.slow import PIECE, PLAYERS, ended, play_all


async def played_at_a_server_that_stalls() -> int:
    """What the players got from one that sends two pieces of three and then nothing."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 206 Partial Content\r\nContent-Length: {3 * PIECE}\r\n\r\n"
        writer.write(head.encode() + bytes(2 * PIECE))
        await writer.drain()
        await reader.read()  # until the player goes
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        return await play_all(port, b"GET / HTTP/1.1\r\n\r\n", 0.5, grace=0.5)


def test_what_players_got_who_are_not_waited_for_counts() -> None:
    assert asyncio.run(played_at_a_server_that_stalls()) == PLAYERS * 2 * PIECE


def test_players_that_do_not_end_are_ended() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"], stdout=subprocess.PIPE
    )
    with pytest.raises(subprocess.TimeoutExpired):
        ended(process, timeout=0.2)
    assert process.poll() is not None

"""A mail server that takes everything and keeps nothing but a line a letter.

``python -m bench.sink PORT FILE`` speaks SMTP on the loopback and writes for each letter, before it
says yes to it: when it came, its Message-ID and whom it is for. Like any mail server of these days it
takes several commands at once (PIPELINING).
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.server import free_port, wait_until_up

END = b"\r\n.\r\n"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A letter that the server said yes to; ``at`` on the clock that no step of the time moves."""

    at: float
    message_id: str
    recipient: str


@dataclass(frozen=True, slots=True)
class Sink:
    """A running sink: its port and its notes."""

    port: int
    notes: Path

    def count(self) -> int:
        """How many letters it took."""
        return self.notes.read_bytes().count(b"\n")

    def arrivals(self) -> list[Arrival]:
        """All of them, in order."""
        lines = [line.split() for line in self.notes.read_text().splitlines()]
        return [Arrival(float(at), name, recipient) for at, name, recipient in lines]


@contextmanager
def listening(folder: Path) -> Iterator[Sink]:
    """A sink in a process of its own."""
    sink = Sink(free_port(), folder / "sink.txt")
    sink.notes.touch()
    process = subprocess.Popen([sys.executable, "-m", "bench.sink", str(sink.port), sink.notes])
    try:
        wait_until_up(sink.port, process)
        yield sink
    finally:
        process.kill()
        process.wait()


class Conversation(asyncio.Protocol):
    """One connection."""

    def __init__(self, notes: int) -> None:
        self.notes = notes
        self.heard = b""
        self.recipient = b""
        self.is_letter = False
        self.is_over = False
        self.said: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(b"220 sink\r\n")

    def say(self, line: bytes) -> None:
        """What goes back once everything that was heard has its answer."""
        self.said.append(line + b"\r\n")

    def data_received(self, data: bytes) -> None:
        self.heard += data
        self.said = []
        while (end := self.heard.find(END if self.is_letter else b"\r\n")) >= 0:
            heard = self.heard[:end]
            self.heard = self.heard[end + (len(END) if self.is_letter else 2) :]
            if self.is_letter:
                self.take(heard)
            else:
                self.answer(heard)
        self.transport.write(b"".join(self.said))
        if self.is_over:
            self.transport.close()

    def answer(self, line: bytes) -> None:
        match line[:4].upper():
            case b"EHLO":
                self.say(b"250-sink\r\n250 PIPELINING")
            case b"DATA":
                self.is_letter = True
                self.say(b"354 go on")
            case b"RCPT":
                self.recipient = line.split(b"<", 1)[1].split(b">", 1)[0]
                self.say(b"250 yes")
            case b"QUIT":
                self.say(b"221 bye")
                self.is_over = True
            case _other:
                self.say(b"250 yes")

    def take(self, letter: bytes) -> None:
        """Note the letter, then say yes."""
        start = letter.index(b"\r\nMessage-ID:") + len(b"\r\nMessage-ID:")
        name = letter[start : letter.index(b"\r\n", start)].strip()
        os.write(self.notes, b"%.3f %s %s\n" % (time.monotonic(), name, self.recipient))
        self.is_letter = False
        self.say(b"250 yes")


async def serve(port: int, notes: Path) -> None:
    """Listen until the process is ended."""
    file = os.open(notes, os.O_WRONLY | os.O_APPEND)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Conversation(file), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))

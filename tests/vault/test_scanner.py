"""The virus scanner, against a server that speaks clamd's protocol."""

import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from scip.vault import services
from scip.vault.errors import Refused, ScannerUnavailable
from scip.vault.inspection.check import DOCUMENTS
from scip.vault.models import StoredFile

from . import samples
from .conftest import as_upload

MARK = b"HARMLESS-TEST-SIGNATURE"


class FakeClamd(threading.Thread):
    """Answers INSTREAM as clamd does; finds MARK; ``answer`` overrides what it says."""

    def __init__(self, answer: bytes | None = None) -> None:
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp://127.0.0.1:{self.listener.getsockname()[1]}"
        self.answer = answer
        self.seen: list[bytes] = []

    def run(self) -> None:
        while True:
            try:
                connection, _peer = self.listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as incoming:
                assert incoming.read(10) == b"zINSTREAM\0"
                content = b""
                while size := struct.unpack("!L", incoming.read(4))[0]:
                    content += incoming.read(size)
                self.seen.append(content)
                found = b"stream: Test.Signature FOUND\0" if MARK in content else b"stream: OK\0"
                connection.sendall(found if self.answer is None else self.answer)

    def close(self) -> None:
        if self.listener.fileno() >= 0:
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.join(5)


@pytest.fixture
def clamd(settings: Settings) -> Iterator[FakeClamd]:
    server = FakeClamd()
    server.start()
    settings.CLAMAV_SOCKET = server.address
    yield server
    server.close()


def take_in(owner: Any, content: bytes) -> StoredFile:
    return services.store(
        as_upload(content, "a.pdf"),
        owner=owner,
        purpose="licence",
        allowed=DOCUMENTS,
        max_bytes=10**7,
    )


def test_a_clean_file_is_scanned_as_sent_and_kept(owner: Any, clamd: FakeClamd) -> None:
    content = samples.padded_pdf(200_000)
    assert services.read(take_in(owner, content)) == content
    assert clamd.seen == [content]


def test_a_find_is_refused(owner: Any, clamd: FakeClamd, vault_folder: Path) -> None:
    with pytest.raises(Refused) as refused:
        take_in(owner, samples.simple_pdf(b"", samples.stream(MARK)))
    assert refused.value.code == "virus"
    assert not vault_folder.exists()


def test_the_same_file_is_kept_where_no_scanner_is_set(owner: Any) -> None:
    """Negative control for the find."""
    assert take_in(owner, samples.simple_pdf(b"", samples.stream(MARK))).pk


def test_a_silent_scanner_lets_nothing_in(owner: Any, clamd: FakeClamd, vault_folder: Path) -> None:
    clamd.close()
    with pytest.raises(ScannerUnavailable, match="try again in a few minutes"):
        take_in(owner, samples.simple_pdf())
    assert StoredFile.objects.count() == 0
    assert not vault_folder.exists()


@pytest.mark.parametrize(
    "answer", [b"", b"INSTREAM UNKNOWN. ERROR\0", b"stream: OK, almost\0", b"\0"]
)
def test_anything_but_a_clear_ok_lets_nothing_in(
    answer: bytes, owner: Any, clamd: FakeClamd
) -> None:
    clamd.answer = answer
    with pytest.raises(ScannerUnavailable):
        take_in(owner, samples.simple_pdf())


def test_a_missing_unix_socket_lets_nothing_in(
    owner: Any, settings: Settings, tmp_path: Path
) -> None:
    settings.CLAMAV_SOCKET = str(tmp_path / "clamd.sock")
    with pytest.raises(ScannerUnavailable):
        take_in(owner, samples.simple_pdf())


def test_pictures_are_scanned_before_they_are_written_anew(owner: Any, clamd: FakeClamd) -> None:
    photo = samples.photo_with_place()
    services.store(
        as_upload(photo, "a.jpg"), owner=owner, purpose="x", allowed=DOCUMENTS, max_bytes=10**6
    )
    assert clamd.seen == [photo]

"""The optional virus scanner: clamd's INSTREAM command over a socket.

``settings.CLAMAV_SOCKET`` is empty (no scanner), ``tcp://host:port`` or the path of a Unix socket.
"""

import logging
import socket
import struct
from contextlib import suppress
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from scip.vault.errors import Refused, ScannerUnavailable, TooLargeToScan
from scip.vault.sealing import Readable

logger = logging.getLogger(__name__)

_PART = 64 * 1024
_TIMEOUT_SECONDS = 30
# clamd looks at one file for two minutes at most (its MaxScanTime).
_ANSWER_SECONDS = 130
_MAX_ANSWER = 4096
_LIMIT = "INSTREAM size limit exceeded. ERROR"
# What clamd calls a file above its limits where AlertExceedsMax is on: no virus was found.
_BEYOND = "stream: Heuristics.Limits.Exceeded"


def _connect(address: str) -> socket.socket:
    if address.startswith("tcp://"):
        parts = urlsplit(address)
        if not parts.hostname or not parts.port:
            raise ImproperlyConfigured(
                "CLAMAV_SOCKET: write tcp://host:port or the path of a Unix socket."
            )
        return socket.create_connection((parts.hostname, parts.port), timeout=_TIMEOUT_SECONDS)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(_TIMEOUT_SECONDS)
    try:
        connection.connect(address.removeprefix("unix://"))
    except OSError:
        connection.close()
        raise
    return connection


def _ask(address: str, source: Readable) -> str:
    with _connect(address) as connection:
        try:
            connection.sendall(b"zINSTREAM\0")
            while part := source.read(_PART):
                connection.sendall(struct.pack("!L", len(part)) + part)
            connection.sendall(struct.pack("!L", 0))
            connection.settimeout(_ANSWER_SECONDS)
            return _answer(connection)
        except ConnectionError:
            # It hung up while it was being told. Above its limit it says so before, which may still
            # lie here; where that was lost, a scanner that is well is one that took too much.
            said = _last_words(connection)
    return said or (_LIMIT if _is_well(address) else "")


def _answer(connection: socket.socket) -> str:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < _MAX_ANSWER:
        received = connection.recv(_MAX_ANSWER)
        if not received:
            break
        answer += received
    return answer.rstrip(b"\0\n").decode("utf-8", "replace")


def _last_words(connection: socket.socket) -> str:
    with suppress(OSError):
        return _answer(connection)
    return ""


def _is_well(address: str) -> bool:
    """Does the scanner answer at all?"""
    with suppress(OSError), _connect(address) as connection:
        connection.sendall(b"zPING\0")
        return _answer(connection) == "PONG"
    return False


def scan(source: Readable) -> None:
    """Have the whole of ``source`` scanned when a scanner is configured.

    Raises Refused when something was found, TooLargeToScan when the scanner takes no file of this size,
    and ScannerUnavailable when no clear "OK" came back: a file that nobody scanned is never kept.
    """
    address: str = settings.CLAMAV_SOCKET
    if not address:
        return
    source.seek(0)
    try:
        answer = _ask(address, source)
    except OSError as error:
        logger.warning("The virus scanner at CLAMAV_SOCKET gave no answer: %s", error)
        answer = ""
    source.seek(0)
    if answer == "stream: OK":
        return
    if answer == _LIMIT or answer.startswith(_BEYOND):
        logger.error(
            "The virus scanner at CLAMAV_SOCKET takes no file of this size: raise its StreamMaxLength, "
            "MaxFileSize and MaxScanSize (docs/running.md)."
        )
        raise TooLargeToScan(
            "scanner_limit",
            _(
                "Our virus scanner does not take a file of this size yet, which is for us to put right. "
                "Nothing else changed. Choose a smaller file, or write to the office."
            ),
        )
    if answer.startswith("stream: ") and answer.endswith(" FOUND"):
        logger.warning("The virus scanner refused an upload: %s", answer)
        raise Refused(
            "virus",
            _(
                "Our virus scanner recognised something harmful in this file, so we left it out. Nothing else "
                "changed. Have your device checked, then choose a clean copy, for example a fresh scan."
            ),
        )
    if answer:
        logger.error(
            "The virus scanner at CLAMAV_SOCKET answered something unexpected: %s",
            answer,
        )
    raise ScannerUnavailable(
        "scanner",
        _(
            "We can’t check files for viruses at the moment, so we didn’t take this one in. What you typed is "
            "still here. Please try again in a few minutes."
        ),
    )

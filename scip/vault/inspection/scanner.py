"""The optional virus scanner: clamd's INSTREAM command over a socket.

``settings.CLAMAV_SOCKET`` is empty (no scanner), ``tcp://host:port`` or the path of a Unix socket.
"""

import logging
import socket
import struct
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from scip.vault.errors import Refused, ScannerUnavailable
from scip.vault.sealing import Readable

logger = logging.getLogger(__name__)

_PART = 64 * 1024
_TIMEOUT_SECONDS = 30
_MAX_ANSWER = 4096


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
        connection.sendall(b"zINSTREAM\0")
        while part := source.read(_PART):
            connection.sendall(struct.pack("!L", len(part)) + part)
        connection.sendall(struct.pack("!L", 0))
        answer = b""
        while not answer.endswith(b"\0") and len(answer) < _MAX_ANSWER:
            received = connection.recv(_MAX_ANSWER)
            if not received:
                break
            answer += received
    return answer.rstrip(b"\0\n").decode("utf-8", "replace")


def scan(source: Readable) -> None:
    """Have the whole of ``source`` scanned when a scanner is configured.

    Raises Refused when something was found and ScannerUnavailable when no clear "OK" came back: a file
    that nobody scanned is never kept.
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

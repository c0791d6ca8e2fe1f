"""What our scanner can't take, a full disk and a missing key: told apart, nothing lost, nothing served."""

import errno
import socket
import struct
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from celery import current_app
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings as site
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command
from django.test import RequestFactory
from django.utils import timezone

from scip.mail.models import Letter
from scip.vault import arrivals, receiving, services, tasks
from scip.vault.errors import KeyMissing, NoRoom, Refused, ScannerUnavailable, TooLargeToScan
from scip.vault.inspection.check import DOCUMENTS
from scip.vault.models import Arrival, StoredFile
from scip.vault.serving import mint_token, serve
from tests.vault import samples
from tests.vault.conftest import as_upload
from tests.vault.test_arrivals import CONTENT, begun, send, whole

pytestmark = pytest.mark.django_db
HELD, READY = Arrival.State.HELD, Arrival.State.READY


class Clamd(threading.Thread):
    """A scanner with a StreamMaxLength: above it, it says so (or not) and hangs up at once."""

    def __init__(self, limit: int, *, says: bytes, is_well: bool = True) -> None:
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.limit, self.says, self.is_well = limit, says, is_well

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.listener.getsockname()[1]}"

    def run(self) -> None:
        while True:
            try:
                connection, _peer = self.listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as incoming:
                self.answer(connection, incoming)

    def answer(self, connection: socket.socket, incoming: Any) -> None:
        command = incoming.read(6)
        if command == b"zPING\0":
            connection.sendall(b"PONG\0" if self.is_well else b"")
            return
        incoming.read(4)
        size = 0
        while length := struct.unpack("!L", incoming.read(4))[0]:
            size += len(incoming.read(length))
            if size > self.limit:
                connection.sendall(self.says)
                return
        connection.sendall(b"stream: OK\0")

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.join(5)


LIMIT = b"INSTREAM size limit exceeded. ERROR\0"
BEYOND = b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0"


@pytest.fixture
def clamd(settings: Any, request: Any) -> Iterator[Clamd]:
    server = Clamd(100_000, says=getattr(request, "param", LIMIT))
    server.start()
    settings.CLAMAV_SOCKET = server.address
    yield server
    server.close()


@pytest.mark.parametrize("clamd", [LIMIT, BEYOND, b""], indirect=True)
def test_a_file_above_the_scanners_limit_is_held_for_the_office(owner, clamd):
    """However clamd lets us know; and it is neither asked again for ever nor given up in silence."""
    arrival = whole(owner)
    assert arrival.state == HELD
    assert arrival.parts.exists()
    later = timezone.now() + arrivals.KEPT_FOR + timedelta(days=1)
    assert arrivals.ask_again(now=later) == 0
    assert arrivals.sweep(now=later) == 0
    assert arrivals.sweep(now=timezone.now() + arrivals.HELD_FOR + timedelta(minutes=1)) == 1


def test_a_scanner_that_is_down_is_another_matter(owner, clamd):
    """It hangs up and answers nothing any more: the file waits and is asked about again."""
    clamd.says, clamd.is_well = b"", False
    assert whole(owner).state == Arrival.State.ARRIVED
    assert not Letter.objects.exists()


def test_below_the_limit_it_is_scanned(owner, clamd):
    """Negative control."""
    clamd.limit = 10 * len(CONTENT)
    assert whole(owner).state == READY


def test_the_office_is_told_once_a_day_without_a_name(owner, clamd):
    for name in ("one.mp4", "two.mp4"):
        whole(owner, name=name)
    letter = Letter.objects.get(to_address=site.STAFF_EMAIL)
    assert "check_held_files" in letter.text
    assert not {"one.mp4", "two.mp4"} & set(letter.text.split())
    assert owner.email not in letter.text


def test_once_the_scanner_takes_more_everything_goes_on(
    owner, clamd, capsys, django_capture_on_commit_callbacks
):
    arrival = whole(owner)
    clamd.limit = 10 * len(CONTENT)
    with mock.patch.object(current_app, "send_task") as sent:
        with django_capture_on_commit_callbacks(execute=True):
            call_command("check_held_files")
        call_command("check_held_files")
    assert sent.call_args_list == [mock.call(arrivals.CHECK, args=[str(arrival.pk)])]
    assert "1 files" in capsys.readouterr().out
    tasks.check_arrival(str(arrival.pk))
    arrival.refresh_from_db()
    assert arrival.state == READY
    told = Letter.objects.get(to_user=owner)
    assert "can be handed in" in told.subject
    assert arrival.name not in told.text


def test_a_check_that_takes_too_long_is_held_as_well(owner):
    arrival = send(begun(owner))
    with mock.patch.object(arrivals, "check", side_effect=SoftTimeLimitExceeded):
        tasks.check_arrival(str(arrival.pk))
    arrival.refresh_from_db()
    assert arrival.state == HELD


def test_its_person_reads_that_it_waits_for_us(owner, clamd):
    request = RequestFactory().get("/")
    answer = receiving.go_on(request, whole(owner))
    assert b'"state": "held"' in answer.content
    assert b"the office has been told" in answer.content


def test_a_form_says_so_at_once(owner, clamd):
    with pytest.raises(TooLargeToScan) as refused:
        services.store(
            as_upload(samples.padded_pdf(200_000), "a.pdf"),
            owner=owner,
            purpose="licence",
            allowed=DOCUMENTS,
            max_bytes=10**7,
        )
    assert not isinstance(refused.value, ScannerUnavailable)
    assert "for us to put right" in refused.value.message


# --- room ---------------------------------------------------------------------------------


def test_the_sentence_says_how_much_room_is_left(owner, monkeypatch):
    monkeypatch.setattr(arrivals, "QUOTA_BYTES", len(CONTENT) + 1024)
    first = begun(owner)
    assert arrivals.room_left(owner) == 1024
    with pytest.raises(Refused) as refused:
        begun(owner, name="other.mp4")
    assert "1.0\xa0KB are left" in refused.value.message
    # Dropping one's own upload frees its room at once, with what had come of it.
    send(first, until=arrivals.MIN_PART_BYTES)
    arrivals.give_up(first)
    assert begun(owner, name="other.mp4").received == 0


@pytest.mark.parametrize("state", ["arrived", "ready", "held"])
def test_the_same_file_again_is_not_sent_again(owner, state, settings):
    if state == "arrived":
        arrival = send(begun(owner))
    else:
        arrival = whole(owner)
        Arrival.objects.filter(pk=arrival.pk).update(state=state)
    again = begun(owner)
    assert (again.pk, again.received) == (arrival.pk, len(CONTENT))


@pytest.mark.parametrize("state", ["taken", "refused"])
def test_what_was_handed_in_or_refused_can_be_sent_anew(owner, state):
    arrival = whole(owner)
    Arrival.objects.filter(pk=arrival.pk).update(state=state, refusal="Because.")
    assert begun(owner).received == 0


# --- the ground gives way -----------------------------------------------------------------


def test_a_disk_that_fills_while_a_file_is_checked_loses_nothing(owner, vault_folder):
    arrival = send(begun(owner))
    before = sorted(path for path in vault_folder.rglob("*") if path.is_file())
    full = OSError(errno.ENOSPC, "No space left on device")
    with (
        mock.patch.object(FileSystemStorage, "_save", side_effect=full),
        pytest.raises(NoRoom, match="storage of the vault is full"),
    ):
        arrivals.inspect(arrival)
    arrival.refresh_from_db()
    assert arrival.state == Arrival.State.ARRIVED
    assert not StoredFile.objects.exists()
    assert sorted(path for path in vault_folder.rglob("*") if path.is_file()) == before
    arrivals.inspect(arrival)
    arrival.refresh_from_db()
    assert arrival.state == READY


def test_without_its_key_nothing_is_served_and_the_operator_reads_why(owner, settings):
    file = whole(owner).file
    token = mint_token(file, owner)
    settings.VAULT_KEYS = [b"n" * 32]
    for headers in ({}, {"Range": "bytes=0-9"}):
        request = RequestFactory().get("/", headers=headers)
        request.user = owner
        with pytest.raises(KeyMissing, match="Add the older key back"):
            serve(request, file, token=token)


def test_without_its_key_a_file_on_its_way_waits(owner, settings):
    arrival = send(begun(owner))
    old = settings.VAULT_KEYS
    settings.VAULT_KEYS = [b"n" * 32]
    with pytest.raises(KeyMissing):
        arrivals.inspect(arrival)
    settings.VAULT_KEYS = old
    arrivals.inspect(arrival)
    arrival.refresh_from_db()
    assert arrival.state == READY

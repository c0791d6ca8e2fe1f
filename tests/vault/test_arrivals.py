"""Large files: received part by part whatever the connection does, and checked as a whole."""

import base64
import errno
import hashlib
import io
import threading
from datetime import timedelta
from unittest import mock

import pytest
from django.core.files.storage import FileSystemStorage
from django.test import RequestFactory
from django.utils import timezone

from scip.requirements import Refusal
from scip.vault import arrivals, receiving, services, tasks
from scip.vault.arrivals import MAX_PART_BYTES, MIN_PART_BYTES, begin, receive
from scip.vault.errors import Damaged, Misplaced, NoRoom, Refused, Tampered
from scip.vault.inspection.check import RECORDINGS
from scip.vault.models import Arrival, ArrivalPart, StoredFile
from tests.races import at_once, tally
from tests.vault import recordings

pytestmark = pytest.mark.django_db

PART = MIN_PART_BYTES
CONTENT = recordings.mp4(sound=bytes(range(256)) * (4 * PART // 256 + 300))


def begun(owner, content=CONTENT, name="session.mp4"):
    return begin(owner, purpose="excerpt", name=name, size=len(content), allowed=RECORDINGS)


def checksum(content):
    return "sha256 " + base64.b64encode(hashlib.sha256(content).digest()).decode()


def send(arrival, content=CONTENT, size=PART, until=None):
    for offset in range(arrival.received, until or len(content), size):
        part = content[offset : offset + size]
        arrival = receive(arrival, offset=offset, content=part, checksum=checksum(part))
    return arrival


def whole(owner, content=CONTENT, name="session.mp4"):
    arrival = send(begun(owner, content, name), content)
    arrivals.inspect(arrival)
    arrival.refresh_from_db()
    return arrival


def blobs(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_parts_become_one_checked_file(owner, django_capture_on_commit_callbacks, vault_folder):
    with django_capture_on_commit_callbacks(execute=True) as sent:
        arrival = send(begun(owner))
    assert (arrival.state, len(sent)) == (Arrival.State.ARRIVED, 1)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.check_arrival(str(arrival.pk))
    arrival.refresh_from_db()
    assert arrival.state == Arrival.State.READY
    file = arrival.file
    kept = services.read(file)
    assert (file.size, file.content_type, file.purpose) == (len(CONTENT), "video/mp4", "excerpt")
    assert file.sha256 == hashlib.sha256(kept).hexdigest()
    assert recordings.NAME not in kept
    assert kept.count(bytes(range(256)) * 4) == CONTENT.count(bytes(range(256)) * 4)
    # Only the sealed whole is left.
    assert not ArrivalPart.objects.exists()
    assert [path.name for path in blobs(vault_folder)] == [file.pk.hex]


def test_no_part_lies_open_in_storage(owner, vault_folder):
    send(begun(owner), until=2 * PART)
    stored = b"".join(path.read_bytes() for path in blobs(vault_folder))
    assert len(stored) > 2 * PART
    assert bytes(range(16)) not in stored


def test_it_goes_on_where_it_stood(owner):
    arrival = send(begun(owner), until=2 * PART)
    again = begun(owner)
    assert (again.pk, again.received) == (arrival.pk, 2 * PART)
    assert send(again).state == Arrival.State.ARRIVED


@pytest.mark.parametrize(
    ("other", "is_same"),
    [({"name": "other.mp4"}, False), ({"content": CONTENT + b"x"}, False), ({}, True)],
)
def test_another_name_or_size_is_another_file(owner, other, is_same):
    assert (begun(owner, **other).pk == begun(owner).pk) is is_same


def test_another_persons_file_is_another_file(owner, stranger):
    assert begun(owner).pk != begun(stranger).pk


def test_the_same_part_again_changes_nothing(owner, vault_folder):
    arrival = send(begun(owner), until=2 * PART)
    before = blobs(vault_folder)
    for offset in (0, PART):
        again = receive(arrival, offset=offset, content=CONTENT[offset : offset + PART])
        assert again.received == 2 * PART
    assert blobs(vault_folder) == before


@pytest.mark.parametrize(
    ("offset", "content"),
    [
        (0, b"x" * PART),  # other bytes where some are
        (PART, CONTENT[PART : 2 * PART]),  # ahead of where it stands
        (0, CONTENT[: PART - 1]),  # a million tiny parts
        (0, b""),
        (0, CONTENT + b"x"),  # more than was announced
        (1, CONTENT[1 : PART + 1]),
    ],
)
def test_a_part_that_does_not_go_on_is_told_where_to_start(owner, offset, content):
    arrival = begun(owner)
    if content[:1] == b"x":
        arrival = send(arrival, until=PART)
    stood = arrival.received
    with pytest.raises(Misplaced) as refused:
        receive(arrival, offset=offset, content=content)
    assert refused.value.received == stood
    arrival.refresh_from_db()
    assert arrival.received == stood


def test_a_part_above_eight_megabytes_is_refused(owner):
    content = b"\0" * (MAX_PART_BYTES + 1)
    arrival = begin(owner, purpose="x", name="a.mp4", size=10**8, allowed=RECORDINGS)
    with pytest.raises(Misplaced):
        receive(arrival, offset=0, content=content)


@pytest.mark.parametrize(
    "wrong", [checksum(b"other"), "sha256 !", "md5 " + "A" * 24, "sha256", checksum(b"")]
)
def test_a_damaged_part_is_not_kept(owner, wrong):
    arrival = begun(owner)
    with pytest.raises(Damaged):
        receive(arrival, offset=0, content=CONTENT[:PART], checksum=wrong)
    arrival.refresh_from_db()
    assert (arrival.received, arrival.parts.count()) == (0, 0)


def test_a_full_storage_keeps_what_was_there(owner):
    arrival = send(begun(owner), until=PART)
    full = OSError(errno.ENOSPC, "No space left on device")
    with mock.patch.object(FileSystemStorage, "_save", side_effect=full), pytest.raises(NoRoom):
        send(arrival, until=2 * PART)
    arrival.refresh_from_db()
    assert arrival.received == PART
    assert send(arrival).state == Arrival.State.ARRIVED


@pytest.mark.parametrize(
    ("name", "size", "code"),
    [
        ("a.mp4", 0, "empty"),
        ("a.mp4", arrivals.LIMIT_BYTES + 1, "size"),
        ("../a.mp4", 100, "name"),
        ("", 100, "name"),
    ],
)
def test_what_cannot_come_in_is_said_before_it_is_sent(owner, name, size, code):
    with pytest.raises(Refused) as refused:
        begin(owner, purpose="x", name=name, size=size, allowed=RECORDINGS)
    assert refused.value.code == code
    assert not Arrival.objects.exists()


def test_one_person_keeps_so_much(owner, stranger):
    many = arrivals.QUOTA_BYTES // arrivals.LIMIT_BYTES
    for number in range(many):
        begin(
            owner, purpose="x", name=f"{number}.mp4", size=arrivals.LIMIT_BYTES, allowed=RECORDINGS
        )
    with pytest.raises(Refused) as refused:
        begun(owner)
    assert refused.value.code == "quota"
    assert begun(stranger).received == 0
    arrivals.give_up(Arrival.objects.filter(owner=owner).first())
    assert begun(owner).received == 0


def test_what_is_kept_counts_once(owner):
    arrival = whole(owner)
    assert arrivals.held_by(owner) == len(CONTENT)
    arrivals.take(arrival)
    assert arrivals.held_by(owner) == len(CONTENT)
    services.destroy(StoredFile.objects.get())
    assert arrivals.held_by(owner) == 0


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (CONTENT + recordings.wav(), "session.mp4", "was not finished"),
        (b"MZ" + CONTENT, "session.mp4", "isn’t one of the kinds"),
        (CONTENT, "session.pdf", "inside it is a MP4"),
    ],
)
def test_what_is_no_recording_says_why_and_leaves_nothing(
    owner, vault_folder, content, name, words
):
    arrival = whole(owner, content, name)
    assert arrival.state == Arrival.State.REFUSED
    assert words in arrival.refusal
    with pytest.raises(Refusal):
        arrivals.take(arrival)
    assert not StoredFile.objects.exists()
    assert not ArrivalPart.objects.exists()


def test_a_large_document_is_refused_before_it_is_read(owner):
    content = b"%PDF-1.7\n" + b"\0" * (21 * 2**20)
    arrival = begin(
        owner, purpose="x", name="a.pdf", size=len(content), allowed={"application/pdf"}
    )
    send(arrival, content, 4 * 2**20)
    arrivals.inspect(arrival)
    arrival.refresh_from_db()
    assert "larger than 20 MB" in arrival.refusal


def test_while_the_scanner_is_silent_the_file_waits(owner, settings):
    settings.CLAMAV_SOCKET = "/nowhere/clamd.sock"
    arrival = whole(owner)
    assert arrival.state == Arrival.State.ARRIVED
    with pytest.raises(Refusal):
        arrivals.take(arrival)
    settings.CLAMAV_SOCKET = ""
    later = timezone.now() + arrivals.ASK_AGAIN + timedelta(seconds=1)
    assert arrivals.ask_again(now=later) == 1
    assert arrivals.ask_again(now=later) == 0
    tasks.check_arrival(str(arrival.pk))
    arrival.refresh_from_db()
    assert arrival.state == Arrival.State.READY
    assert arrivals.ask_again(now=later) == 0


def test_a_changed_part_stops_the_check(owner, vault_folder):
    arrival = send(begun(owner))
    path = vault_folder / arrival.parts.first().storage_name
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    with pytest.raises(Tampered):
        arrivals.inspect(arrival)
    arrival.refresh_from_db()
    assert arrival.state == Arrival.State.ARRIVED


def test_parts_under_an_older_key_are_wrapped_anew(owner, settings):
    arrival = send(begun(owner))
    old = settings.VAULT_KEYS
    settings.VAULT_KEYS = [b"n" * 32, *old]
    assert services.rotate_keys() == arrival.parts.count()
    settings.VAULT_KEYS = [b"n" * 32]
    arrivals.inspect(arrival)
    arrival.refresh_from_db()
    assert arrival.state == Arrival.State.READY


def test_a_checked_file_is_taken_once(owner):
    arrival = whole(owner)
    assert arrivals.take(arrival) == arrival.file
    with pytest.raises(Refusal):
        arrivals.take(arrival)


@pytest.mark.parametrize("state", ["arriving", "ready", "refused", "taken"])
def test_what_nobody_goes_on_with_is_forgotten(
    owner, vault_folder, state, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        if state == "arriving":
            arrival = send(begun(owner), until=PART)
        else:
            arrival = whole(owner, CONTENT + b"x" if state == "refused" else CONTENT)
        if state == "taken":
            arrivals.take(arrival)
    almost = timezone.now() + arrivals.KEPT_FOR - timedelta(minutes=1)
    assert arrivals.sweep(now=almost) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert arrivals.sweep(now=almost + timedelta(minutes=2)) == 1
    assert not Arrival.objects.exists()
    # What an app took is the app's.
    assert len(blobs(vault_folder)) == StoredFile.objects.readable().count() == (state == "taken")


def test_what_can_never_be_checked_is_forgotten_too(owner, settings):
    settings.CLAMAV_SOCKET = "/nowhere/clamd.sock"
    whole(owner)
    later = timezone.now() + arrivals.KEPT_FOR
    assert arrivals.ask_again(now=later) == 1
    assert arrivals.sweep(now=later - timedelta(minutes=1)) == 0
    assert arrivals.sweep(now=later + timedelta(minutes=1)) == 1


def test_a_night_between_two_parts_costs_no_part(owner, vault_folder):
    arrival = send(begun(owner), until=PART)
    assert services.sweep_orphans(now=timezone.now() + timedelta(days=2)) == 0
    assert send(arrival).state == Arrival.State.ARRIVED


def test_only_the_owner_sees_it(owner, stranger):
    arrival = begun(owner)
    assert list(Arrival.objects.visible_to(owner)) == [arrival]
    assert not Arrival.objects.visible_to(stranger)


@pytest.mark.parametrize("size", [1, 1000, PART, PART + 1, 10**7])
def test_the_parts_read_as_one(owner, size):
    reader = arrivals.PartsReader(send(begun(owner)))
    assert b"".join(iter(lambda: reader.read(size), b"")) == CONTENT
    reader.seek(-10, io.SEEK_END)
    assert reader.read() == CONTENT[-10:]
    reader.seek(PART - 3)
    assert reader.read(6) == CONTENT[PART - 3 : PART + 3]


# --- two at once --------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_same_part_from_two_windows_is_one_part(owner):
    arrival = begun(owner)
    part = CONTENT[:PART]
    assert tally(*[lambda: receive(arrival, offset=0, content=part)] * 3) == {"done": 3}
    arrival.refresh_from_db()
    assert (arrival.received, arrival.parts.count()) == (PART, 1)


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_check_seal_one_file(owner, vault_folder, monkeypatch):
    monkeypatch.setattr(arrivals, "enqueue", lambda *args: None)
    arrival = begun(owner)
    send(arrival)
    arrival.refresh_from_db()
    assert arrival.state == "arrived"
    at_once(*[lambda: arrivals.inspect(arrival)] * 2)
    assert StoredFile.objects.count() == len(blobs(vault_folder)) == 1


@pytest.mark.django_db(transaction=True)
def test_a_check_that_another_overtook_ends_quietly(owner, vault_folder, monkeypatch):
    arrival = begun(owner)
    seal = arrivals.seal

    def overtaken(checked, **words):
        monkeypatch.setattr(arrivals, "seal", seal)
        arrivals.inspect(arrival)  # the other's, from start to end
        return seal(checked, **words)

    monkeypatch.setattr(arrivals, "enqueue", lambda *args: None)
    send(arrival)
    monkeypatch.setattr(arrivals, "seal", overtaken)
    arrivals.inspect(arrival)
    arrival.refresh_from_db()
    assert arrival.state == "ready"
    assert StoredFile.objects.count() == len(blobs(vault_folder)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_files_do_not_pass_the_limit_together(owner, monkeypatch):
    monkeypatch.setattr(arrivals, "QUOTA_BYTES", len(CONTENT) + 10)
    refused = []

    def start(name):
        try:
            begun(owner, name=name)
        except Refused as error:
            refused.append(error.code)

    threads = [threading.Thread(target=start, args=[f"{n}.mp4"]) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["quota", "quota"]
    assert Arrival.objects.count() == 1


# --- over HTTP ----------------------------------------------------------------------------


def ask(method, arrival=None, body=b"", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = RequestFactory().generic(
        method, "/x/", body, content_type=named.pop("type", receiving.PART_TYPE), headers=named
    )
    return receiving.go_on(request, arrival)


LENGTH = len(CONTENT)


def announce(owner, name="session.mp4", size=LENGTH, **headers):
    packed = base64.b64encode(name.encode()).decode()
    request = RequestFactory().post(
        "/x/",
        headers={"Upload-Length": str(size), "Upload-Metadata": f"a,filename {packed}", **headers},
    )
    return receiving.begin(
        request, owner, purpose="x", allowed=RECORDINGS, address=lambda row: f"/x/{row.pk}/"
    )


def test_the_protocol_from_beginning_to_end(owner):
    created = announce(owner, name="séance.mp4")
    arrival = Arrival.objects.get()
    assert (created.status_code, created["Location"]) == (201, f"/x/{arrival.pk}/")
    assert (arrival.name, arrival.size) == ("séance.mp4", len(CONTENT))
    offset = 0
    while offset < len(CONTENT):
        part = CONTENT[offset : offset + PART]
        answer = ask(
            "PATCH", arrival, part, Upload_Offset=str(offset), Upload_Checksum=checksum(part)
        )
        assert answer.status_code == 204
        offset = int(answer["Upload-Offset"])
        head = ask("HEAD", arrival.__class__.objects.get())
        assert (head["Upload-Offset"], head["Upload-Length"]) == (str(offset), str(len(CONTENT)))
        assert head["Cache-Control"] == "no-store"
    assert Arrival.objects.get().state == Arrival.State.ARRIVED
    assert ask("DELETE", arrival).status_code == 204
    assert not Arrival.objects.exists()


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Upload_Offset": "5"}, CONTENT[:PART], 409),
        ({"Upload_Offset": "-1"}, CONTENT[:PART], 413),
        ({"Upload_Offset": "٣"}, CONTENT[:PART], 413),
        ({}, CONTENT[:PART], 413),
        ({"Upload_Offset": "0", "type": "text/plain"}, CONTENT[:PART], 415),
        ({"Upload_Offset": "0", "Upload_Checksum": "sha256 AAAA"}, CONTENT[:PART], 460),
        ({"Upload_Offset": "0"}, b"x" * (MAX_PART_BYTES + 1), 413),
    ],
)
def test_a_part_that_is_not_taken_says_where_it_stands(owner, headers, body, status):
    arrival = begun(owner)
    answer = ask("PATCH", arrival, body, **headers)
    assert (answer.status_code, answer["Upload-Offset"]) == (status, "0")
    assert not ArrivalPart.objects.exists()


def test_a_cut_connection_keeps_nothing_of_the_part(owner):
    arrival = begun(owner)
    request = RequestFactory().generic(
        "PATCH",
        "/x/",
        CONTENT[:1000],
        content_type=receiving.PART_TYPE,
        headers={"Upload-Offset": "0"},
    )
    request.META["CONTENT_LENGTH"] = str(PART)
    answer = receiving.go_on(request, arrival)
    assert (answer.status_code, answer["Upload-Offset"]) == (400, "0")
    assert not ArrivalPart.objects.exists()


@pytest.mark.parametrize(
    ("facts", "status", "words"),
    [
        ({"size": 3 * 2**30}, 413, b"is the most we can keep"),
        ({"size": 0}, 400, b"empty"),
        ({"name": "a/b.mp4"}, 400, b"name"),
        ({"Upload-Length": "many"}, 400, b"size of this file"),
        ({"Upload-Metadata": "filename %%%"}, 400, b"without a name"),
    ],
)
def test_an_announcement_that_is_not_taken_says_why(owner, facts, status, words):
    answer = announce(owner, **facts)
    assert answer.status_code == status
    assert words in answer.content
    assert not Arrival.objects.exists()


def test_the_page_reads_how_it_stands(owner):
    arrival = whole(owner, CONTENT + b"x")
    answer = ask("GET", arrival)
    assert answer.status_code == 200
    assert b'"state": "refused"' in answer.content
    assert b"was not finished" in answer.content

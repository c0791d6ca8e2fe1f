"""Which recordings come in, and what of them stays out."""

import io
import struct
import zipfile

import pytest
from django.core.files.base import ContentFile

from scip.vault.errors import Refused
from scip.vault.inspection.check import RECORDINGS, TEXT, check
from tests.vault import recordings, samples

GIB = 2**30


def judged(name, content, allowed=RECORDINGS | {TEXT}):
    checked = check(ContentFile(content, name), allowed=allowed, max_bytes=GIB)
    checked.stream.seek(0)
    return checked, checked.stream.read()


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("a.mp4", recordings.mp4(), "video/mp4"),
        ("a.m4a", recordings.mp4(), "video/mp4"),
        ("a.m4a", recordings.mp4(b"M4A "), "audio/mp4"),
        ("a.mov", recordings.mp4(b"qt  "), "video/quicktime"),
        ("a.mp3", recordings.mp3(), "audio/mpeg"),
        ("a.mp3", recordings.mp3()[recordings.mp3().index(b"\xff\xfb") :], "audio/mpeg"),
        ("a.wav", recordings.wav(), "audio/wav"),
        ("a.flac", recordings.flac(), "audio/flac"),
        ("a.opus", b"OggS\0\2" + b"\0" * 300, "audio/ogg"),
        ("a.aac", b"\xff\xf1\x50\x80" + b"\0" * 300, "audio/aac"),
        ("a.webm", recordings.webm(), "video/webm"),
        (
            "talk.vtt",
            "WEBVTT\n\n00:01.000 --> 00:02.000\nMhm – そうですね\n".encode(),
            "text/plain",
        ),
        ("talk.txt", b"\xef\xbb\xbfT: And what do you notice?\r\n", "text/plain"),
    ],
)
def test_a_recording_is_known_by_its_content(name, content, content_type):
    checked, kept = judged(name, content)
    assert (checked.content_type, checked.name, len(kept)) == (content_type, name, len(content))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.mp4", recordings.mp4()),
        ("a.m4a", recordings.mp4(b"M4A ")),
        ("a.mov", recordings.mp4(b"qt  ")),
        ("a.mp3", recordings.mp3()),
        ("a.wav", recordings.wav()),
        ("a.flac", recordings.flac()),
    ],
)
def test_what_tells_of_place_and_name_does_not_come_in(name, content):
    assert recordings.NAME in content  # else this would prove nothing
    _checked, kept = judged(name, content)
    assert recordings.NAME not in kept
    assert recordings.PLACE not in kept
    assert len(kept) == len(content)


def test_times_go_and_sound_stays_where_it_was():
    content = recordings.mp4()
    _checked, kept = judged("a.mp4", content)
    assert kept.count(struct.pack(">I", 3_900_000_000)) == 0
    sound = content.index(b"\x5a" * 5000)
    assert kept[sound : sound + 5000] == content[sound : sound + 5000]
    assert kept[: content.index(b"moov")] == content[: content.index(b"moov")]
    # What a player needs from the header is as it was: scale and length.
    assert struct.pack(">II", 1000, 60_000) in kept


@pytest.mark.parametrize("step", [1, 7, 64, 4096])
def test_it_reads_the_same_in_any_step(step):
    checked, whole = judged("a.mp4", recordings.mp4())
    checked.stream.seek(0)
    assert b"".join(iter(lambda: checked.stream.read(step), b"")) == whole
    checked.stream.seek(100)
    assert checked.stream.read(50) == whole[100:150]


def archive_of(content=b"<w/>"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("a.html", content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.mp4", recordings.mp4() + archive_of(), "polyglot"),
        ("a.mp4", recordings.mp4() + b"\0\0\0\x10\0\1\2\3" + b"\0" * 8, "polyglot"),
        ("a.mp4", recordings.mp4()[:-10], "unfinished"),
        ("a.mp4", recordings.mp4() + b"MZ", "unfinished"),
        (
            "a.mp4",
            recordings.box(b"ftyp", b"isom") + recordings.box(b"mdat", b"x" * 90),
            "unfinished",
        ),
        ("a.mp4", recordings.box(b"ftyp", b"isom") + struct.pack(">I", 4) + b"moov", "unfinished"),
        ("a.wav", recordings.wav() + archive_of(), "polyglot"),
        ("a.wav", recordings.wav() + b"<html><script>", "polyglot"),
        ("a.wav", recordings.wav()[:-100], "unfinished"),
        ("a.mp3", recordings.mp3() + archive_of(), "polyglot"),
        ("a.webm", recordings.webm() + archive_of(), "polyglot"),
        ("a.flac", b"fLaC\0\xff\xff\xff" + b"\0" * 40, "unfinished"),
        ("a.mkv", recordings.webm().replace(b"\x84webm", b"\x88matroska"), "type"),
        ("a.mp4", recordings.wav(), "extension"),
        ("a.html", recordings.mp3(), "extension"),
        ("a.txt", b"MZ\x90\0" + b"\0" * 100, "type"),
        ("a.txt", b"words " * 2000 + b"\0\1", "text"),
        ("a.txt", b"words " * 2000 + b"\xff\xfe", "text"),
        ("a.txt", b"words " * 2000 + "ö".encode()[:1], "text"),
        ("a.docm", samples.archive("word/vbaProject.bin", b"x"), "type"),
        ("a.mp4", b"", "empty"),
    ],
)
def test_what_is_no_whole_recording_stays_out(name, content, code):
    with pytest.raises(Refused) as refused:
        judged(name, content)
    assert refused.value.code == code


def test_bytes_that_only_look_like_the_end_of_an_archive_are_sound():
    content = recordings.mp4(sound=b"\x5aPK\5\6" * 1000)
    assert judged("a.mp4", content)[0].content_type == "video/mp4"


def test_a_place_that_takes_documents_takes_no_recording():
    with pytest.raises(Refused) as refused:
        judged("a.mp3", recordings.mp3(), allowed={"application/pdf"})
    assert refused.value.code == "type"

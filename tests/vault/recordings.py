"""Recordings made on the spot: small, but whole, and with what a phone writes into them."""

import io
import struct
import wave

PLACE = b"+52.5200+013.4050/"
NAME = b"Session with M. Schmidt"


def box(kind: bytes, *content: bytes) -> bytes:
    """One box of an MP4."""
    body = b"".join(content)
    return struct.pack(">I", 8 + len(body)) + kind + body


def mp4(brand: bytes = b"isom", *, sound: bytes = b"\x5a" * 5000) -> bytes:
    """An MP4 with a place, a name and times in it."""
    times = struct.pack(">II", 3_900_000_000, 3_900_000_001)
    header = box(b"mvhd", b"\0\0\0\0", times, struct.pack(">II", 1000, 60_000), b"\0" * 80)
    track = box(
        b"trak",
        box(b"tkhd", b"\1\0\0\7", struct.pack(">QQ", 3_900_000_000, 3_900_000_001), b"\0" * 72),
        box(b"mdia", box(b"mdhd", b"\0\0\0\0", times, b"\0" * 16)),
        box(b"udta", box(b"name", NAME)),
    )
    about = box(b"udta", box(b"\xa9xyz", PLACE), box(b"\xa9nam", NAME))
    return (
        box(b"ftyp", brand, b"\0\0\2\0", b"isom")
        + box(b"mdat", sound)
        + box(b"moov", header, track, about, box(b"meta", PLACE))
    )


def mp3(frames: int = 40) -> bytes:
    """Frames of MPEG layer III behind a tag with a name, and an old tag at the end."""
    content = b"TIT2" + struct.pack(">I", len(NAME) + 1) + b"\0\0\3" + NAME
    size = len(content)
    head = b"ID3\4\0\0" + bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127])
    return head + content + (b"\xff\xfb\x90\x00" + b"\0" * 413) * frames + b"TAG" + NAME.ljust(125)


def wav(seconds: float = 1, *, note: bytes = NAME) -> bytes:
    """Silence, with a note behind the sound."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\0" * int(8000 * seconds))
    data = out.getvalue()
    chunk = b"LIST" + struct.pack("<I", len(note)) + note + b"\0" * (len(note) % 2)
    return data[:4] + struct.pack("<I", len(data) - 8 + len(chunk)) + data[8:] + chunk


def flac() -> bytes:
    """Stream information, a comment, and something that stands for frames."""
    comment = NAME + PLACE
    return (
        b"fLaC"
         b"\0" + (34).to_bytes(3, "big") + b"\0" * 34
        + b"\x84" + len(comment).to_bytes(3, "big") + comment
        + b"\xff\xf8" + b"\0" * 200
    )  # fmt: skip


def webm() -> bytes:
    """The head of a WebM, and something that stands for clusters."""
    return (
        b"\x1a\x45\xdf\xa3\x8b\x42\x86\x81\x01\x42\x82\x84webm" + b"\x18\x53\x80\x67" + b"\0" * 500
    )

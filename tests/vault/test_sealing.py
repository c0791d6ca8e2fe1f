"""The sealed form: whole and partial reading, and every way of changing what is stored."""

import io
import random
import tracemalloc
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scip.vault import services
from scip.vault.errors import BlobMissing, KeyMissing, Tampered, VaultError
from scip.vault.inspection.check import CheckedUpload
from scip.vault.keys import new_data_key
from scip.vault.models import StoredFile
from scip.vault.sealing import CHUNK_SIZE, TAG_BYTES, SealingReader, sealed_size, unseal

from .conftest import Keep, blob_path

CELL = CHUNK_SIZE + TAG_BYTES
SIZES = [
    0,
    1,
    15,
    16,
    CHUNK_SIZE - 1,
    CHUNK_SIZE,
    CHUNK_SIZE + 1,
    2 * CHUNK_SIZE - 1,
    2 * CHUNK_SIZE,
    3 * CHUNK_SIZE + 7,
]


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


@pytest.mark.parametrize("size", SIZES)
def test_round_trip_around_chunk_borders(size: int, keep: Keep) -> None:
    content = noise(size)
    file = keep(content)
    assert services.read(StoredFile.objects.get(pk=file.pk)) == content
    assert file.size == size
    assert blob_path(file).stat().st_size == sealed_size(size, CHUNK_SIZE)


@pytest.mark.parametrize("size", SIZES[1:])
def test_ranges_around_chunk_borders(size: int, keep: Keep) -> None:
    content = noise(size)
    file = keep(content)
    marks = sorted(
        {0, 1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 2 * CHUNK_SIZE, size - 1, size}
    )
    for start in marks:
        for end in marks:
            if start <= end <= size:
                assert b"".join(services.open_stream(file, start, end)) == content[start:end]


@given(data=st.data(), size=st.integers(0, 300), chunk=st.integers(1, 40), step=st.integers(1, 90))
@settings(max_examples=300, deadline=None)
def test_any_range_of_any_file_is_that_part_of_it(
    data: st.DataObject, size: int, chunk: int, step: int
) -> None:
    content, key, file_id = noise(size), new_data_key(), uuid.uuid4()
    reader = SealingReader(io.BytesIO(content), key=key, file_id=file_id, chunk_size=chunk)
    sealed = b"".join(iter(lambda: reader.read(step), b""))
    assert len(sealed) == sealed_size(size, chunk)
    start = data.draw(st.integers(0, size))
    end = data.draw(st.integers(start, size))
    parts = unseal(
        io.BytesIO(sealed),
        key=key,
        file_id=file_id,
        size=size,
        chunk_size=chunk,
        start=start,
        end=end,
    )
    assert b"".join(parts) == content[start:end]


def test_a_range_outside_the_file_is_an_error(keep: Keep) -> None:
    file = keep(noise(10))
    for start, end in [(-1, 5), (6, 5), (0, 11), (11, 11)]:
        with pytest.raises(ValueError, match="don't lie within"):
            services.open_stream(file, start, end)


def test_only_the_needed_chunks_are_opened(keep: Keep) -> None:
    content = noise(5 * CHUNK_SIZE)
    file = keep(content)
    path = blob_path(file)
    sealed = bytearray(path.read_bytes())
    sealed[10] ^= 1
    path.write_bytes(sealed)
    middle = (2 * CHUNK_SIZE + 5, 3 * CHUNK_SIZE - 5)
    assert b"".join(services.open_stream(file, *middle)) == content[slice(*middle)]
    with pytest.raises(Tampered):
        services.read(file)


def _flip(position: int) -> Callable[[bytes], bytes]:
    return lambda sealed: (
        sealed[:position] + bytes((sealed[position] ^ 1,)) + sealed[position + 1 :]
    )


def _cells(sealed: bytes) -> list[bytes]:
    return [sealed[at : at + CELL] for at in range(0, len(sealed), CELL)]


def _order(*numbers: int) -> Callable[[bytes], bytes]:
    return lambda sealed: b"".join(_cells(sealed)[number] for number in numbers)


TAMPERINGS: dict[str, Callable[[bytes], bytes]] = {
    "first byte": _flip(0),
    "inside the first chunk": _flip(CHUNK_SIZE // 2),
    "first tag": _flip(CHUNK_SIZE + 3),
    "inside the second chunk": _flip(CELL + 100),
    "last byte of the file": _flip(-1 + 2 * CELL + 500 + TAG_BYTES),
    "last chunk": _flip(2 * CELL + 20),
    "two chunks swapped": _order(1, 0, 2),
    "one chunk twice": _order(0, 0, 2),
    "first chunk gone": _order(1, 2),
    "middle chunk gone": _order(0, 2),
    "last chunk gone": _order(0, 1),
    "cut inside a chunk": lambda sealed: sealed[: CELL + 900],
    "one byte short": lambda sealed: sealed[:-1],
    "empty": lambda sealed: b"",
    "one byte more": lambda sealed: sealed + b"\0",
    "a chunk more": lambda sealed: sealed + sealed[:CELL],
    "reversed": _order(2, 1, 0),
    "zeros": lambda sealed: b"\0" * len(sealed),
}


@pytest.mark.parametrize("tamper", TAMPERINGS.values(), ids=TAMPERINGS.keys())
def test_changed_storage_is_refused_and_gives_no_byte_of_the_changed_chunk(
    tamper: Callable[[bytes], bytes], keep: Keep
) -> None:
    content = noise(2 * CHUNK_SIZE + 500)
    file = keep(content)
    path = blob_path(file)
    changed = tamper(path.read_bytes())
    assert changed != path.read_bytes()
    path.write_bytes(changed)
    parts: list[bytes] = []
    with pytest.raises(VaultError):
        parts.extend(services.open_stream(file))
    got = b"".join(parts)
    assert content.startswith(got)
    assert len(got) % CHUNK_SIZE == 0
    assert len(got) < len(content)


def test_a_cut_file_stays_refused_when_its_row_is_cut_to_match(keep: Keep) -> None:
    """The last flag is authenticated: two whole chunks don't pass as a file of two chunks."""
    file = keep(noise(2 * CHUNK_SIZE + 500))
    path = blob_path(file)
    path.write_bytes(path.read_bytes()[: 2 * CELL])
    file.size = 2 * CHUNK_SIZE
    with pytest.raises(Tampered, match="Chunk 1 "):
        services.read(file)


def test_a_chunk_of_another_file_is_refused(keep: Keep) -> None:
    one, two = keep(noise(2 * CHUNK_SIZE)), keep(noise(2 * CHUNK_SIZE))
    mine, other = blob_path(one), blob_path(two)
    mine.write_bytes(other.read_bytes()[:CELL] + mine.read_bytes()[CELL:])
    with pytest.raises(Tampered, match="Chunk 0 "):
        services.read(one)


def test_a_chunk_belongs_to_its_file_also_under_the_same_key() -> None:
    """Were a key ever used twice, a chunk would still open as its own file's alone."""
    key, file_id, content = new_data_key(), uuid.uuid4(), noise(CHUNK_SIZE + 5)
    sealed = SealingReader(io.BytesIO(content), key=key, file_id=file_id).read()

    def opened(as_file: uuid.UUID) -> bytes:
        facts: Any = {"size": len(content), "chunk_size": CHUNK_SIZE, "start": 0}
        return b"".join(
            unseal(io.BytesIO(sealed), key=key, file_id=as_file, end=len(content), **facts)
        )

    assert opened(file_id) == content
    with pytest.raises(Tampered):
        opened(uuid.uuid4())


def test_a_whole_file_and_its_key_moved_to_another_row_are_refused(keep: Keep) -> None:
    one, two = keep(noise(500)), keep(noise(500, seed=2))
    one.storage_name, one.wrapped_key = two.storage_name, two.wrapped_key
    with pytest.raises(Tampered, match="wrapped key"):
        services.read(one)


def test_a_changed_wrapped_key_is_refused(keep: Keep) -> None:
    file = keep(noise(500))
    for position in range(len(file.wrapped_key)):
        file.wrapped_key = _flip(position)(bytes(StoredFile.objects.get(pk=file.pk).wrapped_key))
        with pytest.raises(Tampered, match="wrapped key"):
            services.read(file)


def test_an_unknown_wrapping_key_tells_the_operator_what_to_do(keep: Keep) -> None:
    file = keep(noise(500))
    file.key_id = "0" * 16
    with pytest.raises(KeyMissing, match="Add the older key back") as missing:
        services.read(file)
    assert "0" * 16 in str(missing.value)


def test_missing_bytes_are_named_as_such(keep: Keep) -> None:
    file = keep(noise(500))
    blob_path(file).unlink()
    with pytest.raises(BlobMissing):
        services.open_stream(file)


def _windows(content: bytes, stored: bytes) -> int:
    return sum(content[at : at + 16] in stored for at in range(0, len(content) - 15, 16))


def test_no_window_of_sixteen_plain_bytes_lies_in_storage(keep: Keep, vault_folder: Path) -> None:
    content = noise(CHUNK_SIZE + 999) + b"a very quotable sentence about a client " * 50
    keep(content)
    stored = b"".join(path.read_bytes() for path in vault_folder.rglob("*") if path.is_file())
    assert len(stored) > len(content)
    assert _windows(content, stored) == 0
    assert _windows(content, stored + content) > 4000, "control: the search finds what is there"


def test_equal_files_look_different_in_storage(keep: Keep) -> None:
    content = b"\0" * (3 * CHUNK_SIZE)
    one, two = keep(content), keep(content)
    cells = _cells(blob_path(one).read_bytes()) + _cells(blob_path(two).read_bytes())
    assert len({cell[:64] for cell in cells}) == 6


class Endless:
    """A file of ``size`` bytes that isn't anywhere."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.at = 0

    def read(self, size: int = -1, /) -> bytes:
        taken = min(size, self.size - self.at)
        self.at += taken
        return b"x" * taken

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self.at = offset if whence == 0 else self.size
        return self.at


def test_sixty_megabytes_pass_through_in_constant_memory(owner: Any) -> None:
    size = 60 * 1024 * 1024
    tracemalloc.start()
    try:
        checked = CheckedUpload(Endless(size), "a.pdf", "application/pdf", size)
        file = services.store(
            checked,
            owner=owner,
            purpose="licence",
            allowed={"application/pdf"},
            max_bytes=size,
        )
        assert sum(len(part) for part in services.open_stream(file)) == size
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert file.size == size
    assert peak < 4 * 1024 * 1024

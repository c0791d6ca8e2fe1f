"""Recordings in the vault: memory by size, the first byte by offset, and sealing against openssl."""

import io
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from django.core.files.base import File

from bench.report import Row
from bench.rounds import alternate
from scip.vault import arrivals, services
from scip.vault.inspection.check import CheckedUpload
from scip.vault.models import StoredFile
from tests import world

MIB = 2**20
GIB = 2**30


class Noise(io.RawIOBase):
    """So many bytes that compress badly, made as they are read."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._block = os.urandom(MIB)
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._position = offset if whence == io.SEEK_SET else self._size + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def read(self, size: int | None = -1, /) -> bytes:
        left = self._size - self._position
        wanted = min(left, MIB if size is None or size < 0 else size)
        start = self._position % MIB
        piece = self._block[start : start + wanted]
        self._position += len(piece)
        return piece


def keep(size: int) -> StoredFile:
    """A recording of ``size`` bytes, sealed."""
    owner = world.make_user(f"recording{size}@example.com")
    checked = CheckedUpload(Noise(size), "session.mp4", "video/mp4", size)
    return services.store(
        checked, owner=owner, purpose="bench", allowed={"video/mp4"}, max_bytes=size
    )


def peak_over(act: Callable[[], object]) -> float:
    """MiB by which resident memory rose at most while ``act`` ran."""
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark begins anew
    before = resident("VmRSS")
    act()
    return (resident("VmHWM") - before) / 1024


def resident(name: str) -> int:
    """KiB, as the kernel counts them."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def drain(file: StoredFile) -> None:
    for _chunk in services.open_stream(file):
        pass


def recording_rows(folder: Path) -> list[Row]:
    """All of it; writes and removes a gigabyte."""
    rows = []
    files = {}
    keep(8 * MIB)  # what is imported and allocated once
    for size, name in ((64 * MIB, "64 MiB"), (GIB, "1 GiB")):
        found: list[StoredFile] = []
        grown = peak_over(lambda size=size, found=found: found.append(keep(size)))
        files[name] = found[0]
        rows.append(memory(f"vault: memory while {name} are sealed", grown))
        grown = peak_over(lambda file=found[0]: drain(file))
        rows.append(memory(f"vault: memory while {name} are read", grown))
    rows += first_bytes(files["1 GiB"])
    rows += against_openssl(folder)
    rows += parts_row()
    for file in files.values():
        services.destroy(file)
    return rows


def memory(name: str, grown: float) -> Row:
    return Row(name=name, value=grown, unit="MiB", goal=64, is_exact=True)


def first_bytes(file: StoredFile) -> list[Row]:
    """The first chunk of a range at the start and near the end."""
    late = file.size * 95 // 100

    def first(start: int) -> Callable[[], object]:
        return lambda: next(services.open_stream(file, start, start + MIB))

    taken = alternate({"start": first(0), "late": first(late)}, calls=60)
    return [
        Row(
            name="vault: first byte at 95 % of 1 GiB",
            value=taken["late"].p50,
            unit="ms",
            baseline="first byte at the start",
            baseline_value=taken["start"].p50,
            goal=1.3,
        ),
        Row(
            name="vault: seek in 1 GiB", value=taken["late"].p99, unit="ms", goal=300, is_exact=True
        ),
    ]


def against_openssl(folder: Path, megabytes: int = 64) -> list[Row]:
    """Sealing a file on disk, against the command line's AES (CTR, no authentication, no hash)."""
    source, target = folder / "plain", folder / "enc"
    source.write_bytes(os.urandom(megabytes * MIB))
    owner = world.make_user("openssl@example.com")
    command = ["openssl", "enc", "-aes-256-ctr", "-K", "0" * 64, "-iv", "0" * 32]

    def encrypt() -> None:
        subprocess.run([*command, "-in", source, "-out", target], check=True)

    def copy() -> None:
        shutil.copyfile(source, folder / "copy")

    def seal() -> None:
        with source.open("rb") as file:
            checked = CheckedUpload(File(file), "a.mp4", "video/mp4", megabytes * MIB)
            services.seal(checked, owner=owner, purpose="bench")

    sides = {"copy": copy, "openssl": encrypt, "seal": seal}
    taken = alternate(sides, calls=6, block=2, warm_up=1)
    return [
        Row(
            name=f"vault: {megabytes} MiB sealed, hashed and kept",
            value=taken["seal"].p50,
            unit="ms",
            baseline="the file copied as it is",
            baseline_value=taken["copy"].p50,
        ),
        Row(
            name=f"vault: {megabytes} MiB sealed and hashed",
            value=taken["seal"].p50,
            unit="ms",
            baseline="openssl enc, without tag and hash",
            baseline_value=taken["openssl"].p50,
        ),
    ]


def parts_row(megabytes: int = 64) -> list[Row]:
    """A recording that comes part by part."""
    owner = world.make_user("parts@example.com")
    size = megabytes * MIB
    noise = Noise(size)
    arrival = arrivals.begin(owner, purpose="bench", name="a.mp4", size=size, allowed=["video/mp4"])
    started = time.perf_counter()
    while arrival.received < size:
        noise.seek(arrival.received)
        content = b"".join(noise.read(MIB) for _ in range(arrivals.PART_BYTES // MIB))
        arrival = arrivals.receive(arrival, offset=arrival.received, content=content)
    seconds = time.perf_counter() - started
    return [
        Row(
            name="vault: parts received",
            value=megabytes / seconds,
            unit="MiB/s",
            goal=100,
            sense="at least",
        )
    ]

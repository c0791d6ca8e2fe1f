"""Vault and seats: what the services do in a second."""

import hashlib
import io
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from bench import people
from bench.report import Row
from bench.rounds import alternate
from cohorts.models import Application, Seat
from cohorts.services.offers import offer_place
from scip.requirements import Refusal
from scip.vault import services as vault
from scip.vault.inspection.check import CheckedUpload
from tests import world
from tests.cohorts import admission

MIB = 2**20


def vault_rows(folder: Path, megabytes: int = 20) -> list[Row]:
    """Taking in an evidence document, against copying it to disk with fsync."""
    owner = world.make_user("vault@example.com")
    content = os.urandom(megabytes * MIB)
    target = folder / "copy"

    def copy() -> None:
        with target.open("wb") as file:
            source, digest = io.BytesIO(content), hashlib.sha256()
            while chunk := source.read(64 * 1024):
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())

    def seal() -> None:
        upload = SimpleUploadedFile("x.pdf", content, "application/pdf")
        checked = CheckedUpload(
            stream=upload, name="x.pdf", content_type="application/pdf", size=len(content)
        )
        stored = vault.store(
            checked,
            owner=owner,
            purpose="bench",
            allowed={"application/pdf"},
            max_bytes=len(content),
        )
        with Path(vault._storage().path(stored.storage_name)).open("rb") as file:
            os.fsync(file.fileno())

    taken = alternate({"copy": copy, "seal": seal}, calls=6, block=2, warm_up=1)
    return [
        Row(
            name="vault: one document in",
            value=megabytes * 1000 / taken["seal"].p50,
            unit="MiB/s",
            goal=100,
            sense="at least",
        ),
        Row(
            name=f"vault: {megabytes} MiB sealed, hashed, with fsync",
            value=taken["seal"].p50,
            unit="ms",
            baseline="plain copy with hash and fsync",
            baseline_value=taken["copy"].p50,
            goal=1.15,
        ),
    ]


def seat_rows(takers: int = 120, threads: int = 4) -> list[Row]:
    """Places offered a second through the service (locks, letter and log included)."""
    office = world.make_user("seats@example.com", "staff")
    cohort = world.make_cohort(capacity=takers - 20)
    waiting = [admission.sent(cohort) for _ in range(takers)]
    people.analyse()
    queue = iter(waiting)
    gate = threading.Lock()
    outcomes: list[str] = []

    def take() -> None:
        try:
            while True:
                with gate:
                    application = next(queue, None)
                if application is None:
                    return
                outcomes.append(attempt(application))
        finally:
            connection.close()

    def attempt(application: Application) -> str:
        try:
            offer_place(application, tier="standard", by=office)
        except Refusal:
            return "refused"
        return "held"

    started = time.perf_counter()
    run_all(take, threads)
    seconds = time.perf_counter() - started
    held = Seat.objects.filter(cohort=cohort).count()
    return [
        Row(
            name=f"places offered a second over {threads} connections",
            value=len(outcomes) / seconds,
            unit="/s",
            note="with findings, letter and log entries; the goal of 150 is for bare reservations",
        ),
        Row(
            name="places oversold meanwhile",
            value=held - cohort.capacity,
            unit="places",
            goal=0,
            is_exact=True,
        ),
    ]


def run_all(act: Callable[[], None], count: int) -> None:
    """Run the same in so many threads and wait for all."""
    threads = [threading.Thread(target=act) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

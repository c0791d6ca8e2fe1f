"""A kept file that does not open is told to the operator and the office, until it opens again."""

import secrets
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from scip.vault import services
from scip.vault.errors import BlobMissing, KeyMissing, Tampered
from scip.vault.models import Arrival, StoredFile
from scip.vault.sealing import CHUNK_SIZE
from tests.vault.conftest import Keep

pytestmark = pytest.mark.django_db
CONTENT = b"n" * (CHUNK_SIZE + 10)


def blob(file: StoredFile) -> Path:
    return Path(storages["vault"].path(file.storage_name))


def test_each_way_of_being_damaged_is_noted_once_and_forgotten_when_mended(
    keep: Keep, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    late, short, gone, well = (keep(CONTENT, f"{n}.pdf") for n in ("late", "short", "gone", "well"))
    before = {file.pk: blob(file).read_bytes() for file in (late, short, gone)}
    spoilt = bytearray(before[late.pk])
    spoilt[-1] ^= 1
    blob(late).write_bytes(spoilt)
    blob(short).write_bytes(before[short.pk][:-1])
    blob(gone).unlink()
    for file, error in ((late, Tampered), (short, Tampered), (gone, BlobMissing)):
        for _time in range(2):
            with pytest.raises(error):
                services.read(file)
    services.read(well)
    assert set(StoredFile.objects.damaged()) == {late, short, gone}
    noted = StoredFile.objects.get(pk=late.pk).damaged_at
    assert str(late.pk) in caplog.text
    assert services.look_again() == 0
    assert StoredFile.objects.get(pk=late.pk).damaged_at == noted
    blob(late).write_bytes(before[late.pk])
    blob(gone).write_bytes(before[gone.pk])
    said = StringIO()
    call_command("check_damaged_files", stdout=said)
    assert said.getvalue().strip() == "2 files open again; 1 still do not."
    assert list(StoredFile.objects.damaged()) == [short]


def test_a_missing_key_is_noted_and_forgotten_when_it_is_back(keep: Keep, settings: Any) -> None:
    file, keys = keep(CONTENT), settings.VAULT_KEYS
    settings.VAULT_KEYS = [secrets.token_bytes(32)]
    with pytest.raises(KeyMissing):
        services.read(file)
    assert StoredFile.objects.damaged().get() == file
    settings.VAULT_KEYS = keys
    assert services.look_again() == 1
    assert not StoredFile.objects.damaged().exists()


def test_what_was_destroyed_meanwhile_is_not_damaged(
    keep: Keep, caplog: pytest.LogCaptureFixture
) -> None:
    file = keep(CONTENT)
    services.destroy(StoredFile.objects.get(pk=file.pk))
    blob(file).unlink(missing_ok=True)
    with pytest.raises(BlobMissing):
        services.read(file)
    assert "can't be read" not in caplog.text
    damaged = keep(CONTENT)
    StoredFile.objects.filter(pk=damaged.pk).update(damaged_at=timezone.now())
    services.destroy(damaged)
    assert not StoredFile.objects.damaged().exists()


def test_the_log_says_it_once(keep: Keep, caplog: pytest.LogCaptureFixture) -> None:
    file = keep(CONTENT)
    blob(file).unlink()
    for _time in range(2):
        with pytest.raises(BlobMissing):
            services.read(file)
    services.look_again()
    assert caplog.text.count("can't be read") == 1


def test_many_that_stay_damaged_keep_no_other_from_being_read(keep: Keep) -> None:
    long_ago = timezone.now() - timedelta(days=9)
    files = [keep(b"n", f"{number}.pdf") for number in range(3)]
    for number, file in enumerate(files):
        StoredFile.objects.filter(pk=file.pk).update(damaged_at=long_ago + timedelta(hours=number))
    for file in files[:2]:
        blob(file).unlink()
    # Out of time before the first: nothing is read.
    assert services.look_again(seconds=0) == 0
    assert not StoredFile.objects.exclude(looked_at=None).exists()
    # One was read before a worker was ended: the next begins with the others.
    for file in files[:2]:
        StoredFile.objects.filter(pk=file.pk).update(looked_at=long_ago + timedelta(days=1))
    read: list[str] = []

    def watch(execute: Any, sql: str, params: Any, *rest: Any) -> Any:
        if sql.startswith("UPDATE") and '"looked_at"' in sql:
            read.append(str(params[-1]))
        return execute(sql, params, *rest)

    with connection.execute_wrapper(watch):
        assert services.look_again() == 1
    assert read == [str(file.pk) for file in (files[2], files[0], files[1])]
    assert set(StoredFile.objects.damaged()) == set(files[:2])


def test_who_is_stuck(owner: Any) -> None:
    now = timezone.now()
    for state, minutes in (("held", 1), ("arrived", 29), ("arrived", 31), ("ready", 60)):
        Arrival.objects.create(
            owner=owner,
            purpose="excerpt",
            name=f"{state} {minutes}",
            size=1,
            received=1,
            allowed=[],
            state=state,
            arrived_at=now - timedelta(minutes=minutes),
        )
    assert {row.name for row in Arrival.objects.stuck(now)} == {"held 1", "arrived 31"}

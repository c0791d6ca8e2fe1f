"""Life of a stored file: taken in, rolled back, destroyed, wrapped anew, swept."""

import hashlib
import io
import os
import secrets
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import Settings

from scip.vault import keys, services, tasks
from scip.vault.errors import Destroyed, KeyMissing, Refused, Tampered
from scip.vault.inspection.check import DOCUMENTS, CheckedUpload
from scip.vault.models import StoredFile

from . import samples
from .conftest import Keep, as_upload, blob_path

LIMIT = 20 * 1024 * 1024


def take_in(owner: Any, content: bytes, name: str = "licence.pdf") -> StoredFile:
    return services.store(
        as_upload(content, name), owner=owner, purpose="licence", allowed=DOCUMENTS, max_bytes=LIMIT
    )


def roll_back[T](action: Callable[[], T]) -> T:
    """Do something in a transaction that then doesn't happen."""
    with transaction.atomic():
        done = action()
        transaction.set_rollback(True)
    return done


def test_store_keeps_the_facts_of_what_was_sealed(owner: Any) -> None:
    content = samples.simple_pdf()
    file = StoredFile.objects.get(pk=take_in(owner, content, "My licence").pk)
    assert (file.owner_id, file.purpose, file.original_name) == (
        owner.pk,
        "licence",
        "My licence.pdf",
    )
    assert (file.content_type, file.size) == ("application/pdf", len(content))
    assert file.sha256 == hashlib.sha256(content).hexdigest()
    assert file.key_id == keys.keyring().newest.key_id
    assert "licence" not in file.storage_name
    assert services.read(file) == content


def test_the_hash_of_a_picture_is_that_of_what_is_kept(owner: Any) -> None:
    file = take_in(owner, samples.photo_with_place(), "photo.jpg")
    kept = services.read(file)
    assert b"Canary" not in kept
    assert (file.size, file.sha256) == (len(kept), hashlib.sha256(kept).hexdigest())


def test_a_large_upload_from_disk_is_checked_and_kept(owner: Any) -> None:
    content = samples.padded_pdf(19 * 1024 * 1024)
    upload = TemporaryUploadedFile("scan.pdf", "application/octet-stream", len(content), None)
    upload.write(content)
    upload.seek(0)
    file = services.store(
        upload, owner=owner, purpose="licence", allowed=DOCUMENTS, max_bytes=LIMIT
    )
    assert file.sha256 == hashlib.sha256(content).hexdigest()
    upload.close()


def test_a_refused_file_leaves_nothing(owner: Any, vault_folder: Path) -> None:
    with pytest.raises(Refused):
        take_in(owner, b"MZ" + b"\0" * 100)
    assert StoredFile.objects.count() == 0
    assert not vault_folder.exists()


def test_people_see_their_own_files_and_strangers_none(
    owner: Any, stranger: Any, keep: Keep
) -> None:
    file = keep(b"x")
    assert list(StoredFile.objects.visible_to(owner)) == [file]
    assert list(StoredFile.objects.visible_to(stranger)) == []
    assert list(StoredFile.objects.visible_to(AnonymousUser())) == []


def test_destroy_takes_the_key_first_and_the_bytes_after_commit(
    keep: Keep, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    file = keep(b"secret" * 100)
    path = blob_path(file)
    with django_capture_on_commit_callbacks(execute=False) as waiting:
        services.destroy(file)
    row = StoredFile.objects.get(pk=file.pk)
    assert path.exists()
    assert (bytes(row.wrapped_key), row.key_id, row.sha256, row.original_name) == (b"", "", "", "")
    assert row.destroyed_at is not None
    for handle in (file, row):
        with pytest.raises(Destroyed):
            services.read(handle)
    for callback in waiting:
        callback()
    assert not path.exists()


def test_destroying_twice_keeps_the_first_moment(keep: Keep) -> None:
    file = keep(b"secret")
    first = timezone.now() - timedelta(days=3)
    services.destroy(file, now=first)
    services.destroy(file)
    assert StoredFile.objects.get(pk=file.pk).destroyed_at == first


def test_a_rolled_back_destruction_keeps_the_file(keep: Keep) -> None:
    file = keep(b"secret")
    roll_back(lambda: services.destroy(StoredFile.objects.get(pk=file.pk)))
    assert services.read(StoredFile.objects.get(pk=file.pk)) == b"secret"


def test_the_database_refuses_a_destroyed_file_with_a_key_and_a_kept_one_without(
    keep: Keep,
) -> None:
    file = keep(b"secret")
    for change in ({"destroyed_at": timezone.now()}, {"wrapped_key": b""}, {"key_id": ""}):
        with (
            pytest.raises(IntegrityError, match="vault_destroyed_means_no_key"),
            transaction.atomic(),
        ):
            StoredFile.objects.filter(pk=file.pk).update(**change)


def test_deleting_a_person_deletes_their_keys_and_the_sweep_their_bytes(
    owner: Any, keep: Keep
) -> None:
    path = blob_path(keep(b"secret"))
    owner.delete()
    assert StoredFile.objects.count() == 0
    assert services.sweep_orphans(now=timezone.now() + timedelta(hours=25)) == 1
    assert not path.exists()


def test_older_keys_still_open_until_rotated_away(
    keep: Keep, settings: Settings, capsys: Any
) -> None:
    old = list(settings.VAULT_KEYS)
    files = [keep(b"one"), keep(b"two")]
    gone = keep(b"three")
    services.destroy(gone)
    sealed = blob_path(files[0]).read_bytes()
    new = secrets.token_bytes(32)
    settings.VAULT_KEYS = [new, *old]
    assert [services.read(file) for file in files] == [b"one", b"two"]
    call_command("rotate_vault_keys")
    assert capsys.readouterr().out.startswith("2 files and 0 second factors are now")
    settings.VAULT_KEYS = [new]
    rows = [StoredFile.objects.get(pk=file.pk) for file in files]
    assert [services.read(row) for row in rows] == [b"one", b"two"]
    assert blob_path(files[0]).read_bytes() == sealed, "only the key is wrapped anew"
    call_command("rotate_vault_keys")
    assert capsys.readouterr().out.startswith("0 files")


def test_removing_a_key_too_early_stops_with_a_sentence(keep: Keep, settings: Settings) -> None:
    file = keep(b"one")
    settings.VAULT_KEYS = [secrets.token_bytes(32)]
    with pytest.raises(KeyMissing):
        services.read(file)
    with pytest.raises(
        CommandError, match=f"vault key {file.key_id}, which VAULT_KEYS does not contain"
    ):
        call_command("rotate_vault_keys")


def test_another_key_under_the_same_name_opens_nothing(
    keep: Keep, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = keep(b"one")
    forged = keys.Keyring((keys.WrappingKey(file.key_id, secrets.token_bytes(32)),))
    monkeypatch.setattr(keys, "keyring", lambda: forged)
    with pytest.raises(Tampered):
        services.read(file)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [([], "at least one"), ([b"short"], "32 random bytes"), ([b"k" * 32, b"k" * 32], "twice")],
)
def test_keys_that_protect_nothing_are_refused(
    value: list[bytes], sentence: str, settings: Settings
) -> None:
    settings.VAULT_KEYS = value
    with pytest.raises(ImproperlyConfigured, match=sentence):
        keys.keyring()


def test_a_key_never_shows_in_its_repr(settings: Settings) -> None:
    assert str(settings.VAULT_KEYS[0]) not in repr(keys.keyring())


def test_the_sweep_removes_what_a_rollback_left_and_nothing_else(
    owner: Any, keep: Keep, capsys: Any
) -> None:
    kept = keep(b"kept")
    path = blob_path(roll_back(lambda: keep(b"lost")))
    assert path.exists()
    tasks.sweep_orphans()
    assert path.exists(), "it could belong to an open transaction"
    old = time.time() - 25 * 3600
    os.utime(path, (old, old))
    call_command("sweep_vault_orphans")
    assert capsys.readouterr().out == "Removed 1 files that nothing refers to.\n"
    assert not path.exists()
    assert services.read(kept) == b"kept"


def test_the_sweep_of_an_empty_installation_does_nothing(db: None, vault_folder: Path) -> None:
    assert not vault_folder.exists()
    assert services.sweep_orphans() == 0


def test_storing_and_reading_take_the_same_few_queries(
    owner: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        file = take_in(owner, samples.simple_pdf())
    with django_assert_num_queries(0):
        services.read(file)


def test_what_a_form_checked_isnt_taken_where_it_isnt_allowed(owner: Any) -> None:
    checked = CheckedUpload(io.BytesIO(b"x"), "a.pdf", "application/pdf", 1)
    with pytest.raises(ValueError, match="doesn't take it"):
        services.store(checked, owner=owner, purpose="licence", allowed={"image/png"}, max_bytes=5)

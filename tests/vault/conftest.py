"""A vault of its own for each test, and people who own files in it."""

import io
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.files.base import File
from django.core.files.storage import storages
from pytest_django.fixtures import Settings

from scip.vault import services
from scip.vault.inspection.check import CheckedUpload
from scip.vault.models import StoredFile

type Keep = Callable[..., StoredFile]


@pytest.fixture(autouse=True)
def vault_folder(settings: Settings, tmp_path: Path) -> Path:
    """An empty storage and one fresh key."""
    folder = tmp_path / "vault"
    local = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = {
        **settings.STORAGES,
        "vault": {"BACKEND": local, "OPTIONS": {"location": folder}},
    }
    settings.VAULT_KEYS = [secrets.token_bytes(32)]
    settings.CLAMAV_SOCKET = ""
    return folder


@pytest.fixture
def owner(db: None) -> Any:
    """A person with files."""
    return get_user_model().objects.create_user("owner@example.org")


@pytest.fixture
def stranger(db: None) -> Any:
    """Somebody else."""
    return get_user_model().objects.create_user("stranger@example.org")


@pytest.fixture
def keep(owner: Any) -> Keep:
    """Store bytes as they are, past the content check: the crypto doesn't care what they mean."""

    def store(content: bytes, name: str = "licence.pdf") -> StoredFile:
        checked = CheckedUpload(io.BytesIO(content), name, "application/pdf", len(content))
        return services.store(
            checked,
            owner=owner,
            purpose="licence",
            allowed={"application/pdf"},
            max_bytes=len(content),
        )

    return store


def blob_path(file: StoredFile) -> Path:
    """Where the sealed bytes lie."""
    return Path(storages["vault"].path(file.storage_name))


def as_upload(content: bytes, name: str) -> Any:
    """A file as the check gets it."""
    return File(io.BytesIO(content), name=name)

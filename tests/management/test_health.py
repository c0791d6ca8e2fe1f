"""``/healthz`` and ``/readyz`` (the failing database and broker: test_compose.py)."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client


@pytest.mark.django_db
def test_ready_when_every_part_answers(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (200, b"ready\n")
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_readiness_leaves_nothing_in_the_storage(client: Client, settings: Any) -> None:
    folder = Path(settings.STORAGES["default"]["OPTIONS"]["location"])
    before = set(folder.rglob("*"))  # other tests of this run may have stored documents
    assert client.get("/readyz").status_code == 200
    left = [path for path in set(folder.rglob("*")) - before if path.is_file()]
    assert left == []


@pytest.mark.django_db
def test_a_storage_that_cannot_be_written_is_named_without_its_address(
    client: Client, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    default = settings.STORAGES["default"]
    broken = {**default, "OPTIONS": {**default["OPTIONS"], "location": tmp_path / "file" / "in"}}
    settings.STORAGES = {**settings.STORAGES, "default": broken}
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"not ready: storage\n")


def test_alive_without_asking_the_database(client: Client) -> None:
    # Not marked django_db: any query would be refused and fail this.
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_only_reading_is_allowed(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405

"""A copy of somebody's data, asked for, made and opened, for tests."""

import io
import json
import zipfile
from typing import Any

from scip.accounts.models import User
from scip.privacy.models import DataExport
from scip.privacy.services import exports
from scip.vault.models import StoredFile
from scip.vault.services import read, seal_into


def asked(person: User, **moments: Any) -> DataExport:
    return exports.ask(person, **moments)


def made(person: User, **moments: Any) -> DataExport:
    """Asked for, and every part made."""
    export = exports.ask(person, **moments)
    while exports.make(export.pk, **moments):
        pass
    export.refresh_from_db()
    return export


def zips(export: DataExport) -> list[zipfile.ZipFile]:
    """The zip files of a copy, each looked through for damage."""
    found = []
    for part in export.parts.order_by("number"):
        assert part.archive is not None
        archive = zipfile.ZipFile(io.BytesIO(read(part.archive)))
        assert archive.testzip() is None
        found.append(archive)
    return found


def copy_of(person: User) -> zipfile.ZipFile:
    """The one zip file of a new copy."""
    (archive,) = zips(made(person))
    return archive


def rows_of(archive: zipfile.ZipFile, label: str) -> list[dict[str, Any]]:
    """The rows of one model in a copy."""
    names = [name for name in archive.namelist() if name.endswith(f"/{label}.json")]
    if not names:
        return []
    (name,) = names
    rows: list[dict[str, Any]] = json.loads(archive.read(name))["rows"]
    return rows


def everything(archive: zipfile.ZipFile) -> str:
    """All words of a copy."""
    words = [name for name in archive.namelist() if name.endswith((".json", ".txt", ".html"))]
    return "\n".join(archive.read(name).decode() for name in words)


def hand_in(owner: User, content: bytes, *, name: str, purpose: str = "evidence") -> StoredFile:
    """A sealed file of somebody's, as it lies in the vault."""
    file = StoredFile(
        owner=owner, purpose=purpose, original_name=name, content_type="application/octet-stream"
    )
    seal_into(file, io.BytesIO(content))
    file.save(force_insert=True)
    return file

"""Every test of the directory has figures, and counts afresh."""

import pytest

from scip.directory.queries.facets import remembered


@pytest.fixture(autouse=True)
def figures(db, edition, settings, tmp_path):
    remembered.cache_clear()
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path, "base_url": None},
        }
    }

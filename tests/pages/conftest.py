from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from scip.pages.traps import opened_stamp


@pytest.fixture(autouse=True)
def empty_counters(db: None) -> Iterator[None]:
    """Limits are kept in the shared cache; each test begins without any."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def interest_data() -> dict[str, str]:
    """A form opened a minute ago by a person."""
    return {
        "email": "visitor@example.com",
        "about": "level_a",
        "name": "Vida Visitor",
        "country": "PT",
        "note": "Evenings suit me.",
        "homepage": "",
        "opened": opened_stamp("interest", timezone.now() - timedelta(minutes=1)),
    }


@pytest.fixture
def contact_data() -> dict[str, str]:
    return {
        "name": "Vida Visitor",
        "email": "visitor@example.com",
        "message": "May I bring my dog?",
        "homepage": "",
        "opened": opened_stamp("contact", timezone.now() - timedelta(minutes=1)),
    }

"""The house stands once for all tests of a file; each finds it as it was built."""

import logging
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.db import transaction

from tests.architecture import places
from tests.architecture.places import House


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: Any) -> Iterator[House]:
    """Built in a transaction that is never committed; the tests' own ones nest in it."""
    around = transaction.atomic()
    around._from_testcase = True  # type: ignore[attr-defined] - as Django's TestCase marks its own
    with django_db_blocker.unblock():
        around.__enter__()
        house = places.build()
    yield house
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)


@pytest.fixture
def house(
    built: House, db: None, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> House:
    """Everybody and their objects, this test's own copy.

    An answer is judged by what it says: the log of each refusal with its trace, and the test
    client's copy of every template's context, would take longer than asking. What breaks is
    logged still.
    """
    caplog.set_level(logging.ERROR, logger="django.request")
    monkeypatch.setattr("django.test.client.store_rendered_templates", lambda *_, **__: None)
    return deepcopy(built)

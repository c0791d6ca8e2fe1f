"""A kept connection is looked at before a request uses it; a query asks only when in doubt."""

import select
from typing import Any

import pytest
from django.db import connection, connections

from scip.database.base import DatabaseWrapper, is_quiet

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How often the database was asked whether it is there, in a request to come."""
    calls: list[str] = []
    ask = DatabaseWrapper.is_usable

    def is_usable(self: Any) -> bool:
        calls.append("asked")
        return ask(self)

    monkeypatch.setattr(DatabaseWrapper, "is_usable", is_usable)
    # A connection of its own: what an earlier test left unread in the old one is not meant here.
    connection.close()
    return calls


def begin_request() -> None:
    """What Django does to a kept connection between two requests."""
    connection.ensure_connection()
    connection.health_check_enabled = True
    connection.close_if_unusable_or_obsolete()


def test_a_living_connection_costs_no_question(asked: list[str]) -> None:
    begin_request()
    kept = connection.connection
    assert is_quiet(kept)
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    assert connection.connection is kept
    assert asked == []


def test_a_connection_that_the_server_ended_is_replaced(asked: list[str]) -> None:
    begin_request()
    kept = connection.connection
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("select pg_terminate_backend(%s, 5000)", [kept.info.backend_pid])
    finally:
        other.close()
    assert not is_quiet(kept)
    with connection.cursor() as cursor:
        cursor.execute("select 1")
        assert cursor.fetchone() == (1,)
    assert connection.connection is not kept
    assert asked == ["asked"]


def test_a_notice_that_came_unasked_costs_a_question_and_nothing_else(asked: list[str]) -> None:
    begin_request()
    kept = connection.connection
    with connection.cursor() as cursor:
        cursor.execute("listen gossip")
    begin_request()
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("notify gossip")
    finally:
        other.close()
    # The server delivers in its own time.
    watch = select.poll()
    watch.register(kept.fileno(), select.POLLIN)
    assert watch.poll(10_000)
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    assert connection.connection is kept
    assert asked == ["asked"]
    connection.close()

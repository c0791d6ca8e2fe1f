"""How the demo world's stories are told."""

import pytest
from celery import current_app
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from scip.demo.world.stage import NobodyAtWork, no_savepoints

pytestmark = pytest.mark.django_db


class Refused(Exception):
    pass


def one_step() -> list[str]:
    with CaptureQueriesContext(connection) as seen, transaction.atomic():
        pass
    return [row["sql"].split()[0] for row in seen.captured_queries]


def test_a_service_inside_the_seeding_needs_no_savepoint():
    with transaction.atomic(), no_savepoints():
        assert one_step() == []
    assert one_step() == ["SAVEPOINT", "RELEASE"]


def test_nothing_goes_on_after_a_refusal_inside_the_seeding():
    with transaction.atomic():
        with no_savepoints():
            with pytest.raises(Refused), transaction.atomic():
                raise Refused
            with pytest.raises(TransactionManagementError), connection.cursor() as cursor:
                cursor.execute("select 1")
        transaction.set_rollback(True)


def test_tasks_are_heard_of_and_left_while_the_world_is_made():
    site = current_app._get_current_object()
    with NobodyAtWork():
        assert current_app.send_task("scip.mail.sweep") is None
    assert current_app._get_current_object() is site

"""Personas and the smallest world that tests share (see tests/world.py for the builders)."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection, transaction
from django.test import Client, TransactionTestCase
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from scip.accounts.models import Role, User
from scip.management.migrating import light_states
from scip.policy.models import Edition
from tests import world

# How long an example takes depends on who else is busy: times belong to the benchmarks.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

# What these files set up takes a minute: one worker runs such a file, and they come first, so
# that the other worker does not stand idle at the end.
IN_ONE_GO = {"tests/demo/test_world.py", "tests/management/test_supervisor.py"}


class Scheduling(LoadScopeScheduling):
    """Tests one by one to whoever is free, a file of IN_ONE_GO as a whole.

    xdist's own groups rest on a detail that pytest 9.2 no longer has: the mark is not seen.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file in IN_ONE_GO else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    return Scheduling(config, log)


@pytest.fixture(scope="session")
def migrating_lightly() -> Iterator[ExitStack]:
    """Open until the test database is made: it is migrated as the demo's is."""
    with ExitStack() as stack:
        stack.enter_context(light_states())
        yield stack


@pytest.fixture(scope="session")
def resting_triggers() -> Callable[[], None]:
    """Tests with real transactions empty the tables between them, so the log's truncate
    triggers rest in the test database; tests/audit switches them on where it tests them."""

    def rest() -> None:
        with connection.cursor() as cursor:
            cursor.execute("alter table audit_entry disable trigger audit_entry_no_truncate")
            cursor.execute("alter table audit_seal disable trigger audit_seal_no_truncate")
            cursor.execute("alter table review_snapshot disable trigger snapshot_stays_whole")

    return rest


@pytest.fixture(scope="session")
def django_db_setup(
    migrating_lightly: ExitStack, django_db_setup: None, django_db_blocker, resting_triggers
) -> None:
    migrating_lightly.close()
    with django_db_blocker.unblock():
        resting_triggers()


# Django truncates every table after such a test and then lists all models and permissions anew:
# half a second, mostly for tables that the test never touched. Foreign keys and triggers rest
# meanwhile, which is a superuser's right.
EMPTY_WHAT_IS_FILLED = """
do $$
declare filled regclass;
begin
  perform set_config('session_replication_role', 'replica', true);
  for filled in
    select oid from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace and pg_relation_size(oid) > 0
      and relname not in ('django_migrations', 'django_content_type', 'auth_permission')
  loop
    execute format('delete from %s', filled);
  end loop;
end $$
"""


@pytest.fixture(autouse=True)
def no_page_is_remembered() -> None:
    """Tests change settings, which pages for visitors (scip.unchanged) may rest on for good."""
    caches["pages"].clear()


@pytest.fixture(scope="session", autouse=True)
def emptied_quickly() -> Iterator[None]:
    """After a test with real transactions only the tables that hold anything are emptied."""
    whole = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def teardown(case: TransactionTestCase) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select current_setting('is_superuser')::boolean")
            may = cursor.fetchone() == (True,)
            if may:
                cursor.execute(EMPTY_WHAT_IS_FILLED)
        if not may:
            whole(case)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
        yield


@pytest.fixture
def edition(db: None) -> Edition:
    return world.make_edition()


@pytest.fixture
def applicant(db: None) -> User:
    return world.make_user("applicant@example.com", name="Ana Applicant")


@pytest.fixture
def participant(db: None) -> User:
    return world.make_user("participant@example.com", name="Paulo Participant")


@pytest.fixture
def stranger(db: None) -> User:
    return world.make_user("stranger@example.com", name="Sam Stranger")


@pytest.fixture
def staff(db: None) -> User:
    return world.make_user("staff@example.com", Role.STAFF, name="Stella Staff")


@pytest.fixture
def aid_decider(db: None) -> User:
    return world.make_user("aid@example.com", Role.AID, name="Aisha Aid")


@pytest.fixture
def facilitator(db: None) -> User:
    return world.make_user("facilitator@example.com", Role.FACILITATOR, name="Fabio Facilitator")


@pytest.fixture
def supervisor(db: None) -> User:
    return world.make_user("supervisor@example.com", Role.SUPERVISOR, name="Suna Supervisor")


@pytest.fixture
def reviewer(db: None) -> User:
    return world.make_user("reviewer@example.com", Role.REVIEWER, name="Rita Reviewer")


@pytest.fixture
def as_user() -> Callable[[User], Client]:
    """A test client signed in as this person."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in

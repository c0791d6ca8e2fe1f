"""A dump is worth what its restore is worth: every table equal, the site opens on it."""

from datetime import date

import pytest
from django.core.files.storage import storages
from django.db import connection

from bench.drill import Address, restore_drill
from scip.audit import services as audit
from scip.credentials import services as credentials
from tests import world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def address() -> Address:
    """A database with something of everything that matters in it, and a log of its own."""
    storages["default"].delete(audit.HEAD_FILE)  # left by another test's log
    user = world.make_user("restored@example.com", name="Zoë \\ Álvarez\n山田")
    cohort = world.make_cohort()
    world.make_enrolment(user, cohort)
    completion = credentials.record_completion(
        user, level="A", basis="cohort", completed_on=date(2026, 5, 27), facts={"a": None}, by=None
    )
    credentials.issue_credential(
        completion,
        kind="practicing",
        edition=world.make_edition(),
        lines=[("Cohort", "Spring")],
        by=None,
    )
    audit.seal()
    return Address.of(connection.get_connection_params())


def test_a_restored_dump_is_equal_and_the_site_opens_on_it(address, tmp_path):
    drill = restore_drill(address, tmp_path)
    assert drill.is_whole, (drill.differing, drill.said)
    assert drill.tables > 40
    assert drill.rows > 10


SPOILED = """
update accounts_user set name = name || ' ';
delete from cohorts_pricetier where kind = 'standard';
select nextval('audit_entry_id_seq');
alter table audit_entry disable trigger user;
update audit_entry set action = 'nothing' where id = (select min(id) from audit_entry);
"""


def test_a_difference_of_one_row_or_letter_is_found(address, tmp_path):
    """The control: the copy is changed before it is compared, and its log no longer holds."""
    drill = restore_drill(address, tmp_path, spoil=SPOILED)
    assert drill.differing == (
        "accounts_user",
        "audit_entry",
        "audit_entry_id_seq",
        "cohorts_pricetier",
    )
    assert not drill.is_smoke_free

"""The log: append-only in the database, sealed into a chain in which every tampering shows."""

import json
import random
import re
import threading

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import DatabaseError, connection, transaction

from scip.audit import services
from scip.audit.models import Entry, Seal

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_head_left_over(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path},
        },
    }


def write(count: int) -> None:
    for number in range(count):
        services.record("test.happened", by=None, number=number)


def tamper(sql: str, *params: object) -> None:
    """As somebody who owns the tables and switches the triggers off."""
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        for table in ("audit_entry", "audit_seal"):
            cursor.execute(f"alter table {table} disable trigger user")
        cursor.execute(sql, params)
        for table in ("audit_entry", "audit_seal"):
            cursor.execute(f"alter table {table} enable trigger user")


@pytest.mark.parametrize("table", ["audit_entry", "audit_seal"])
@pytest.mark.parametrize(
    "sql",
    ["update {t} set {c} = {c}", "delete from {t}", "truncate {t} cascade"],
)
def test_the_database_refuses_to_change_the_log(table, sql):
    write(2)
    services.seal()
    column = {"audit_entry": "action", "audit_seal": "hash"}[table]
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("alter table audit_entry enable trigger user")
        cursor.execute("alter table audit_seal enable trigger user")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute(sql.format(t=table, c=column))
    assert Entry.objects.count() == 2


def test_the_role_of_the_guide_writes_and_seals_and_changes_nothing():
    """The very grants of docs/running.md: no trigger is asked, the right itself is missing."""
    guide = (settings.BASE_DIR / "docs/running.md").read_text()
    (grants,) = re.findall(r"```sql\n(.*?)```", guide, re.DOTALL)
    write(1)
    with connection.cursor() as cursor:
        cursor.execute(grants)
        cursor.execute("set local role scip_app")
        write(2)
        assert services.seal() == 3
        assert services.verify_chain().is_intact
        for table, column in (("audit_entry", "action"), ("audit_seal", "hash")):
            for sql in ("update {} set {c} = {c}", "delete from {}", "truncate {} cascade"):
                with (
                    pytest.raises(DatabaseError, match="permission denied"),
                    transaction.atomic(),
                ):
                    cursor.execute(sql.replace("{}", table).replace("{c}", column))
            with pytest.raises(DatabaseError, match="must be owner"), transaction.atomic():
                cursor.execute(f"alter table {table} disable trigger user")
        cursor.execute("reset role")


def test_an_untouched_chain_is_intact_and_sealing_again_adds_nothing():
    write(5)
    assert services.seal() == 5
    assert services.seal() == 0
    report = services.verify_chain()
    assert (report.sealed, report.problems) == (5, ())


TAMPERINGS = {
    "edit an entry": "update audit_entry set action = 'test.other' where id = %s",
    "edit its data": "update audit_entry set data = '{\"number\": 99}' where id = %s",
    "edit its time": "update audit_entry set at = at + interval '1 second' where id = %s",
    "edit who acted": "update audit_entry set actor_id = 7 where id = %s",
    "delete with its seal": (
        "with gone as (delete from audit_seal where entry_id = %s returning entry_id) "
        "delete from audit_entry where id in (select entry_id from gone)"
    ),
    "cut the tail": (
        "with gone as (delete from audit_seal where entry_id >= %s returning entry_id) "
        "delete from audit_entry where id in (select entry_id from gone)"
    ),
    "swap with the next": (
        "with here as (select %s::bigint as id), pair as (select a.id, b.id as other, b.action, b.data "
        "from audit_entry a join audit_entry b on b.id = case when a.id = (select id from here) "
        "then (select min(id) from audit_entry where id > (select id from here)) "
        "else (select id from here) end where a.id in ((select id from here), "
        "(select min(id) from audit_entry where id > (select id from here)))) "
        "update audit_entry set data = pair.data from pair where pair.id = audit_entry.id"
    ),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_every_tampering_is_found(name):
    """Each kind at several places of a chain of 12 (the full figure runs in `make soak`)."""
    for place in random.Random(7).sample(range(1, 11), 4):
        with transaction.atomic():
            write(12)
            services.seal()
            victim = list(Entry.objects.order_by("id").values_list("pk", flat=True))[place]
            assert services.verify_chain().is_intact
            tamper(TAMPERINGS[name], victim)
            assert not services.verify_chain().is_intact, f"{name} at {place}"
            transaction.set_rollback(True)
        storages["default"].delete(services.HEAD_FILE)


def test_without_the_kept_head_a_cut_tail_goes_unnoticed():
    """The negative control: it is the head outside the database that finds a cut tail.

    A head that is gone is told as such, so removing it hides nothing.
    """
    write(6)
    services.seal()
    victim = Entry.objects.order_by("id")[3].pk
    tamper(TAMPERINGS["cut the tail"], victim)
    (problem,) = services.verify_chain().problems
    assert problem.startswith("the chain ends before seal 6")
    storages["default"].delete(services.HEAD_FILE)
    (problem,) = services.verify_chain().problems
    assert problem.startswith("no head is kept outside")


@pytest.mark.parametrize(
    "content",
    [
        json.dumps({"position": 1, "hash": "00" * 32, "mac": "00" * 32}),
        json.dumps({"position": 1, "hash": "00" * 32, "mac": "\u00e9"}),
        "{}",
        "[1]",
        "not json",
        "",
    ],
)
def test_a_forged_head_is_not_believed_and_stays_as_evidence(content):
    write(3)
    services.seal()
    storage = storages["default"]
    storage.delete(services.HEAD_FILE)
    storage.save(services.HEAD_FILE, ContentFile(content.encode()))
    assert services.verify_chain().problems == (
        "the head kept outside was not written by this site",
    )
    write(1)
    with pytest.raises(services.HeadAltered):
        services.seal()
    assert Seal.objects.count() == 4, "sealing itself goes on"
    with storage.open(services.HEAD_FILE) as file:
        assert file.read().decode() == content


def test_a_new_secret_key_still_knows_the_head_of_the_former_one(settings):
    write(2)
    services.seal()
    former, settings.SECRET_KEY = settings.SECRET_KEY, "a new key " * 6
    assert not services.verify_chain().is_intact
    settings.SECRET_KEY_FALLBACKS = [former]
    assert services.verify_chain().is_intact
    write(1)
    services.seal()
    settings.SECRET_KEY_FALLBACKS = []
    assert services.verify_chain().is_intact, "the next head is signed anew"


@pytest.mark.django_db(transaction=True)
def test_eight_writers_and_two_sealers_never_fork_the_chain():
    gate = threading.Barrier(10)

    def run(work) -> None:
        gate.wait()
        try:
            work()
        finally:
            connection.close()

    def seal_often() -> None:
        for _ in range(10):
            services.seal()

    threads = [threading.Thread(target=run, args=[lambda: write(10)]) for _ in range(8)]
    threads += [threading.Thread(target=run, args=[seal_often]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    services.seal()
    report = services.verify_chain()
    assert (report.sealed, report.problems) == (80, ())
    assert Seal.objects.count() == Entry.objects.count() == 80


def test_fingerprints_prove_a_text_without_keeping_it():
    assert services.fingerprint("late") == services.fingerprint("late")
    assert services.fingerprint("late") != services.fingerprint("later")
    assert "late" not in services.fingerprint("late")

"""A thousand tamperings with the sealed log."""

import random
import time

from django.core.files.storage import storages
from django.db import connection, transaction

from bench.soak.outcome import Outcome
from scip.audit import services
from scip.audit.models import Entry
from tests.audit.test_chain import TAMPERINGS

TIMES, LENGTH = 1000, 60


def check_log(times: int = TIMES, length: int = LENGTH) -> Outcome:
    """Each tampering in a transaction that is rolled back: the chain stays the same for the next."""
    started = time.monotonic()
    for number in range(length):
        services.record("soak.happened", by=None, number=number)
    while services.seal():
        pass
    places = list(
        Entry.objects.filter(action="soak.happened").order_by("id").values_list("pk", flat=True)
    )[1:-1]
    dice = random.Random(11)
    kinds = list(TAMPERINGS)
    missed = [
        kind
        for number in range(times)
        if not is_found(kind := kinds[number % len(kinds)], dice.choice(places))
    ]
    intact = services.verify_chain().is_intact
    return Outcome(
        name="log",
        figure=f"{times} tamperings of sealed rows, all found; the untouched chain holds",
        found=f"{times - len(missed)} found, untouched chain {'holds' if intact else 'BROKEN'}",
        is_met=not missed and intact,
        control="a cut tail with the head outside the database forgotten",
        control_failed=not is_found("cut the tail", places[-1], with_head=False),
        seconds=time.monotonic() - started,
    )


def is_found(kind: str, victim: int, *, with_head: bool = True) -> bool:
    """Does the verification name this tampering? Undone afterwards."""
    storage = storages["default"]
    with storage.open(services.HEAD_FILE) as file:
        head = file.read()
    with transaction.atomic():
        tamper(TAMPERINGS[kind], victim)
        if not with_head:
            storage.delete(services.HEAD_FILE)
        problems = services.verify_chain().problems
        # That the head is gone is told too; the control asks what is found without it.
        found = any(not problem.startswith("no head") for problem in problems)
        transaction.set_rollback(True)
    if not with_head:
        with storage.open(services.HEAD_FILE, "wb") as file:
            file.write(head)
    return found


def tamper(statement: str, victim: int) -> None:
    """As the tables' owner with the triggers switched off."""
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        for table in ("audit_entry", "audit_seal"):
            cursor.execute(f"alter table {table} disable trigger user")
        cursor.execute(statement, [victim])
        for table in ("audit_entry", "audit_seal"):
            cursor.execute(f"alter table {table} enable trigger user")

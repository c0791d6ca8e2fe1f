"""What goes by itself after its days: by the table, in batches, past what others hold."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.utils import timezone

from cohorts.models import AidRequest, Application
from consultations.models import Apart
from scip.accounts.models import Prerequisite, User
from scip.audit.models import Entry
from scip.mail.models import Letter
from scip.pages.models import ContactMessage, InterestEntry
from scip.privacy.rules import Table, Timed, table
from scip.privacy.services import sweep_timed, timed
from scip.vault.errors import Destroyed
from scip.vault.models import StoredFile
from scip.vault.services import read
from tests import world
from tests.privacy import canary
from tests.races import at_once

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def message(days: int, **fields: Any) -> ContactMessage:
    """A message that was answered so many days ago."""
    fields = {"state": "answered", "answered_at": NOW - timedelta(days=days)} | fields
    return ContactMessage.objects.create(name="V", email="v@example.org", message="Hello", **fields)


def test_a_message_goes_a_year_after_the_answer() -> None:
    old, fresh, waiting = message(366), message(364), message(0, state="new", answered_at=None)
    assert sweep_timed(NOW) == 1
    left = set(ContactMessage.objects.values_list("pk", flat=True))
    assert left == {fresh.pk, waiting.pk}
    assert old.pk not in left
    (line,) = Entry.objects.filter(action="privacy.let_go")
    assert line.data == {
        "model": "pages.ContactMessage",
        "since": "answered_at",
        "days": 365,
        "rows": 1,
    }


def test_a_second_run_finds_nothing() -> None:
    message(400)
    Letter.objects.create(
        dedupe_key="k", to_address="v@example.org", subject="S", text="T",
        reply_to="w@example.org", sent_at=NOW - timedelta(days=400),
    )  # fmt: skip
    assert sweep_timed(NOW) == 2
    assert sweep_timed(NOW) == 0
    letter = Letter.objects.get()
    assert (letter.subject, letter.text, letter.dedupe_key) == ("(erased)", "(erased)", "k")
    assert letter.reply_to == ""


def test_a_letter_that_waits_keeps_its_words() -> None:
    Letter.objects.create(
        dedupe_key="k", to_address="v@example.org", subject="S", text="T",
        created_at=NOW - timedelta(days=400), due_at=NOW,
    )  # fmt: skip
    assert sweep_timed(NOW) == 0


def test_drafts_go_and_what_was_sent_stays(edition: Any) -> None:
    person = world.make_user("drafting@example.org")
    long_ago = NOW - timedelta(days=400)
    for state, sent_at in (("draft", None), ("withdrawn", long_ago)):
        Application.objects.create(
            user=person, cohort=world.make_cohort(), state=state, created_at=long_ago,
            submitted_at=sent_at,
        )  # fmt: skip
    assert sweep_timed(NOW) == 1
    assert Application.objects.get().state == "withdrawn"


def test_every_timed_rule_takes_what_is_over_its_days_and_nothing_else(
    settings: Any, tmp_path: Any
) -> None:
    """Each rule of the table is asked of a row of its own, a day before and a day after."""
    built = canary.plant()
    for entry in table().entries.values():
        for rule in entry.timed:
            if "__" in rule.since:
                continue
            row = built.rows.get(entry.label) or built.row(entry.label)
            rows = entry.model._base_manager.filter(pk=row.pk)
            moment = NOW - timedelta(days=rule.after_days)
            rows.update(**{rule.since: moment + timedelta(days=1)}, **rule.where)
            due = timed.overdue(entry, rule, now=NOW).filter(pk=row.pk)
            assert not due.exists(), (entry.label, rule.since)
            rows.update(**{rule.since: moment - timedelta(days=1)})
            assert due.exists(), (entry.label, rule.since)
    assert {Apart, AidRequest, UserSession, InterestEntry} <= {
        entry.model for entry in table().entries.values() if entry.timed
    }


@pytest.fixture
def evidence_goes() -> Table:
    """A table in which evidence goes a day after it was sent."""
    found = table()
    rule = Timed(after_days=1, since="submitted_at", is_deleted=True, blank={}, where={})
    entry = replace(found.entries["accounts.Prerequisite"], timed=(rule,))
    return replace(found, entries={"accounts.Prerequisite": entry})


def test_files_of_what_goes_lose_their_keys(evidence_goes: Table) -> None:
    built = canary.World()
    file = built.file()
    row: Any = built.make(Prerequisite, document=file)
    Prerequisite.objects.filter(pk=row.pk).update(submitted_at=NOW - timedelta(days=3))
    assert sweep_timed(NOW, rules=evidence_goes) == 1
    with pytest.raises(Destroyed):
        read(StoredFile.objects.get(pk=file.pk))


def test_what_something_still_needs_stays() -> None:
    """People are never deleted by days; a rule that tried would meet what needs them."""
    person = world.make_user("needed@example.org")
    world.make_enrolment(person, world.make_cohort())
    found = table()
    rule = Timed(
        after_days=1, since="joined_at", is_deleted=True, blank={}, where={"pk": person.pk}
    )
    rules = replace(found, entries={"u": replace(found.entries["accounts.User"], timed=(rule,))})
    assert sweep_timed(NOW + timedelta(days=5), rules=rules) == 0
    assert User.objects.filter(pk=person.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_share_the_work_and_wait_for_nobody() -> None:
    for _number in range(6):
        message(400)
    held = ContactMessage.objects.order_by("pk").first()
    assert held is not None

    def sweeps() -> None:
        sweep_timed(NOW)

    with transaction.atomic():
        ContactMessage.objects.select_for_update().get(pk=held.pk)
        assert at_once(sweeps, sweeps) == [None, None]
    assert list(ContactMessage.objects.values_list("pk", flat=True)) == [held.pk]
    assert sweep_timed(NOW) == 1

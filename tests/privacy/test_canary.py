"""After erasing, nothing of a person is found but what the page names as kept.

`canary.plant` makes a row of every model that is about the person, with the canary in every field
in which words fit; then the whole database is read, and every file on disk.
"""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import TestCase
from django.utils import timezone

from scip.accounts.models import User
from scip.privacy.reach import known
from scip.privacy.rules import Entry, Erase, Table, table
from scip.privacy.services.erasing import erase_rows
from scip.vault.errors import Destroyed
from scip.vault.models import StoredFile
from scip.vault.services import read
from tests.privacy import canary

pytestmark = pytest.mark.django_db


@pytest.fixture
def files(settings: Any, tmp_path: Path) -> Path:
    """All that is kept outside the database, in a folder of its own."""
    for name in ("default", "vault"):
        settings.STORAGES = settings.STORAGES | {
            name: {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                "OPTIONS": {"location": tmp_path / name, "base_url": None},
            }
        }
    return tmp_path


@pytest.fixture
def built(files: Path) -> canary.World:
    return canary.plant()


def erase(built: canary.World, rules: Table | None = None) -> None:
    """As the service does it, with what commits would do."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        erase_rows(known(built.person), now=timezone.now(), rules=rules)


def table_of(label: str) -> str:
    return table().entries[label].model._meta.db_table


def test_the_canary_sits_in_every_field_in_which_words_fit(built: canary.World) -> None:
    bare = []
    for entry in table().entries.values():
        if not entry.about or entry.label in canary.NOT_MADE:
            continue
        for name in canary.planted_fields(entry):
            rows = entry.model._base_manager.filter(**{f"{name}__icontains": canary.CANARY})
            if not rows.exists():
                bare.append(f"{entry.label}.{name}")
    assert bare == []


def test_nothing_is_found_but_what_is_named_as_kept(
    built: canary.World, files: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    before = canary.tables_with(canary.CANARY)
    sealed = list(StoredFile.objects.readable().filter(owner=built.person, purpose="canary"))
    assert len(before) > 60
    assert sealed
    erase(built)
    after = canary.tables_with(canary.CANARY)
    assert set(after) - canary.may_stay() == set()
    for file in sealed:
        with pytest.raises(Destroyed):
            read(StoredFile.objects.get(pk=file.pk))
    assert [path for path in (files / "vault").rglob("*") if path.is_file()] == []
    assert canary.CANARY not in caplog.text


def test_what_is_kept_is_what_the_law_or_others_rely_on(built: canary.World) -> None:
    """The list itself: whoever makes it longer does so here, too."""
    erase(built)
    assert set(canary.tables_with(canary.CANARY)) == {
        table_of(label)
        for label in (
            "community.Announcement",
            "community.Material",
            "credentials.Credential",
            "credentials.Completion",
            "payments.Adjustment",
            "payments.Charge",
            "payments.CreditNote",
            "payments.FundEntry",
            "payments.Invoice",
            "payments.Payment",
            "payments.Receipt",
            "payments.Refund",
        )
    }


def test_the_address_is_found_nowhere(built: canary.World) -> None:
    assert canary.tables_with(canary.ADDRESS)
    erase(built)
    assert canary.tables_with(canary.ADDRESS) == {}


def test_erasing_again_changes_nothing(built: canary.World) -> None:
    erase(built)
    left = canary.tables_with(canary.CANARY)
    person = User.objects.get(pk=built.person.pk)
    erase_rows(known(person), now=timezone.now())
    assert canary.tables_with(canary.CANARY) == left
    assert User.objects.get(pk=person.pk).email == f"erased-{person.pk}@erased.invalid"


def without(label: str) -> Table:
    """The table, with one model's rules left out."""
    found = table()
    silent: Entry = replace(found.entries[label], about=())
    return replace(found, entries={**found.entries, label: silent})


@pytest.mark.parametrize(
    "label",
    [
        "supervision.Introduction",
        "cohorts.AidRequest",
        "mail.Letter",
        "pages.ContactMessage",
        "community.Post",
        "candidacy.Retreat",
        "accounts.User",
    ],
)
def test_a_rule_that_is_left_out_is_found(built: canary.World, label: str) -> None:
    """The negative control: the search can fail."""
    erase(built, rules=without(label))
    found = set(canary.tables_with(canary.CANARY)) - canary.may_stay()
    assert found == {table_of(label)}


def test_what_would_lose_its_ground_stops_everything(built: canary.World) -> None:
    before = canary.tables_with(canary.CANARY)
    with pytest.raises(IntegrityError), transaction.atomic():
        erase(built, rules=without("portfolio.WriteUp"))
    assert canary.tables_with(canary.CANARY) == before


def test_a_file_that_is_left_out_opens(built: canary.World) -> None:
    erase(built, rules=without("vault.StoredFile"))
    # Files that hang on rows which go lose their keys with them; those on rows that stay do not.
    left = StoredFile.objects.readable().filter(owner=built.person)
    assert left.exists()
    assert all(read(file) for file in left)


def test_every_way_of_erasing_is_used() -> None:
    used = {about.erase for entry in table().entries.values() for about in entry.about}
    assert used == set(Erase)

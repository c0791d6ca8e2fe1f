"""The office's list of files that wait to be checked or do not open."""

from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from scip.console.queues import waiting_for
from scip.vault.models import Arrival, StoredFile
from tests import world
from tests.console.troubles import SECRET_NAME, trouble_with_files

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("edition")]


@pytest.fixture
def client(as_user: Any, staff: Any) -> Client:
    found: Client = as_user(staff)
    return found


def text(answer: Any) -> str:
    return " ".join(unescape(strip_tags(answer.content.decode())).split())


def test_the_queue_names_counts_and_ages_and_leads_to_the_list(client: Client, staff: Any) -> None:
    trouble_with_files(world.make_user("owner@example.com", name="Olga Owner"))
    found = {item.code: item for item in waiting_for(staff, now=timezone.now())}
    stuck, damaged = found["files_stuck"], found["files_damaged"]
    assert (stuck.count.number, stuck.note) == (2, "oldest 1 hour")
    assert (damaged.count.number, damaged.is_late) == (1, True)
    page = text(client.get(stuck.url))
    assert page.count("Olga Owner") == 2
    assert "check_held_files" in page
    assert "“checker” is not running" in page
    assert "check_damaged_files" not in page
    page = text(client.get(damaged.url))
    assert "check_damaged_files" in page
    number = str(StoredFile.objects.damaged().get().pk)
    assert number in page


def test_no_name_of_a_file_stands_there(client: Client) -> None:
    trouble_with_files(world.make_user("owner@example.com", name="Olga Owner"))
    page = client.get(reverse("admin:files")).content.decode()
    assert page.count("excerpt of a session") == 3
    assert SECRET_NAME not in page
    assert "Martha" not in page


@pytest.mark.parametrize(
    ("purpose", "says"),
    [
        ("excerpt", "hand it in again"),
        ("dossier", "made here of what is kept elsewhere"),
        ("dossier-committee", "made here of what is kept elsewhere"),
        ("export", "made here of what is kept elsewhere"),
    ],
)
def test_nobody_is_asked_to_hand_in_what_we_made(client: Client, purpose: str, says: str) -> None:
    trouble_with_files(world.make_user("owner@example.com"))
    StoredFile.objects.damaged().update(purpose=purpose)
    page = text(client.get(reverse("admin:files")))
    assert says in page
    assert ("hand it in again" in page) == (purpose == "excerpt")


def test_without_trouble_it_says_so(client: Client) -> None:
    trouble_with_files(world.make_user("owner@example.com"))
    Arrival.objects.update(state="taken")
    StoredFile.objects.damaged().update(damaged_at=None)
    assert "Nothing waits here" in text(client.get(reverse("admin:files")))


def test_it_asks_the_same_with_one_person_and_with_three(
    client: Client, django_assert_num_queries: Any
) -> None:
    client.get("/healthz")
    for count in (1, 3):
        while Arrival.objects.count() < 3 * count:
            trouble_with_files(world.make_user(f"owner{Arrival.objects.count()}@example.com"))
        with django_assert_num_queries(7):
            client.get(reverse("admin:files"))

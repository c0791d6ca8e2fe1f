"""The section “Take your data along”, and the way to the file."""

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from scip.accounts.models import Role, User
from scip.audit.models import Entry
from scip.formats import moment
from scip.privacy.models import DataExport
from scip.privacy.services import exports
from scip.vault.models import StoredFile
from scip.vault.services import destroy, read
from scip.vault.serving import RANGE_BYTES, mint_token
from tests import world
from tests.privacy.exporting import hand_in, made

pytestmark = pytest.mark.django_db
DATA = "/profile/data/"
ASK = "/profile/data/export/ask/"


@pytest.fixture
def person(edition: Any) -> User:
    return world.make_user("taking@example.org", name="Tanja Thal")


def signed_in(user: User, *, is_fresh: bool = True) -> Client:
    """At the site, with the password shown a moment ago, or not."""
    client = Client()
    client.force_login(user)
    if is_fresh:
        client.post(reverse("account_reauthenticate"), {"password": world.PASSWORD})
    return client


def address(name: str, export: DataExport, *rest: Any) -> str:
    return reverse(f"privacy:export_{name}", args=[export.pk, *rest])


def shown(client: Client) -> str:
    return client.get(DATA).content.decode()


def test_the_page_says_when_not_everything_is_in_it(person: User) -> None:
    client = signed_in(person)
    export = made(person)
    assert "Not everything is in it" not in shown(client)
    export.parts.update(lost=2)
    page = " ".join(shown(client).split())
    assert "2 of your files could not be read" in page
    assert "office knows" not in page
    assert "Please write to us" in page


def test_the_page_says_where_a_copy_stands(person: User) -> None:
    client = signed_in(person)
    assert "Ask for a copy" in shown(client)
    assert client.post(ASK)["Location"] == f"{DATA}#copy"
    export = DataExport.objects.get()
    page = shown(client)
    assert "Your copy is being made" in page
    assert 'hx-trigger="every 2s"' in page
    assert "Ask for a copy" not in page
    DataExport.objects.update(percent=42)
    section = client.get("/profile/data/export/").content.decode()
    assert '<progress value="42" max="100"' in section
    assert "<html" not in section
    exports.make(export.pk)
    page = shown(client)
    assert "Fetch the zip file" in page
    assert "hx-trigger" not in page


def test_the_page_says_when_another_copy_can_be_asked_for(person: User) -> None:
    client = signed_in(person)
    assert "once a day; up to 3 times" in shown(client)
    export = made(person)
    page = shown(client)
    assert f"another copy from {moment(export.asked_at + exports.EVERY, person.time_zone)}" in page
    assert ASK not in page
    export.parts.update(lost=1)
    page = shown(client)
    assert "another copy from" not in page
    assert ASK in page
    assert "Ask for a new copy" in page
    DataExport.objects.update(asked_at=timezone.now() - exports.EVERY)
    export.parts.update(lost=0)
    assert ASK in shown(client)


def test_the_page_says_why_a_copy_is_gone_early(person: User) -> None:
    client = signed_in(person)
    file = hand_in(person, b"x", name="x.txt")
    made(person)
    destroy(file)
    exports.follow()
    page = shown(client)
    assert "what is destroyed for good stays in no copy that we keep" in page
    assert "Fetch the zip file" not in page
    assert ASK in page


def test_a_copy_that_could_not_be_made_is_begun_again(person: User) -> None:
    client = signed_in(person)
    export = DataExport.objects.create(person=person, state="failed")
    assert "Begin again" in shown(client)
    assert client.post(address("retry", export)).status_code == 302
    export.refresh_from_db()
    assert export.state == "asked"


def test_asking_twice_a_day_is_refused_with_the_moment(person: User) -> None:
    client = signed_in(person)
    made(person)
    page = client.post(ASK, follow=True).content.decode()
    assert "You asked for a copy within the last day." in page
    assert DataExport.objects.count() == 1


def test_the_password_is_asked_again_before_asking_and_fetching(person: User) -> None:
    client = signed_in(person, is_fresh=False)
    answer = client.post(ASK)
    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert not DataExport.objects.exists()
    # Once it is given, what was asked for happens.
    answer = client.post(answer["Location"], {"password": world.PASSWORD})
    assert (answer["Location"], DataExport.objects.count()) == (f"{DATA}#copy", 1)
    DataExport.objects.all().delete()
    export = made(person)
    stale = signed_in(person, is_fresh=False)
    answer = stale.post(address("open", export, 1))
    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert not Entry.objects.filter(action="dataexport.opened").exists()


def test_fetching_is_kept_in_the_log_and_hands_over_the_whole_file(person: User) -> None:
    hand_in(person, b"a licence", name="licence.pdf")
    export = made(person)
    client = signed_in(person)
    answer = client.post(address("open", export, 1), follow=True)
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    part = export.parts.get()
    assert part.archive is not None
    assert content == read(part.archive)
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"].startswith('attachment; filename="my-data-')
    assert answer["Cache-Control"] == "private, no-store"
    (entry,) = Entry.objects.filter(action="dataexport.opened")
    assert (entry.actor_id, entry.subject_id, entry.data) == (person.pk, person.pk, {"part": 1})


def test_a_download_that_was_cut_goes_on(person: User) -> None:
    size = RANGE_BYTES + 5_000_000
    hand_in(person, b"\x5a" * size, name="a.mp4", purpose="excerpt")
    export = made(person)
    part = export.parts.get()
    assert part.archive is not None
    client = signed_in(person)
    where = address("content", export, 1, mint_token(part.archive, person))
    whole = client.get(where)
    assert (whole.status_code, int(whole["Content-Length"])) == (200, part.archive.size)
    rest = client.get(where, headers={"range": "bytes=1000-", "if-range": whole["ETag"]})
    assert (rest.status_code, int(rest["Content-Length"])) == (206, part.archive.size - 1000)
    other = client.get(where, headers={"range": "bytes=1000-", "if-range": '"another"'})
    assert (other.status_code, int(other["Content-Length"])) == (200, part.archive.size)


def test_nobody_else_gets_at_it(person: User) -> None:
    export = made(person)
    archive = export.parts.get().archive
    assert archive is not None
    office = world.make_user("office@example.org", Role.STAFF)
    stranger = world.make_user("stranger@example.org")
    for user in (office, stranger):
        client = signed_in(user)
        if user is stranger:
            assert client.post(address("open", export, 1)).status_code == 404
            assert client.post(address("retry", export)).status_code == 404
        for token in (mint_token(archive, person), mint_token(archive, user)):
            assert client.get(address("content", export, 1, token)).status_code == 404
    mine = signed_in(person)
    assert mine.get(address("content", export, 1, mint_token(archive, stranger))).status_code == 404
    assert mine.get(address("content", export, 2, mint_token(archive, person))).status_code == 404
    assert mine.get(address("content", export, 1, "none")).status_code == 404


def test_when_its_days_are_over_nothing_is_handed_over(person: User) -> None:
    export = made(person)
    archive = export.parts.get().archive
    assert archive is not None
    client = signed_in(person)
    where = address("content", export, 1, mint_token(archive, person))
    DataExport.objects.update(until_at=timezone.now() - timedelta(seconds=1))
    assert client.get(where).status_code == 404
    page = client.post(address("open", export, 1), follow=True).content.decode()
    assert "This copy is gone" in page
    DataExport.objects.update(until_at=timezone.now() + timedelta(days=1))
    destroy(StoredFile.objects.get(pk=archive.pk))
    assert client.get(where).status_code == 404
    assert "Fetch the zip file" not in shown(client)


@pytest.mark.parametrize("parts", [1, 3])
def test_queries_of_the_section(person: User, parts: int, django_assert_num_queries: Any) -> None:
    export = made(person)
    first = export.parts.get()
    for number in range(2, parts + 1):
        archive = hand_in(person, b"x", name="x.zip", purpose="export")
        export.parts.create(number=number, archive=archive, made_at=first.made_at)
    client = signed_in(person)
    client.get("/profile/data/export/")
    with django_assert_num_queries(QUERIES):
        page = client.get("/profile/data/export/").content.decode()
    assert page.count("/open/") == parts


QUERIES = 6
"""The session, the person and their roles, the copy, its parts and when another can be asked for."""

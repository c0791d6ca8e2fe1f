"""Materials and announcements."""

import threading
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from scip.audit.models import Entry
from scip.community.models import Announcement, Material
from scip.community.services import publish_material, remove_material, unpublish_material
from scip.community.services.announcements import send_announcement
from scip.mail.models import Letter
from scip.requirements import Refusal
from scip.states import IllegalMove
from scip.vault.models import StoredFile
from tests.cohorts.meeting import enrol_new
from tests.community.rooms import make_group
from tests.vault.samples import simple_pdf

pytestmark = pytest.mark.django_db


def pdf(name="slides.pdf", content=None):
    return SimpleUploadedFile(name, simple_pdf() if content is None else content)


def add(client, cohort, **data):
    url = reverse("community:material_new", args=[cohort.pk])
    return client.post(url, {"title": "Leaflet", "note": "", **data})


def test_a_file_is_added_published_opened_and_removed(as_user):
    cohort, leader, (ana, _ben) = make_group()
    session = cohort.sessions.get(number=2)
    assert add(as_user(leader), cohort, document=pdf(), session=session.pk).status_code == 302
    material = Material.objects.get()
    url = reverse("community:materials", args=[cohort.pk])
    assert "Leaflet" not in as_user(ana).get(url).content.decode(), "a draft"
    open_url = reverse("community:material_open", args=[material.pk])
    assert as_user(ana).post(open_url).status_code == 404
    as_user(leader).post(reverse("community:material_publish", args=[material.pk]))
    page = as_user(ana).get(url).content.decode()
    assert "Leaflet" in page
    assert "Session 2" in page
    client = as_user(ana)
    answer = client.post(open_url, follow=True)
    assert b"".join(answer.streaming_content) == simple_pdf()
    assert answer["Content-Disposition"].startswith("attachment")
    assert Entry.objects.filter(action="document.opened", actor_id=ana.pk).count() == 1
    where = answer.redirect_chain[0][0]
    assert as_user(leader).get(where).status_code == 404, "somebody else's token"
    with pytest.raises(Refusal):
        remove_material(material, by=leader)
    as_user(leader).post(reverse("community:material_unpublish", args=[material.pk]))
    assert client.get(where).status_code == 404
    as_user(leader).post(reverse("community:material_remove", args=[material.pk]))
    assert not Material.objects.exists()
    assert StoredFile.objects.get().is_destroyed


def test_a_link_is_published_at_once(as_user):
    cohort, leader, (ana, _ben) = make_group()
    client = as_user(leader)
    add(client, cohort, url="https://example.org/a", publish="yes")
    said = client.get(reverse("community:materials", args=[cohort.pk])).content.decode()
    assert "“Leaflet” is there for the group." in said
    page = as_user(ana).get(reverse("community:materials", args=[cohort.pk])).content.decode()
    assert 'href="https://example.org/a" rel="noreferrer nofollow"' in page


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"url": "https://example.org/", "document": "pdf"},
        {"url": "javascript:alert(1)"},
        {"document": "program"},
        {"document": "empty"},
        {"url": "https://example.org/", "session": "999999999"},
        {"url": "https://example.org/", "title": ""},
        {"url": "https://example.org/", "note": "x" * 1501},
    ],
)
def test_what_can_t_be_a_material_is_told_at_its_field(as_user, data):
    cohort, leader, _people = make_group()
    files = {"pdf": pdf(), "program": pdf(content=b"MZ\x90\x00" * 90), "empty": pdf(content=b"")}
    if "document" in data:
        data = data | {"document": files[data["document"]]}
    answer = add(as_user(leader), cohort, **data)
    assert answer.status_code == 200
    assert "error-summary" in answer.content.decode()
    assert not Material.objects.exists()


def test_only_its_own_facilitators_bring_materials(as_user):
    cohort, leader, (ana, _ben) = make_group()
    _other, stranger, _people = make_group()
    add(as_user(leader), cohort, url="https://example.org/")
    material = Material.objects.get()
    for user, status in ((ana, 403), (stranger, 404)):
        assert add(as_user(user), cohort, url="https://example.org/").status_code == status
        for name in ("publish", "unpublish", "remove", "edit"):
            url = reverse(f"community:material_{name}", args=[material.pk])
            assert as_user(user).post(url).status_code == status
    url = reverse("community:material_edit", args=[material.pk])
    assert as_user(leader).post(url, {"title": "Readings", "note": "Two."}).status_code == 302
    material.refresh_from_db()
    assert (material.title, material.note, material.state) == ("Readings", "Two.", "draft")


def test_material_moves_only_as_its_table_says(as_user):
    cohort, leader, _people = make_group()
    add(as_user(leader), cohort, url="https://example.org/")
    material = Material.objects.get()
    with pytest.raises(IllegalMove):
        unpublish_material(material, by=leader)
    publish_material(material, by=leader)
    with pytest.raises(IllegalMove):
        publish_material(material, by=leader)
    with pytest.raises(IntegrityError), transaction.atomic():
        Material.objects.update(url="")


@pytest.mark.parametrize("rows", [1, 3])
def test_board_lists_are_constant_in_queries(rows, as_user, django_assert_num_queries):
    cohort, leader, (ana, _ben) = make_group()
    for number in range(rows):
        document = {"document": pdf()} if number else {"url": "https://example.org/"}
        session = cohort.sessions.get(number=number + 1).pk
        add(as_user(leader), cohort, publish="yes", session=session, **document)
        send_announcement(cohort, subject="Hello", body="All.", by=leader, token=uuid.uuid4())
    client = as_user(ana)
    asked = {
        reverse("community:materials", args=[cohort.pk]): 5,
        reverse("community:announcements", args=[cohort.pk]): 5,
    }
    for url, queries in asked.items():
        client.get(url)
        with django_assert_num_queries(queries):
            assert client.get(url).status_code == 200


def test_an_announcement_is_seen_first_and_goes_to_everybody_once(as_user, settings):
    cohort, leader, (ana, ben) = make_group()
    ben.enrolments.update(state="withdrawn")
    client, url = as_user(leader), reverse("community:announce", args=[cohort.pk])
    token = client.get(url).context["form"]["token"].value()
    words = {"subject": "Next week", "body": "Dear all,\n\n<b>bring</b> a pen.", "token": token}
    page = client.post(url, words | {"look": "yes"}).content.decode()
    assert "This letter will go out" in page
    assert "&lt;b&gt;bring&lt;/b&gt; a pen." in page
    assert not Letter.objects.exists()
    page = client.post(url, words | {"edit": "yes"}).content.decode()
    assert "&lt;b&gt;bring&lt;/b&gt; a pen." in page
    for _press in range(2):
        assert client.post(url, words | {"send": "yes"}).status_code == 302
    letters = Letter.objects.order_by("to_address")
    assert {row.to_address for row in letters} == {ana.email, leader.email}
    assert letters.count() == 2
    letter = letters.get(to_user=ana)
    assert letter.subject == "Next week"
    assert "Dear Member 00," in letter.text
    assert f"Open your group’s space:\n{settings.SITE_URL}/groups/{cohort.pk}/" in letter.text
    assert "<b>" not in letter.html
    page = as_user(ana).get(reverse("community:home", args=[cohort.pk])).content.decode()
    assert "Next week" in page
    assert "<b>bring" not in page
    said = Entry.objects.get(action="announcement.sent")
    assert (said.data["letters"], "pen" in str(said.data)) == (2, False)


def test_who_writes_to_the_group(as_user):
    cohort, _leader, (ana, _ben) = make_group()
    _other, stranger, _people = make_group()
    url = reverse("community:announce", args=[cohort.pk])
    words = {"subject": "x", "body": "y", "send": "yes"}
    assert as_user(ana).post(url, words).status_code == 403
    assert as_user(stranger).post(url, words).status_code == 404
    assert not Announcement.objects.exists()


@pytest.mark.parametrize("body", ["", "x" * 5001])
def test_nothing_written_is_lost_on_an_error(as_user, body):
    cohort, leader, _people = make_group()
    url = reverse("community:announce", args=[cohort.pk])
    page = as_user(leader).post(url, {"subject": "A\x00 subject", "body": body, "send": "yes"})
    assert page.status_code == 200
    assert body in page.content.decode()
    assert not Announcement.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_sent_twice_at_the_same_moment_it_is_sent_once():
    cohort, leader, _people = make_group()
    enrol_new(cohort, 2)
    token, gate, counts = uuid.uuid4(), threading.Barrier(2), []

    def press():
        gate.wait(timeout=10)
        counts.append(
            send_announcement(cohort, subject="Hello", body="All.", by=leader, token=token)[1]
        )
        connection.close()

    threads = [threading.Thread(target=press) for _number in range(2)]
    for item in threads:
        item.start()
    for item in threads:
        item.join()
    assert sorted(counts) == [0, 5]
    assert (Announcement.objects.count(), Letter.objects.count()) == (1, 5)

"""Finding people in spite of typos, and one page with the whole history of each."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cohorts.models import AidRequest
from scip.audit.models import Entry, Seal
from scip.audit.services import record, seal
from scip.console.people import ENTRIES, log_of, searched
from tests import world
from tests.pathway import rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("edition")]


@pytest.mark.parametrize(
    "words", ["Okonkwo", "okonk", "Oconkwo", "AMARA", "amará", "amara.o@example.com", " Amara "]
)
def test_somebody_is_found_in_spite_of_it(staff, words):
    someone = world.make_user("amara.o@example.com", name="Amára Okonkwo-Lindqvist")
    world.make_user("other@example.net", name="Bob Baker")
    assert searched(staff, words) == [someone]


def test_names_of_other_scripts_are_found(staff):
    someone = world.make_user("h@example.com", name="山田 花子")
    assert searched(staff, "花子") == [someone]


@pytest.mark.parametrize("words", ["", "   ", "%", "zzzzqqq", "'; drop table x; --", "\\"])
def test_nobody_is_found_for_nothing(staff, words):
    assert searched(staff, words) == []


def test_the_likeliest_comes_first(staff):
    world.make_user("a@example.com", name="Marina Marquez")
    exact = world.make_user("b@example.com", name="Ines Marques")
    assert searched(staff, "Marques")[0] == exact


def test_only_the_office_finds_people(staff, participant):
    assert searched(participant, "Stella") == []


PAGES = ["/admin/people/", "/admin/person/{pk}/", "/admin/log/verify/", "/admin/audit/entry/"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("persona", "status"),
    [
        ("staff", 200),
        ("aid_decider", 403),
        ("participant", 302),
        ("facilitator", 302),
        ("reviewer", 302),
    ],
)
def test_who_opens_the_offices_own_pages(as_user, request, stranger, page, persona, status):
    client = as_user(request.getfixturevalue(persona))
    assert client.get(page.format(pk=stranger.pk)).status_code == status


@pytest.mark.parametrize("page", PAGES)
def test_visitors_see_none_of_it(client, stranger, page):
    assert client.get(page.format(pk=stranger.pk)).status_code == 302


def test_reading_pages_take_no_posts(as_user, staff, stranger):
    client = as_user(staff)
    for page in PAGES[:3]:
        assert client.post(page.format(pk=stranger.pk)).status_code == 405


def test_an_unknown_person_is_404(as_user, staff):
    assert as_user(staff).get(reverse("admin:person", args=[987654])).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_one_page_per_person_asks_the_same_with_one_and_three(as_user, staff, participant, count):
    world.verify_prerequisites(participant)
    for _round in range(count):
        rows.one_of_everything(participant)
        record("application.submitted", None, by=participant, subject=participant)
    rows.make_credential(participant)
    client = as_user(staff)
    client.get(reverse("admin:person", args=[participant.pk]))
    with CaptureQueriesContext(connection) as queries:
        response = client.get(reverse("admin:person", args=[participant.pk]))
    assert response.status_code == 200
    assert len(queries) == 35, "\n".join(query["sql"][:140] for query in queries)


def test_it_holds_the_whole_history_but_no_aid_statement(as_user, staff, participant):
    world.verify_prerequisites(participant)
    rows.one_of_everything(participant)
    credential = rows.make_credential(participant)
    AidRequest.objects.update(statement="A secret between three.", state="requested")
    client = as_user(staff)
    html = client.get(reverse("admin:person", args=[participant.pk])).content.decode()
    for text in (
        "Paulo Participant",
        "Care Mutual",
        "place offered",
        "USD 2,895",
        credential.number,
        "Hello",
    ):
        assert text in html
    assert "A secret between three." not in html
    assert "Supported rate" not in html


def test_drafts_of_others_stay_theirs(as_user, staff, participant):
    rows.make_application(participant, "draft")
    response = as_user(staff).get(reverse("admin:person", args=[participant.pk]))
    assert response.context["person"].applications == ()


def test_the_log_pages_by_its_own_order(as_user, staff, participant, stranger):
    for number in range(ENTRIES + 5):
        record("letter.seen", None, by=staff, subject=participant, number=number)
    record("letter.seen", None, by=staff, subject=stranger)
    first, following = log_of(participant, by=staff, before=None)
    second, end = log_of(participant, by=staff, before=following)
    assert (len(first), len(second), end) == (ENTRIES, 5, None)
    ids = [item.entry.pk for item in first + second]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == ENTRIES + 5
    page = reverse("admin:person", args=[participant.pk])
    html = as_user(staff).get(page).content.decode()
    assert f'href="{page}?before={following}#log"' in html
    assert as_user(staff).get(f"{page}?before=x").status_code == 200


def test_entries_are_told_in_words(staff, participant):
    application = rows.make_application(participant, "submitted")
    record("application.submitted", application, by=participant, subject=participant)
    record("calendar.renewed", None, by=None, subject=participant)
    record("role.granted", participant, by=staff, subject=participant)
    found = [(item.what, item.actor) for item in log_of(participant, by=staff, before=None)[0]]
    assert found == [
        ("Person: granted", "Stella Staff"),
        ("Calendar renewed", ""),
        ("Application: with the office", "the person"),
    ]


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("role", ["role.granted"]),
        ("ROLE.GR", ["role.granted"]),
        ("4711", ["offer.made"]),
        ("x", []),
    ],
)
def test_the_log_is_searched_by_action_and_number(as_user, staff, term, expected):
    record("role.granted", staff, by=staff, subject=staff)
    Entry.objects.create(action="offer.made", object_type="cohorts.offer", object_id="4711")
    response = as_user(staff).get("/admin/audit/entry/", {"q": term})
    assert [entry.action for entry in response.context["cl"].result_list] == expected


def test_the_log_cannot_be_written_to_from_the_office(as_user, staff):
    entry = record("role.granted", staff, by=staff, subject=staff)
    client = as_user(staff)
    page = reverse("admin:audit_entry_change", args=[entry.pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"action": "other"}).status_code == 403
    assert client.get(reverse("admin:audit_entry_add")).status_code == 403
    assert client.post(reverse("admin:audit_entry_delete", args=[entry.pk])).status_code == 403


def test_the_log_says_whether_it_holds(as_user, staff):
    for _i in range(3):
        record("letter.seen", None, by=staff)
    seal()
    client = as_user(staff)
    response = client.get("/admin/log/verify/")
    assert response.context["report"].is_intact
    assert "The chain holds" in response.content.decode()
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("alter table audit_seal disable trigger user")
        Seal.objects.filter(position=2).delete()
        cursor.execute("alter table audit_seal enable trigger user")
    response = client.get("/admin/log/verify/")
    assert "The chain does not hold" in response.content.decode()
    assert "seal 2 is missing" in response.content.decode()

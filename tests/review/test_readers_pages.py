"""The chair's page of who reads, and handing one's own part back."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from certification.review.models import Assignment
from certification.review.queries.conflicts import open_assignments
from certification.review.services import assigning
from scip.accounts.models import Role, RoleGrant, User
from scip.mail.models import Letter
from scip.requirements import Refusal
from tests import world
from tests.remembered import remembered
from tests.review.committee import seated
from tests.review.desk import make_ready

pytestmark = pytest.mark.django_db


@pytest.fixture
def seats(db):
    return make_seats()


@remembered
def make_seats() -> dict[str, Assignment]:
    """Chair and reader who accepted, and a third who declared a tie."""
    walker = make_ready()
    submission = walker.hands_in()
    office = User.objects.get(email="office@example.com")
    found = {}
    for name, role in (("chair", Role.CHAIR), ("reader", Role.REVIEWER), ("tied", Role.REVIEWER)):
        member = world.make_user(f"{name}@example.org", role)
        seat = "chair" if name == "chair" else "reviewer"
        row = assigning.ask(submission, member, seat=seat, by=office)
        ties = ["colleague"] if name == "tied" else []
        found[name] = assigning.answer(
            row, ties=ties, words="One clinic." if ties else "", by=member
        )
    return found


def readers_page(row):
    return reverse("review:readers", args=[row.pk])


def arrange(chair, other):
    return reverse("review:reader_arrange", args=[chair.pk, other.pk])


def test_the_chair_reads_the_declaration_and_allows_it(as_user, seats):
    chair, tied = seats["chair"], seats["tied"]
    client = as_user(chair.member)
    page = client.get(readers_page(chair)).content.decode()
    assert "One clinic." in page
    letter = Letter.objects.get(dedupe_key=f"assignment:{tied.pk}:declared:chair")
    assert readers_page(chair) in letter.text
    field = f"reader-{tied.pk}-reason"
    assert client.post(arrange(chair, tied), {field: "", "allow": "1"}).status_code == 422
    client.post(arrange(chair, tied), {field: "Years ago.", "allow": "1"})
    assert open_assignments(tied.member).get() == tied


def test_the_chair_asks_for_somebody_else(as_user, seats):
    chair, tied = seats["chair"], seats["tied"]
    values = {f"reader-{tied.pk}-reason": "Too close.", "release": "1"}
    as_user(chair.member).post(arrange(chair, tied), values)
    tied.refresh_from_db()
    assert tied.state == Assignment.State.RELEASED


@pytest.mark.parametrize("name", ["reader", "tied"])
def test_nobody_else_opens_it(as_user, seats, name):
    client = as_user(seats[name].member)
    for row in (seats["chair"], seats[name]):
        assert client.get(readers_page(row)).status_code == 404
        assert client.post(arrange(row, seats["tied"]), {"allow": "1"}).status_code == 404
    seats["tied"].refresh_from_db()
    assert seats["tied"].state == Assignment.State.DECLARED


def test_another_submissions_reader_is_not_the_chairs(as_user, seats):
    chair, tied = seats["chair"], seats["tied"]
    other = Assignment.objects.get(pk=tied.pk)
    assigning.release(other, reason="Moved.", by=User.objects.get(email="office@example.com"))
    address = reverse("review:reader_arrange", args=[chair.pk, 999_999])
    assert as_user(chair.member).post(address, {"allow": "1"}).status_code == 404


def test_a_chair_releases_a_second_reader_who_is_silent_and_nobody_else(as_user, seats):
    """Whoever began to read is released by the office; the second reader by the chair, too, once
    their day has passed."""
    chair, reader = seats["chair"], seats["reader"]
    second = seated(chair.submission, world.make_user("s@example.org", Role.REVIEWER), "second")
    client, late = as_user(chair.member), second.due_at + timedelta(minutes=1)
    for row in (reader, second):
        client.post(arrange(chair, row), {f"reader-{row.pk}-reason": "Silent.", "release": "1"})
        row.refresh_from_db()
        assert row.state == Assignment.State.ACCEPTED
    with pytest.raises(Refusal, match="office can release them"):
        assigning.release(reader, reason="Silent.", by=chair.member, now=late)
    other = make_ready(2)
    foreign = seated(other.hands_in(), second.member, "second")
    with pytest.raises(Refusal, match="by its chair"):
        assigning.release(foreign, reason="Silent.", by=chair.member, now=late)
    # Their day has passed: the page offers it.
    Assignment.objects.filter(pk=second.pk).update(due_at=timezone.now() - timedelta(hours=1))
    page = client.get(readers_page(chair)).content.decode()
    assert f'name="reader-{second.pk}-reason"' in page
    assert f'name="reader-{reader.pk}-reason"' not in page
    values = {f"reader-{second.pk}-reason": "Silent.", "release": "1"}
    done = client.post(arrange(chair, second), values, follow=True).content.decode()
    assert "choose another second reader" in done
    second.refresh_from_db()
    assert (second.state, second.end_reason) == (Assignment.State.RELEASED, "Silent.")
    assert Letter.objects.filter(dedupe_key=f"assignment:{second.pk}:released").count() == 1


def test_a_chair_who_is_also_of_the_office_releases_as_a_chair(seats):
    chair, reader, tied = (seats[name] for name in ("chair", "reader", "tied"))
    RoleGrant.objects.create(user=chair.member, role=Role.STAFF)
    both = User.objects.get(pk=chair.member_id)
    for state in ("accepted", "given"):
        Assignment.objects.filter(pk=reader.pk).update(state=state)
        with pytest.raises(Refusal, match="a colleague at"):
            assigning.release(reader, reason="I see it differently.", by=both)
    assert assigning.release(tied, reason="Too close.", by=both).state == "released"
    office = User.objects.get(email="office@example.com")
    assert assigning.release(reader, reason="Ill.", by=office).state == "released"


def test_why_somebody_left_is_for_the_office_alone(as_user, seats):
    chair, reader = seats["chair"], seats["reader"]
    office = User.objects.get(email="office@example.com")
    asked = world.make_user("asked@example.org", Role.REVIEWER)
    row = assigning.ask(chair.submission, asked, seat="reviewer", by=office, reason="More.")
    assigning.decline(row, reason="I am being treated for something.", by=asked)
    assigning.release(reader, reason="My mother is dying.", by=reader.member)
    barred = world.make_user("barred@example.org", Role.REVIEWER)
    row = assigning.ask(chair.submission, barred, seat="reviewer", by=office, reason="More.")
    assigning.answer(row, ties=["family"], words="Cousins.", by=barred)
    page = as_user(chair.member).get(readers_page(chair)).content.decode()
    assert "treated" not in page
    assert "mother" not in page
    assert "declined: a tie bars it" in page


def test_a_chair_releases_nobody_who_gave_their_part(seats):
    chair, reader = seats["chair"], seats["reader"]
    Assignment.objects.filter(pk=reader.pk).update(
        state="given", seat="second", due_at=timezone.now() - timedelta(days=1)
    )
    with pytest.raises(Refusal, match="office can release them"):
        assigning.release(reader, reason="Late.", by=chair.member)


def test_a_part_is_handed_back_with_a_word(as_user, seats):
    row = seats["reader"]
    client = as_user(row.member)
    address = reverse("review:hand_back", args=[row.pk])
    assert client.get(address).status_code == 200
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "I am ill."}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.end_reason) == (Assignment.State.RELEASED, "I am ill.")
    assert client.get(address).status_code == 404
    assert as_user(seats["chair"].member).get(address).status_code == 404


def test_what_was_given_stays(as_user, seats):
    row = seats["reader"]
    Assignment.objects.filter(pk=row.pk).update(state="given")
    address = reverse("review:hand_back", args=[row.pk])
    assert as_user(row.member).post(address, {"reason": "No."}).status_code == 404
    row.refresh_from_db()
    assert row.state == Assignment.State.GIVEN


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_the_same_for_one_and_three(as_user, seats, count, django_assert_num_queries):
    chair = seats["chair"]
    office = User.objects.get(email="office@example.com")
    for number in range(count):
        member = world.make_user(f"more{number}@example.org", Role.REVIEWER)
        assigning.ask(chair.submission, member, seat="reviewer", by=office, reason="More.")
    client = as_user(chair.member)
    client.get(readers_page(chair))
    with django_assert_num_queries(7):
        client.get(readers_page(chair))

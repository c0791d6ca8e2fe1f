"""Who opens what of an appeal: every kind of person, in every state of a seat; and the pages."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from certification.review.models import (
    Appeal,
    AppealDocument,
    Assignment,
    DeclaredTie,
    PanelSeat,
    Snapshot,
)
from certification.review.queries.appeals import with_the_office
from certification.review.services import appealing, hearing
from scip.accounts.models import Role, RoleGrant, User
from scip.audit.models import Entry
from scip.console.queues import QUEUES
from scip.mail.models import Letter
from tests import world
from tests.review.hearings import (
    REASONS,
    WORDS,
    Appellant,
    gives,
    later,
    make_appellant,
    make_panel,
)
from tests.vault.samples import simple_pdf

pytestmark = pytest.mark.django_db
HOME = reverse("appeal:home")
DESK = reverse("hearing:desk")


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def carla() -> Appellant:
    return make_appellant()


def opened(seat: PanelSeat, user: User, document: AppealDocument, as_user: Any) -> dict[str, bool]:
    """What opens to somebody from a seat: the statement, the page to answer, the document."""
    client: Client = as_user(user)
    page = client.get(reverse("hearing:seat", args=[seat.pk]))
    give = client.get(reverse("hearing:give", args=[seat.pk]))
    file = client.post(reverse("hearing:document_open", args=[seat.pk, document.pk]))
    return {
        "page": page.status_code == 200,
        "statement": WORDS in page.content.decode(),
        "give": give.status_code == 200 or leads_on(give),
        "document": leads_on(file),
    }


def leads_on(response: Any) -> bool:
    """Further, and not to sign in."""
    return response.status_code == 302 and "/accounts/" not in response["Location"]


SHUT = {"page": False, "statement": False, "give": False, "document": False}
QUESTION = SHUT | {"page": True}
OPEN = {"page": True, "statement": True, "give": True, "document": True}


@pytest.mark.parametrize(
    ("state", "found"),
    [
        ("asked", QUESTION),
        ("accepted", OPEN),
        ("given", OPEN),
        ("declined", QUESTION),
        ("released", QUESTION),
    ],
)
def test_a_seat_opens_between_the_declaration_and_its_end(carla, as_user, state, found):
    carla.writes()
    document = carla.adds()
    carla.files()
    one, _two = make_panel(2)
    (seat,) = carla.asks(one)
    now = later(0)
    given = {"outcome": "upheld", "reasons": "r", "given_at": now} if state == "given" else {}
    declared = {} if state == "asked" else {"declared_at": now, "accepted_at": now}
    PanelSeat.objects.filter(pk=seat.pk).update(state=state, **declared, **given)
    assert opened(seat, one, document, as_user) == found


@pytest.mark.parametrize("why", ["family", "colleague", "term", "inactive"])
def test_a_seat_closes_with_what_comes_to_light(carla, as_user, why):
    carla.writes()
    document = carla.adds()
    one = make_panel(1)[0]
    (seat,) = carla.heard_by(one)
    assert opened(seat, one, document, as_user) == OPEN
    if why == "term":
        RoleGrant.objects.filter(user=one).update(until=later(0).date())
    elif why == "inactive":
        User.objects.filter(pk=one.pk).update(is_active=False)
    else:
        DeclaredTie.objects.create(member=one, candidate=carla.user, kind=why)
    one = User.objects.get(pk=one.pk)
    assert opened(seat, one, document, as_user) == (SHUT if why == "inactive" else QUESTION)


def test_a_seat_opens_to_nobody_else(carla, as_user):
    carla.writes()
    document = carla.adds()
    one, two = make_panel(2)
    (seat,) = carla.heard_by(one)
    (other,) = carla.asks(two)  # another seat of the same panel, not accepted
    people = [
        carla.user,
        carla.guide,
        carla.office,
        two,
        world.make_user("reviewer@example.org", Role.REVIEWER),
        world.make_user("chair@example.org", Role.CHAIR),
        world.make_user("free@example.org", Role.PANEL),
        world.make_user("stranger@example.org"),
    ]
    for user in people:
        assert opened(seat, user, document, as_user) == SHUT, user
    assert opened(other, two, document, as_user) == QUESTION


def test_the_candidates_side_opens_to_the_candidate_alone(carla, as_user):
    document = carla.adds()
    carla.files()
    addresses = [reverse("appeal:document_open", args=[document.pk])]
    for user in (carla.guide, carla.office, world.make_user("stranger@example.org")):
        assert WORDS not in text(as_user(user).get(HOME))
        for address in addresses:
            assert as_user(user).post(address).status_code == 404
    answer = as_user(carla.user).post(addresses[0])
    file = as_user(carla.user).get(answer["Location"])
    assert file["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert file["Content-Disposition"].startswith("attachment")
    assert b"".join(file.streaming_content).startswith(b"%PDF")


def test_a_document_is_recorded_and_its_address_is_its_readers_alone(carla, as_user):
    document = carla.adds()
    one, two = make_panel(2)
    first, second = carla.heard_by(one, two)
    address = reverse("hearing:document_open", args=[first.pk, document.pk])
    assert as_user(one).get(address).status_code == 405
    led = as_user(one).post(address)["Location"]
    entry = Entry.objects.get(action="appealdocument.opened")
    assert (entry.actor_id, entry.subject_id) == (one.pk, None)
    assert as_user(one).get(led).status_code == 200
    assert as_user(two).get(led).status_code == 404
    foreign = make_appellant(2).adds()
    address = reverse("hearing:document_open", args=[second.pk, foreign.pk])
    assert as_user(two).post(address).status_code == 404


def test_nobody_reads_anothers_answer_before_giving_their_own(carla, as_user):
    one, two = make_panel(2)
    first, second = carla.heard_by(one, two)
    gives(first, "upheld", reasons="The first’s own words.")
    page = reverse("hearing:seat", args=[second.pk])
    assert "The first’s own words." not in text(as_user(two).get(page))
    gives(second, "overturned")
    assert "The first’s own words." in text(as_user(two).get(page))
    # Until it is decided, the candidate reads none of it.
    assert "own words." not in text(as_user(carla.user).get(HOME)).replace(WORDS, "")


def test_the_candidate_never_reads_a_name_of_the_panel(carla, as_user):
    one, two = make_panel(2)
    first, second = carla.heard_by(one, two)
    client = as_user(carla.user)
    assert "Pia" not in text(client.get(HOME))
    for seat in (first, second):
        gives(seat, "remanded")
    shown = text(client.get(HOME))
    assert REASONS in shown
    assert "Look at session 7." in shown
    assert "Pia" not in shown
    for letter in Letter.objects.exclude(to_user__in=[one, two]).exclude(to_user=None):
        assert "Pia" not in letter.subject + letter.text + letter.html, letter.subject


def test_from_the_not_yet_to_the_filed_appeal(carla, as_user):
    client: Client = as_user(carla.user)
    shown = text(client.get(HOME))
    assert "Begin to write" in shown
    assert "your supervisor’s “not yet”" in shown
    assert not Appeal.objects.exists()  # looking writes nothing
    client.post(reverse("appeal:begin"))
    assert "What filing asks for" in text(client.get(HOME))
    mark = appealing.mark_of("")
    save = reverse("appeal:save")
    client.post(save, {"statement": WORDS, "began_from": mark})
    stale = client.post(save, {"statement": "Another.", "began_from": mark})
    assert stale.status_code == 409
    assert WORDS in text(stale)
    assert "Another." in text(stale)
    from django.core.files.uploadedfile import SimpleUploadedFile

    answer = client.post(
        reverse("appeal:add_document"),
        {"title": "A letter", "document": SimpleUploadedFile("a.pdf", simple_pdf())},
    )
    assert answer.status_code == 302
    wrong = client.post(
        reverse("appeal:add_document"),
        {"title": "A trick", "document": SimpleUploadedFile("a.pdf", b"MZ not a paper")},
    )
    assert wrong.status_code == 422
    assert WORDS in text(wrong)
    assert "A letter" in text(client.get(reverse("appeal:file")))
    answer = client.post(save, {"statement": WORDS, "began_from": mark, "file": "yes"})
    assert answer["Location"] == reverse("appeal:file")
    client.post(reverse("appeal:file"))
    shown = text(client.get(HOME))
    assert "It is filed." in shown
    assert client.get(reverse("appeal:file"))["Location"] == HOME
    client.post(reverse("appeal:withdraw"))
    shown = text(client.get(HOME))
    assert "What you wrote before" in shown
    assert "Begin to write" in shown


def test_the_page_of_the_not_yet_leads_here(carla, as_user):
    page = reverse("supervision:outcome", args=[carla.pair.agreement.pk])
    shown = text(as_user(carla.user).get(page))
    assert f'href="{HOME}"' in shown
    assert "You have the right to appeal" in shown


def test_once_the_time_for_an_appeal_is_over_its_page_says_so(carla, as_user, monkeypatch):
    page = reverse("supervision:outcome", args=[carla.pair.agreement.pk])
    client = as_user(carla.user)
    shut = timezone.now() + timedelta(days=60)
    late = SimpleNamespace(now=lambda: shut)
    monkeypatch.setattr("supervision.views.recommendations.timezone", late)
    shown = text(client.get(page))
    assert "You have the right to appeal" not in shown
    assert "The time for an appeal ran until" in shown


def test_whoever_never_registered_reads_what_it_is_for(as_user, stranger):
    client = as_user(stranger)
    assert "There is nothing to appeal at present" in text(client.get(HOME))
    for name in ("begin", "withdraw", "add_document"):
        assert client.post(reverse(f"appeal:{name}")).status_code == 404
    assert "Nothing to hear at present" in text(client.get(DESK))


def test_from_the_question_to_the_answer_of_a_panel(carla, as_user):
    carla.files()
    one, two = make_panel(2)
    first, second = carla.asks(one, two)
    client: Client = as_user(one)
    page = reverse("hearing:seat", args=[first.pk])
    assert "Carla 1" in text(client.get(DESK))
    assert "Would you hear this appeal?" in text(client.get(page))
    declare = reverse("hearing:declare", args=[first.pk])
    assert client.post(declare, {}).status_code == 422
    both = client.post(declare, {"ties": ["nothing", "colleague"]})
    assert "Please choose one of the two" in text(both)
    client.post(declare, {"ties": ["nothing"]})
    shown = text(client.get(page))
    for words in (WORDS, "a word of the letter", "Three more months", "Silent days by the sea"):
        assert words in shown
    hearing.answer(second, by=two)
    mark = hearing.mark_of_seat(first)
    values = {"outcome": "upheld", "reasons": "My words.", "began_from": mark}
    save = reverse("hearing:save", args=[first.pk])
    client.post(save, values)
    stale = client.post(save, values | {"reasons": "Others."})
    assert stale.status_code == 409
    assert "My words." in text(stale)
    give = reverse("hearing:give", args=[first.pk])
    assert client.post(save, values | {"give": "yes"})["Location"] == give
    assert "My words." in text(client.get(give))
    assert client.post(give)["Location"] == page
    assert "Your answer, as you gave it" in text(client.get(page))
    assert "Nobody else has answered yet" in text(client.get(page))
    decline = as_user(two).post(reverse("hearing:decline", args=[second.pk]), {"reason": "x"})
    assert decline.status_code == 302
    second.refresh_from_db()
    assert second.state == "accepted"  # after accepting, the office releases


def test_the_desk_costs_no_more_queries_for_more_appeals(
    carla, as_user, django_assert_max_num_queries
):
    (one,) = make_panel(1)
    carla.heard_by(one)
    client = as_user(one)
    client.get(DESK)
    with django_assert_max_num_queries(10) as first:
        client.get(DESK)
    for number in (2, 3):
        make_appellant(number).heard_by(one)
    with django_assert_max_num_queries(len(first)):
        client.get(DESK)


def test_the_office_sees_who_and_when_and_not_a_word(carla, as_user):
    carla.adds("A title of a paper")
    one, two = make_panel(2)
    first, second = carla.heard_by(one, two)
    gives(first, "overturned", reasons="Words of the panel.")
    client: Client = as_user(carla.office)
    listed = text(client.get(reverse("admin:review_appeal_changelist")))
    assert "Pia 2" in listed
    shown = text(client.get(reverse("admin:review_appeal_change", args=[carla.appeal.pk])))
    assert "Pia 1" in shown
    gives(second, "overturned")
    shown += text(client.get(reverse("admin:review_appeal_change", args=[carla.appeal.pk])))
    for secret in (WORDS, "Words of the panel.", "A title of a paper", REASONS):
        assert secret not in listed + shown
    search = client.get(reverse("admin:review_appeal_changelist"), {"q": "differently"})
    assert "Carla 1" not in text(search)


def test_the_office_asks_reminds_and_releases_with_the_letter_before_it(carla, as_user):
    carla.files()
    one, _two = make_panel(2)
    client: Client = as_user(carla.office)

    def decide(verb: str, **values: Any) -> Any:
        address = reverse("admin:review_appeal_decide", args=[carla.appeal.pk, verb])
        return client.post(address, values)

    shown = text(decide("ask", member=one.pk, show="yes"))
    assert "Would you hear an appeal?" in shown
    assert not PanelSeat.objects.exists()
    decide("ask", member=one.pk, send="yes")
    seat = PanelSeat.objects.get()
    assert (seat.member, seat.asked_by) == (one, carla.office)
    refused = decide("ask", member=carla.guide.pk, send="yes")
    assert refused.status_code == 200  # not even among the choices
    shown = text(decide("suggested", show="yes"))
    assert "Would you hear" in shown
    # Nobody has a seat yet, so the letter that is looked at leads to the desk.
    assert f"{settings.SITE_URL}{DESK} " in shown.replace("<", " <")
    decide("suggested", send="yes")
    assert PanelSeat.objects.count() == 2
    decide("remind", seat=seat.pk, send="yes")
    assert Letter.objects.filter(dedupe_key__contains=":office:").count() == 1
    assert "They got a reminder today" in text(decide("remind", seat=seat.pk, send="yes"))
    assert Letter.objects.filter(dedupe_key__contains=":office:").count() == 1
    decide("release", seat=seat.pk, reason="Ill.", send="yes")
    seat.refresh_from_db()
    assert (seat.state, seat.end_reason) == ("released", "Ill.")


def test_the_offices_list_costs_no_more_queries_for_more_appeals(
    carla, as_user, django_assert_max_num_queries
):
    one, two = make_panel(2)
    carla.heard_by(one, two)
    client = as_user(carla.office)
    address = reverse("admin:review_appeal_changelist")
    client.get(address)
    with django_assert_max_num_queries(12) as first:
        client.get(address)
    for number in (2, 3):
        make_appellant(number).heard_by(one, two)
    with django_assert_max_num_queries(len(first)):
        client.get(address)


def test_a_panel_reads_the_submission_where_the_committees_answer_is_in_question(as_user):
    from tests.review.desk import make_ready
    from tests.review.test_appealing import decided_on

    walker = make_ready(2)
    edition = walker.candidacy.edition
    edition.appeal_of_decisions = True
    edition.save()
    decided_on(walker.hands_in())
    appeal = appealing.begin(walker.candidacy, by=walker.user)
    appealing.save_statement(appeal, WORDS, by=walker.user)
    appeal = appealing.file_appeal(appeal, by=walker.user)
    office = world.make_user("desk@example.com", Role.STAFF)
    (one,) = make_panel(1)
    seat = hearing.ask(appeal, one, by=office)
    page = reverse("hearing:seat", args=[seat.pk])
    assert "Case study 1" not in text(as_user(one).get(page))
    hearing.answer(seat, by=one)
    shown = text(as_user(one).get(page))
    assert "Case study 1" in shown
    assert "Endings." in shown
    assert "the supervisor’s own words" not in shown  # the letter that recommends
    assert not Assignment.objects.exists()
    assert Snapshot.objects.count() == 1


def test_what_waits_for_the_office_is_on_its_first_page(carla):
    def waits(days: float = 0) -> bool:
        return with_the_office(later(days)).exists()

    carla.writes()
    assert not waits()
    carla.files()
    one, two = make_panel(2)
    assert waits()  # nobody was asked
    first, second = carla.heard_by(one, two)
    assert not waits()
    assert waits(31)  # past its day
    gives(first, "upheld")
    gives(second, "overturned")
    assert waits()  # a third is wanted, and nobody could be suggested
    third = make_appellant(2).guide
    carla.asks(third)
    assert not waits()
    queue = next(row for row in QUEUES if row.code == "appeals")
    assert queue.filters == {"waits": "office"}

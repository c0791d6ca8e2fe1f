"""A pack for the next supervisor: with the candidate's consent, for as long as it stands."""

from threading import Barrier, Thread

import pytest
from django.db import connection
from django.urls import reverse

from scip.mail.models import Letter
from scip.requirements import Refusal
from supervision.models import Competency, DevelopmentalLevel, Handover
from supervision.services import agreements, notes
from supervision.services.handovers import hand_over, open_handover, withdraw_handover
from supervision.services.ratings import Touched, rate
from tests import world
from tests.supervision.pair import Kind, at, log, make_pair, walk

FEEDBACK, PRIVATE, JOURNAL = "You wait well. heron-1", "private heron-2", "journal heron-3"


@pytest.fixture
def pair(db):
    return a_pair()


def a_pair():
    """Ended after two confirmed sessions and one that was not, with words of all kinds."""
    pair = make_pair()
    first, _second = walk(pair, 2)
    log(pair, Kind.PLAN_MEETING, at(15))
    notes.give_feedback(pair.agreement, FEEDBACK, by=pair.guide, tell=False)
    notes.write_own(pair.agreement, PRIVATE, by=pair.guide, session=first)
    notes.write_own(pair.agreement, JOURNAL, by=pair.candidate)
    touched = Touched(
        competency=Competency.objects.first(), level=DevelopmentalLevel.objects.first()
    )
    rate(pair.agreement, [touched], session=first, by=pair.guide)
    agreements.end_agreement(pair.agreement, by=pair.guide, reason="Moving.", now=at(30))
    return pair.again()


@pytest.fixture
def lea(pair):
    return next_guide(pair)


def next_guide(pair):
    guide = world.make_supervisor(world.make_user("lea@example.com", name="Lea"))
    world.make_agreement(pair.candidacy, guide)
    return guide


def give(pair, guide):
    return hand_over(pair.agreement, guide, by=pair.candidate)


def test_it_holds_what_was_shared_and_nothing_else(pair, lea):
    pack = give(pair, lea)
    assert [row["kind"] for row in pack.facts["sessions"]] == [
        "Orientation",
        "Case & practice review",
    ]
    assert pack.facts["plan"]["objectives"] == "Slow down; name what happens."
    assert [row["text"] for row in pack.facts["feedback"]] == [FEEDBACK]
    assert len(pack.facts["ratings"]) == 1
    assert PRIVATE not in str(pack.facts)
    assert JOURNAL not in str(pack.facts)
    assert "18000" not in str(pack.facts)


def test_it_is_a_copy_of_that_moment_and_given_once(pair, lea):
    pack = give(pair, lea)
    pair.agreement.feedback.create(text="Later words", given_by=pair.guide)
    again = give(pair, lea)
    assert again.pk == pack.pk
    assert "Later words" not in str(again.facts)
    letter = Letter.objects.get(dedupe_key=f"handover:{pack.pk}:given")
    assert letter.to_address == lea.user.email
    assert FEEDBACK not in letter.text


def test_only_the_candidate_and_only_to_their_next_supervisor(pair, lea, staff):
    for somebody in (pair.guide, lea.user, staff):
        with pytest.raises(Refusal, match="Only the candidate"):
            hand_over(pair.agreement, lea, by=somebody)
    other = world.make_supervisor(world.make_user("olga@example.com", name="Olga"))
    for guide in (other, pair.supervisor):
        with pytest.raises(Refusal, match="with whom you have an agreement"):
            give(pair, guide)


def test_taken_back_it_is_closed_and_empty_and_can_be_given_anew(pair, lea):
    pack = open_handover(give(pair, lea), by=lea.user, now=at(40))
    assert open_handover(pack, by=lea.user, now=at(41)).opened_at == at(40)
    with pytest.raises(Refusal, match="Only the candidate"):
        withdraw_handover(pack, by=lea.user)
    withdraw_handover(pack, by=pair.candidate)
    pack.refresh_from_db()
    assert pack.facts == {}
    assert not Handover.objects.visible_to(lea.user).exists()
    with pytest.raises(Refusal, match="not open to you"):
        open_handover(pack, by=lea.user)
    assert give(pair, lea).pk != pack.pk


def url(name, pk):
    return reverse(f"supervision:{name}", args=[pk])


def test_given_opened_and_taken_back_on_the_site(pair, lea, as_user):
    candidate, guide = as_user(pair.candidate), as_user(lea.user)
    place = url("handover_give", pair.agreement.pk)
    page = candidate.get(place)
    assert FEEDBACK in page.content.decode()
    (coming,) = page.context["coming"]
    candidate.post(place, {"to": coming.pk})
    pack = Handover.objects.get()
    own = guide.get(url("agreement", coming.pk)).content.decode()
    assert url("handover", pack.pk) in own
    assert FEEDBACK not in guide.get(url("handover", pack.pk)).content.decode()
    guide.post(url("handover_open", pack.pk))
    assert FEEDBACK in guide.get(url("handover", pack.pk)).content.decode()
    candidate.post(url("handover_withdraw", pack.pk))
    assert guide.get(url("handover", pack.pk)).status_code == 404
    assert "Taken back" in candidate.get(place).content.decode()


def test_others_find_nothing(pair, lea, as_user, stranger, staff, reviewer):
    pack = give(pair, lea)
    open_handover(pack, by=lea.user)
    other = world.make_supervisor(world.make_user("olga@example.com", name="Olga"))
    for somebody in (stranger, staff, reviewer, other.user, pair.guide):
        client = as_user(somebody)
        for name in ("handover", "handover_open", "handover_withdraw"):
            answer = (
                client.post(url(name, pack.pk))
                if name != "handover"
                else client.get(url(name, pack.pk))
            )
            assert answer.status_code in {302, 404}
        give_page = client.get(url("handover_give", pair.agreement.pk))
        assert give_page.status_code in {302, 404}
    pack.refresh_from_db()
    assert pack.withdrawn_at is None


@pytest.mark.django_db(transaction=True)
def test_opened_while_it_is_taken_back_it_ends_closed():
    pair = a_pair()
    guide = next_guide(pair)
    pack, barrier = give(pair, guide), Barrier(2)

    def act(number: int) -> None:
        barrier.wait()
        try:
            if number:
                open_handover(pack, by=guide.user)
            else:
                withdraw_handover(pack, by=pair.candidate)
        except Refusal:
            pass
        finally:
            connection.close()

    threads = [Thread(target=act, args=[number]) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pack.refresh_from_db()
    assert (pack.facts, pack.withdrawn_at is None) == ({}, False)
    assert not Handover.objects.visible_to(guide.user).exists()

"""What ties a reader, told after the declaration and taken back; who is told, and what it shuts."""

import pytest
from django.urls import reverse
from django.utils import timezone

from certification.review.models import Assignment, Decision, DeclaredTie, Submission, Tie
from certification.review.queries import queue
from certification.review.queries.conflicts import open_assignments
from certification.review.queries.decisions import counting_views
from certification.review.services import (
    appealing,
    assigning,
    deciding,
    hearing,
    reminding,
    tying,
)
from scip.accounts.models import Role, User
from scip.audit.models import Entry
from scip.mail.models import Letter
from scip.requirements import Refusal
from tests import world
from tests.review.committee import CERTIFIED, Committee, make_committee, seated
from tests.review.hearings import gives, make_appellant, make_panel

pytestmark = pytest.mark.django_db


@pytest.fixture
def committee() -> Committee:
    return make_committee()


@pytest.fixture
def office(committee: Committee) -> User:
    return User.objects.get(email="office@example.com")


def member(number: int = 7) -> User:
    return world.make_user(f"m{number}@example.org", Role.REVIEWER, name=f"Mo {number}")


def keys(row: Assignment) -> list[str]:
    found = Letter.objects.filter(dedupe_key__startswith=f"assignment:{row.pk}:")
    return sorted(key.split(":", 2)[2] for key in found.values_list("dedupe_key", flat=True))


def tell(row: Assignment, kind: str, words: str = "Since May.") -> Assignment:
    return tying.add_tie(row, kind=kind, words=words, by=row.member)


@pytest.mark.parametrize("state", ["accepted", "given"])
def test_a_tie_that_bars_ends_the_part_at_once_and_the_chair_hears(committee, state):
    reader = committee.reviewers[0] if state == "given" else member()
    if state == "accepted":
        seated(committee.submission, reader, "reviewer")
    row = committee.seat(reader)
    views = counting_views(committee.submission)
    row = tell(row, "family")
    assert (row.state, row.end_code) == ("released", "tie")
    assert not open_assignments(reader).exists()
    assert keys(row) == ["told:chair", "told:office"]
    letter = Letter.objects.get(dedupe_key=f"assignment:{row.pk}:told:chair")
    assert letter.to_address == committee.chair.email
    assert ("doesn’t count" in letter.text) == (state == "given")
    assert counting_views(committee.submission) == views - (state == "given")
    kept = DeclaredTie.objects.get(member=reader)
    assert (kept.kind, kept.words, kept.candidate) == (
        "family",
        "Since May.",
        committee.walker.user,
    )
    assert Entry.objects.filter(action="assignment.tie_added", subject_id=None).count() == 1
    # A second click changes nothing, and nobody is told twice.
    tell(row, "family")
    assert keys(row) == ["told:chair", "told:office"]


@pytest.mark.parametrize("state", ["accepted", "given"])
def test_a_tie_that_may_be_allowed_shuts_the_room_until_somebody_allows_it(
    as_user, committee, office, state
):
    reader = committee.reviewers[0] if state == "given" else member()
    if state == "accepted":
        seated(committee.submission, reader, "reviewer")
    row = tell(committee.seat(reader), "colleague")
    assert row.state == state
    assert not open_assignments(reader).exists()
    assert keys(row) == ["later-tie:chair", "later-tie:office"]
    reminding.sweep_readers()
    assert keys(row) == ["later-tie:chair", "later-tie:office"]
    shut = as_user(reader).get(reverse("review:room", args=[row.pk])).content.decode()
    assert "waits for a word of the chair or the office" in shut
    lead = committee.seat(committee.chair)
    page = as_user(committee.chair).get(reverse("review:readers", args=[lead.pk])).content.decode()
    assert "shut until a tie is allowed" in page
    assert "The tie: colleague." in page
    assert "Since May." in page
    as_user(committee.chair).post(
        reverse("review:reader_arrange", args=[lead.pk, row.pk]),
        {f"reader-{row.pk}-reason": "Years ago.", "allow": "1"},
    )
    assert open_assignments(reader).get() == row
    # What was allowed was that tie; another one has to be looked at anew.
    row = tell(row, "facilitated")
    assert not open_assignments(reader).exists()
    assigning.allow(row, reason="That too.", by=office)
    assert open_assignments(reader).get() == row
    assert keys(row).count("allowed") == 1
    assert "allowed:1" in keys(row)
    assert [key for key in keys(row) if key.endswith("facilitated:office")]


def test_another_tie_while_one_waits_for_a_word_says_that_nothing_was_open(committee, office):
    reader = member()
    row = assigning.ask(committee.submission, reader, seat="reviewer", by=office, reason="x")
    row = assigning.answer(row, ties=["colleague"], words="One clinic.", by=reader)
    row = tell(row, "family")
    assert (row.state, row.end_code) == ("released", "tie")
    letter = Letter.objects.get(dedupe_key=f"assignment:{row.pk}:told:office")
    assert "nothing was open to them" in letter.text
    letter = Letter.objects.get(dedupe_key=f"assignment:{row.pk}:told:chair")
    assert "was asked to read" in letter.text


def test_a_chair_who_tells_of_a_tie_leads_nothing(committee):
    lead = tell(committee.seat(committee.chair), "supervised")
    assert lead.state == "released"
    assert keys(lead) == ["told:office"]
    assert queue.without_readers().get() == committee.submission


def test_a_decision_does_not_go_when_its_second_reader_turns_out_to_be_tied(committee, office):
    second = member()
    deciding.propose(committee.writes(CERTIFIED), by=committee.chair, second=second)
    row = assigning.answer(committee.seat(second), ties=[], words="", by=second)
    deciding.approve(committee.decision, by=second)
    row = tell(row, "family")
    assert keys(row)[-2:] == ["told:chair", "told:office"]
    with pytest.raises(Refusal, match="still lacks"):
        deciding.send_decision(committee.decision, by=committee.chair)
    assert committee.decision.state == Decision.State.APPROVED


def test_a_second_reader_who_leaves_before_reading_is_told_of_once(committee):
    second = member()
    deciding.propose(committee.writes(CERTIFIED), by=committee.chair, second=second)
    row = assigning.answer(committee.seat(second), ties=[], words="", by=second)
    tell(row, "family")
    assert keys(row) == ["asked", "second-lost", "told:office"]
    assert queue.without_second().exists()


def test_what_is_told_has_its_place_and_words(committee, office):
    reader = member()
    row = assigning.ask(committee.submission, reader, seat="reviewer", by=office, reason="x")
    with pytest.raises(Refusal, match="first what ties you"):
        tell(row, "family")
    row = assigning.answer(row, ties=[], words="", by=reader)
    with pytest.raises(Refusal, match="who was asked"):
        tying.add_tie(row, kind="family", words="x", by=office)
    with pytest.raises(Refusal, match="in a sentence"):
        tell(row, "family", "  ")
    with pytest.raises(ValueError, match="not declarable"):
        tell(row, "named")
    assigning.release(row, reason="Ill.", by=office)
    with pytest.raises(Refusal, match="any more"):
        tell(row, "family")
    committee.sends(CERTIFIED)
    with pytest.raises(Refusal, match="not with the committee"):
        tell(committee.seat(committee.reviewers[0]), "family")
    assert not DeclaredTie.objects.exists()


def told(committee: Committee, how: str, office: User) -> DeclaredTie:
    """A tie, and what came of it in a case that is under way."""
    reader = member()
    row = assigning.ask(committee.submission, reader, seat="reviewer", by=office, reason="x")
    if how == "waits":
        assigning.answer(row, ties=["colleague"], words="One clinic.", by=reader)
    elif how == "barred":
        assigning.answer(row, ties=["family"], words="Cousins.", by=reader)
    elif how == "allowed":
        row = assigning.answer(row, ties=["colleague"], words="One clinic.", by=reader)
        assigning.allow(row, reason="Years ago.", by=office)
    elif how == "released":
        row = assigning.answer(row, ties=["colleague"], words="One clinic.", by=reader)
        assigning.release(row, reason="Too close.", by=office)
    else:
        row = assigning.answer(row, ties=[], words="", by=reader)
        tell(row, how)
    return DeclaredTie.objects.get(member=reader)


@pytest.mark.parametrize("how", ["waits", "barred", "allowed", "released", "family", "colleague"])
def test_what_a_case_hangs_on_stands_until_it_is_answered(committee, office, how):
    tie = told(committee, how, office)
    with pytest.raises(Refusal, match="once it is answered"):
        tying.take_back_tie(tie, reason="Not so.", by=tie.member)
    committee.sends(CERTIFIED)
    with pytest.raises(Refusal, match="Only the person"):
        tying.take_back_tie(tie, reason="Not so.", by=office)
    with pytest.raises(Refusal, match="in a sentence"):
        tying.take_back_tie(tie, reason=" ", by=tie.member)
    for _twice in range(2):
        tying.take_back_tie(tie, reason="We left that clinic.", by=tie.member)
    assert not DeclaredTie.objects.exists()
    row = committee.seat(tie.member)
    letter = Letter.objects.get(dedupe_key=f"assignment:{row.pk}:untold:{tie.pk}:office")
    assert "We left that clinic." in letter.text
    entry = Entry.objects.get(action="assignment.tie_taken_back")
    assert (entry.actor_id, entry.subject_id) == (tie.member_id, None)
    assert entry.data == {"kind": tie.kind}


def test_what_was_told_to_a_panel_stands_while_the_appeal_is_heard():
    carla, (pia,) = make_appellant(), make_panel(1)
    carla.files()
    (seat,) = carla.asks(pia)
    hearing.answer(seat, ties=["colleague"], words="One clinic.", by=pia)
    seat.refresh_from_db()
    assert (seat.state, seat.end_code) == ("declined", "tie")
    tie = DeclaredTie.objects.get()
    with pytest.raises(Refusal, match="once it is answered"):
        tying.take_back_tie(tie, reason="Not so.", by=pia)
    appealing.withdraw(carla.appeal, by=carla.user)
    tying.take_back_tie(tie, reason="We left it.", by=pia)
    assert Letter.objects.filter(dedupe_key=f"panelseat:{seat.pk}:untold:{tie.pk}:office").exists()


def test_whoever_is_asked_untells_nothing_that_somebody_has_to_allow(as_user, committee, office):
    reader = member()
    tie = DeclaredTie.objects.create(
        member=reader, candidate=committee.walker.user, kind=Tie.COLLEAGUE
    )
    row = assigning.ask(committee.submission, reader, seat="reviewer", by=office, reason="x")
    with pytest.raises(Refusal, match="once it is answered"):
        tying.take_back_tie(tie, reason="I moved away.", by=reader)
    row = assigning.answer(row, ties=[], words="", by=reader)
    assert row.state == "declared"
    # Chair and office read what it is, although it was told in another case.
    letter = Letter.objects.get(dedupe_key=f"assignment:{row.pk}:declared:chair")
    assert "you may allow: colleague." in letter.text
    lead = reverse("review:readers", args=[committee.seat(committee.chair).pk])
    assert "The tie: colleague." in as_user(committee.chair).get(lead).content.decode()
    page = reverse("admin:review_assignment_change", args=[row.pk])
    assert "colleague" in as_user(office).get(page).content.decode()
    assert assigning.allow(row, reason="Years ago.", by=office).state == "accepted"


def test_whoever_is_asked_to_hear_an_appeal_untells_nothing():
    carla, (pia,) = make_appellant(), make_panel(1)
    carla.files()
    carla.asks(pia)
    tie = DeclaredTie.objects.create(member=pia, candidate=carla.user, kind=Tie.COLLEAGUE)
    with pytest.raises(Refusal, match="once it is answered"):
        tying.take_back_tie(tie, reason="Over.", by=pia)


@pytest.mark.parametrize("state", ["accepted", "given"])
def test_whoever_hears_an_appeal_tells_of_a_tie_and_hears_it_no_more(as_user, state):
    carla, (pia, paul, otto) = make_appellant(), make_panel(3)
    seat, _other = carla.heard_by(pia, paul)
    if state == "given":
        seat = gives(seat, "upheld")
    client, address = as_user(pia), reverse("hearing:tie_tell", args=[seat.pk])
    assert address in client.get(reverse("hearing:seat", args=[seat.pk])).content.decode()
    shown = client.get(address).content.decode()
    assert "it ends your part" in shown
    assert "the chair" not in shown
    assert as_user(paul).get(address).status_code == 404
    assert client.post(address, {"kind": "colleague", "words": ""}).status_code == 422
    done = client.post(address, {"kind": "colleague", "words": "One clinic."}, follow=True)
    assert "Somebody else is asked" in done.content.decode()
    seat.refresh_from_db()
    assert (seat.state, seat.end_code) == ("released", "tie")
    tie = DeclaredTie.objects.get(member=pia, candidate=carla.user)
    assert (tie.kind, tie.words) == ("colleague", "One clinic.")
    letter = Letter.objects.get(dedupe_key__startswith=f"panelseat:{seat.pk}:no-longer")
    assert "Pia 1" in letter.text
    # It stands, a second call changes nothing, and their place is somebody else's.
    with pytest.raises(Refusal, match="once it is answered"):
        tying.take_back_tie(tie, reason="Not so.", by=pia)
    assert tying.add_tie_to_seat(seat, kind="family", words="x", by=pia).end_code == "tie"
    assert DeclaredTie.objects.count() == 1
    assert client.get(address).status_code == 404
    assert carla.asks(otto)[0].state == "asked"


def test_what_a_panel_tells_has_its_place_and_words():
    carla, (pia, paul) = make_appellant(), make_panel(2)
    carla.files()
    seat = carla.asks(pia)[0]
    with pytest.raises(Refusal, match="first what ties you"):
        tying.add_tie_to_seat(seat, kind="family", words="x", by=pia)
    seat = hearing.answer(seat, by=pia)
    with pytest.raises(Refusal, match="who was asked"):
        tying.add_tie_to_seat(seat, kind="family", words="x", by=paul)
    with pytest.raises(Refusal, match="in a sentence"):
        tying.add_tie_to_seat(seat, kind="family", words=" ", by=pia)
    with pytest.raises(ValueError, match="not declarable"):
        tying.add_tie_to_seat(seat, kind="named", words="x", by=pia)
    hearing.release(seat, reason="Ill.", by=carla.office)
    with pytest.raises(Refusal, match="any more"):
        tying.add_tie_to_seat(seat, kind="family", words="x", by=pia)
    assert not DeclaredTie.objects.exists()


def test_the_pages_take_a_tie_and_give_it_back(as_user, committee):
    reader = committee.reviewers[0]
    row, client = committee.seat(reader), as_user(committee.reviewers[0])
    address = reverse("review:tie_tell", args=[row.pk])
    assert address in client.get(reverse("review:room", args=[row.pk])).content.decode()
    assert client.get(address).status_code == 200
    assert client.post(address, {"kind": "colleague", "words": ""}).status_code == 422
    assert client.post(address, {"kind": "named", "words": "x"}).status_code == 422
    client.post(address, {"kind": "colleague", "words": "One clinic."})
    assert not open_assignments(reader).exists()
    page = client.get(reverse("review:ties")).content.decode()
    assert "One clinic." in page
    tie = DeclaredTie.objects.get()
    back = reverse("review:tie_back", args=[tie.pk])
    assert client.post(back, {f"tie-{tie.pk}-reason": ""}).status_code == 422
    refused = client.post(back, {f"tie-{tie.pk}-reason": "Over."}, follow=True)
    assert "once it is answered" in refused.content.decode()
    Submission.objects.filter(pk=row.submission_id).update(state="closed", closed_at=timezone.now())
    assert client.get(address).status_code == 404
    done = client.post(back, {f"tie-{tie.pk}-reason": "Over."}, follow=True)
    assert "Nothing told" in done.content.decode()
    # A second press finds the list; to everybody else there was never anything.
    again = client.post(back, {f"tie-{tie.pk}-reason": "Over."}, follow=True)
    assert "Nothing told" in again.content.decode()
    assert client.post(reverse("review:tie_back", args=[tie.pk + 1])).status_code == 404
    assert as_user(committee.chair).post(back).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_ties_asks_no_more_for_three(
    as_user, committee, count, django_assert_num_queries
):
    reader = committee.reviewers[0]
    for number in range(count):
        other = world.make_user(f"other{number}@example.com")
        DeclaredTie.objects.create(member=reader, candidate=other, kind="family")
    client = as_user(reader)
    client.get(reverse("review:ties"))
    with django_assert_num_queries(5):
        client.get(reverse("review:ties"))

"""Hearing an appeal: who may be asked, declarations, answers, and what they add up to."""

from datetime import timedelta

import pytest
from django.utils import timezone

from certification.portfolio.services.writing import StaleWriting
from certification.review.models import (
    Appeal,
    Assignment,
    DeclaredTie,
    PanelSeat,
    Snapshot,
    Submission,
)
from certification.review.queries.appeals import (
    choices_for,
    is_heard_anew,
    overturned_for,
    panel_asks,
    suggest,
)
from certification.review.queries.submissions import evidence_of, submission_of
from certification.review.queries.suggesting import facts_of
from certification.review.requirements.appeals import outcome_of, seats_wanted
from certification.review.requirements.assigning import barring, member_findings
from certification.review.requirements.submission import end_of, submission_findings
from certification.review.services import appealing, hearing
from certification.review.services.freezing import content_of, recommendation_in
from scip.accounts.models import Role
from scip.audit.models import Entry
from scip.mail.models import Letter
from scip.requirements import Refusal
from scip.states import IllegalMove
from supervision.services import recommendations
from tests import world
from tests.races import tally
from tests.review.committee import seated
from tests.review.desk import RECOMMENDED, Walker, make_ready
from tests.review.hearings import (
    REASONS,
    WORDS,
    Appellant,
    gives,
    make_appellant,
    make_panel,
)
from tests.review.test_appealing import decided_on

pytestmark = pytest.mark.django_db


@pytest.fixture
def carla() -> Appellant:
    return make_appellant()


@pytest.mark.parametrize(
    ("outcomes", "panel", "found", "seats"),
    [
        ([], 2, "", 2),
        (["upheld"], 2, "", 2),
        (["upheld", "upheld"], 2, "upheld", 2),
        (["upheld", "overturned"], 2, "", 3),
        (["upheld", "overturned", "overturned"], 2, "overturned", 2),
        (["upheld", "remanded", "overturned"], 2, "remanded", 2),
        (["overturned"], 1, "overturned", 1),
        (["upheld", "overturned"], 3, "", 3),
        (["upheld", "overturned", "upheld"], 3, "upheld", 3),
    ],
)
def test_what_answers_add_up_to(outcomes, panel, found, seats):
    assert outcome_of(outcomes, panel=panel) == found
    assert seats_wanted(outcomes, panel=panel) == seats


def test_the_suggestion_leaves_out_whoever_had_a_part(carla):
    carla.files()
    free = make_panel(2)
    other = world.make_supervisor(world.make_user("other@example.org", name="Olga")).user
    former = world.make_user("former@example.org", Role.SUPERVISOR)  # no approval any more
    kept = {row.member.pk: row.is_barred for row in choices_for(carla.appeal)}
    assert kept[carla.guide.pk]
    assert not kept[other.pk]
    assert former.pk not in kept
    assert {row.member for row in suggest(carla.appeal)} <= {*free, other}
    assert len(suggest(carla.appeal)) == 2


def test_load_and_language_order_the_suggestion(carla):
    carla.user.languages = ["pt"]
    carla.user.save()
    first, second, third = make_panel(3, languages=["en"])
    third.languages = ["pt"]
    third.save()
    carla.files()
    assert [row.member for row in suggest(carla.appeal)] == [third, first]
    busy = make_appellant(2)
    busy.files()
    busy.asks(third, first)
    # The other candidate's supervisor could hear it, too; who hears one already comes after.
    order = [
        row.member for row in choices_for(carla.appeal) if row.member in {first, second, third}
    ]
    assert order == [second, third, first]


def test_many_people_cost_no_more_queries(carla, django_assert_num_queries):
    carla.files()
    make_panel(1)
    appeal = carla.appeal
    with django_assert_num_queries(14):
        choices_for(appeal)
    for number in range(5):
        world.make_user(f"more{number}@example.org", Role.PANEL)
    with django_assert_num_queries(14):
        choices_for(appeal)


def test_whoever_is_tied_is_refused_with_a_sentence(carla):
    carla.files()
    with pytest.raises(Refusal, match="ties them to the candidate: supervised"):
        carla.asks(carla.guide)
    stranger = world.make_user("stranger@example.org")
    with pytest.raises(Refusal, match="neither a seat on the panel"):
        carla.asks(stranger)
    colleague = make_panel(1)[0]
    DeclaredTie.objects.create(member=colleague, candidate=carla.user, kind="colleague")
    with pytest.raises(Refusal, match="colleague"):  # nothing may be allowed here
        carla.asks(colleague)
    assert not PanelSeat.objects.exists()


def test_only_the_office_asks_and_releases(carla):
    carla.files()
    one, two = make_panel(2)
    for by in (carla.user, carla.guide, one):
        with pytest.raises(Refusal, match="CMSC’s office"):
            hearing.ask(carla.appeal, two, by=by)
    (seat,) = carla.asks(one)
    with pytest.raises(Refusal, match="CMSC’s office"):
        hearing.release(seat, reason="x", by=one)
    assert carla.asks(one) == [seat]  # the same again is the same row
    assert Letter.objects.filter(to_user=one).count() == 1


def test_no_more_seats_than_the_edition_has(carla):
    carla.files()
    one, two, three = make_panel(3)
    carla.asks(one, two)
    with pytest.raises(Refusal, match="Every seat"):
        carla.asks(three)


def test_nobody_is_asked_before_it_is_filed_or_after_it_is_over(carla):
    (one,) = make_panel(1)
    carla.writes()
    with pytest.raises(Refusal, match="waits for nobody"):
        carla.asks(one)
    carla.files()
    appealing.withdraw(carla.appeal, by=carla.user)
    with pytest.raises(Refusal, match="waits for nobody"):
        carla.asks(one)


def test_the_panel_is_complete_once_everybody_declared_and_accepted(carla):
    one, two = make_panel(2)
    carla.heard_by(one)
    assert carla.appeal.state == "filed"
    carla.heard_by(two)
    assert carla.appeal.state == "hearing"
    letter = Letter.objects.get(dedupe_key=f"appeal:{carla.appeal.pk}:hearing")
    assert letter.to_user == carla.user
    assert "Pia" not in letter.text + letter.html


def test_a_declared_tie_closes_the_seat_and_is_remembered(carla):
    (one,) = make_panel(1)
    carla.files()
    (seat,) = carla.asks(one)
    answered = hearing.answer(seat, ties=["colleague"], words="One office.", by=one)
    assert answered.state == "declined"
    assert DeclaredTie.objects.get(member=one).kind == "colleague"
    assert Letter.objects.filter(dedupe_key=f"panelseat:{seat.pk}:declined").exists()
    with pytest.raises(IllegalMove):
        hearing.answer(seat, by=one)


def test_declined_once_asking_again_needs_a_reason(carla):
    (one,) = make_panel(1)
    carla.files()
    (seat,) = carla.asks(one)
    hearing.decline(seat, reason="Away.", by=one)
    with pytest.raises(Refusal, match="declined or was released before"):
        carla.asks(one)
    assert hearing.ask(carla.appeal, one, by=carla.office, reason="Back again.").state == "asked"


def test_nobody_gives_before_the_panel_is_there_or_without_reasons(carla):
    one, two = make_panel(2)
    (seat,) = carla.heard_by(one)
    with pytest.raises(Refusal, match="your answer, your reasons"):
        hearing.give(seat, by=one)
    with pytest.raises(Refusal, match="not complete yet"):
        gives(seat, "upheld")
    carla.heard_by(two)
    hearing.save_answer(seat, outcome="remanded", reasons="r", by=one)
    with pytest.raises(Refusal, match="what should be looked at again"):
        hearing.give(seat, by=one)
    assert gives(seat, "upheld").state == "given"
    with pytest.raises(Refusal, match="is given"):
        hearing.save_answer(seat, outcome="overturned", reasons="r", by=one)
    assert hearing.give(seat, by=one).state == "given"  # a second press
    with pytest.raises(Refusal, match="so it counts"):
        hearing.release(seat, reason="x", by=carla.office)


def test_a_second_window_writes_over_nothing(carla):
    one, two = make_panel(2)
    seat, _other = carla.heard_by(one, two)
    before = hearing.mark_of_seat(seat)
    hearing.save_answer(seat, outcome="upheld", reasons="First.", began_from=before, by=one)
    with pytest.raises(StaleWriting):
        hearing.save_answer(seat, outcome="upheld", reasons="Other.", began_from=before, by=one)


def test_two_alike_overturn_it_and_the_way_goes_on(carla):
    first, second = carla.heard_by(*make_panel(2))
    gives(first, "overturned")
    assert carla.appeal.state == "hearing"
    assert overturned_for(carla.candidacy) is None
    gives(second, "overturned", reasons="The second’s own words.")
    appeal = carla.appeal
    assert (appeal.state, appeal.outcome) == ("decided", "overturned")
    assert appeal.reasons == f"{REASONS}\n\nThe second’s own words."
    assert overturned_for(carla.candidacy) == appeal
    finding = recommendation_in_gate(carla.candidacy)
    assert finding.is_met
    assert "overturned" in str(finding.found)
    told = Letter.objects.get(dedupe_key=f"appeal:{appeal.pk}:decided")
    assert REASONS in told.text
    supervisor = Letter.objects.get(dedupe_key=f"appeal:{appeal.pk}:decided:supervisor")
    assert REASONS not in supervisor.text
    for letter in (told, supervisor):
        assert "Pia" not in letter.text + letter.html
    # No line of the log that is about the candidate names anybody of the panel.
    panel = {first.member_id, second.member_id}
    lines = Entry.objects.filter(subject_id=carla.user.pk)
    assert not lines.filter(actor_id__in=panel).exists()


def recommendation_in_gate(candidacy):
    evidence = evidence_of(candidacy, submission_of(candidacy))
    findings = submission_findings(evidence, edition=candidacy.edition)
    return next(item for item in findings if item.code == "recommendation")


def test_an_upheld_answer_leaves_everything_as_it_is(carla):
    first, second = carla.heard_by(*make_panel(2))
    gives(first, "upheld")
    gives(second, "upheld")
    assert carla.appeal.outcome == "upheld"
    assert not recommendation_in_gate(carla.candidacy).is_met
    with pytest.raises(Refusal, match="A panel has answered"):
        carla.begins()


def test_a_remanded_case_carries_its_instructions_to_both(carla):
    first, second = carla.heard_by(*make_panel(2))
    gives(first, "remanded")
    gives(second, "remanded", instructions="And at the plan.")
    appeal = carla.appeal
    assert appeal.instructions == "Look at session 7.\n\nAnd at the plan."
    for letter in Letter.objects.filter(dedupe_key__startswith=f"appeal:{appeal.pk}:decided"):
        assert ("session 7" in letter.text) == (letter.to_user is not None)
    assert not recommendation_in_gate(carla.candidacy).is_met


def test_where_two_disagree_a_third_is_asked_and_decides(carla):
    one, two, three = make_panel(3)
    first, second = carla.heard_by(one, two)
    gives(first, "upheld")
    gives(second, "overturned", reasons="The second’s own words.")
    assert carla.appeal.state == "hearing"
    third = PanelSeat.objects.get(member=three)
    assert third.asked_by is None
    assert Letter.objects.filter(dedupe_key=f"appeal:{carla.appeal.pk}:third").exists()
    hearing.answer(third, by=three)
    gives(third, "overturned", reasons="The third’s.")
    assert carla.appeal.outcome == "overturned"
    assert carla.appeal.reasons == "The second’s own words.\n\nThe third’s."


def test_without_a_third_the_office_finds_one(carla):
    first, second = carla.heard_by(*make_panel(2))
    gives(first, "upheld")
    gives(second, "overturned")
    letter = Letter.objects.get(dedupe_key=f"appeal:{carla.appeal.pk}:third")
    assert "Please find somebody" in letter.text
    late = world.make_user("late@example.org", Role.PANEL)
    (third,) = carla.asks(late)
    hearing.answer(third, by=late)
    gives(third, "remanded")
    assert carla.appeal.outcome == "remanded"  # all three see it differently


def overturned(carla: Appellant) -> Walker:
    """Everything is there but the fee, with a panel's answer in the recommendation's place."""
    edition = carla.candidacy.edition
    edition.case_studies = 1
    edition.save()
    first, second = carla.heard_by(*make_panel(2))
    gives(first, "overturned")
    gives(second, "overturned")
    walker = Walker(carla.pair, carla.user, carla.candidacy)
    walker.cases(1)
    walker.writes()
    walker.attests()
    return walker


def test_what_is_frozen_holds_the_panels_answer_in_the_recommendations_place(carla, as_user):
    submission = overturned(carla).hands_in()
    assert submission.state == "submitted"
    snapshot = submission.snapshot
    content = content_of(snapshot)
    assert content["recommendation"]["outcome"] == "overturned"
    letter = recommendation_in(snapshot)
    assert [part["text"] for part in letter["parts"]] == [REASONS]
    assert "a word of the letter" not in snapshot.content + snapshot.recommendation
    shown = as_user(carla.user).get(f"/certification/submission/{submission.pk}/")
    assert "In the place of a recommendation" in shown.content.decode()


def test_a_letter_that_recommends_takes_the_panels_place(carla):
    walker = overturned(carla)
    draft = recommendations.save_part(carla.pair.agreement, by=carla.guide, **RECOMMENDED)
    recommendations.send_recommendation(draft, by=carla.guide)
    submission = walker.hands_in()
    assert content_of(submission.snapshot)["recommendation"]["outcome"] == "recommended"


@pytest.fixture
def decided_walker() -> Walker:
    """The committee said "further development needed", and the edition allows an appeal."""
    walker = make_ready(2)
    edition = walker.candidacy.edition
    edition.appeal_of_decisions = True
    edition.save()
    submission = walker.hands_in()
    reader = world.make_user("reader@example.org", Role.REVIEWER, Role.PANEL)
    now = timezone.now()
    Assignment.objects.create(
        submission=submission,
        member=reader,
        seat="reviewer",
        state="given",
        answer_due_at=now,
        due_at=now,
        declared_at=now,
        accepted_at=now,
        given_at=now,
    )
    decided_on(submission)
    return walker


def appeal_against_decision(walker: Walker) -> tuple[Appeal, list[PanelSeat]]:
    office = world.make_user("desk@example.com", Role.STAFF)
    appeal = appealing.begin(walker.candidacy, by=walker.user)
    appealing.save_statement(appeal, WORDS, by=walker.user)
    appeal = appealing.file_appeal(appeal, by=walker.user)
    reader = Assignment.objects.get().member
    with pytest.raises(Refusal, match="a part in a submission"):
        hearing.ask(appeal, reader, by=office)
    seats = [hearing.ask(appeal, member, by=office) for member in make_panel(2)]
    return appeal, [hearing.answer(seat, by=seat.member) for seat in seats]


@pytest.mark.parametrize("outcome", ["overturned", "remanded"])
def test_a_decision_that_does_not_stand_is_looked_at_again(decided_walker, outcome):
    appeal, seats = appeal_against_decision(decided_walker)
    for seat in seats:
        gives(seat, outcome)
    old, new = Submission.objects.filter(candidacy=decided_walker.candidacy).order_by("number")
    assert (old.state, new.state, new.follows) == ("development", "submitted", old)
    assert new.charge.amount_cents == 0
    before, after = Snapshot.objects.order_by("pk")
    assert (before.content, before.sha256) == (after.content, after.sha256)
    assert new.snapshot.dossiers.count() == 2
    assert is_heard_anew(new) == (outcome == "overturned")
    # Others read what was overturned; what is only looked at again goes to those who know it.
    reader = Assignment.objects.get().member
    facts = facts_of(new, [reader], seat="reviewer")[reader.pk]
    codes = {item.code for item in barring(member_findings(facts, seat="reviewer"))}
    assert ("fresh" in codes) == (outcome == "overturned")
    assert facts.read_before == (outcome == "remanded")
    appeal.refresh_from_db()
    assert appeal.state == "decided"


def test_an_upheld_decision_brings_nothing_back(decided_walker):
    _appeal, seats = appeal_against_decision(decided_walker)
    for seat in seats:
        gives(seat, "upheld")
    assert Submission.objects.filter(candidacy=decided_walker.candidacy).count() == 1


def test_a_resubmission_that_was_begun_becomes_the_second_reading(decided_walker):
    _appeal, seats = appeal_against_decision(decided_walker)
    old = decided_walker.submission
    draft = Submission.objects.create(
        candidacy=old.candidacy, number=2, edition=old.edition, follows=old
    )
    for seat in seats:
        gives(seat, "overturned")
    draft.refresh_from_db()
    assert draft.state == "submitted"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("outcome", ["overturned", "upheld"])
def test_two_answers_at_once_decide_once_or_ask_one_third(outcome):
    carla = make_appellant()
    one, two, three = make_panel(3)
    first, second = carla.heard_by(one, two)
    hearing.save_answer(first, outcome="overturned", reasons=REASONS, by=one)
    hearing.save_answer(second, outcome=outcome, reasons=REASONS, by=two)
    found = tally(lambda: hearing.give(first, by=one), lambda: hearing.give(second, by=two))
    assert found == {"done": 2}
    appeal, decided = carla.appeal, outcome == "overturned"
    assert appeal.state == ("decided" if decided else "hearing")
    assert PanelSeat.objects.filter(member=three).count() == (0 if decided else 1)
    assert Entry.objects.filter(action="appeal.decided").count() == (1 if decided else 0)
    letters = Letter.objects.filter(dedupe_key=f"appeal:{appeal.pk}:decided")
    assert letters.count() == (1 if decided else 0)


@pytest.mark.django_db(transaction=True)
def test_taken_back_while_the_last_answer_is_given():
    carla = make_appellant()
    first, second = carla.heard_by(*make_panel(2))
    gives(first, "upheld")
    hearing.save_answer(second, outcome="upheld", reasons=REASONS, by=second.member)
    found = tally(
        lambda: hearing.give(second, by=second.member),
        lambda: appealing.withdraw(carla.appeal, by=carla.user),
    )
    assert found == {"done": 1, "refused": 1}
    assert carla.appeal.state in {"decided", "withdrawn"}


@pytest.mark.django_db(transaction=True)
def test_two_colleagues_fill_the_last_seat_at_once():
    carla = make_appellant()
    carla.files()
    one, two, three = make_panel(3)
    carla.asks(one)
    found = tally(lambda: carla.asks(two), lambda: carla.asks(three))
    assert found == {"done": 1, "refused": 1}
    assert PanelSeat.objects.count() == 2


def test_the_last_day_of_the_panel_is_counted_from_filing(carla):
    filed = carla.files()
    assert filed.answer_by_at == end_of(filed.filed_at + timedelta(days=30))


def test_what_a_panel_asks_reaches_the_readers_of_the_second_reading(decided_walker, as_user):
    _appeal, seats = appeal_against_decision(decided_walker)
    for seat in seats:
        gives(seat, "remanded", instructions="Read case 2 beside session 7.")
    new = Submission.objects.get(candidacy=decided_walker.candidacy, follows__isnull=False)
    chair = world.make_user("inchair@example.org", Role.CHAIR)
    second = world.make_user("looksagain@example.org", Role.REVIEWER)
    reader = Assignment.objects.get().member
    for member, place in ((chair, "chair"), (second, "second"), (reader, "reviewer")):
        row = seated(new, member, place)
        page = as_user(member).get(f"/review/{row.pk}/").content.decode()
        assert "Read case 2 beside session 7." in page
        assert "Pia" not in page
        if place != "reviewer":
            page = as_user(member).get(f"/review/{row.pk}/decision/").content.decode()
            assert "Read case 2 beside session 7." in page
    assert panel_asks(new.follows) == ""


def test_what_a_panel_overturned_asks_nothing_of_its_new_readers(decided_walker):
    _appeal, seats = appeal_against_decision(decided_walker)
    for seat in seats:
        gives(seat, "overturned")
    new = Submission.objects.get(candidacy=decided_walker.candidacy, follows__isnull=False)
    assert panel_asks(new) == ""

"""A round from the first wish to offers: rules, services, privacy."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from cohorts.models import Application, Offer, Seat
from cohorts.services.applications import start_application, withdraw_application
from consultations.allocation.problem import Seats
from consultations.models import Apart, Placement, Preference, Proposal, Rank, Round
from consultations.queries.rounds import assess_wishes, ground_of, options_for
from consultations.services import placing, proposals, rounds, wishes
from scip.audit.models import Entry
from scip.mail.models import Letter
from scip.requirements import Refusal, Status
from scip.states import IllegalMove
from tests import world
from tests.cohorts.admission import make_applicant, sent
from tests.consultations.season import (
    close,
    complete_level_a,
    make_group,
    make_round,
    make_wisher,
    wish,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def trauma():
    return make_group("Trauma")


@pytest.fixture
def couples():
    return make_group("Couples")


@pytest.fixture
def season(trauma, couples, staff):
    return make_round(trauma, couples, by=staff)


def status(round_, user, code):
    preference = Preference.objects.filter(round=round_, user=user).first()
    return assess_wishes(round_, user, preference, now=timezone.now())[code].status


# --- Who can take part ------------------------------------------------------------------------


def test_level_a_is_asked_as_for_a_group(season, trauma):
    user = make_applicant()
    assert status(season, user, "level_a") is Status.OPEN
    world.make_enrolment(user, world.make_cohort(state="running"))
    assert status(season, user, "level_a") is Status.WAITING
    complete_level_a(user)
    assert status(season, user, "level_a") is Status.MET


def test_what_a_cohort_had_deferred_is_owed_by_now(season, trauma):
    user = world.make_user("late@example.com", profession="Psychologist", country="PT")
    world.verify_prerequisites(user, msc=None)
    complete_level_a(user)
    wish(season, user, trauma)
    assert status(season, user, "msc") is Status.OPEN
    assert ground_of(season, now=timezone.now()).counted == set()


def test_whoever_has_a_place_in_one_of_the_groups_is_not_placed_again(season, trauma, couples):
    user = make_wisher()
    sent(trauma.cohort, user)
    wish(season, user, couples)
    assert status(season, user, "elsewhere") is Status.OPEN


def test_without_a_number_or_without_being_there_live_wishes_do_not_count(season, trauma):
    user = make_wisher()
    assert status(season, user, "ranked") is Status.OPEN
    wish(season, user, trauma, attends_live=False)
    assert status(season, user, "ranked") is Status.MET
    assert status(season, user, "live") is Status.OPEN
    wish(season, user, trauma)
    assert ground_of(season, now=timezone.now()).counted == {user.pk}


# --- Saving -----------------------------------------------------------------------------------


def test_numbers_close_up_and_equal_ones_stay_equal(season, trauma, couples):
    other = make_group("Elsewhere")
    ranks = {trauma.pk: 3, couples.pk: 3, other.pk: 1}
    preference = wish(season, make_wisher(), ranks=ranks)
    assert set(preference.ranks.values_list("group", "rank")) == {(trauma.pk, 1), (couples.pk, 1)}


def test_two_windows_never_overwrite_each_other(season, trauma, couples):
    user = make_wisher()
    wish(season, user, trauma)
    with pytest.raises(wishes.StaleWishes):
        wish(season, user, couples, revision=0)
    assert wish(season, user, trauma, revision=0).revision == 1  # a second click
    assert Rank.objects.get().group == trauma


def test_nothing_is_saved_before_the_opening_or_after_the_end(season, trauma):
    user = make_wisher()
    for now in (season.opens_at - timedelta(seconds=1), season.closes_at):
        with pytest.raises(Refusal, match="takes no wishes"):
            wish(season, user, trauma, now=now)
    assert not Preference.objects.exists()
    wish(season, user, trauma, now=season.closes_at - timedelta(seconds=1))


def test_names_stay_with_what_the_office_found_out(season, trauma, staff):
    user, other = make_wisher(), make_wisher("Ruth")
    wish(season, user, trauma, aparts=["Ruht", " Anna  Lee ", "ruth@x.org", "one too many"])
    assert list(Apart.objects.values_list("named", flat=True)) == ["Ruht", "Anna Lee", "ruth@x.org"]
    wishes.settle_apart(Apart.objects.get(named="Ruht"), person=other, by=staff)
    wish(season, user, trauma, aparts=["Ruht"])
    assert Apart.objects.get().person == other


# --- The office's verbs -----------------------------------------------------------------------


def test_a_round_opens_with_open_groups_of_no_other_round(trauma, couples, staff):
    with pytest.raises(Refusal, match="nothing to choose from"):
        make_round(by=staff)
    shut = make_group("Shut", state="draft")
    with pytest.raises(Refusal, match="Not open"):
        make_round(trauma, shut, by=staff)
    make_round(trauma, by=staff)
    with pytest.raises(Refusal, match="not over yet"):
        make_round(trauma, couples, by=staff)
    with pytest.raises(Refusal, match="over already"):
        make_round(
            couples,
            by=staff,
            opens_at=timezone.now() - timedelta(days=2),
            closes_at=timezone.now() - timedelta(days=1),
        )


def test_illegal_moves(season, staff):
    with pytest.raises(IllegalMove):
        rounds.open_round(season, by=staff)
    rounds.cancel_round(season, by=staff)
    with pytest.raises(IllegalMove):
        rounds.cancel_round(season, by=staff)
    season.refresh_from_db()
    with pytest.raises(Refusal):
        rounds.close_round(season, by=staff)
    with pytest.raises(Refusal):
        proposals.propose(season, by=staff)


def test_the_database_keeps_one_proposal_and_one_round_s_length(season):
    Proposal.objects.create(round=season)
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.create(round=season)
    with pytest.raises(IntegrityError), transaction.atomic():
        Round.objects.create(name="x", opens_at=season.closes_at, closes_at=season.opens_at)


def test_no_proposal_while_wishes_can_be_saved(season, trauma, staff):
    wish(season, make_wisher(), trauma)
    with pytest.raises(Refusal, match="once the time for wishes is over"):
        proposals.propose(season, by=staff)
    assert not Round.objects.waiting_for_proposal(timezone.now()).exists()
    close(season, staff)
    assert Round.objects.waiting_for_proposal(timezone.now()).get() == season
    season.refresh_from_db()
    assert proposals.propose(season, by=staff).placements.count() == 1


# --- Proposals --------------------------------------------------------------------------------


def proposed(season, staff):
    close(season, staff)
    season.refresh_from_db()
    return proposals.propose(season, by=staff)


def placed(proposal):
    rows = proposal.placements.select_related("preference__user", "group")
    return {row.preference.user_id: row.group and str(row.group) for row in rows}


def test_people_are_kept_apart_by_address_or_by_a_name_that_one_alone_has(season, trauma, staff):
    writer, ruth, twin, other_twin = (make_wisher(name) for name in ("W", "Ruth", "Eva", "eva"))
    for user in (ruth, twin, other_twin):
        wish(season, user, trauma)
    wish(season, writer, trauma, aparts=[ruth.email.upper(), "Eva", "nobody@elsewhere.org"])
    ground = ground_of(season, now=timezone.now())
    assert ground.problem.apart == {frozenset({writer.pk, ruth.pk})}
    assert [row.named for row in ground.unclear] == ["Eva"]  # two people with one name
    wishes.settle_apart(Apart.objects.get(named="Eva"), person=twin, by=staff)
    ground = ground_of(season, now=timezone.now())
    assert frozenset({writer.pk, twin.pk}) in ground.problem.apart
    assert ground.unclear == ()


def test_nobody_is_placed_where_somebody_they_avoid_has_a_seat(season, trauma, couples, staff):
    holder = make_wisher("Hanna Held")
    Seat.objects.create(cohort=trauma.cohort, number=1, application=sent(trauma.cohort, holder))
    user = make_wisher()
    wish(season, user, trauma, couples, aparts=["hanna held"])
    ground = ground_of(season, now=timezone.now())
    assert ground.problem.barred == {(user.pk, trauma.pk)}
    assert Seats(key=trauma.pk, free=1, needed=0) in ground.problem.groups
    proposal = proposed(season, staff)
    assert placed(proposal) == {user.pk: "Couples"}
    assert proposal.placements.get().missed[0]["why"] == "apart"


def test_nobody_meets_at_night_who_did_not_choose_it(season, trauma, staff):
    sleeper, owl = (make_wisher(time_zone="Asia/Tokyo") for _ in range(2))
    wish(season, sleeper, trauma)
    wish(season, owl, trauma, may_meet_at_night=True)
    proposal = proposed(season, staff)
    assert placed(proposal) == {sleeper.pk: None, owl.pk: "Trauma"}
    assert [option.night for option in options_for(season, sleeper)] == [10, 10]


def test_a_newer_proposal_takes_the_place_of_the_older(season, trauma, staff):
    wish(season, make_wisher(), trauma)
    older = proposed(season, staff)
    newer = proposals.propose(season, by=staff)
    older.refresh_from_db()
    assert (older.state, newer.state) == ("replaced", "proposed")
    with pytest.raises(Refusal, match="newer proposal"):
        proposals.publish(older, revision=0, by=staff)


def test_a_move_names_what_it_breaks_and_wants_a_reason(season, trauma, couples, staff):
    one, other = make_wisher("One"), make_wisher("Other")
    wish(season, one, trauma, aparts=["Other"])
    wish(season, other, trauma, couples)
    proposal = proposed(season, staff)
    assert placed(proposal) == {one.pk: "Trauma", other.pk: "Couples"}
    row = proposal.placements.get(preference__user=other)
    assert [item["why"] for item in row.missed] == ["apart"]
    with pytest.raises(proposals.NeedsReason, match="kept apart, and would meet in Trauma"):
        proposals.move_person(row, trauma, reason=" ", by=staff)
    moved = proposals.move_person(row, trauma, reason="They agreed on the phone", by=staff)
    assert (moved.group, moved.rank, moved.missed) == (trauma, 1, [])
    proposal.refresh_from_db()
    assert proposal.revision == 1
    entry = Entry.objects.get(action="placement.moved")
    assert entry.data["broken"] == "apart"
    assert "phone" not in str(entry.data)


def test_a_seat_is_never_given_twice_whatever_the_reason(season, couples, staff):
    narrow = make_group("Narrow", capacity=1)
    season.groups.add(narrow)
    one, other = make_wisher(), make_wisher()
    wish(season, one, narrow)
    wish(season, other, narrow, couples)
    proposal = proposed(season, staff)
    row = proposal.placements.get(preference__user=other)
    assert placed(proposal) == {one.pk: "Narrow", other.pk: "Couples"}
    assert (row.missed[0]["why"], row.missed[0]["as_dear"]) == ("full", 1)
    with pytest.raises(Refusal, match="no free seat left"):
        proposals.move_person(row, narrow, reason="Please", by=staff)


def test_nobody_moves_themselves(season, trauma, staff):
    world.verify_prerequisites(staff)
    complete_level_a(staff)
    staff.profession, staff.country = "Psychologist", "PT"
    staff.save()
    wish(season, staff, trauma)
    proposal = proposed(season, staff)
    with pytest.raises(Refusal, match="a colleague has to do it"):
        proposals.move_person(proposal.placements.get(), None, reason="x", by=staff)


# --- Publishing -------------------------------------------------------------------------------


def published(season, staff):
    proposal = proposed(season, staff)
    proposals.publish(proposal, revision=proposal.revision, by=staff)
    proposal.refresh_from_db()
    return proposal


def test_every_placement_becomes_an_application_with_an_offer(season, trauma, couples, staff):
    people = [make_wisher() for _ in range(3)]
    for user in people:
        wish(season, user, trauma, couples, note="Mornings are hard")
    proposal = published(season, staff)
    assert placing.proposals_to_carry_out() == [proposal.pk]
    assert placing.carry_out(proposal) == 3
    assert placing.carry_out(proposal) == 0
    offers = Offer.objects.select_related("application__user")
    assert {offer.application.user_id for offer in offers} == {user.pk for user in people}
    assert {offer.tier for offer in offers} == {"early_bird"}
    second = Placement.objects.get(rank=2)
    letter = Letter.objects.get(to_user=second.preference.user, dedupe_key__startswith="offer:")
    assert "Your second choice in “Spring groups”" in letter.text
    assert "Trauma: its 2 free places are taken, all by people who wished" in letter.text
    assert second.application.motivation == "Mornings are hard"
    assert Seat.objects.count() == 3


def test_whom_the_office_moved_reads_no_rule_as_the_reason(season, trauma, couples, staff):
    user = make_wisher()
    wish(season, user, trauma, couples)
    proposal = proposed(season, staff)
    proposals.move_person(proposal.placements.get(), couples, reason="By telephone.", by=staff)
    proposal.refresh_from_db()
    proposals.publish(proposal, revision=1, by=staff)
    placing.carry_out(proposal)
    letter = Letter.objects.get(dedupe_key__startswith="offer:")
    assert "The office placed you by hand" in letter.text
    assert "Trauma" not in letter.text
    assert "By telephone" not in letter.text


def test_early_bird_looks_at_the_day_of_the_wish(season, trauma, staff):
    user = make_wisher()
    wish(season, user, trauma)
    trauma.cohort.tiers.filter(kind="early_bird").update(until=timezone.localdate())
    proposal = published(season, staff)
    placing.carry_out(proposal, now=timezone.now() + timedelta(days=3))
    assert Offer.objects.get().tier == "early_bird"
    Preference.objects.update(created_at=timezone.now() - timedelta(days=1))
    assert placing.tier_at(trauma.cohort, timezone.now() + timedelta(days=1)) == "standard"


def test_whoever_has_no_place_gets_a_kind_letter(season, trauma, staff):
    user = make_wisher(time_zone="Asia/Tokyo")
    wish(season, user, trauma)
    placing.carry_out(published(season, staff))
    letter = Letter.objects.get()
    assert letter.to_user == user
    assert "Trauma: it meets at night on your clock, and you did not choose that." in letter.text
    assert not Application.objects.exists()


def test_a_seat_that_is_gone_is_named_and_nothing_is_lost(season, trauma, staff):
    first, second = make_wisher(), make_wisher()
    for user in (first, second):
        wish(season, user, trauma)
    proposal = published(season, staff)
    holder = sent(trauma.cohort, make_wisher())
    Seat.objects.create(cohort=trauma.cohort, number=1, application=holder)
    placing.carry_out(proposal)
    late = Placement.objects.exclude(problem="").get()
    assert "Every seat of this cohort is held" in late.problem
    assert late.application.state == "submitted"
    assert Offer.objects.count() == 1
    Seat.objects.filter(application=holder).delete()
    placing.try_again(late, by=staff)
    placing.carry_out(proposal)
    assert Offer.objects.count() == 2
    with pytest.raises(Refusal, match="nothing to try again"):
        placing.try_again(late, by=staff)


def test_a_draft_or_an_application_with_the_office_is_used(season, trauma, couples, staff):
    user, direct = make_wisher(), make_wisher()
    draft = start_application(user, trauma.cohort)
    wish(season, user, trauma)
    wish(season, direct, couples)
    proposal = published(season, staff)
    application = sent(couples.cohort, direct)  # meanwhile, by themselves
    placing.carry_out(proposal)
    used = Placement.objects.order_by("pk").values_list("application", flat=True)
    assert set(used) == {draft.pk, application.pk}
    assert Application.objects.count() == 2


def test_whoever_found_a_way_elsewhere_meanwhile_gets_no_second_offer(
    season, trauma, couples, staff
):
    placed, unplaced = make_wisher(), make_wisher(time_zone="Asia/Tokyo")
    wish(season, placed, trauma)
    wish(season, unplaced, trauma)
    proposal = published(season, staff)
    direct = [sent(couples.cohort, user) for user in (placed, unplaced)]
    placing.carry_out(proposal)
    assert not Offer.objects.exists()
    assert not Letter.objects.filter(dedupe_key__startswith="placement:").exists()
    for row in Placement.objects.all():
        assert "there is an application for “Couples”" in row.problem
    for application in direct:
        withdraw_application(application)
    for row in Placement.objects.all():
        placing.try_again(row, by=staff)
    placing.carry_out(proposal)
    assert Offer.objects.get().application.user == placed
    assert Letter.objects.filter(dedupe_key__startswith="placement:").count() == 1


def test_wishes_of_somebody_whose_document_ended_go_to_the_office(season, trauma, staff):
    user = make_wisher()
    wish(season, user, trauma)
    proposal = published(season, staff)
    user.prerequisites.filter(kind="insurance").update(expires_on="2020-01-01")
    placing.carry_out(proposal)
    problem = Placement.objects.get().problem
    assert "verified and valid" in problem
    assert "2020" in problem


def test_what_was_looked_at_is_what_is_published(season, trauma, couples, staff):
    user = make_wisher()
    wish(season, user, trauma, couples)
    proposal = proposed(season, staff)
    proposals.move_person(proposal.placements.get(), couples, reason="x", by=staff)
    with pytest.raises(Refusal, match="A colleague moved somebody"):
        proposals.publish(proposal, revision=0, by=staff)
    Preference.objects.update(saved_at=timezone.now() + timedelta(minutes=1))
    with pytest.raises(Refusal, match="changed after this proposal"):
        proposals.publish(proposal, revision=1, by=staff)


def test_the_second_to_publish_reads_who_was_faster(season, trauma, staff):
    wish(season, make_wisher(), trauma)
    proposal = published(season, staff)
    colleague = world.make_user("colleague@example.com", "staff", name="Carl Colleague")
    with pytest.raises(Refusal, match="Stella Staff has published this round already"):
        proposals.publish(proposal, revision=0, by=colleague)


# --- Who sees what ----------------------------------------------------------------------------


def test_not_with_wishes_are_for_their_writer_and_the_office(
    season, trauma, staff, facilitator, aid_decider, stranger
):
    writer, named = make_wisher("Writer"), make_wisher("Named")
    trauma.cohort.facilitators.add(facilitator)
    wish(season, named, trauma)
    wish(season, writer, trauma, aparts=["Named"])
    for user in (named, facilitator, aid_decider, stranger):
        assert not Apart.objects.visible_to(user).exists()
        assert not Preference.objects.visible_to(user).filter(user=writer).exists()
    for user in (writer, staff):
        assert Apart.objects.visible_to(user).exists()
    assert "Named" not in str(Apart.objects.get())
    logged = str(list(Entry.objects.values_list("data", flat=True)))
    assert "Named" not in logged


def test_a_placement_is_private_until_it_is_published(season, trauma, staff):
    user = make_wisher()
    wish(season, user, trauma)
    proposal = proposed(season, staff)
    assert not Placement.objects.visible_to(user).exists()
    assert not Proposal.objects.visible_to(user).exists()
    proposals.publish(proposal, revision=0, by=staff)
    assert Placement.objects.visible_to(user).exists()
    assert not Placement.objects.visible_to(make_wisher()).exists()

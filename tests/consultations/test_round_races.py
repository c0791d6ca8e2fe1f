"""Two connections at once: publishing twice, saving a wish while the round closes."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.forms import modelform_factory
from django.utils import timezone

from cohorts.models import Offer
from consultations.forms.office import RoundForm
from consultations.models import Placement, Preference, Rank, Round
from consultations.services import placing, proposals, rounds
from scip.mail.models import Letter
from scip.requirements import Refusal
from scip.states import lock
from tests import world
from tests.consultations.season import close, make_group, make_round, make_wisher, wish

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def office():
    return [
        world.make_user(f"office{number}@example.com", "staff", name=f"Office {number}")
        for number in range(2)
    ]


def at_once(*acts):
    """Run these in threads of their own; results and refusals in the order of the acts."""

    def run(act):
        try:
            return act()
        except Refusal as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result() for future in [pool.submit(run, act) for act in acts]]


def ready(office, people=2):
    group = make_group("Trauma")
    season = make_round(group, by=office[0])
    for _number in range(people):
        wish(season, make_wisher(), group)
    close(season, office[0])
    return Round.objects.get()


def test_two_of_the_office_publish_one_proposal(office):
    proposal = proposals.propose(ready(office), by=office[0])
    gate = threading.Barrier(2)

    def publish(by):
        gate.wait()
        return proposals.publish(proposal, revision=0, by=by)

    answers = at_once(*[lambda by=by: publish(by) for by in office])
    refused = [answer for answer in answers if isinstance(answer, Refusal)]
    assert len(refused) == 1
    winner = Round.objects.get().published_by
    assert str(refused[0].sentence).startswith(f"{winner} has published this round already")
    # Both workers begin; everybody is told once.
    at_once(*[lambda: placing.carry_out(proposal) for _number in range(2)])
    assert Offer.objects.count() == Letter.objects.count() == 2
    assert not Placement.objects.exclude(problem="").exists()


def test_two_of_the_office_publish_two_allocations(office):
    """One looks at an older proposal, one at the newer: only one allocation ever stands."""
    season = ready(office)
    older = proposals.propose(season, by=office[0])
    gate = threading.Barrier(2)

    def publish_the_older():
        gate.wait()
        return proposals.publish(older, revision=0, by=office[0])

    def publish_a_newer():
        newer = proposals.propose(season, by=office[1])
        gate.wait()
        return proposals.publish(newer, revision=0, by=office[1])

    answers = at_once(publish_the_older, publish_a_newer)
    assert [isinstance(answer, Refusal) for answer in answers] == [True, False]
    assert season.proposals.filter(state="published").count() == 1
    assert placing.carry_out(season.proposals.get(state="published")) == 2
    assert placing.carry_out(older) == 0
    assert Offer.objects.count() == 2


def test_a_wish_that_comes_while_the_round_closes_is_in_or_refused_never_half(office):
    group = make_group("Trauma")
    season = make_round(group, by=office[0])
    user = make_wisher()
    closing, waiting = threading.Event(), threading.Event()

    def close_slowly():
        with transaction.atomic():
            rounds.close_round(season, by=office[0])
            closing.set()
            waiting.wait(1.0)  # the wish stands before the lock meanwhile

    def save():
        closing.wait(5)
        return wish(season, user, group)

    _closed, saved = at_once(close_slowly, save)
    assert isinstance(saved, Refusal)
    assert not Preference.objects.exists()
    assert not Rank.objects.exists()


def test_a_proposal_knows_every_wish_that_was_saved_before_the_end(office):
    group = make_group("Trauma")
    season = make_round(group, by=office[0])
    user = make_wisher()
    held = threading.Event()

    def save_slowly():
        with transaction.atomic():
            lock(season)
            held.set()
            threading.Event().wait(0.5)
            return wish(season, user, group)

    def close_and_propose():
        held.wait(5)
        rounds.close_round(season, by=office[0])
        return proposals.propose(Round.objects.get(), by=office[0])

    _saved, proposal = at_once(save_slowly, close_and_propose)
    assert proposal.placements.get().preference.user == user
    assert proposal.made_at >= Preference.objects.get().saved_at


def test_two_rounds_with_one_group_are_not_opened_both(office):
    group = make_group("Trauma")
    seasons = [make_round(group, name=name) for name in ("Spring", "Summer")]
    held = threading.Event()

    def open_slowly():
        with transaction.atomic():
            rounds.open_round(seasons[0], by=office[0])
            held.set()
            threading.Event().wait(0.5)

    def open_the_other():
        held.wait(5)
        return rounds.open_round(seasons[1], by=office[1])

    _opened, answer = at_once(open_slowly, open_the_other)
    assert isinstance(answer, Refusal)
    assert "“Spring” places people into the same groups" in str(answer.sentence)
    assert Round.objects.filter(state="open").count() == 1


def test_two_first_saves_of_one_person_keep_one_row(office):
    group = make_group("Trauma")
    season = make_round(group, by=office[0])
    user = make_wisher()
    notes = ("one", "two", "three")
    answers = at_once(
        *[lambda note=note: wish(season, user, group, revision=0, note=note) for note in notes]
    )
    assert sum(isinstance(answer, Refusal) for answer in answers) == 2
    assert Preference.objects.get().revision == 1
    assert timezone.now() >= Preference.objects.get().saved_at


def test_groups_are_not_changed_while_a_colleague_opens_the_round(office):
    """Whoever saves the draft's form at that moment waits, and then reads that it is open."""
    trauma, couples = make_group("Trauma"), make_group("Couples")
    season = make_round(trauma)
    held = threading.Event()

    def open_slowly():
        with transaction.atomic():
            rounds.open_round(season, by=office[0])
            held.set()
            threading.Event().wait(0.5)

    def tick_groups():
        held.wait(5)
        form_class = modelform_factory(Round, RoundForm, fields=["groups"])
        with transaction.atomic():
            seen = [trauma.pk]
            data = {"groups": [trauma.pk, couples.pk], "initial-groups": seen}
            form = form_class(data, instance=Round.objects.get(pk=season.pk))
            if form.is_valid():
                form.save()
            return form.errors

    _opened, errors = at_once(open_slowly, tick_groups)
    assert "A colleague opened this round" in str(errors)
    assert list(season.groups.all()) == [trauma]

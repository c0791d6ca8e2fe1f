"""From the checklist to the committee: the gate, the fee, and what holds it up."""

import json
from datetime import timedelta

import pytest
from django.db import Error, connection, transaction
from django.utils import timezone

from certification.candidacy.models import Candidacy, Retreat
from certification.candidacy.services import take_leave
from certification.portfolio import services as portfolio
from certification.portfolio.services import StaleWriting
from certification.review import services
from certification.review.models import Snapshot, Submission
from certification.review.queries.submissions import evidence_of, submission_evidence, submission_of
from certification.review.requirements.submission import (
    holding_up_submission,
    submission_findings,
)
from certification.review.services import following
from payments.models import Settlement
from scip.audit.models import Entry
from scip.mail.models import Letter
from scip.requirements import Refusal
from scip.states import IllegalMove, move
from tests.review.desk import LETTER, Walker, make_ready, make_walker
from tests.world import make_user

pytestmark = pytest.mark.django_db
State = Submission.State


def unmet(walker: Walker) -> list[str]:
    candidacy = Candidacy.objects.select_related("edition", "user").get(pk=walker.candidacy.pk)
    assert candidacy.edition is not None
    evidence = evidence_of(candidacy, submission_of(candidacy))
    findings = submission_findings(evidence, edition=candidacy.edition)
    return [item.code for item in holding_up_submission(findings)]


def test_what_is_open_is_named_and_goes_one_by_one() -> None:
    walker = make_walker()
    assert unmet(walker) == ["attested_again", "application_letter"]
    walker.writes()
    assert unmet(walker) == ["attested_again"]
    walker.attests(sessions=23)
    assert unmet(walker) == ["attested_again"]
    walker.attests()
    assert unmet(walker) == []


def test_each_thing_that_goes_missing_opens_its_finding() -> None:
    walker = make_ready()
    Retreat.objects.update(state=Retreat.State.RETURNED, return_reason="Which days?")
    assert unmet(walker) == ["retreat"]
    Retreat.objects.update(state=Retreat.State.VERIFIED)
    portfolio.mark_done(walker.cases(1)[0], False, by=walker.user)
    assert unmet(walker) == []  # two of two are done still
    first = walker.candidacy.portfolio.cases.get(number=1)
    portfolio.mark_done(first, False, by=walker.user)
    assert unmet(walker) == ["portfolio"]
    portfolio.mark_done(first, True, by=walker.user)
    walker.writes(growth="  ")
    assert unmet(walker) == ["application_letter"]


def test_a_retreat_that_the_office_let_wait_waits_no_longer() -> None:
    walker = make_ready()
    Retreat.objects.all().delete()
    assert unmet(walker) == ["retreat"]


def test_on_leave_nothing_is_submitted() -> None:
    walker = make_ready()
    today = timezone.localdate()
    take_leave(walker.candidacy, by=walker.user, from_on=today, until_on=None, reason="")
    assert unmet(walker) == ["leave"]
    with pytest.raises(Refusal, match="Back from your leave"):
        walker.submits()


def test_a_word_given_before_this_submission_began_is_no_word_on_it() -> None:
    walker = make_ready()
    Submission.objects.update(created_at=timezone.now() + timedelta(seconds=1))
    assert unmet(walker) == ["attested_again"]


def test_the_evidence_of_many_takes_as_many_queries_as_that_of_one(
    django_assert_num_queries,  # type: ignore[no-untyped-def]
) -> None:
    walkers = [make_ready(number) for number in (1, 2, 3)]
    for walker in walkers:
        walker.submits()
    pairs = [(walker.candidacy, submission_of(walker.candidacy)) for walker in walkers]
    with django_assert_num_queries(8):
        submission_evidence(pairs[:1])
    with django_assert_num_queries(8):
        submission_evidence(pairs)


def test_submitting_asks_for_the_fee_once() -> None:
    walker = make_ready()
    first, second = walker.submits(), walker.submits()
    assert first.state == State.AWAITING_PAYMENT
    assert first.charge_id == second.charge_id
    assert first.charge is not None
    assert (first.charge.amount_cents, first.charge.purpose) == (75_000, "certification_review")


def test_nobody_else_submits_or_writes() -> None:
    walker = make_ready()
    stranger = make_user("stranger@example.com")
    with pytest.raises(Refusal):
        services.submit(walker.submission, by=stranger)
    with pytest.raises(Refusal):
        services.begin(walker.candidacy, by=stranger)
    with pytest.raises(Refusal):
        services.save_letter(walker.candidacy, LETTER, revision=0, by=walker.guide)
    with pytest.raises(Refusal):
        services.put_back(walker.submission, by=stranger)


def test_paying_freezes_and_hands_over_in_one_step() -> None:
    walker = make_ready()
    submission = walker.hands_in()
    settlement = Settlement.objects.get(charge=submission.charge)
    assert (submission.state, settlement.claimed_as) == (State.SUBMITTED, "review.submission")
    assert settlement.flag == ""
    assert Snapshot.objects.get().is_true
    keys = Letter.objects.filter(dedupe_key__startswith="submission:").values_list(
        "dedupe_key", flat=True
    )
    assert sorted(keys) == [
        f"submission:{submission.pk}:submitted",
        f"submission:{submission.pk}:submitted:office",
    ]
    # The log holds no word of what was written.
    entries = json.dumps(list(Entry.objects.values_list("data", flat=True)))
    assert not any(text in entries for text in LETTER.values())


def test_once_submitted_nothing_is_written_any_more() -> None:
    walker = make_ready()
    walker.hands_in()
    for act in (walker.writes, walker.attests, lambda: name(walker)):
        with pytest.raises(Refusal, match="with the committee"):
            act()
    with pytest.raises(IllegalMove):
        services.put_back(walker.submission, by=walker.user)


def name(walker: Walker) -> None:
    services.name_not_to_read(walker.candidacy, name="Ines", tie="family", by=walker.user)


def test_what_goes_missing_before_the_money_comes_holds_it_up_and_costs_nothing() -> None:
    walker = make_ready()
    walker.submits()
    walker.writes(growth="")
    walker.pays()
    submission = walker.submission
    settlement = Settlement.objects.get(charge=submission.charge)
    assert (submission.state, settlement.flag) == (State.DRAFT, "submission_not_there")
    assert submission.held_up_at is not None
    assert not Snapshot.objects.exists()
    letter = Letter.objects.get(dedupe_key__startswith="submission:held-up:")
    assert "Your letter of application" in letter.text
    walker.writes()
    # The fee is here: nothing is asked for again.
    submission = walker.submits()
    assert (submission.state, submission.held_up_at) == (State.SUBMITTED, None)
    assert Snapshot.objects.count() == 1


def test_taken_back_and_paid_all_the_same_goes_to_the_office() -> None:
    walker = make_ready()
    walker.submits()
    charge = walker.submission.charge
    services.put_back(walker.submission, by=walker.user)
    services.put_back(walker.submission, by=walker.user)
    assert walker.submission.state == State.DRAFT
    walker.pays()
    assert Settlement.objects.get(charge=charge).flag == "submission_not_there"
    assert Letter.objects.filter(dedupe_key=f"submission:paid-late:{charge.pk}").exists()  # type: ignore[union-attr]
    # Submitting anew asks anew: that money is the office's to send back.
    assert walker.submits().charge_id != charge.pk  # type: ignore[union-attr]


def test_a_registration_that_ends_takes_an_unpaid_submission_back() -> None:
    walker = make_ready()
    walker.submits()
    assert following.put_back_ended() == 0
    Candidacy.objects.update(state="withdrawn", withdrawn_at=timezone.now())
    assert following.put_back_ended() == 1
    submission = walker.submission
    assert submission.state == State.DRAFT
    assert submission.charge is not None
    assert submission.charge.cancelled_at is not None
    with pytest.raises(Refusal):
        walker.writes(path="Still here")


def test_a_fee_that_waits_is_told_of_once_before_and_once_after() -> None:
    walker = make_ready()
    walker.submits()
    charge = walker.submission.charge
    assert charge is not None
    moments = [charge.due_at - timedelta(days=days) for days in (5, 2, 2, -1, -1)]
    assert [following.remind_of_fees(moment) for moment in moments] == [0, 1, 0, 1, 0]
    walker.pays()
    assert following.remind_of_fees(charge.due_at + timedelta(days=2)) == 0


def test_two_windows_never_write_over_each_other() -> None:
    walker = make_walker()
    services.save_letter(walker.candidacy, {"path": "One"}, revision=0, by=walker.user)
    services.save_letter(walker.candidacy, {"path": "One"}, revision=0, by=walker.user)
    with pytest.raises(StaleWriting):
        services.save_letter(walker.candidacy, {"path": "Two"}, revision=0, by=walker.user)
    assert walker.submission.letter.path == "One"


def test_names_are_kept_once_and_taken_off_by_their_writer() -> None:
    walker = make_walker()
    fields = {"tie": "family", "by": walker.user}
    row = services.name_not_to_read(walker.candidacy, name=" Ines  Maia ", **fields)
    again = services.name_not_to_read(walker.candidacy, name="ines maia", **fields)
    assert (row.pk, row.name) == (again.pk, "Ines Maia")
    with pytest.raises(Refusal):
        services.name_not_to_read(walker.candidacy, name="   ", **fields)
    with pytest.raises(Refusal):
        services.forget_not_to_read(row, by=walker.guide)
    services.forget_not_to_read(row, by=walker.user)
    assert not walker.submission.not_to_read.exists()


def test_one_submission_is_alive_at_a_time() -> None:
    walker = make_walker()
    services.begin(walker.candidacy, by=walker.user)
    with pytest.raises(Error), transaction.atomic():
        Submission.objects.create(
            candidacy=walker.candidacy, number=2, edition=walker.submission.edition
        )


@pytest.mark.parametrize(
    ("state", "to"),
    [
        (came_from, to)
        for came_from in State.values
        for to in State.values
        if to not in Submission.TRANSITIONS.get(came_from, frozenset())
    ],
)
def test_no_other_move_is_possible(state: str, to: str) -> None:
    submission = Submission(state=state)
    with transaction.atomic(), pytest.raises(IllegalMove):
        move(submission, to, by=None)


def test_a_draft_cannot_wait_for_nothing() -> None:
    walker = make_walker()
    services.begin(walker.candidacy, by=walker.user)
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("update review_submission set state = 'awaiting_payment'")

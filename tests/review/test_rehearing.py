"""An appeal against the committee's answer beside a resubmission: one at a time, and no money lost."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from certification.review import services
from certification.review.models import Appeal, Submission
from certification.review.queries.submissions import evidence_of
from certification.review.requirements.submission import submission_findings
from certification.review.services import appealing, hearing, submitting
from certification.review.services.resubmitting import begin_again
from payments.models import Charge, Payment, Refund, Settlement
from payments.services import balance, dispatch_settlement, record_offline_payment
from scip.accounts.models import Role, User
from scip.mail.models import Letter
from scip.requirements import Refusal
from tests import world
from tests.review.committee import Committee, development, make_committee
from tests.review.hearings import WORDS, gives, make_panel
from tests.review.test_resubmitting import says

pytestmark = pytest.mark.django_db
State = Submission.State


@pytest.fixture
def committee() -> Committee:
    """The committee asked for further development; the edition allows an appeal against that."""
    found = make_committee()
    edition = found.submission.edition
    edition.appeal_of_decisions = True
    edition.save()
    found.sends(development())
    return found


def begins(committee: Committee, **when: Any) -> Submission:
    return begin_again(committee.walker.candidacy, by=committee.walker.user, **when)


def files(committee: Committee) -> Appeal:
    user = committee.walker.user
    appeal = appealing.begin(committee.walker.candidacy, by=user)
    appealing.save_statement(appeal, WORDS, by=user)
    return appealing.file_appeal(appeal, by=user)


def decides(appeal: Appeal, outcome: str) -> None:
    office = world.make_user("desk@example.com", Role.STAFF)
    seats = [hearing.ask(appeal, member, by=office) for member in make_panel(2)]
    for seat in [hearing.answer(seat, by=seat.member) for seat in seats]:
        gives(seat, outcome)


def transfers(charge: Charge) -> Settlement:
    """The whole fee by bank, entered by the office; nobody was told yet."""
    record_offline_payment(
        charge,
        method=Payment.Method.BANK,
        reference="a second transfer",
        amount_cents=charge.amount_cents,
        received_at=timezone.now(),
        by=User.objects.get(email="office@example.com"),
    )
    return Settlement.objects.get(charge=charge)


def newest(committee: Committee) -> Submission:
    rows = Submission.objects.filter(candidacy=committee.walker.candidacy)
    return rows.select_related("charge", "candidacy", "edition").latest("number")


def codes(submission: Submission) -> list[str]:
    evidence = evidence_of(submission.candidacy, submission)
    findings = submission_findings(evidence, edition=submission.edition)
    return [item.code for item in findings if not item.is_met]


def test_while_a_panel_hears_it_no_resubmission_begins(committee: Committee) -> None:
    appeal = files(committee)
    with pytest.raises(Refusal, match="take your appeal back"):
        begins(committee)
    with pytest.raises(Refusal):
        begins(committee, now=timezone.now() + timedelta(days=800))
    assert Submission.objects.count() == 1
    appealing.withdraw(appeal, by=committee.walker.user)
    assert begins(committee).number == 2


def test_while_a_panel_hears_it_no_resubmission_is_handed_in(committee: Committee) -> None:
    made = begins(committee)
    says(committee, made)
    # An appeal that is only being written stands in nobody's way.
    appealing.begin(committee.walker.candidacy, by=committee.walker.user)
    assert codes(made) == ["review_fee"]
    files(committee)
    assert codes(made) == ["appeal", "review_fee"]
    with pytest.raises(Refusal) as refusal:
        services.submit(made, by=committee.walker.user)
    assert [item.code for item in refusal.value.findings] == ["appeal"]


def test_a_fee_that_arrives_while_a_panel_hears_it_comes_back_in_full(
    committee: Committee,
) -> None:
    made = begins(committee)
    says(committee, made)
    paid = services.submit(made, by=committee.walker.user).charge
    appeal = files(committee)
    dispatch_settlement(transfers(paid).pk)
    held_up = newest(committee)
    assert (held_up.state, held_up.charge) == (State.DRAFT, paid)
    assert held_up.held_up_at is not None
    letter = Letter.objects.get(dedupe_key__startswith=f"submission:held-up:{paid.pk}")
    assert "The answer to your appeal" in letter.text
    decides(appeal, "overturned")
    heard = newest(committee)
    assert (heard.pk, heard.state, heard.held_up_at) == (made.pk, State.SUBMITTED, None)
    assert heard.charge is not None
    assert heard.charge.amount_cents == 0
    paid.refresh_from_db()
    assert paid.cancelled_at is not None
    assert Refund.objects.get(payment__charge=paid).amount_cents == 15_000
    assert balance(paid).held_cents == 0
    assert Letter.objects.filter(dedupe_key__startswith="money-returning:").count() == 1


def test_money_that_is_just_being_entered_comes_back_too(committee: Committee) -> None:
    made = begins(committee)
    says(committee, made)
    paid = services.submit(made, by=committee.walker.user).charge
    appeal = files(committee)
    late = transfers(paid)
    decides(appeal, "overturned")
    assert newest(committee).state == State.SUBMITTED
    assert Refund.objects.get(payment__charge=paid).amount_cents == 15_000
    dispatch_settlement(late.pk)
    assert newest(committee).state == State.SUBMITTED


def test_an_unpaid_fee_is_given_up_without_a_letter_about_money(committee: Committee) -> None:
    made = begins(committee)
    says(committee, made)
    asked = services.submit(made, by=committee.walker.user).charge
    decides(files(committee), "remanded")
    asked.refresh_from_db()
    assert asked.cancelled_at is not None
    assert newest(committee).state == State.SUBMITTED
    assert not Letter.objects.filter(dedupe_key__startswith="money-returning:").exists()


def test_what_goes_back_says_so_and_what_can_not_does_not(committee: Committee) -> None:
    appeal = files(committee)
    decides(appeal, "overturned")
    letter = Letter.objects.get(dedupe_key=f"appeal:{appeal.pk}:decided")
    assert "readers who have not read it before" in " ".join(letter.text.split())


@pytest.mark.parametrize("outcome", ["overturned", "remanded"])
@pytest.mark.parametrize("is_whole", [True, False])
def test_where_something_newer_is_there_the_office_is_told(
    committee: Committee, outcome: str, is_whole: bool
) -> None:
    appeal = files(committee)
    old = committee.submission
    newer = Submission.objects.create(
        candidacy=old.candidacy,
        number=2,
        edition=old.edition,
        follows=None if is_whole else old,
    )
    if not is_whole:
        Submission.objects.filter(pk=newer.pk).update(state="closed", closed_at=timezone.now())
    decides(appeal, outcome)
    assert Submission.objects.count() == 2
    letter = Letter.objects.get(dedupe_key=f"appeal:{appeal.pk}:decided")
    words = " ".join(letter.text.split())
    assert "the office writes to you" in words
    assert "no fee" not in words
    told = Letter.objects.filter(dedupe_key__startswith=f"appeal:{appeal.pk}:decided:office")
    assert "could not go back to the committee" in " ".join(told[0].text.split())


def test_the_gate_of_a_first_submission_asks_nothing_of_appeals(committee: Committee) -> None:
    files(committee)
    first = Submission.objects.get()
    assert "appeal" not in [item.code for item in submitting.findings_of(first)]


def test_the_page_says_what_is_waited_for(committee: Committee, as_user: Any) -> None:
    begins(committee)
    files(committee)
    shown = as_user(committee.walker.user).get("/certification/submission/").content.decode()
    assert "The answer to your appeal" in shown
    assert "/certification/appeal/" in shown

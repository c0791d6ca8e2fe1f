"""Two real connections at once: submit, pay, take back, and write while it is frozen."""

import pytest

from certification.portfolio import services as portfolio
from certification.review import services
from certification.review.models import Dossier, Snapshot, Submission
from certification.review.services.dossiers import make_dossier
from certification.review.services.freezing import content_of
from payments.models import Charge, Settlement
from payments.services import dispatch_settlement
from scip.mail.models import Letter
from scip.vault.models import StoredFile
from tests.races import tally
from tests.review.desk import LETTER, make_ready, make_walker

pytestmark = pytest.mark.django_db(transaction=True)


def test_submitting_twice_at_once_asks_for_one_fee() -> None:
    walker = make_ready()
    submission = walker.submission
    press = lambda: services.submit(submission, by=walker.user)  # noqa: E731
    assert tally(press, press, press) == {"done": 3}
    assert Charge.objects.filter(purpose="certification_review").count() == 1


def test_beginning_at_once_makes_one_submission() -> None:
    walker = make_walker()
    write = lambda: services.save_letter(  # noqa: E731
        walker.candidacy, LETTER, revision=0, by=walker.user
    )
    assert tally(write, write, lambda: services.begin(walker.candidacy, by=walker.user)) == {
        "done": 3
    }
    assert Submission.objects.get().letter.revision == 1


def test_two_workers_tell_of_one_payment_and_one_snapshot_is_made() -> None:
    walker = make_ready()
    submission = walker.submits()
    settlement = walker.sends_money()
    tell = lambda: dispatch_settlement(settlement.pk)  # noqa: E731
    assert tally(tell, tell) == {"done": 2}
    assert Snapshot.objects.count() == 1
    key = f"submission:{submission.pk}:submitted"
    assert Letter.objects.filter(dedupe_key=key).count() == 1


@pytest.mark.parametrize("round_", range(3))
def test_taken_back_while_paying_it_is_either_and_never_both(round_: int) -> None:
    walker = make_ready()
    submission = walker.submits()
    outcomes = tally(walker.pays, lambda: services.put_back(submission, by=walker.user))
    assert set(outcomes) <= {"done", "refused"}
    settlement = Settlement.objects.get(charge=submission.charge)
    if walker.submission.state == Submission.State.SUBMITTED:
        assert settlement.flag == ""
        assert Snapshot.objects.count() == 1
    else:
        assert settlement.flag == "submission_not_there"
        assert not Snapshot.objects.exists()


@pytest.mark.parametrize("round_", range(3))
def test_written_while_it_is_frozen_is_in_whole_or_not_at_all(round_: int) -> None:
    walker = make_ready()
    walker.submits()
    settlement = walker.sends_money()
    case = walker.candidacy.portfolio.cases.get(number=1)
    new = {"happened": "A new end.", "reflection": "Both parts or none."}
    outcomes = tally(
        lambda: dispatch_settlement(settlement.pk),
        lambda: portfolio.save_writing(case, new, revision=case.revision, by=walker.user),
        lambda: services.save_letter(
            walker.candidacy, {"path": "Late words."}, revision=1, by=walker.user
        ),
    )
    assert set(outcomes) <= {"done", "refused"}
    snapshot = Snapshot.objects.get()
    found = content_of(snapshot)
    parts = {item["part"]: item["text"] for item in found["cases"][0]["parts"]}
    assert parts in (
        {"happened": "Case 0: they waited together."},
        {"happened": "A new end.", "reflection": "Both parts or none."},
    )
    said = found["letter"][0]["text"]
    assert (said == "Late words.") == (outcomes["refused"] == 0)


def test_two_workers_draw_one_dossier() -> None:
    walker = make_ready()
    walker.hands_in()
    pk = Dossier.objects.get(audience="candidate").pk
    draw = lambda: make_dossier(pk)  # noqa: E731
    assert tally(draw, draw) == {"done": 2}
    assert StoredFile.objects.filter(purpose="dossier").count() == 1
    assert Dossier.objects.get(pk=pk).made_at is not None

"""What comes after an answer, or between its parts: later letters, ties that come to light."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from certification.review.emails.decisions import decision_letter
from certification.review.models import DeclaredTie, Submission
from certification.review.queries.appeals import (
    appealable,
    choices_for,
    empty_seats,
    overturned_for,
)
from certification.review.services import appealing, hearing
from scip.mail.models import Letter
from scip.pathway.submission import final_submission
from scip.pathway.supervision import next_session
from supervision.services import recommendations
from tests.review.committee import seated
from tests.review.desk import RECOMMENDED, make_ready
from tests.review.hearings import (
    NOT_YET,
    REASONS,
    Appellant,
    gives,
    make_appellant,
    make_panel,
)
from tests.review.test_appealing import decided_on
from tests.review.test_hearing import recommendation_in_gate

pytestmark = pytest.mark.django_db


@pytest.fixture
def carla() -> Appellant:
    return make_appellant()


def says_not_yet_again(carla: Appellant) -> None:
    """Another letter of the same supervisor, without another session."""
    draft = recommendations.save_part(carla.pair.agreement, by=carla.guide, **NOT_YET)
    recommendations.send_recommendation(draft, by=carla.guide)


def test_a_later_not_yet_takes_no_answer_of_a_panel_back(carla):
    first, second = carla.heard_by(*make_panel(2))
    gives(first, "overturned")
    gives(second, "overturned")
    says_not_yet_again(carla)
    assert overturned_for(carla.candidacy) == carla.appeal
    assert recommendation_in_gate(carla.candidacy).is_met
    assert appealable(carla.candidacy).is_answered
    draft = recommendations.save_part(carla.pair.agreement, by=carla.guide, **RECOMMENDED)
    recommendations.send_recommendation(draft, by=carla.guide)
    assert overturned_for(carla.candidacy) is None


def test_nobody_decides_about_a_letter_that_holds_no_more(carla):
    first, second = carla.heard_by(*make_panel(2))
    gives(first, "upheld")
    says_not_yet_again(carla)
    gives(second, "upheld")
    appeal = carla.appeal
    assert (appeal.state, appeal.outcome) == ("withdrawn", "")
    letter = Letter.objects.get(dedupe_key=f"appeal:{appeal.pk}:superseded")
    assert letter.to_user == carla.user
    assert "Pia" not in letter.text
    assert carla.begins().recommendation == carla.letter  # the later one can be appealed


def test_after_one_answer_the_page_says_that_the_time_for_a_later_letter_is_over(
    carla, as_user, monkeypatch
):
    first, second = carla.heard_by(*make_panel(2))
    gives(first, "upheld")
    gives(second, "upheld")
    says_not_yet_again(carla)
    shut = timezone.now() + timedelta(days=60)
    late = SimpleNamespace(now=lambda: shut)
    browser = as_user(carla.user)
    monkeypatch.setattr("certification.review.views.appeals.timezone", late)
    page = browser.get("/certification/appeal/").content.decode()
    assert "The time for an appeal against your supervisor’s “not yet” ran until" in page
    assert "Begin to write" not in page


def test_after_one_answer_a_later_letter_can_be_appealed_from_the_page(carla, as_user):
    first, second = carla.heard_by(*make_panel(2))
    gives(first, "upheld")
    gives(second, "upheld")
    browser = as_user(carla.user)
    assert "There is a later answer" not in browser.get("/certification/appeal/").content.decode()
    says_not_yet_again(carla)
    page = browser.get("/certification/appeal/").content.decode()
    assert "There is a later answer" in page
    assert "/certification/appeal/begin/" in page
    browser.post("/certification/appeal/begin/")
    assert (carla.appeal.state, carla.appeal.recommendation) == ("draft", carla.letter)


def test_an_answer_of_somebody_tied_does_not_count(carla):
    one, two, three = make_panel(3)
    first, second = carla.heard_by(one, two)
    gives(first, "overturned")
    DeclaredTie.objects.create(member=one, candidate=carla.user, kind="family")
    gives(second, "overturned")
    first.refresh_from_db()
    assert (carla.appeal.state, first.state) == ("hearing", "released")
    assert empty_seats(carla.appeal) == 1
    assert Letter.objects.filter(dedupe_key=f"panelseat:{first.pk}:no-longer").exists()
    (third,) = carla.asks(three)
    hearing.answer(third, by=three)
    gives(third, "overturned", reasons="Mine.")
    assert carla.appeal.outcome == "overturned"
    assert carla.appeal.reasons == f"{REASONS}\n\nMine."


def test_the_home_leads_on_once_a_panel_overturned_the_not_yet(carla, as_user):
    browser = as_user(carla.user)
    before = browser.get("/pathway/").context["evidence"]
    step = next_session(before, timezone.now())
    assert (step.code, step.other_url) == ("not_yet", "/certification/appeal/")
    assert final_submission(before, timezone.now()) is None
    first, second = carla.heard_by(*make_panel(2))
    gives(first, "overturned")
    gives(second, "overturned")
    after = browser.get("/pathway/")
    evidence = after.context["evidence"]
    assert next_session(evidence, timezone.now()) is None
    step = final_submission(evidence, timezone.now())
    assert step.code == "submission"
    assert "Your supervisor has recommended you" not in step.text
    findings = evidence.supervision.findings
    assert next(item for item in findings if item.code == "recommendation").is_met
    assert 'href="/certification/appeal/"' in after.content.decode()
    outcome = browser.get(f"/supervision/agreements/{carla.pair.agreement.pk}/outcome/")
    assert "answer takes the place of a recommendation" in outcome.content.decode()


@pytest.mark.parametrize("is_allowed", [True, False])
def test_the_committees_answer_leads_to_an_appeal_where_one_is_allowed(is_allowed, as_user):
    walker = make_ready(2)
    edition = walker.candidacy.edition
    edition.appeal_of_decisions = is_allowed
    edition.save()
    submission = walker.hands_in()
    decision = decided_on(submission)
    browser = as_user(walker.user)
    way = 'href="/certification/appeal/"'
    page = browser.get(f"/certification/submission/{submission.pk}/answer/")
    assert (way in page.content.decode()) is is_allowed
    assert (way in browser.get("/pathway/").content.decode()) is is_allowed
    assert ("/certification/appeal/" in decision_letter(decision).text) is is_allowed


def test_whoever_read_or_answered_an_earlier_submission_hears_no_appeal():
    walker = make_ready(2)
    edition = walker.candidacy.edition
    edition.appeal_of_decisions = True
    edition.save()
    submission = walker.hands_in()
    read, signed, free = make_panel(3)
    earlier = Submission.objects.create(
        candidacy=walker.candidacy, number=9, edition=edition, state="closed"
    )
    seated(earlier, read, "reviewer", "released")
    decision = decided_on(submission)
    appeal = appealing.begin(walker.candidacy, by=walker.user)
    assert appeal.decision == decision
    decision.pk, decision.submission, decision.proposed_by = None, earlier, signed
    decision.save(force_insert=True)
    barred = {row.member for row in choices_for(appeal) if row.is_barred}
    assert barred >= {read, signed}
    assert free not in barred

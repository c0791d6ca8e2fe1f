"""An appeal from its first word to the office: the window, the words, the documents, the freezing."""

import json
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from certification.candidacy.requirements.windows import appeal_granted, window
from certification.portfolio.services.writing import StaleWriting
from certification.review.models import Appeal
from certification.review.models.snapshots import sha256_of
from certification.review.queries.appeals import appealable
from certification.review.requirements.submission import end_of
from certification.review.services import appealing
from scip.mail.models import Letter
from scip.requirements import Refusal
from scip.states import IllegalMove
from scip.vault.models import StoredFile
from supervision.models import Recommendation
from supervision.queries.recommendations import told_of, told_window
from supervision.services import recommendations
from tests import world
from tests.review.desk import RECOMMENDED, make_ready
from tests.review.hearings import WORDS, Appellant, later, make_appellant
from tests.world import utc

pytestmark = pytest.mark.django_db


@pytest.fixture
def carla() -> Appellant:
    return make_appellant()


def test_the_window_lasts_to_the_end_of_its_day_by_utc(carla):
    edition = carla.candidacy.edition
    for hour in (0, 23):
        granted_on = appeal_granted(utc(2026, 3, 1, hour), edition)
        told_on = utc(2026, 3, 1, hour).date()
        found = window(told_on=told_on, granted_on=granted_on, as_of=told_on)
        assert found.until == utc(2026, 4, 1, 0)
    told = told_of([carla.candidacy.pk])[carla.candidacy.pk]
    answer = appealable(carla.candidacy)
    # The page of supervision names the same last day.
    assert answer.window == told_window(carla.candidacy, told)


def test_the_last_second_counts_and_the_next_one_does_not(carla):
    until = appealable(carla.candidacy).until
    appeal = carla.writes()
    with pytest.raises(Refusal, match=r"ran until the end of .* write to the office: .*@"):
        appealing.file_appeal(appeal, by=carla.user, now=until)
    assert carla.appeal.statement == WORDS  # what was written is kept
    filed = appealing.file_appeal(appeal, by=carla.user, now=until - timedelta(seconds=1))
    assert filed.state == "filed"


def test_nothing_begins_after_the_time(carla):
    with pytest.raises(Refusal, match="ran until the end of"):
        carla.begins(now=later(60))
    assert not Appeal.objects.exists()


def test_whoever_is_recommended_has_nothing_to_appeal():
    walker = make_ready()
    assert appealable(walker.candidacy) is None
    with pytest.raises(Refusal, match="no answer that could be appealed"):
        appealing.begin(walker.candidacy, by=walker.user)


def test_only_the_candidate_begins_writes_and_files(carla):
    with pytest.raises(Refusal, match="candidate alone"):
        appealing.begin(carla.candidacy, by=carla.guide)
    appeal = carla.writes()
    for act in (
        lambda: appealing.save_statement(appeal, "x", by=carla.office),
        lambda: appealing.file_appeal(appeal, by=carla.guide),
        lambda: appealing.withdraw(appeal, by=carla.office),
    ):
        with pytest.raises(Refusal, match="candidate alone"):
            act()


def test_a_second_window_writes_over_nothing(carla):
    appeal = carla.writes("First.")
    began_from = appealing.mark_of("First.")
    appealing.save_statement(appeal, "First, and more.", began_from=began_from, by=carla.user)
    with pytest.raises(StaleWriting):
        appealing.save_statement(appeal, "Other.", began_from=began_from, by=carla.user)
    assert carla.appeal.statement == "First, and more."
    # The same words again are no conflict, with whatever line ends a browser sends.
    appealing.save_statement(appeal, "First, and more.", began_from=began_from, by=carla.user)


def test_filing_asks_for_words_and_freezes_what_the_panel_reads(carla):
    appeal = carla.begins()
    with pytest.raises(Refusal, match="Your statement"):
        appealing.file_appeal(appeal, by=carla.user)
    document = carla.adds()
    filed = carla.files()
    assert filed.sha256 == sha256_of(filed.content)
    content = json.loads(filed.content)
    assert content["statement"] == WORDS
    assert content["documents"][0]["sha256"] == document.file.sha256
    parts = {item["part"]: item["text"] for item in content["not_yet"]["parts"]}
    assert parts["guidance"] == "Three more months of practice would help."
    assert parts["assessment"] == "Not there yet."
    assert content["decision"] is None
    assert len(content["supervision"]["phases"]) == 3
    assert content["edition"]["appeal_days"] == 30
    assert filed.answer_by_at == end_of(filed.filed_at + timedelta(days=30))
    # Nothing changes any more.
    for act in (
        lambda: appealing.save_statement(filed, "Other.", by=carla.user),
        carla.adds,
        lambda: appealing.remove_document(document, by=carla.user),
    ):
        with pytest.raises(Refusal, match="filed as you wrote it"):
            act()


def test_filing_twice_is_one_appeal_with_its_three_letters(carla):
    carla.files()
    first = carla.appeal.sha256
    appealing.file_appeal(carla.appeal, by=carla.user, now=later(1))
    assert carla.appeal.sha256 == first
    letters = Letter.objects.filter(dedupe_key__contains=":filed")
    assert letters.count() == 3
    for letter in letters:
        assert WORDS not in letter.text + letter.html
    assert "Carla 1" in letters.get(to_user=carla.guide).subject


def test_one_is_alive_at_a_time(carla):
    first = carla.files()
    assert carla.begins() == first
    appealing.withdraw(first, by=carla.user)
    assert appealing.withdraw(first, by=carla.user).state == "withdrawn"
    assert carla.begins() != first


def test_a_draft_about_an_earlier_letter_makes_room(carla):
    first = carla.writes("About the first letter.")
    draft = recommendations.save_part(
        carla.pair.agreement, by=carla.guide, outcome="not_yet", guidance="Two months.",
        key_elements="a", assessment="b", reflections="c",
    )  # fmt: skip
    recommendations.send_recommendation(draft, by=carla.guide)
    with pytest.raises(Refusal, match="The answer still holds"):
        appealing.file_appeal(first, by=carla.user)
    second = carla.begins()
    assert second != first
    assert second.recommendation == carla.letter
    first.refresh_from_db()
    assert (first.state, first.statement) == ("withdrawn", "About the first letter.")


def test_a_later_letter_that_recommends_ends_the_right(carla):
    carla.writes()
    draft = recommendations.save_part(carla.pair.agreement, by=carla.guide, **RECOMMENDED)
    recommendations.send_recommendation(draft, by=carla.guide)
    assert Recommendation.objects.filter(state="superseded").exists()
    with pytest.raises(Refusal, match="The answer still holds"):
        appealing.file_appeal(carla.appeal, by=carla.user)


def test_five_documents_and_no_more_and_a_removed_one_is_destroyed(carla):
    rows = [carla.adds(f"Paper {number}") for number in range(5)]
    with pytest.raises(Refusal, match="5 documents"):
        carla.adds("One more")
    appealing.remove_document(rows[0], by=carla.user)
    appealing.remove_document(rows[0], by=carla.user)  # a second press
    assert StoredFile.objects.get(pk=rows[0].file_id).is_destroyed
    assert carla.appeal.documents.count() == 4


def test_an_appeal_that_was_decided_is_not_withdrawn(carla):
    appeal = carla.files()
    Appeal.objects.filter(pk=appeal.pk).update(
        state="decided", outcome="upheld", reasons="r", decided_at=timezone.now()
    )
    with pytest.raises(IllegalMove):
        appealing.withdraw(appeal, by=carla.user)
    with pytest.raises(Refusal, match="A panel has answered"):
        carla.begins()


def test_the_committees_answer_only_where_the_edition_allows_it(carla):
    walker = make_ready(2)
    assert not walker.candidacy.edition.appeal_of_decisions
    submission = walker.hands_in()
    decided_on(submission)
    assert appealable(walker.candidacy) is None
    walker.candidacy.edition.appeal_of_decisions = True
    found = appealable(walker.candidacy)
    assert found.decision == submission.decision.pk
    assert found.recommendation is None


def decided_on(submission, sent_at: datetime | None = None):
    """The committee's answer as if it had been sent."""
    from certification.review.models import Decision, Submission

    chair, second = (
        world.make_user(f"{name}@example.org", world.Role.CHAIR) for name in ("chair", "second")
    )
    sent_at = sent_at or timezone.now()
    Submission.objects.filter(pk=submission.pk).update(state="development", development_at=sent_at)
    return Decision.objects.create(
        submission=submission,
        state="sent",
        outcome="development",
        strengths="Warmth.",
        missing="Endings.",
        how="Two sessions.",
        by_when=sent_at.date() + timedelta(days=90),
        contact_name="Olga",
        contact_email="olga@example.org",
        proposed_by=chair,
        approved_by=second,
        sent_at=sent_at,
    )

"""What letters and pages say of a letter that a panel sent back: true for whoever reads them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from certification.candidacy.models import Candidacy
from scip.formats import day, deadline
from scip.mail.models import Letter
from supervision.models import Approval, Recommendation
from supervision.queries.recommendations import second_looks
from tests.pathway.test_supervision import home
from tests.review.hearings import Appellant, make_appellant
from tests.review.test_second_looks import sent_back
from tests.review.test_who_hears import text
from tests.supervision.test_completion import next_pair

pytestmark = pytest.mark.django_db
OPEN_TO_YOU = "what Carla 1 handed over to you are open to you meanwhile"
OPEN_TO_THEM = "they can open again what you handed over for your sessions"


@pytest.fixture
def carla() -> Appellant:
    carla = make_appellant()
    carla.files()
    return carla


def letter_to(carla, who=""):
    key = f"appeal:{carla.appeal.pk}:decided{who}"
    return Letter.objects.get(dedupe_key=key).text


def page(client, name, carla):
    return text(client.get(reverse(f"supervision:{name}", args=[carla.pair.agreement.pk])))


def test_nobody_is_asked_where_the_candidate_has_gone_on_with_somebody_else(carla, as_user):
    next_pair(carla.pair)
    sent_back(carla)
    told = letter_to(carla, ":supervisor")
    assert "No other letter is waited for from you" in told
    for untrue in ("You are asked", "We hope for it", "Look at session 7.", OPEN_TO_YOU):
        assert untrue not in told
    assert "nobody is asked for one any more" in letter_to(carla)
    assert OPEN_TO_THEM not in letter_to(carla)
    shown = page(as_user(carla.user), "outcome", carla)
    assert "so Gita 1 is not asked for one any more" in shown
    assert "Read the panel’s answer" in shown
    shown = page(as_user(carla.guide), "recommendation", carla)
    assert "No other letter is waited for from you" in shown
    assert "A panel asks you to look at it again" not in shown


def test_nothing_is_called_open_to_whoever_may_write_no_letter(carla, as_user):
    Approval.objects.update(until_on=timezone.now().date())
    sent_back(carla)
    told = letter_to(carla, ":supervisor")
    assert "You are asked to look at it once more" in told
    assert "approval of you is not in force today, so the letter waits" in told
    assert OPEN_TO_YOU not in told
    assert OPEN_TO_THEM not in letter_to(carla)
    assert "can open again" not in page(as_user(carla.user), "outcome", carla)
    shown = page(as_user(carla.guide), "recommendation", carla)
    assert "approval of you is not in force today, so the letter waits" in shown
    assert "The case material of your sessions" not in shown


def test_the_candidate_reads_that_what_they_handed_over_opens_and_where(carla, as_user):
    sent_back(carla)
    assert OPEN_TO_YOU in letter_to(carla, ":supervisor")
    assert OPEN_TO_THEM in letter_to(carla)
    client = as_user(carla.user)
    shown = client.get(reverse("appeal:home"))
    assert OPEN_TO_THEM in text(shown)
    outcome = reverse("supervision:outcome", args=[carla.pair.agreement.pk])
    assert f'href="{outcome}"' in shown.content.decode()


def test_after_the_day_no_page_hopes_for_it_still(carla, as_user, staff):
    sent_back(carla)
    Recommendation.objects.update(remanded_at=timezone.now() - timedelta(days=30))
    due = second_looks().get().due_at
    late = f"It was hoped for by {deadline(due)}, and has not come yet; the office asks after it."
    told = home(as_user, carla.user)["step"].text
    opened = reverse("admin:review_appeal_change", args=[carla.appeal.pk])
    shown = (
        told,
        page(as_user(carla.user), "outcome", carla),
        page(as_user(carla.guide), "recommendation", carla),
        text(as_user(staff).get(opened)),
    )
    for words in shown:
        assert late in words
        assert "We hope for it" not in words
    (matter,) = as_user(carla.guide).get("/supervision/").context["matters"]
    asked = day(second_looks().get().remanded_at)
    assert (
        matter.text == f"A panel asks you to look again at your letter about Carla 1, since {asked}"
    )


def test_a_leave_leaves_no_gap_between_the_sentences(carla):
    Candidacy.objects.update(state="on_leave")
    sent_back(carla)
    assert second_looks().get().due_at is None
    assert "whatever it says. Your notes" in letter_to(carla, ":supervisor")

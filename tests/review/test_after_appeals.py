"""After an appeal, the page of the answer it was about says how it ended and what can be done next."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from certification.candidacy.models import Candidacy
from certification.review.models import Decision, Submission
from certification.review.services import appealing, submit
from scip.formats import deadline
from supervision.services.recommendations import save_part, send_recommendation
from tests.review.committee import Committee, development, make_committee
from tests.review.hearings import NOT_YET, Appellant, gives, make_appellant, make_panel
from tests.review.test_rehearing import decides, files
from tests.review.test_resubmitting import begins, says
from tests.review.test_who_hears import text

pytestmark = pytest.mark.django_db
HOME = reverse("appeal:home")


@pytest.fixture
def carla() -> Appellant:
    return make_appellant()


@pytest.fixture
def committee() -> Committee:
    """The committee asked for further development; the edition allows an appeal against that."""
    found = make_committee()
    edition = found.submission.edition
    edition.appeal_of_decisions = True
    edition.save()
    found.sends(development())
    return found


def outcome_page(carla, as_user):
    address = reverse("supervision:outcome", args=[carla.pair.agreement.pk])
    return text(as_user(carla.user).get(address))


def test_once_it_is_filed_the_page_of_the_not_yet_says_where_it_stands(carla, as_user):
    carla.files()
    shown = outcome_page(carla, as_user)
    assert "You have the right to appeal" not in shown
    assert "See where your appeal stands" in shown
    assert f"by {deadline(carla.appeal.answer_by_at)}." in shown
    appealing.withdraw(carla.appeal, by=carla.user)
    assert "You have the right to appeal" in outcome_page(carla, as_user)


@pytest.mark.parametrize(
    ("outcome", "told", "leads"),
    [
        ("upheld", "gave its answer: this letter stands.", reverse("pages:contact")),
        ("overturned", "so you need no other letter.", reverse("submission:home")),
    ],
)
def test_after_the_answer_the_page_of_the_not_yet_says_how_it_ended_and_what_next(
    carla, as_user, outcome, told, leads
):
    for seat in carla.heard_by(*make_panel(2)):
        gives(seat, outcome)
    shown = outcome_page(carla, as_user)
    assert told in shown
    assert f'href="{leads}"' in shown
    assert f'href="{HOME}"' in shown
    assert "You have the right to appeal" not in shown
    assert ("ask for another letter" in shown) == (outcome == "upheld")
    answer = text(as_user(carla.user).get(HOME))
    next_page = reverse("supervision:outcome", args=[carla.pair.agreement.pk])
    assert (f'href="{next_page}"' in answer) == (outcome == "upheld")


def test_another_not_yet_after_it_can_be_appealed_anew(carla, as_user):
    for seat in carla.heard_by(*make_panel(2)):
        gives(seat, "upheld")
    draft = save_part(carla.pair.agreement, by=carla.guide, **NOT_YET)
    send_recommendation(draft, by=carla.guide)
    shown = outcome_page(carla, as_user)
    assert "You have the right to appeal" in shown
    assert "How your appeal was decided" not in shown


def answer_page(committee, as_user):
    address = reverse("submission:answer", args=[committee.submission.pk])
    return text(as_user(committee.walker.user).get(address))


def test_the_committees_answer_names_the_right_with_its_last_day(committee, as_user):
    shown = answer_page(committee, as_user)
    assert "you can appeal within 30 days" in shown
    assert "The last day for it is" in shown


@pytest.mark.parametrize("is_in_time", [True, False])
@pytest.mark.parametrize("goes_on", ["handed in again", "registration over"])
def test_the_committees_answer_promises_no_appeal_where_none_can_be_filed(
    committee, as_user, goes_on, is_in_time
):
    address = reverse("submission:answer", args=[committee.submission.pk])
    if not is_in_time:
        sent_at = timezone.now() - timedelta(days=31)
        Decision.objects.update(proposed_at=sent_at, approved_at=sent_at, sent_at=sent_at)
    if goes_on == "handed in again":
        again = begins(committee)
        says(committee, again)
        submit(again, by=committee.walker.user)
        Submission.objects.filter(pk=again.pk).update(
            state="submitted", submitted_at=timezone.now()
        )
    else:
        Candidacy.objects.update(state="closed", close_reason="So asked.")
    shown = text(as_user(committee.walker.user).get(address))
    for untrue in ("you can appeal within", "The last day for it is", "The time for an appeal"):
        assert untrue not in shown


def test_the_committees_answer_says_where_an_appeal_stands_and_how_it_ended(committee, as_user):
    appeal = files(committee)
    shown = answer_page(committee, as_user)
    assert "you can appeal within" not in shown
    assert f"You get the answer by {deadline(appeal.answer_by_at)}." in shown
    decides(appeal, "upheld")
    shown = answer_page(committee, as_user)
    assert "you can appeal within" not in shown
    assert "the answer stands. What is written here about the next steps" in untagged(shown)
    assert "Read the answer to your appeal" in shown


def untagged(shown):
    return " ".join(re.sub("<[^>]+>", " ", shown).split())


def test_the_committees_answer_says_that_the_time_for_an_appeal_is_over(committee, as_user):
    sent_at = timezone.now() - timedelta(days=31)
    Decision.objects.update(proposed_at=sent_at, approved_at=sent_at, sent_at=sent_at)
    shown = answer_page(committee, as_user)
    assert "you can appeal within" not in shown
    assert "The time for an appeal ran until" in shown
    assert f'href="{reverse("pages:contact")}"' in shown

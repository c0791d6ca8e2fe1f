"""Every letter of admission: rendered in the person's zone, one button, nothing escaped twice."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from cohorts.emails import admission as letters
from cohorts.models import Enrolment, PriceTier
from scip.accounts.models import User
from tests import world
from tests.cohorts import admission as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def enrolment(edition, staff) -> Enrolment:
    cohort = world.make_cohort(title="Care & courage", time_zone="Europe/Lisbon")
    person = make.make_applicant(name="Siobhán O'Brien <x>", time_zone="Asia/Tokyo")
    return make.accepted(cohort, staff, person)


def every_letter(enrolment):
    application, offer = enrolment.application, enrolment.offer
    application.question = "Where do you practise?"
    application.decline_note = "Others came first."
    standard = PriceTier.objects.get(cohort=application.cohort, kind="standard")
    return {
        "application_received": letters.application_received(application),
        "information_needed": letters.information_needed(application),
        "place_offered": letters.place_offered(offer, note="A word for you."),
        "offer_reminder": letters.offer_reminder(offer),
        "offer_lapsed": letters.offer_lapsed(offer),
        "offer_taken_back": letters.offer_taken_back(application),
        "waiting_list": letters.waiting_list(application, note="A word for you."),
        "declined": letters.declined(application),
        "withdrawn_confirmed": letters.withdrawn_confirmed(application),
        "place_confirmed": letters.place_confirmed(enrolment),
        "place_lapsed": letters.place_lapsed(enrolment),
        "payment_after_lapse": letters.payment_after_lapse(enrolment),
        "aid_granted": letters.aid_granted(application, cents=100_000, standard=standard),
        "aid_declined": letters.aid_declined(application, note="A word for you."),
    }


def test_every_letter_is_whole_in_both_forms(enrolment):
    for name, draft in every_letter(enrolment).items():
        assert "Care & courage" in draft.subject, name
        assert draft.text.startswith("Dear Siobhán,"), name
        assert "&amp;" not in draft.text, name
        assert "Care &amp; courage" in draft.html, name
        assert draft.html.count('class="button"') == 1, name
        assert draft.text.count(settings.SITE_URL) == 2, name  # the button and the contact page
        for words in ("invalid", "failed to", "!</", "{{", "{%", "None"):
            assert words not in draft.text + draft.html.split("<body", 1)[1], (name, words)
        assert "\n\n\n\n" not in draft.text, name


def test_moments_stand_in_the_persons_zone(enrolment):
    draft = letters.place_offered(enrolment.offer)
    assert "Tokyo time" in draft.text
    assert "Lisbon time" not in draft.text


def test_a_place_from_the_waiting_list_is_told_in_other_words(enrolment):
    offer = enrolment.offer
    offer.is_from_waiting_list = True
    assert "came free" in letters.place_offered(offer).subject


def test_a_promised_place_says_that_payment_is_open(enrolment):
    enrolment.promised_at = timezone.now()
    assert "before your payment arrived" in letters.place_confirmed(enrolment).text


def test_full_aid_leaves_nothing_to_pay(enrolment):
    standard = PriceTier.objects.get(cohort=enrolment.cohort, kind="standard")
    draft = letters.aid_granted(enrolment.application, cents=289_500, standard=standard)
    assert "nothing left to pay" in draft.text


def test_somebody_without_a_name_is_greeted_all_the_same(enrolment):
    User.objects.filter(pk=enrolment.user_id).update(name="")
    enrolment.application.refresh_from_db()
    draft = letters.application_received(
        type(enrolment.application).objects.get(pk=enrolment.application_id)
    )
    assert draft.text.startswith("Dear colleague,")


def test_refund_terms_name_their_days(enrolment):
    starts = enrolment.cohort.starts_on
    text = letters.place_offered(enrolment.offer).text
    full = starts - timedelta(days=30)
    assert f"{full.day} {full:%B %Y}" in text


def test_who_applied_for_a_group_is_led_to_the_groups(enrolment):
    application = enrolment.application
    assert "/cohorts/\n" in letters.declined(application).text
    application.cohort.level = "B"
    for draft in (letters.declined(application), letters.withdrawn_confirmed(application)):
        assert "/consultations/\n" in draft.text
        assert "See coming groups" in draft.text

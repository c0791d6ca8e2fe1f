"""Public cohort pages and the applicant's pages: what they show, to whom, with how many queries."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cohorts.models import AidRequest, Application, Enrolment, Offer, PriceTier, SkippedDay
from cohorts.services.applications import ask_for_information
from cohorts.services.due import sweep_offers
from cohorts.services.offers import offer_place
from tests import world
from tests.cohorts import admission as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def cohort(edition):
    return world.make_cohort(title="Autumn cohort", slug="autumn", capacity=1)


@pytest.mark.parametrize("count", [1, 3, 25])
def test_the_list_of_cohorts_takes_the_same_few_queries(edition, django_assert_num_queries, count):
    for _ in range(count):
        world.make_cohort()
    with django_assert_num_queries(2):
        page = Client().get(reverse("cohorts:list"))
    assert page.content.decode().count("<article") == count


def test_the_list_shows_dates_prices_places_and_window_in_the_visitors_zone(cohort):
    client = Client()
    client.cookies["tz"] = "Asia/Tokyo"
    page = client.get(reverse("cohorts:list")).content.decode()
    for words in ("Tokyo time", "USD 2,895", "USD 2,595", "1 of 1 left", "Open for applications"):
        assert words in page


def test_a_full_cohort_says_so(cohort, staff):
    make.offered(cohort, staff)
    page = Client().get(reverse("cohorts:list")).content.decode()
    assert "all held; there is a waiting list" in page


def test_without_cohorts_the_list_points_to_the_interest_list(edition):
    page = Client().get(reverse("cohorts:list")).content.decode()
    assert reverse("pages:interest") in page


def test_a_cohort_page_speaks_to_people_and_machines(cohort):
    page = Client().get(reverse("cohorts:detail", args=["autumn"]))
    text = page.content.decode()
    assert '<script type="application/ld+json">' in text
    assert "Create an account to apply" in text
    assert text.count("<h1>") == 1


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_cohort_page_takes_four_queries_however_many_weeks_are_off(
    cohort, count, django_assert_num_queries
):
    for number in range(count):
        day = cohort.starts_on + timedelta(weeks=number)
        SkippedDay.objects.create(cohort=cohort, day=day, reason=f"Holiday {number}")
        cohort.facilitators.add(world.make_user(f"lead{number}@example.com"))
    address = reverse("cohorts:detail", args=["autumn"])
    with django_assert_num_queries(4):
        text = Client().get(address).content.decode()
    with django_assert_num_queries(1):
        assert Client().get(address).content.decode() == text
    assert text.count("(Holiday ") == count


def test_drafts_and_unknown_cohorts_are_404_for_the_public_and_open_to_the_office(
    edition, staff, as_user
):
    world.make_cohort(slug="secret", state="draft")
    address = reverse("cohorts:detail", args=["secret"])
    assert Client().get(address).status_code == 404
    assert as_user(staff).get(address).status_code == 200
    assert Client().get(reverse("cohorts:detail", args=["nowhere"])).status_code == 404


def test_markup_in_a_title_is_only_text(edition):
    world.make_cohort(title="</script><script>alert(1)</script>", slug="x", summary="<b>")
    text = Client().get(reverse("cohorts:detail", args=["x"])).content.decode()
    assert "<script>alert(1)" not in text


def test_an_application_from_the_first_click_to_sending(cohort, as_user):
    person = make.make_applicant()
    client = as_user(person)
    page = client.post(reverse("applications:start", args=["autumn"]))
    application = Application.objects.get()
    assert page.url == reverse("applications:step", args=[application.pk, "you"])
    for step in ("you", "prerequisites", "words", "price", "summary"):
        assert (
            client.get(reverse("applications:step", args=[application.pk, step])).status_code == 200
        )
    words = {
        "version": 0,
        "motivation": "To bring it to my clients",
        "practice": "Adults",
        "experience": "Some",
        "needs": "",
        "attends_live": "on",
    }
    page = client.post(reverse("applications:step", args=[application.pk, "words"]), words)
    assert page.url == reverse("applications:step", args=[application.pk, "price"])
    page = client.post(
        reverse("applications:step", args=[application.pk, "price"]),
        {"version": 1, "tier": "early_bird"},
    )
    assert page.url == reverse("applications:step", args=[application.pk, "summary"])
    for _ in range(2):
        page = client.post(reverse("applications:submit", args=[application.pk]))
        assert page.url == reverse("applications:detail", args=[application.pk])
    application.refresh_from_db()
    assert (application.state, application.tier) == ("submitted", "early_bird")
    status = client.get(reverse("applications:detail", args=[application.pk])).content.decode()
    assert "with the office" in status


def test_two_tabs_see_both_texts(cohort, as_user):
    application = make.draft(cohort)
    client = as_user(application.user)
    address = reverse("applications:step", args=[application.pk, "words"])
    typed = {"practice": "p", "experience": "e", "attends_live": "on"}
    client.post(address, {"version": 1, "motivation": "from the first tab", **typed})
    page = client.post(address, {"version": 1, "motivation": "from the second tab", **typed})
    text = page.content.decode()
    assert page.status_code == 409
    assert "from the first tab" in text
    assert "from the second tab" in text
    assert 'name="version" value="2"' in text
    again = client.post(address, {"version": 2, "motivation": "both", **typed})
    application.refresh_from_db()
    assert (again.status_code, application.motivation) == (302, "both")


def test_a_script_that_saves_gets_the_new_revision_or_a_conflict(cohort, as_user):
    application = make.draft(cohort)
    client = as_user(application.user)
    address = reverse("applications:step", args=[application.pk, "words"])
    data = {"version": 1, "motivation": "typing"}
    saved = client.post(address, data, headers={"X-Autosave": "1"})
    assert (saved.status_code, saved.json()) == (200, {"version": 2})
    assert client.post(address, data, headers={"X-Autosave": "1"}).status_code == 409


def test_aid_is_asked_for_beside_the_prices(cohort, as_user):
    application = make.draft(cohort)
    client = as_user(application.user)
    address = reverse("applications:step", args=[application.pk, "price"])
    page = client.post(address, {"version": 1, "tier": "aid", "kind": "supported", "statement": ""})
    assert page.status_code == 422
    assert "A few words are needed" in page.content.decode()
    for amount in ("-5", "some", "1000000"):
        page = client.post(address, {"version": 1, "tier": "aid", "affordable": amount})
        assert "Please write a whole amount" in page.content.decode()
    client.post(
        address,
        {"version": 1, "tier": "aid", "kind": "supported", "statement": "Help", "affordable": 500},
    )
    request = AidRequest.objects.get()
    assert (request.statement, request.affordable_cents, request.state) == ("Help", 50_000, "draft")
    application.refresh_from_db()
    assert application.tier == ""


def test_a_passed_early_bird_is_said_and_not_sent(cohort, as_user):
    application = make.draft(cohort, tier="early_bird")
    PriceTier.objects.filter(kind="early_bird").update(
        until=timezone.localdate() - timedelta(days=2)
    )
    client = as_user(application.user)
    price = client.get(reverse("applications:step", args=[application.pk, "price"]))
    assert "The early bird date has passed" in price.content.decode()
    page = client.post(reverse("applications:submit", args=[application.pk]), follow=True)
    application.refresh_from_db()
    assert (application.state, application.tier) == ("draft", "standard")
    assert "we have set the standard price" in page.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_my_applications_take_the_same_queries(as_user, edition, django_assert_num_queries, count):
    person = make.make_applicant()
    for _ in range(count):
        make.draft(world.make_cohort(), person)
    client = as_user(person)
    client.get(reverse("applications:list"))
    with django_assert_num_queries(4):
        page = client.get(reverse("applications:list"))
    assert page.content.decode().count("<article") == count


def test_other_peoples_applications_are_404_for_everybody(
    cohort, as_user, stranger, staff, aid_decider, facilitator, reviewer, supervisor
):
    cohort.facilitators.add(facilitator)
    offer = make.offered(cohort, staff)
    pk = offer.application_id
    for person in (stranger, staff, aid_decider, facilitator, reviewer, supervisor):
        client = as_user(person)
        for name in ("detail", "offer", "answer"):
            assert client.get(reverse(f"applications:{name}", args=[pk])).status_code == 404
        for name in ("submit", "withdraw", "offer", "answer"):
            assert client.post(reverse(f"applications:{name}", args=[pk])).status_code == 404
        step = reverse("applications:step", args=[pk, "words"])
        assert (client.get(step).status_code, client.post(step).status_code) == (404, 404)
    offer.refresh_from_db()
    assert offer.state == Offer.State.OPEN


def test_visitors_are_led_to_sign_in(cohort):
    application = make.sent(cohort)
    for address in (
        reverse("applications:list"),
        reverse("applications:detail", args=[application.pk]),
    ):
        assert Client().get(address).url.startswith(reverse("account_login"))


def test_an_offer_is_read_and_accepted(cohort, staff, as_user, django_assert_max_num_queries):
    offer = make.offered(cohort, staff)
    client = as_user(offer.application.user)
    address = reverse("applications:offer", args=[offer.application_id])
    text = client.get(address).content.decode()
    for words in ("USD 2,895", "Lisbon time", "half of it comes back", "go to the payment"):
        assert words in text
    with django_assert_max_num_queries(21):  # when many accept at once, each one counts
        page = client.post(address, {"accept": "1"})
    enrolment = Enrolment.objects.get()
    assert page.url == reverse("payments:pay", args=[enrolment.charge_id])
    assert client.post(address, {"accept": "1"}).url == page.url
    assert Enrolment.objects.count() == 1


def test_an_offer_is_declined_kindly(cohort, staff, as_user):
    offer = make.offered(cohort, staff)
    client = as_user(offer.application.user)
    page = client.post(
        reverse("applications:offer", args=[offer.application_id]), {"decline": "1"}, follow=True
    )
    offer.refresh_from_db()
    assert offer.state == Offer.State.DECLINED
    assert "Somebody who waits is glad" in page.content.decode()


def test_an_offer_past_its_end_says_so_and_keeps_no_button(cohort, staff, as_user):
    offer = make.offered(cohort, staff)
    Offer.objects.update(
        made_at=timezone.now() - timedelta(days=11), expires_at=timezone.now() - timedelta(days=1)
    )
    client = as_user(offer.application.user)
    address = reverse("applications:offer", args=[offer.application_id])
    assert 'name="accept"' not in client.get(address).content.decode()
    assert "This offer ended" in client.post(address, follow=True).content.decode()


def test_a_question_is_answered_on_its_page(cohort, staff, as_user):
    application = make.sent(cohort)
    ask_for_information(application, question="Where do you practise?", by=staff)
    client = as_user(application.user)
    address = reverse("applications:answer", args=[application.pk])
    assert "Where do you practise?" in client.get(address).content.decode()
    client.post(address, {"answer": "In Porto"})
    application.refresh_from_db()
    assert (application.state, application.answer) == ("submitted", "In Porto")


def test_stepping_back_by_the_button(cohort, as_user):
    application = make.sent(cohort)
    as_user(application.user).post(reverse("applications:withdraw", args=[application.pk]))
    application.refresh_from_db()
    assert application.state == Application.State.WITHDRAWN


@pytest.mark.parametrize("name", ["Ж" * 200, "🌱", "محمد", "<script>x</script>", "Sukarno"])
def test_unusual_names_stand_as_they_are(cohort, staff, as_user, name):
    person = make.make_applicant(name=name)
    offer_place(make.sent(cohort, person), tier="standard", by=staff)
    page = as_user(person).get(reverse("applications:list"))
    assert page.status_code == 200
    assert "<script>x" not in page.content.decode()


def test_accepting_again_after_the_place_was_passed_on_promises_nothing(cohort, staff, as_user):
    enrolment = make.accepted(cohort, staff)
    sweep_offers(enrolment.pay_by)
    address = reverse("applications:offer", args=[enrolment.application_id])
    text = as_user(enrolment.user).post(address, {"accept": "1"}, follow=True).content.decode()
    assert "Your place is confirmed" not in text
    assert "This place is no longer held" in text


@pytest.mark.parametrize("version", ["²", "9" * 5000, "-1", "x"])
def test_a_revision_that_is_no_number_is_an_old_one(cohort, as_user, version):
    application = make.draft(cohort)
    address = reverse("applications:step", args=[application.pk, "words"])
    page = as_user(application.user).post(address, {"version": version, "motivation": "m"})
    assert page.status_code == 409

"""The office's pages: the queue, one page per application, decisions with their letter; aid."""

import pytest
from django.urls import reverse

from cohorts.models import AidRequest, Application, Offer
from cohorts.services.applications import put_on_waiting_list
from cohorts.services.offers import offer_place, take_back_offer
from scip.audit.models import Entry
from scip.mail.models import Letter
from tests import world
from tests.cohorts import admission as make

pytestmark = pytest.mark.django_db
QUERIES_OF_ONE_PAGE = 19
ASK = {"kind": "supported", "statement": "CANARY-STATEMENT", "affordable_cents": 90_000}


@pytest.fixture
def cohort(edition):
    return world.make_cohort(capacity=1)


@pytest.fixture
def office(staff, as_user):
    return as_user(staff)


def page_of(application):
    return reverse("admin:cohorts_application_change", args=[application.pk])


def decide(application, verb):
    return reverse("admin:cohorts_application_decide", args=[application.pk, verb])


@pytest.mark.parametrize("count", [1, 3])
def test_the_queue_takes_the_same_queries(edition, office, django_assert_max_num_queries, count):
    cohort = world.make_cohort()
    for _ in range(count):
        make.sent(cohort)
    office.get(reverse("admin:cohorts_application_changelist"))
    with django_assert_max_num_queries(8) as captured:
        page = office.get(reverse("admin:cohorts_application_changelist"))
    assert page.content.decode().count("field-person") == count
    assert len(captured) == 8


@pytest.mark.parametrize("rounds", [1, 3])
def test_one_page_shows_everything_with_the_same_queries(
    cohort, office, staff, rounds, django_assert_max_num_queries
):
    application = make.sent(cohort)
    for _ in range(rounds):
        offer = offer_place(application, tier="standard", by=staff)
        application = take_back_offer(offer, by=staff)
    office.get(page_of(application))
    with django_assert_max_num_queries(20) as captured:
        text = office.get(page_of(application)).content.decode()
    assert len(captured) == QUERIES_OF_ONE_PAGE
    for words in (
        application.user.email,
        "I want to bring it to my clients.",
        "Care Mutual",
        "application: submitted",
        "1 of 1 places free",
        decide(application, "offer"),
    ):
        assert words in text


def test_drafts_belong_to_their_writers(cohort, office):
    draft = make.draft(cohort)
    assert office.get(page_of(draft)).status_code == 404
    assert (
        draft.user.email
        not in office.get(reverse("admin:cohorts_application_changelist")).content.decode()
    )


def test_an_offer_shows_its_letter_before_it_goes(cohort, office):
    application = make.sent(cohort)
    form = {"tier": "standard", "order_reason": "", "note": "We loved your words."}
    shown = office.post(decide(application, "offer"), form | {"show": "1"}).content.decode()
    assert "We loved your words." in shown
    assert "USD 2,895" in shown
    assert not Offer.objects.exists()
    office.post(decide(application, "offer"), form | {"send": "1"})
    assert Offer.objects.get().application == application
    assert "We loved your words." in Letter.objects.get(dedupe_key__startswith="offer:").text


def test_a_refusal_stands_on_the_form_and_changes_nothing(cohort, office, staff):
    make.offered(cohort, staff)
    application = make.sent(cohort)
    page = office.post(decide(application, "offer"), {"tier": "standard", "send": "1"})
    assert "Every seat of this cohort is held" in page.content.decode()
    application.refresh_from_db()
    assert application.state == Application.State.SUBMITTED


@pytest.mark.parametrize(
    ("verb", "form", "state"),
    [
        ("ask", {"question": "Where do you practise?"}, "info_needed"),
        ("decline", {"note": "This time others came first."}, "declined"),
    ],
)
def test_other_decisions_show_their_letter_too(cohort, office, verb, form, state):
    application = make.sent(cohort)
    (words,) = form.values()
    shown = office.post(decide(application, verb), form).content.decode()
    assert shown.count(words) == 2  # in the form and in the letter
    office.post(decide(application, verb), form | {"send": "1"})
    application.refresh_from_db()
    assert application.state == state


def test_the_waiting_list_from_the_page(cohort, office, staff):
    make.offered(cohort, staff)
    first = put_on_waiting_list(make.sent(cohort), by=staff)
    second = make.sent(cohort)
    office.post(decide(second, "waiting-list"), {"rank": 1, "reason": "", "send": "1"})
    second.refresh_from_db()
    assert second.state == Application.State.SUBMITTED
    office.post(
        decide(second, "waiting-list"), {"rank": 1, "reason": "Moved from spring", "send": "1"}
    )
    text = office.get(page_of(second)).content.decode()
    assert "number 1 on the waiting list" in text
    assert "Moved from spring" in text
    assert "number 2 on the waiting list" in office.get(page_of(first)).content.decode()


def test_taking_back_and_promising(cohort, office, staff):
    offer = make.offered(cohort, staff)
    office.post(decide(offer.application, "take-back"), {"send": "1"})
    offer.refresh_from_db()
    assert offer.state == Offer.State.TAKEN_BACK
    enrolment = make.accepted(cohort, staff)
    office.post(
        decide(enrolment.application, "promise"), {"reason": "Employer’s letter", "send": "1"}
    )
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.promise_reason) == ("confirmed", "Employer’s letter")


def test_a_decision_that_the_state_forbids_leads_back(cohort, office):
    application = make.sent(cohort)
    page = office.get(decide(application, "promise"))
    assert page.url == page_of(application)
    assert office.get(decide(application, "something")).status_code == 404


@pytest.mark.parametrize("persona", ["stranger", "facilitator", "reviewer", "aid_decider"])
def test_other_people_do_not_reach_the_offices_pages(cohort, as_user, request, persona):
    application = make.sent(cohort)
    client = as_user(request.getfixturevalue(persona))
    for address in (
        reverse("admin:cohorts_application_changelist"),
        page_of(application),
        decide(application, "offer"),
        reverse("admin:cohorts_offer_changelist"),
    ):
        assert client.get(address).status_code in {302, 403}
        assert client.post(address, {"tier": "standard", "send": "1"}).status_code in {302, 403}
    assert not Offer.objects.exists()


def test_the_statement_is_nowhere_in_the_offices_pages(cohort, office, staff):
    application = make.sent(cohort, tier="", aid=ASK)
    aid = AidRequest.objects.get()
    pages = [
        office.get(page_of(application)),
        office.get(decide(application, "offer")),
        office.get(reverse("admin:cohorts_application_changelist") + "?q=CANARY"),
        office.get(reverse("admin:cohorts_aidrequest_changelist")),
        office.get(reverse("admin:cohorts_aidrequest_change", args=[aid.pk])),
        office.post(reverse("admin:cohorts_aidrequest_read", args=[aid.pk])),
    ]
    assert [page.status_code for page in pages] == [200, 200, 200, 403, 403, 403]
    assert not [page for page in pages if "CANARY-STATEMENT" in page.content.decode()]
    assert "being considered" in pages[0].content.decode()


def test_opening_a_statement_is_a_post_on_record(cohort, as_user, aid_decider):
    make.sent(cohort, tier="", aid=ASK)
    aid = AidRequest.objects.get()
    client = as_user(aid_decider)
    address = reverse("admin:cohorts_aidrequest_change", args=[aid.pk])
    assert "CANARY" not in client.get(address).content.decode()
    assert client.get(reverse("admin:cohorts_aidrequest_read", args=[aid.pk])).status_code == 405
    read = client.post(reverse("admin:cohorts_aidrequest_read", args=[aid.pk])).content.decode()
    assert "CANARY-STATEMENT" in read
    assert Entry.objects.get(action="aidrequest.opened").actor_id == aid_decider.pk


def test_granting_shows_the_letter_then_grants(cohort, as_user, aid_decider, staff):
    make.fill_fund(staff)
    make.sent(cohort, tier="", aid=ASK)
    aid = AidRequest.objects.get()
    client = as_user(aid_decider)
    address = reverse("admin:cohorts_aidrequest_grant", args=[aid.pk])
    shown = client.post(address, {"amount": "1500", "show": "1"}).content.decode()
    assert "USD 1,395 remains to pay" in shown
    client.post(address, {"amount": "1500", "send": "1"})
    aid.refresh_from_db()
    assert (aid.state, aid.granted_cents) == ("granted", 150_000)


@pytest.mark.parametrize("count", [1, 3])
def test_lists_of_offers_and_requests_take_the_same_queries(
    as_user, staff, aid_decider, edition, django_assert_max_num_queries, count
):
    cohort = world.make_cohort()
    for _ in range(count):
        make.offered(cohort, staff)
        make.sent(cohort, tier="", aid=ASK)
    for person, name in ((staff, "offer"), (aid_decider, "aidrequest")):
        client = as_user(person)
        address = reverse(f"admin:cohorts_{name}_changelist")
        client.get(address)
        with django_assert_max_num_queries(8):
            page = client.get(address)
        assert page.content.decode().count("field-person") == count


def test_freeing_a_place_shows_its_letter_then_frees_it(cohort, office, staff):
    enrolment = make.accepted(cohort, staff)
    address = decide(enrolment.application, "release")
    data = {"reason": "Asked for it", "refund": "0"}
    shown = office.post(address, data | {"show": "1"}).content.decode()
    enrolment.refresh_from_db()
    assert ("Nothing more is owed" in shown, enrolment.state) == (True, "awaiting_payment")
    office.post(address, data | {"send": "1"})
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.charge.cancel_reason) == ("withdrawn", "Asked for it")

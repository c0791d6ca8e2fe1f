"""The office: who enters, what waits, and how little its first page asks of the database."""

from datetime import date, timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from certification.candidacy.models import EquivalencyCase, Retreat
from certification.review.models import (
    Appeal,
    Assignment,
    Decision,
    Dossier,
    Question,
    Snapshot,
    Submission,
)
from cohorts.models import AbsenceException, AidRequest, Application, Transfer
from consultations.models import Group, Round, Topic
from payments.models import Settlement, StripeEvent
from scip.accounts.models import Prerequisite
from scip.community.models import Post, Report, Thread
from scip.console.charts import days_waiting, funnel, money_in, months_back, seats
from scip.console.queues import QUEUES, list_url, span, waiting_for
from scip.credentials.models import Certificate, NumberSeries
from scip.directory.models import Listing, ListingReport
from scip.mail.models import Letter
from scip.pages.models import ContactMessage, InterestEntry
from scip.vault.models import Arrival, StoredFile
from supervision.models import Agreement, SupervisionSession, SupervisorApplication
from tests import world
from tests.console.troubles import sent_back, trouble_with_files
from tests.pathway import rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("edition")]
DAY = timedelta(days=1)
OFFICE = "/admin/"


def fill(number):
    """One matter in every queue, of a person of its own."""
    now = timezone.now()
    user = world.make_user(f"person{number}@example.com")
    rows.make_application(user, "submitted")
    rows.make_application(user, "info_needed", info_needed_at=now - 8 * DAY)
    rows.make_offer(rows.make_application(user, "offered"), expires_at=now + DAY / 2)
    Prerequisite.objects.create(user=user, kind="practice", submitted_at=now - 9 * DAY)
    place = rows.make_place(user, first=-15)
    AbsenceException.objects.create(
        enrolment=place, session=place.cohort.sessions.first(), reason="Ill"
    )
    Retreat.objects.create(
        user=user,
        title="Retreat",
        teachers="Both",
        started_on=now.date() - 9 * DAY,
        ended_on=now.date() - 6 * DAY,
    )
    EquivalencyCase.objects.create(
        user=user, format="scip_1", state="submitted", submitted_at=now - DAY
    )
    candidacy = world.make_candidacy(user)
    wait_for_level_c(candidacy, number)
    submission = Submission.objects.create(
        candidacy=candidacy,
        edition=candidacy.edition,
        charge=candidacy.charge,
        state="submitted",
        submitted_at=now - DAY,
    )
    snapshot = Snapshot.objects.create(submission=submission, content="{}", recommendation="{}")
    Dossier.objects.create(snapshot=snapshot, audience="candidate", problem="Too long")
    wait_for_readers(submission, number)
    Transfer.objects.create(
        enrolment=place,
        target=world.make_cohort(slug=f"later-{number}", state="draft"),
        kind="move",
        reason="Evenings",
    )
    Round.objects.create(
        name=f"Round {number}", state="open", opens_at=now - 9 * DAY, closes_at=now - DAY
    )
    StripeEvent.objects.create(
        event_id=f"evt_{number}",
        type="refund.created",
        payload={},
        flag="unknown_object",
        flagged_at=now,
    )
    thread = Thread.objects.create(cohort=place.cohort, title="A conversation", author=user)
    post = Post.objects.create(thread=thread, author=user, body="Harsh words.")
    Report.objects.create(post=post, reason="It hurts.")
    rows.pay(place.charge, flagged_at=now, flag="overpaid")
    Settlement.objects.create(charge=place.charge, settled_at=now - DAY)
    Certificate.objects.filter(credential=rows.make_credential(user), paper="a4").update(
        made_at=None, requested_at=now - DAY
    )
    Letter.objects.create(
        dedupe_key=f"lost:{number}", to_address="x@example.com", subject="S", given_up_at=now
    )
    cohort = world.make_cohort(level="B", slug=f"group-{number}")
    topic = Topic.objects.create(name=f"Theme {number}", slug=f"theme-{number}")
    Group.objects.create(cohort=cohort, topic=topic, decides_on=timezone.localdate() + DAY)
    ContactMessage.objects.create(name="V", email="v@example.com", message="Hello")
    InterestEntry.objects.create(email=f"i{number}@example.com", about="level_a")
    listing = Listing.objects.create(user=user, name="A Graduate", state="draft")
    ListingReport.objects.create(listing=listing, words="Look at it.")
    trouble_with_files(user)
    AidRequest.objects.create(
        application=rows.make_application(user, "submitted"),
        kind="supported",
        statement="For three pairs of eyes only.",
        state="requested",
        requested_at=now,
    )


def wait_for_readers(submission, number):
    """Somebody silent, somebody with a tie, somebody late with a question; no chair, and a letter."""
    now = timezone.now()
    states = {"asked": {}, "declared": {"declared_at": now}, "accepted": {"declared_at": now}}
    for state, values in states.items():
        member = world.make_user(f"{state}{number}@example.com")
        row = Assignment.objects.create(
            submission=submission,
            member=member,
            seat="reviewer",
            state=state,
            answer_due_at=now - DAY,
            due_at=now - DAY,
            **values,
        )
    Question.objects.create(assignment=row, text="How long did it last?")
    Decision.objects.create(
        submission=submission,
        state="approved",
        outcome="certified",
        strengths="Much.",
        contact_name="Ada",
        proposed_by=member,
        approved_by=submission.user,
        approved_at=now,
    )
    # Others: a letter that nobody reads as the second, one that came back to nobody in the chair.
    for name, values in (
        ("second", {"state": "proposed", "proposed_at": now - DAY}),
        ("back", {"returned_reason": "Warmer.", "saved_at": now - DAY}),
    ):
        other = world.make_candidacy(world.make_user(f"{name}{number}@example.com"))
        waiting = Submission.objects.create(
            candidacy=other,
            edition=other.edition,
            charge=other.charge,
            state="submitted",
            submitted_at=now - DAY,
        )
        Decision.objects.create(
            submission=waiting,
            outcome="certified",
            strengths="Much.",
            contact_name="Ada",
            proposed_by=member,
            **values,
        )


def wait_for_level_c(candidacy, number):
    """Somebody who would like to supervise, a session that two people remember differently, one
    that nobody answered, and a letter that nobody may write."""
    now = timezone.now()
    SupervisorApplication.objects.create(
        user=candidacy.user, state="submitted", submitted_at=now - DAY
    )
    supervisor = world.make_supervisor(world.make_user(f"guide{number}@example.com"))
    agreement = Agreement.objects.create(
        candidacy=candidacy, supervisor=supervisor, state="active", active_at=now - 30 * DAY
    )
    SupervisionSession.objects.create(
        agreement=agreement,
        candidacy=candidacy,
        supervisor=supervisor,
        kind="orientation",
        started_at=now - 2 * DAY,
        ends_at=now - 2 * DAY + timedelta(hours=1),
        state="disputed",
        disputed_at=now - DAY,
        dispute_reason="We met a week later.",
    )
    # Completed, and CMSC's approval of whoever was to write the letter is over.
    lost = world.make_supervisor(world.make_user(f"lost{number}@example.com"))
    lost.approvals.all().delete()
    Agreement.objects.create(
        candidacy=candidacy, supervisor=lost, state="completed", completed_at=now - DAY
    )
    # Logged a month ago by the candidate, and never answered.
    SupervisionSession.objects.create(
        agreement=agreement,
        candidacy=candidacy,
        supervisor=supervisor,
        kind="case_review",
        started_at=now - 30 * DAY,
        ends_at=now - 30 * DAY + timedelta(hours=1),
        logged_at=now - 29 * DAY,
        logged_by=candidacy.user,
    )
    sent_back(agreement)
    # Filed, and nobody was asked to hear it.
    Appeal.objects.create(
        candidacy=candidacy,
        state="filed",
        statement="What I see differently.",
        until_at=now + DAY,
        filed_at=now - DAY,
        answer_by_at=now + 29 * DAY,
    )


@pytest.mark.parametrize("count", [1, 3])
def test_the_first_page_asks_twelve_times_however_much_waits(as_user, staff, count):
    for number in range(count):
        fill(number)
    client = as_user(staff)
    client.get(OFFICE)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(OFFICE)
    assert response.status_code == 200
    assert len(queries) == 12, "\n".join(query["sql"][:160] for query in queries)


@pytest.mark.parametrize("count", [1, 3])
def test_every_queue_counts_its_own(staff, count):
    for number in range(count):
        fill(number)
    found = {item.code: item.count.number for item in waiting_for(staff, now=timezone.now())}
    assert found == {
        "appeals": count,
        "second_looks": count,
        "applications": count * 2,
        "evidence": count,
        "questions": count,
        "offers": count,
        "exceptions": count,
        "reports": count,
        "disputes": 0,
        "payments": count,
        "settlements": count,
        "refunds": 0,
        "to_return": 0,
        "overdue": 0,
        "groups": count,
        "rounds": count,
        "transfers": count,
        "supervisors": count,
        "sessions": count,
        "unanswered": count,
        "recommendations": count,
        "events": count,
        "retreats": count,
        "equivalency": count,
        "submissions": count * 3,
        "readers": count,
        "ties": count,
        "views": count,
        "reader_questions": count,
        "seconds": count,
        "letters_back": count,
        "decisions": count,
        "dossiers": count,
        "files_stuck": count * 2,
        "files_damaged": count,
        "certificates": count,
        "letters": count,
        "listings": count,
        "messages": count,
        "interest": count,
        "registrations": count * 3,
    }


def test_what_is_dealt_with_leaves_its_queue(staff):
    fill(1)
    Application.objects.update(state="withdrawn")
    Prerequisite.objects.update(state="verified")
    AbsenceException.objects.update(state="withdrawn")
    Report.objects.update(state="kept")
    Settlement.objects.update(claimed_at=timezone.now())
    Certificate.objects.update(made_at=timezone.now(), sha256="0" * 64)
    Letter.objects.update(sent_at=timezone.now())
    ContactMessage.objects.update(state="answered")
    Report.objects.update(state="kept")
    Group.objects.update(decides_on=None)
    Retreat.objects.update(state="withdrawn")
    EquivalencyCase.objects.update(state="withdrawn")
    Appeal.objects.update(state="withdrawn")
    Submission.objects.update(state="draft")
    Dossier.objects.update(problem="")
    SupervisorApplication.objects.update(state="withdrawn")
    SupervisionSession.objects.update(state="confirmed")
    Agreement.objects.update(state="ended")
    Transfer.objects.update(state="withdrawn")
    Round.objects.update(state="published")
    ListingReport.objects.update(state="settled")
    StripeEvent.objects.update(looked_at=timezone.now())
    Arrival.objects.update(arrived_at=timezone.now(), state="arrived")
    StoredFile.objects.update(damaged_at=None)
    left = {item.code for item in waiting_for(staff, now=timezone.now()) if item.count.number}
    assert left == {"offers", "payments", "interest", "registrations"}


def test_ages_and_the_late_ones_are_named(staff):
    fill(1)
    found = {item.code: item for item in waiting_for(staff, now=timezone.now())}
    assert (found["evidence"].note, found["evidence"].is_late) == ("oldest 9 days", True)
    assert found["offers"].note.startswith("first ends in 1")
    assert found["offers"].is_late
    assert (found["messages"].is_late, found["interest"].note) == (False, "")


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=59), "59 minutes"),
        (timedelta(hours=47), "47 hours"),
        (timedelta(hours=49), "2 days"),
        (timedelta(hours=-1), "0 minutes"),
    ],
)
def test_spans_are_told_in_one_unit(length, words):
    assert span(length) == words


def test_every_link_of_a_queue_opens_its_list(as_user, staff, aid_decider):
    fill(1)
    for user in (staff, aid_decider):
        client = as_user(user)
        for item in waiting_for(user, now=timezone.now()):
            if item.url:
                response = client.get(item.url)
                assert response.status_code == 200, item.code
                if "cl" in response.context and item.code != "certificates":
                    assert response.context["cl"].result_count >= 1, item.code


def test_a_list_that_does_not_exist_is_no_link():
    shown = [queue.code for queue in QUEUES if admin.site.is_registered(queue.model)]
    assert "evidence" in shown
    assert list_url(NumberSeries, {}) == ""


def test_counts_stop_at_a_thousand(staff):
    ContactMessage.objects.bulk_create(
        ContactMessage(name="V", email="v@example.com", message="Hi") for _i in range(1002)
    )
    oldest = timezone.now() - 30 * DAY
    ContactMessage.objects.filter(pk=ContactMessage.objects.last().pk).update(created_at=oldest)
    found = {item.code: item for item in waiting_for(staff, now=timezone.now())}
    assert found["messages"].count.text == "1,000+"
    assert found["messages"].count.oldest == oldest


def test_people_who_decide_on_aid_see_their_queue_and_nothing_else(as_user, aid_decider):
    fill(1)
    response = as_user(aid_decider).get(OFFICE)
    assert [item.code for item in response.context["queues"]] == ["aid"]
    assert response.context["queues"][0].count.number == 1
    assert response.context["charts"] == []
    labels = {
        model["object_name"] for app in response.context["app_list"] for model in app["models"]
    }
    assert labels <= {"AidRequest", "FundEntry"}
    assert "Find a person" not in response.content.decode()


@pytest.mark.parametrize(
    "persona", ["participant", "applicant", "facilitator", "supervisor", "reviewer"]
)
def test_others_do_not_enter(as_user, request, persona):
    client = as_user(request.getfixturevalue(persona))
    response = client.get(OFFICE)
    assert (response.status_code, response.url) == (302, "/admin/login/?next=/admin/")
    assert client.get(response.url).status_code == 403


def test_visitors_are_led_to_the_sites_own_sign_in(client):
    response = client.get(OFFICE, follow=True)
    assert response.redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2F"


def test_sign_in_leads_back_to_our_own_pages_only(client, as_user, staff):
    assert client.get("/admin/login/?next=//evil.example/").url == (
        "/accounts/login/?next=%2Fadmin%2F"
    )
    assert as_user(staff).get("/admin/login/?next=//evil.example/").url == "/admin/"


def test_the_admins_own_password_form_is_never_there(client, staff):
    response = client.post(
        "/admin/login/", {"username": staff.email, "password": world.PASSWORD, "next": "/admin/"}
    )
    assert response.status_code == 302
    assert "_auth_user_id" not in client.session


def test_the_office_stays_shut_without_a_second_factor(as_user, staff):
    Authenticator.objects.filter(user=staff).delete()
    response = as_user(staff).get(OFFICE)
    assert (response.status_code, response.url) == (302, "/accounts/2fa/")
    request = response.wsgi_request
    assert admin.site.has_permission(request) is False


def test_signing_out_leads_to_the_first_page(as_user, staff):
    client = as_user(staff)
    assert client.post("/admin/logout/").url == "/"
    assert client.get(OFFICE).status_code == 302


def test_nobody_deletes_by_the_dozen(as_user, staff, participant):
    client: Client = as_user(staff)
    actions = client.get(reverse("admin:accounts_user_changelist")).content.decode()
    assert "delete_selected" not in actions
    assert "export_csv" in actions


# --- figures --------------------------------------------------------------------------


def test_the_funnel_counts_the_steps_of_the_running_year():
    now = timezone.now()
    fill(1)
    InterestEntry.objects.create(email="b@example.com", about="level_b")
    Application.objects.filter(state="submitted").update(submitted_at=now - 800 * DAY)
    chart = funnel(now)
    assert [row["value"] for row in chart.rows] == [1, 3, 0, 1]
    assert chart.most == 3


def test_seats_are_held_seats(participant):
    application = rows.make_application(participant, "offered", world.make_cohort(capacity=4))
    application.cohort.seats.create(number=1, application=application)
    world.make_cohort(state="finished")
    chart = seats()
    assert [(row["text"], row["value"]) for row in chart.rows] == [("1 of 4", 25)]
    assert chart.most == 100


def test_a_cohort_with_all_seats_free_is_shown():
    world.make_cohort(capacity=4)
    chart = seats()
    assert (chart.has_figures, chart.rows[0]["text"]) == (True, "0 of 4")


def test_money_by_month_keeps_currencies_apart(participant):
    now = timezone.now()
    rows.pay(rows.make_charge(participant), 100_000)
    rows.pay(rows.make_charge(participant, currency="EUR"), 5_000)
    rows.pay(rows.make_charge(participant), 7_000, received_at=now - 400 * DAY)
    chart = money_in(now)
    assert len(chart.rows) == 6
    assert [row.total for row in chart.rows] == [0, 0, 0, 0, 0, 100_000]
    assert (chart.rows[-1].total_text, chart.rows[-1].note) == ("USD 1,000", "EUR 50")


def test_waiting_is_the_median_until_the_first_answer(participant):
    now = timezone.now()
    month = timezone.localdate(now)
    for days in (1, 2, 9):
        application = rows.make_application(participant, "offered", submitted_at=now - days * DAY)
        rows.make_offer(application, made_at=now)
    rows.make_application(participant, "submitted", submitted_at=now - 90 * DAY)
    last = days_waiting(now).rows[-1]
    assert (last["text"], last["note"]) == ("2 days", "3 answered")
    assert month.month == timezone.localdate().month


@pytest.mark.parametrize(
    ("today", "first"),
    [(date(2027, 1, 31), date(2026, 8, 1)), (date(2027, 6, 1), date(2027, 1, 1))],
)
def test_months_run_over_the_turn_of_the_year(today, first):
    found = months_back(world.utc(today.year, today.month, today.day, 12))
    assert (len(found), found[0], found[-1]) == (6, first, today.replace(day=1))


def test_empty_figures_say_why(as_user, staff):
    html = as_user(staff).get(OFFICE).content.decode()
    for words in ("Nothing yet this year.", "No cohort is open or running."):
        assert words in html

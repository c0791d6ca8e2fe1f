"""The office's pages: cohorts, places, absence exceptions."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.admin import site
from django.forms import modelform_factory
from django.urls import reverse
from django.utils import timezone

from cohorts.forms.cohorts import CohortForm
from cohorts.models import AbsenceException, Cohort, Enrolment, Session
from scip.mail.models import Letter
from tests import world
from tests.cohorts.meeting import FIRST, enrol, enrol_new, lead, make_running, mark
from tests.cohorts.test_facilitate import begun

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(as_user, staff):
    return as_user(staff)


def change(obj) -> str:
    return reverse(f"admin:cohorts_{obj._meta.model_name}_change", args=[obj.pk])


def test_only_the_office_gets_in(as_user, participant, facilitator, staff, aid_decider):
    cohort = make_running()
    enrolment = enrol(participant, cohort)
    for url in (change(cohort), change(enrolment), reverse("admin:cohorts_cohort_changelist")):
        assert as_user(staff).get(url).status_code == 200
        for user in (participant, facilitator, aid_decider):
            assert as_user(user).get(url).status_code in {302, 403}


def test_the_own_pages_are_guarded(as_user, aid_decider, participant):
    cohort = world.make_cohort(state="draft")
    exception = AbsenceException.objects.create(
        enrolment=enrol(participant, cohort := make_running()),
        session=cohort.sessions.get(number=1),
        reason="Ill.",
    )
    client = as_user(aid_decider)
    for url in (
        reverse("admin:cohorts_cohort_open", args=[cohort.pk]),
        reverse("admin:cohorts_cohort_session", args=[cohort.pk, 1]),
        reverse("admin:cohorts_absenceexception_decide", args=[exception.pk]),
        reverse("admin:cohorts_enrolment_promise", args=[exception.enrolment_id]),
    ):
        assert client.get(url).status_code == 403
        assert client.post(url).status_code == 403


def test_a_new_cohort_starts_with_the_edition_s_figures(office, edition):
    edition.attendance_percent = 77
    edition.level_a_sessions = 11
    edition.save()
    page = office.get(reverse("admin:cohorts_cohort_add")).content.decode()
    assert 'name="attendance_percent" value="77"' in page
    assert 'name="session_count" value="11"' in page


def test_a_cohort_is_made_in_the_form_with_words_for_what_does_not_fit(office, edition):
    leader = world.make_user("leader@example.com", "facilitator")
    data = {
        "title": "Spring",
        "slug": "spring",
        "level": "A",
        "edition": edition.pk,
        "time_zone": "Europe/Lisbon",
        "starts_on": "2027-03-02",
        "starts_at": "18:00",
        "session_count": "12",
        "session_minutes": "180",
        "capacity": "20",
        "join_url": "https://meet.example.org/spring",
        "applications_open_at_0": "2026-12-01",
        "applications_open_at_1": "00:00",
        "applications_close_at_0": "2026-11-01",
        "applications_close_at_1": "00:00",
        "attendance_percent": "80",
        "present_percent": "80",
        "offer_days": "10",
        "waiting_list_offer_hours": "72",
        "payment_hours": "72",
        "last_session_to_join": "3",
        "msc_required_for": "level_b",
        "facilitators": [leader.pk],
    }
    for prefix in ("tiers", "skipped_days", "sessions"):
        data |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    url = reverse("admin:cohorts_cohort_add")
    page = office.post(url, data).content.decode()
    assert "Applications close after they open." in page
    assert "Say until when the MSC programme is owed." in page
    fixed = {"applications_close_at_0": "2027-01-31", "msc_due_on": "2027-06-01"}
    assert office.post(url, data | fixed).status_code == 302
    cohort = Cohort.objects.get(slug="spring")
    assert (cohort.state, list(cohort.facilitators.all())) == ("draft", [leader])


def test_an_open_cohort_keeps_its_promises(office):
    cohort = make_running(state="open")
    page = office.get(change(cohort)).content.decode()
    assert 'name="starts_on"' not in page
    assert 'name="attendance_percent"' not in page
    assert 'name="tiers-0-amount_cents"' not in page
    assert 'name="sessions-0-title"' in page
    assert 'name="state"' not in page


def test_opening_shows_dates_first_and_then_opens(office):
    cohort = world.make_cohort(state="draft", starts_on=timezone.localdate() + timedelta(days=90))
    url = reverse("admin:cohorts_cohort_open", args=[cohort.pk])
    assert office.get(url).content.decode().count("18:00, Lisbon time") == 12
    cohort.refresh_from_db()
    assert cohort.state == "draft"
    assert "visitors see it now" in office.post(url, follow=True).content.decode()
    assert "not possible any more" in office.post(url, follow=True).content.decode()
    cohort.refresh_from_db()
    assert (cohort.state, cohort.sessions.count()) == ("open", 12)


def test_copying_leads_to_a_draft(office):
    cohort = make_running()
    url = reverse("admin:cohorts_cohort_copy", args=[cohort.pk])
    assert office.get(url).status_code == 405
    assert office.post(url).status_code == 302
    assert Cohort.objects.get(state="draft").starts_on == cohort.starts_on + timedelta(weeks=52)


def test_a_session_is_moved_in_the_cohort_s_zone_or_cancelled(office):
    ahead = timezone.localdate() + timedelta(days=30)
    cohort = make_running(state="open", starts_on=ahead)
    enrol_new(cohort)
    url = reverse("admin:cohorts_cohort_session", args=[cohort.pk, 2])
    day = (ahead + timedelta(days=8)).isoformat()
    office.post(url, {"starts_on": day, "starts_at": "19:30", "note": "Sorry.", "move": "1"})
    session = Session.objects.get(cohort=cohort, number=2)
    local = session.starts_at.astimezone(cohort.zone)
    assert (local.date().isoformat(), local.hour, local.minute) == (day, 19, 30)
    assert "Sorry." in Letter.objects.get().text
    office.post(url, {"cancel-note": "", "cancel": "1"})
    session.refresh_from_db()
    assert (session.state, Letter.objects.count()) == ("cancelled", 2)


def test_the_queue_of_exceptions_and_a_decision(office, participant):
    cohort = make_running()
    enrolment = enrol(participant, cohort)
    mark(enrolment, 1, "absent")
    exception = AbsenceException.objects.create(
        enrolment=enrolment, session=cohort.sessions.get(number=1), reason="My child was ill."
    )
    queue = office.get(reverse("admin:cohorts_absenceexception_changelist"), {"state": "requested"})
    assert b"Paulo Participant" in queue.content
    url = reverse("admin:cohorts_absenceexception_decide", args=[exception.pk])
    page = office.get(url).content.decode()
    assert "My child was ill." in page
    assert "You have 0 of the 10 sessions needed." in page
    office.post(url, {"reason": "", "accept": "1"})
    office.post(url, {"reason": "No button."})
    exception.refresh_from_db()
    assert exception.state == "requested"
    office.post(url, {"task": "Write a page.", "agree": "1"})
    exception.refresh_from_db()
    assert (exception.state, exception.make_up_task) == ("make_up_agreed", "Write a page.")
    office.post(url, {"reason": "Not handed in.", "decline": "1"})
    exception.refresh_from_db()
    assert (exception.state, exception.decision_reason) == ("declined", "Not handed in.")


def test_a_place_shows_how_the_person_stands(office, participant):
    enrolment = enrol(participant, begun(2))
    mark(enrolment, 1)
    page = office.get(change(enrolment)).content.decode()
    assert "You have 1 of the 10 sessions needed." in page
    assert page.count("UTC, present") == 1
    assert page.count("UTC, not marked") == 1
    assert page.count("UTC, still ahead") == 10


@pytest.mark.parametrize("people", [1, 3])
def test_lists_are_constant_in_queries(people, office, django_assert_num_queries):
    cohort = make_running()
    lead(cohort)
    for enrolment in enrol_new(cohort, people):
        AbsenceException.objects.create(
            enrolment=enrolment, session=cohort.sessions.get(number=1), reason="Ill."
        )
    assert Enrolment.objects.count() == people
    assert cohort.starts_on == FIRST.date()
    for name, queries in (("enrolment", 8), ("absenceexception", 8), ("cohort", 7)):
        url = reverse(f"admin:cohorts_{name}_changelist")
        office.get(url)
        with django_assert_num_queries(queries):
            office.get(url)


def test_saving_a_cohort_writes_only_what_was_edited(office, staff, rf):
    """The calendar starts the cohort while somebody's form is being saved."""
    cohort = make_running(state="open")
    stale = Cohort.objects.get(pk=cohort.pk)
    Cohort.objects.filter(pk=cohort.pk).update(state="running")
    request = rf.post("/")
    request.user = staff
    admin = site.get_model_admin(Cohort)
    fields = modelform_factory(Cohort, form=CohortForm, fields=["title"])
    form = fields({"title": "A new title"}, instance=stale)
    assert form.is_valid(), form.errors
    admin.save_model(request, form.save(commit=False), form, change=True)
    cohort.refresh_from_db()
    assert (cohort.title, cohort.state) == ("A new title", "running")


def test_a_stale_page_of_a_cohort_changes_only_what_it_changed(staff, rf):
    """Somebody has the page open while a colleague names a facilitator and moves a date."""
    cohort = world.make_cohort(title="Spring")
    admin = site.get_model_admin(Cohort)
    request = rf.post("/")
    request.user = staff
    page = admin.get_form(request, cohort)(instance=cohort)
    sent = as_sent(page)
    leader = world.make_user("leader@example.com", "facilitator")
    cohort.facilitators.add(leader)
    Cohort.objects.filter(pk=cohort.pk).update(summary="From a colleague")
    stale = admin.get_form(request, cohort)(
        sent | {"title": "Spring, anew"}, instance=Cohort.objects.get(pk=cohort.pk)
    )
    assert stale.is_valid(), stale.errors
    assert stale.changed_data == ["title"]
    saved = stale.save(commit=False)
    admin.save_model(request, saved, stale, change=True)
    admin.save_related(request, stale, [], change=True)
    kept = Cohort.objects.get(pk=cohort.pk)
    assert (kept.title, kept.summary) == ("Spring, anew", "From a colleague")
    assert list(kept.facilitators.all()) == [leader]


def as_sent(form):
    """What a browser sends back of an unchanged form."""
    sent = {}
    for html in (str(field) for field in form):
        for tag in re.findall(r"<(?:input|select)[^>]*>", html):
            name, value = (re.search(rf' {key}="([^"]*)"', tag) for key in ("name", "value"))
            ticked = "checkbox" not in tag or " checked" in tag
            if name and ticked and not tag.startswith("<select"):
                sent[name[1]] = unescape(value[1]) if value else ""
        for name, options in re.findall(
            r'<select name="([^"]*)"[^>]*>(.*?)</select>', html, re.DOTALL
        ):
            chosen = re.search(r'value="([^"]*)" selected', options)
            sent[name] = unescape(chosen[1]) if chosen else ""
        for name, text in re.findall(
            r'<textarea name="([^"]*)"[^>]*>(.*?)</textarea>', html, re.DOTALL
        ):
            sent[name] = unescape(text.strip())
    return sent

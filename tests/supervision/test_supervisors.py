"""Becoming and staying a supervisor: applications, approvals, the role in step, the office's pages."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from scip.accounts.models import Role, RoleGrant, User
from scip.mail.models import Letter
from scip.policy.models import Edition
from scip.requirements import Refusal
from scip.states import IllegalMove
from supervision.models import Approval, Supervisor, SupervisorApplication
from supervision.queries.supervisors import approved_on
from supervision.requirements.supervisors import notice_is_due
from supervision.services import supervisors as services
from tests import world
from tests.races import tally

State = SupervisorApplication.State
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
TODAY = NOW.date()
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def vera(db: None, edition) -> User:
    return world.make_user("vera@example.com", name="Vera Novak")


def applied(user: User, now: datetime = NOW) -> SupervisorApplication:
    return services.apply(user, experience="Ten years.", motivation="I like it.", now=now)


def approved(user: User, staff: User, **days) -> Approval:
    days = {"from_on": TODAY, "until_on": TODAY + 365 * DAY} | days
    return services.approve(applied(user), by=staff, now=NOW, **days)


def holds(user: User, on: date = TODAY) -> bool:
    return RoleGrant.objects.holding(Role.SUPERVISOR, on=on).filter(user=user).exists()


# --- Applying ------------------------------------------------------------------------------------


def test_a_draft_is_kept_then_sent_once(vera):
    draft = services.apply(vera, experience="Ten", motivation="", send=False, now=NOW)
    assert draft.state == State.DRAFT
    assert not Letter.objects.exists()
    sent = applied(vera)
    assert (sent.pk, sent.state) == (draft.pk, State.SUBMITTED)
    assert Letter.objects.get().subject == "Vera Novak would like to supervise"
    with pytest.raises(Refusal, match="with the office already"):
        applied(vera)


def test_an_application_is_taken_back_by_its_writer_only(vera, stranger):
    sent = applied(vera)
    with pytest.raises(Refusal):
        services.withdraw(sent, by=stranger)
    assert services.withdraw(sent, by=vera).state == State.WITHDRAWN
    assert services.withdraw(sent, by=vera).state == State.WITHDRAWN
    assert applied(vera).pk != sent.pk


def test_an_invitation_is_confirmed_by_the_person_and_then_decided(vera, staff):
    invited = services.invite(vera, words="We know your work.", by=staff, now=NOW)
    letter = Letter.objects.get(to_user=vera)
    assert "We know your work." in letter.text
    assert "/supervision/apply/" in letter.text
    with pytest.raises(IllegalMove):
        services.approve(invited, from_on=TODAY, until_on=None, by=staff, now=NOW)
    with pytest.raises(Refusal, match="under way"):
        services.invite(vera, words="", by=staff, now=NOW)
    assert applied(vera).pk == invited.pk
    approval = services.approve(invited, from_on=TODAY, until_on=None, by=staff, now=NOW)
    assert approval.supervisor.user == vera


@pytest.mark.parametrize("state", ["approved", "declined", "withdrawn"])
def test_what_is_decided_is_not_decided_again(vera, staff, state):
    row = SupervisorApplication.objects.create(user=vera, state=state)
    with pytest.raises(IllegalMove):
        services.approve(row, from_on=TODAY, until_on=None, by=staff, now=NOW)
    with pytest.raises(IllegalMove):
        services.decline(row, note="No", by=staff, now=NOW)
    assert not Approval.objects.exists()
    assert not Supervisor.objects.exists()


def test_only_the_office_decides_and_nobody_about_themselves(vera, staff, stranger):
    sent = applied(vera)
    for by in (stranger, vera):
        with pytest.raises(Refusal):
            services.approve(sent, from_on=TODAY, until_on=None, by=by, now=NOW)
        with pytest.raises(Refusal):
            services.decline(sent, note="x", by=by, now=NOW)
        with pytest.raises(Refusal):
            services.invite(stranger, words="", by=by, now=NOW)
    own = applied(staff)
    with pytest.raises(Refusal, match="colleague"):
        services.approve(own, from_on=TODAY, until_on=None, by=staff, now=NOW)


def test_a_no_is_kind_or_not_at_all(vera, staff):
    sent = applied(vera)
    with pytest.raises(Refusal, match="a few words"):
        services.decline(sent, note=" ", by=staff, now=NOW)
    services.decline(sent, note="Please finish Level B first.", by=staff, now=NOW)
    assert "Please finish Level B first." in Letter.objects.get(to_user=vera).text
    assert not holds(vera)


# --- Approval and role ---------------------------------------------------------------------------


def test_approval_gives_page_role_and_letter(vera, staff):
    approval = approved(vera, staff)
    assert holds(vera)
    supervisor = Supervisor.objects.get(user=vera)
    assert not supervisor.is_listed, "being public is the person's own wish"
    assert approved_on(supervisor, TODAY)
    assert approved_on(supervisor, approval.until_on - DAY)
    assert not approved_on(supervisor, approval.until_on)
    assert not approved_on(supervisor, TODAY - DAY)
    letter = Letter.objects.get(to_user=vera, subject="You are approved as a supervisor")
    assert "Monday 1 March 2027" in letter.text
    with pytest.raises(Refusal, match="approved as a supervisor already"):
        applied(vera)


def test_the_role_begins_and_ends_with_the_days(vera, staff):
    approved(vera, staff, from_on=TODAY + 10 * DAY, until_on=TODAY + 20 * DAY)
    assert not holds(vera)
    assert services.follow_calendar(NOW) == 0
    for day, expected in ((10, True), (19, True), (20, False)):
        now = NOW + day * DAY
        services.follow_calendar(now)
        services.follow_calendar(now)
        assert holds(vera, now.date()) is expected, day
    given = RoleGrant.objects.filter(user=vera, role=Role.SUPERVISOR)
    assert given.count() == 1


def test_a_role_that_the_office_took_by_hand_stays_taken(vera, staff):
    from scip.accounts.services import end_role

    approved(vera, staff)
    end_role(RoleGrant.objects.get(user=vera), by=staff, now=NOW + DAY)
    assert services.follow_calendar(NOW + 2 * DAY) == 0
    assert not holds(vera, TODAY + 2 * DAY)


def test_a_role_without_any_approval_is_left_alone(supervisor, edition):
    assert services.follow_calendar(NOW) == 0
    assert holds(supervisor)


def test_a_renewal_follows_without_a_gap(vera, staff):
    first = approved(vera, staff)
    second = services.renew(
        first.supervisor, until_on=first.until_on + 365 * DAY, by=staff, now=NOW
    )
    assert second.from_on == first.until_on
    assert Letter.objects.filter(subject="Your approval as a supervisor is renewed").exists()
    at_the_seam = NOW + 365 * DAY
    assert services.follow_calendar(at_the_seam) == 0
    assert holds(vera, at_the_seam.date())
    late = services.renew(first.supervisor, until_on=None, by=staff, now=NOW + 1000 * DAY)
    assert late.from_on == TODAY + 1000 * DAY


def test_days_that_overlap_or_end_before_they_begin_are_refused(vera, staff):
    first = approved(vera, staff)
    supervisor = first.supervisor
    for days in (
        {"from_on": TODAY + 30 * DAY, "until_on": None},
        {"from_on": TODAY + 400 * DAY, "until_on": TODAY + 300 * DAY},
        {"from_on": None, "until_on": TODAY},
    ):
        with pytest.raises(Refusal):
            services.renew(supervisor, by=staff, now=NOW, **days)
    assert supervisor.approvals.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Approval.objects.create(supervisor=supervisor, from_on=TODAY + DAY)


def test_an_early_end_takes_role_and_renewals_with_a_reason(vera, staff):
    first = approved(vera, staff)
    supervisor = first.supervisor
    ahead = services.renew(supervisor, until_on=None, by=staff, now=NOW)
    with pytest.raises(Refusal, match="reason"):
        services.end_approval(supervisor, reason=" ", by=staff, now=NOW)
    for day in (TODAY - DAY, TODAY):
        with pytest.raises(Refusal, match="tomorrow at the earliest"):
            services.end_approval(supervisor, reason="x", on=day, by=staff, now=NOW)
    services.end_approval(supervisor, reason="At your wish.", by=staff, now=NOW + 29 * DAY)
    first.refresh_from_db()
    ahead.refresh_from_db()
    assert first.until_on == TODAY + 30 * DAY
    assert ahead.until_on == ahead.from_on
    assert approved_on(supervisor, TODAY + 29 * DAY), "what was held that morning keeps counting"
    assert holds(vera, TODAY + 29 * DAY)
    services.follow_calendar(NOW + 30 * DAY)
    assert not approved_on(supervisor, TODAY + 30 * DAY)
    assert not approved_on(supervisor, ahead.from_on)
    assert not holds(vera, TODAY + 30 * DAY)
    assert "At your wish." in Letter.objects.get(subject__contains="ends on").text
    with pytest.raises(Refusal, match="No approval"):
        services.end_approval(supervisor, reason="x", by=staff, now=NOW + 31 * DAY)
    again = services.renew(supervisor, until_on=None, by=staff, now=NOW + 31 * DAY)
    assert again.from_on == TODAY + 31 * DAY


def test_an_end_that_is_announced_keeps_the_role_until_then(vera, staff):
    supervisor = approved(vera, staff).supervisor
    services.end_approval(supervisor, reason="Moving on.", on=TODAY + 10 * DAY, by=staff, now=NOW)
    assert holds(vera)
    services.follow_calendar(NOW + 10 * DAY)
    assert not holds(vera, TODAY + 10 * DAY)


def test_notice_is_due_in_its_window():
    for until, due in (
        (None, False),
        (TODAY, False),
        (TODAY + 30 * DAY, True),
        (TODAY + 31 * DAY, False),
    ):
        assert notice_is_due(until, on=TODAY, days=30) is due


def test_an_end_is_announced_once_to_both_unless_renewed(vera, staff, settings):
    approval = approved(vera, staff)
    end = datetime(2028, 2, 29, 12, tzinfo=UTC)
    assert approval.until_on == end.date()
    assert services.announce_expiries(end - 31 * DAY) == 0
    assert services.announce_expiries(end - 30 * DAY) == 1
    assert services.announce_expiries(end - 29 * DAY) == 0
    told = Letter.objects.filter(dedupe_key__contains=":ending:")
    assert {letter.to_address for letter in told} == {vera.email, settings.STAFF_EMAIL}


def test_a_renewed_approval_is_not_announced_and_the_figure_is_the_editions(vera, staff):
    approval = approved(vera, staff)
    end = datetime(2028, 2, 29, 12, tzinfo=UTC)
    Edition.objects.update(approval_notice_days=60)
    assert services.announce_expiries(end - 61 * DAY) == 0
    services.renew(approval.supervisor, until_on=None, by=staff, now=NOW)
    assert services.announce_expiries(end - 50 * DAY) == 0


@pytest.mark.django_db(transaction=True)
def test_two_colleagues_decide_at_once(edition):
    staff = [world.make_user(f"s{n}@example.com", Role.STAFF) for n in (1, 2)]
    row = applied(world.make_user("vera@example.com"))
    outcomes = tally(
        *[
            lambda: services.approve(row, from_on=TODAY, until_on=None, by=staff[0], now=NOW),
            lambda: services.decline(row, note="Not now.", by=staff[1], now=NOW),
        ]
    )
    assert outcomes == {"done": 1, "refused": 1}
    row.refresh_from_db()
    assert (row.state == State.APPROVED) is Approval.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_renewals_at_once_leave_one(edition):
    staff = world.make_user("s@example.com", Role.STAFF)
    supervisor = world.make_supervisor(world.make_user("v@example.com"), until_on=TODAY + 9 * DAY)
    outcomes = tally(*[lambda: services.renew(supervisor, until_on=None, by=staff, now=NOW)] * 2)
    assert outcomes["done"] == 1
    assert supervisor.approvals.count() == 2


# --- Pages ---------------------------------------------------------------------------------------


def test_applying_keeps_what_was_typed(vera, as_user):
    client = as_user(vera)
    typed = {"experience": "Many years", "motivation": " "}
    page = client.post("/supervision/apply/", typed).content.decode()
    assert "Many years" in page
    assert "There are no words here yet." in page
    assert not SupervisorApplication.objects.exists()
    assert client.post("/supervision/apply/", typed | {"keep": "1"}).status_code == 302
    page = client.get("/supervision/apply/").content.decode()
    assert "Many years" in page
    client.post("/supervision/apply/", typed | {"motivation": "Joy"})
    page = client.get("/supervision/apply/").content.decode()
    assert "Your application is with the office" in page
    client.post("/supervision/apply/withdraw/")
    assert SupervisorApplication.objects.get().state == State.WITHDRAWN
    assert client.post("/supervision/apply/withdraw/").status_code == 404


def test_the_office_sees_the_letter_before_it_goes(vera, staff, as_user):
    client = as_user(staff)
    row = applied(vera)
    stem = f"/admin/supervision/supervisorapplication/{row.pk}"
    assert "Ten years." in client.get(f"{stem}/change/").content.decode()
    form = {"from_on": str(date.today()), "until_on": "2030-06-01", "note": "So glad."}
    page = client.post(f"{stem}/decide/approve/", form).content.decode()
    assert "So glad." in page
    assert "Saturday 1 June 2030" in page
    assert not Approval.objects.exists()
    done = client.post(
        f"{stem}/decide/approve/", form | {"send": "1"}, follow=True
    ).content.decode()
    assert "Approved; the letter is on its way." in done
    approval = Approval.objects.get()
    assert (str(approval.until_on), approval.approved_by) == ("2030-06-01", staff)
    moved = client.get(f"{stem}/decide/decline/", follow=True).content.decode()
    assert "was done already" in moved


def test_the_office_declines_renews_ends_and_invites(vera, staff, stranger, as_user):
    client = as_user(staff)
    row = applied(vera)
    stem = f"/admin/supervision/supervisorapplication/{row.pk}"
    client.post(f"{stem}/decide/decline/", {"note": "Not yet.", "send": "1"})
    row.refresh_from_db()
    assert row.state == State.DECLINED
    supervisor = world.make_supervisor(vera, until_on=date(2031, 1, 1))
    stem = f"/admin/supervision/supervisor/{supervisor.pk}"
    assert "Wednesday 1 January 2031" in client.get(f"{stem}/change/").content.decode()
    refused = client.post(f"{stem}/decide/renew/", {"until_on": "2030-01-01", "send": "1"})
    assert "has to lie ahead" in refused.content.decode()
    client.post(f"{stem}/decide/renew/", {"until_on": "2033-01-01", "send": "1"})
    assert supervisor.approvals.count() == 2
    today = timezone.now().date()
    end = {"on": str(today), "reason": "Retired.", "send": "1"}
    refused = client.post(f"{stem}/decide/end/", end).content.decode()
    assert "tomorrow at the earliest" in refused
    page = client.get(f"{stem}/decide/end/").content.decode()
    assert f'value="{today + DAY}"' in page
    client.post(f"{stem}/decide/end/", end | {"on": str(today + DAY)})
    assert approved_on(supervisor, today)
    assert not approved_on(supervisor, today + DAY)
    assert "Retired." in client.get(f"{stem}/change/").content.decode()
    invite = "/admin/supervision/supervisor/invite/"
    page = client.post(invite, {"email": stranger.email, "words": "Please."}).content.decode()
    assert "Please." in page
    client.post(invite, {"email": stranger.email, "words": "Please.", "send": "1"})
    assert SupervisorApplication.objects.get(user=stranger).invited_by == staff


def test_drafts_belong_to_their_writers_in_the_office_too(vera, staff, as_user):
    row = services.apply(vera, experience="Secret", motivation="", send=False, now=NOW)
    client = as_user(staff)
    stem = f"/admin/supervision/supervisorapplication/{row.pk}"
    assert client.get(f"{stem}/change/").status_code == 404
    assert "Vera" not in client.get("/admin/supervision/supervisorapplication/").content.decode()


def test_the_offices_lists_take_the_same_queries(vera, staff, as_user, django_assert_num_queries):
    client = as_user(staff)
    for path in ("supervisor", "supervisorapplication"):
        client.get(f"/admin/supervision/{path}/")
    world.make_supervisor(vera)
    applied(world.make_user("a@example.com"))
    for more in (0, 2):
        for n in range(more):
            world.make_supervisor(world.make_user(f"m{n}@example.com"))
            applied(world.make_user(f"a{n}@example.com"))
        for path, queries in LIST_QUERIES.items():
            with django_assert_num_queries(queries):
                client.get(f"/admin/supervision/{path}/")


# Session, person, roles, second factor, the page's count and its rows.
LIST_QUERIES = {"supervisor": 7, "supervisorapplication": 7}

"""The demo world holds what it promises, at its times, and can be made only once."""

from collections import Counter
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import check_password
from django.core.management import call_command

from cohorts.models import (
    AbsenceException,
    AidRequest,
    Application,
    Cohort,
    Enrolment,
    Session,
    Transfer,
)
from cohorts.queries.roster import attendance_evidence
from cohorts.requirements.attendance import attendance_tally
from consultations.models import Group, Round
from consultations.queries.rounds import ground_of
from payments.models import (
    Charge,
    CreditNote,
    FundEntry,
    Invoice,
    Payment,
    Receipt,
    Refund,
    SandboxObject,
    Settlement,
)
from payments.services import balance, fund_balance, given_so_far
from scip.accounts.models import Prerequisite, Role, User
from scip.accounts.queries import prerequisite_evidence
from scip.accounts.requirements import prerequisite_findings
from scip.audit.models import Entry
from scip.community.models import Announcement, Material, Thread
from scip.credentials.models import Certificate, Completion, Credential
from scip.demo.management.commands.seed_demo import Command
from scip.demo.people import BY_EMAIL, DEMO_PEOPLE, PASSWORD
from scip.demo.world import build
from scip.mail.models import Letter
from scip.management import supervisor
from scip.pages.models import ContactMessage, InterestEntry
from scip.requirements import Status
from tests.demo.conftest import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_world")]


def person(name: str) -> User:
    return User.objects.get(email=f"{name}@example.org")


def findings(user: User) -> dict[str, Status]:
    evidence = prerequisite_evidence([user.pk])[user.pk]
    return {
        finding.code: finding.status
        for finding in prerequisite_findings(evidence, as_of=NOW.date(), msc_due_on=None)
    }


def test_demo_people_are_those_that_the_demo_prints():
    assert {item.email for item in DEMO_PEOPLE} == {email for email, _ in supervisor.PEOPLE}
    assert PASSWORD == supervisor.PASSWORD


def test_every_demo_person_can_sign_in_and_holds_the_promised_role():
    for email, promised in BY_EMAIL.items():
        user = User.objects.get(email=email)
        assert check_password(PASSWORD, user.password)
        assert user.emailaddress_set.filter(verified=True, primary=True).count() == 1
        assert user.roles == frozenset({promised.role} if promised.role else ())
        has_factor = Authenticator.objects.filter(user=user, type="totp").exists()
        assert has_factor == bool(promised.role)


def test_making_it_twice_changes_nothing(small_world):
    counts = (User.objects.count(), Letter.objects.count(), Entry.objects.count())
    assert build(now=NOW + timedelta(days=1), small=True) == small_world
    call_command(Command())
    assert (User.objects.count(), Letter.objects.count(), Entry.objects.count()) == counts


def test_two_cohorts_finished_one_in_week_seven_one_full_one_with_places():
    cohorts = list(Cohort.objects.filter(level="A").order_by("starts_on"))
    assert [cohort.state for cohort in cohorts] == [
        "finished",
        "finished",
        "running",
        "open",
        "open",
    ]
    running, full, free = cohorts[2:]
    held = Session.objects.filter(cohort=running, state="held").count()
    assert held == 7
    assert full.seats.count() == full.capacity
    assert full.is_accepting(NOW)
    assert free.is_accepting(NOW)
    # Somebody who paid, and somebody who deferred to it from the running cohort.
    assert free.seats.count() == 2
    assert Transfer.objects.get(state="done").arrival.cohort == free
    assert list(Transfer.objects.waiting().values_list("target", flat=True)) == [free.pk]


def test_applicant_has_something_done_waiting_and_to_do():
    user = person("applicant")
    assert Application.objects.get(user=user).state == "info_needed"
    assert findings(user) == {
        "standing": Status.MET,
        "msc": Status.MET,
        "insurance": Status.OPEN,
        "practice": Status.WAITING,
    }


def test_participant_missed_one_session_and_asked():
    enrolment = Enrolment.objects.get(user=person("participant"))
    evidence = attendance_evidence([enrolment.pk])[enrolment.pk]
    tally = attendance_tally(evidence, as_of=NOW)
    # The seventh session is the one whose roster is still to be kept.
    assert (tally.attended, tally.counted, tally.with_office) == (5, 5, 1)
    assert AbsenceException.objects.get(enrolment=enrolment).state == "requested"
    assert Letter.objects.filter(to_user=enrolment.user, dedupe_key__contains=":expires:").exists()


def test_candidate_and_graduate_hold_a_certificate_that_is_made():
    for name in ("candidate", "graduate"):
        credential = Credential.objects.get(user=person(name), kind="practicing")
        assert credential.state == "active"
        assert Certificate.objects.filter(credential=credential, made_at=None).count() == 0
        assert credential.issued_on < NOW.date()
    graduate = Completion.objects.get(user=person("graduate"), level="A")
    assert graduate.facts["sessions_excepted"] == 1
    assert InterestEntry.objects.filter(
        email="candidate@example.org", about="certification"
    ).exists()
    assert Prerequisite.objects.filter(user=person("candidate"), state="submitted").count() == 1


def test_somebody_did_not_complete_somebody_lost_it_somebody_is_at_risk():
    assert Enrolment.objects.filter(state="not_completed").count() >= 1
    assert Credential.objects.filter(state="revoked").count() == 1
    running = Enrolment.objects.filter(cohort__state="running", state="confirmed")
    spare = [
        attendance_tally(item, as_of=NOW).spare
        for item in attendance_evidence([row.pk for row in running]).values()
    ]
    assert 0 in spare
    assert min(spare) == -1


def test_the_office_and_the_people_deciding_on_aid_have_something_to_do():
    states = Counter(Application.objects.values_list("state", flat=True))
    assert states["submitted"] >= 5
    assert states["waiting_list"] >= 3
    assert states["offered"] == 2
    assert AidRequest.objects.filter(state="requested").count() == 2
    assert AidRequest.objects.filter(state="granted").count() >= 3
    assert AbsenceException.objects.filter(state="made_up").count() == 1
    assert ContactMessage.objects.waiting().count() == 3
    assert Payment.objects.filter(flagged_at__isnull=False, looked_at=None).count() >= 2
    assert Settlement.objects.filter(flag="place_gone").count() == 1


def test_facilitator_leads_the_running_and_a_finished_cohort():
    led = Cohort.objects.facilitated_by(person("facilitator"))
    assert sorted(led.values_list("level", "state")) == [
        ("A", "finished"),
        ("A", "running"),
        ("B", "running"),
    ]


def test_history_is_stamped_in_the_past_and_in_its_order():
    late = Entry.objects.filter(action__in=["user.joined", "application.submitted"], at__gt=NOW)
    assert not late.exists()
    stamps = list(
        Entry.objects.exclude(action="pathway.installed")
        .order_by("pk")
        .values_list("at", flat=True)
    )
    assert stamps == sorted(stamps)
    assert stamps[0] < NOW - timedelta(days=600)
    assert not Entry.objects.filter(at__gt=NOW).exists()
    assert not User.objects.filter(joined_at__gt=NOW).exists()


def test_old_letters_are_on_file_as_sent_and_only_the_newest_wait():
    waiting = Letter.objects.filter(sent_at=None)
    sent = Letter.objects.exclude(sent_at=None)
    assert sent.count() > 200
    assert waiting.count() <= 5
    assert not sent.filter(sent_at__gt=NOW - timedelta(hours=6)).exists()
    in_order = list(sent.order_by("pk").values_list("sent_at", flat=True))
    assert in_order == sorted(in_order)


def test_money_is_claimed_and_old_receipts_are_made():
    assert Settlement.objects.filter(claimed_at=None).count() == 0
    assert not Receipt.objects.filter(made_at=None, issued_at__lt=NOW - timedelta(hours=6)).exists()
    numbers = {}
    for receipt in Receipt.objects.order_by("pk"):
        numbers.setdefault(receipt.year, []).append(receipt.number)
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())


def test_people_come_from_many_places_and_scripts():
    people = User.objects.exclude(email__in=BY_EMAIL)
    assert len(set(people.values_list("country", flat=True))) >= 12
    assert people.exclude(name__regex=r"^[\x20-\x7f]*$").count() >= 10
    assert people.exclude(name__contains=" ").exists()
    assert all(Role(role) for user in people for role in user.roles)


def test_the_fund_has_been_filled_and_given_from():
    kinds = Counter(FundEntry.objects.values_list("kind", flat=True))
    assert kinds["gift"] == 1
    assert kinds["surplus"] >= 1
    assert kinds["grant"] >= 4
    assert 0 < fund_balance() < given_so_far()
    used = AidRequest.objects.filter(grant__adjustment__isnull=False)
    assert used.filter(state="granted").exists()


def test_one_place_is_paid_in_parts_and_the_last_one_is_late():
    late = Charge.objects.get(part_number=3)
    assert (balance(late).due_cents > 0, late.due_at < NOW) == (True, True)
    assert late.part_of.enrolment.state == "confirmed"


def test_somebody_stepped_back_and_has_half_of_it_back():
    refund = Refund.objects.get()
    assert (refund.state, refund.charge.enrolment.state) == ("done", "withdrawn")
    assert refund.amount_cents * 2 == refund.payment.amount_cents
    assert CreditNote.objects.get().refund == refund


def test_an_employer_has_an_invoice_and_a_bank_a_question():
    assert Invoice.objects.get().payer == "Harbour Street Clinic"
    assert SandboxObject.objects.filter(kind="dispute").count() == 1


def test_groups_are_over_under_way_and_ahead():
    groups = {group.topic.slug: group for group in Group.objects.select_related("topic", "cohort")}
    assert {slug: group.cohort.state for slug, group in groups.items()} == {
        "trauma": "finished",
        "couples": "running",
        "depression": "open",
        "anxiety": "open",
        "teens-youth": "open",
    }
    candidate = User.objects.get(email="candidate@example.org")
    assert set(candidate.completions.values_list("level", flat=True)) >= {"A", "B"}
    joint = candidate.credentials.get(kind="informed")
    assert not joint.certificates.filter(made_at=None).exists()
    assert groups["couples"].presentations.exists()
    assert groups["depression"].cohort.is_accepting(NOW)


def test_every_cohort_and_group_has_an_address_that_answers(client):
    """A title may hold an ampersand ("Teens & Youth"), its address may not."""
    answers = {path: client.get(path).status_code for path in ("/cohorts/", "/consultations/")}
    for cohort in Cohort.objects.exclude(state="draft"):
        path = f"/cohorts/{cohort.slug}/"
        answers[path] = client.get(path).status_code
    assert len(answers) > 8
    assert set(answers.values()) == {200}


def test_a_round_of_wishes_is_open_and_whoever_wished_counts():
    """The small world has nobody left who completed Level A and is in no group."""
    season = Round.objects.get()
    assert season.takes_wishes(NOW)
    assert season.groups.count() == 3
    ground = ground_of(season, now=NOW)
    assert ground.counted == set(ground.preferences)


def test_the_running_cohort_shares_its_space():
    threads = Thread.objects.filter(cohort__state="running")
    assert {thread.posts.count() for thread in threads} == {2, 3}
    assert Announcement.objects.count() == 1
    assert Material.objects.filter(state="published").count() == 2
    assert threads.first().started_at < NOW

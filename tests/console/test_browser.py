"""My pathway and the office in a real browser: axe, narrow screens, dark, no complaints of the CSP."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, sync_playwright

from cohorts.models import Attendance
from payments import services
from payments.models import Charge
from scip.accounts.models import Prerequisite, Role
from scip.pathway.services import renew_feed
from tests import world
from tests.console.test_office import fill
from tests.journeys.chromium import CHROMIUM, FLAGS
from tests.journeys.visitor import DESKTOP, NARROW, Visitor
from tests.pathway import rows
from tests.payments.conftest import TERMS
from tests.payments.test_office import one_of_each

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.journey,
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


def person(email, **fields):
    defaults = {"profession": "Psychologist", "country": "PT"}
    return world.make_user(email, **defaults | fields)


def newcomer():
    return world.make_user("new@example.com", name="")


def with_an_offer():
    user = person("offer@example.com", name="Ana Applicant")
    world.verify_prerequisites(user, insurance={"expires_on": timezone.localdate() + timedelta(20)})
    rows.make_offer(rows.make_application(user, "offered"))
    return user


def drafting():
    user = person("draft@example.com", name="Dora Draft")
    world.verify_prerequisites(user, msc=None)
    Prerequisite.objects.create(
        user=user,
        kind="msc",
        msc_format="eight_week",
        completed_on=timezone.localdate(),
        teacher="A. Teacher",
    )
    rows.make_application(user, "draft")
    return user


def in_a_cohort():
    user = person("participant@example.com", name="Paulo Participant")
    world.verify_prerequisites(user)
    place = rows.make_place(user, sessions=12, first=-44)
    rows.pay(place.charge, 289_500)
    for session in place.cohort.sessions.filter(starts_at__lt=timezone.now()):
        mark = "absent" if session.number == 3 else "present"
        Attendance.objects.create(enrolment=place, session=session, mark=mark)
    renew_feed(user)
    return user


def completed():
    user = person("done@example.com", name="Greta Graduate")
    world.verify_prerequisites(user)
    place = rows.make_place(user, "completed", sessions=3, first=-60)
    rows.pay(place.charge)
    for session in place.cohort.sessions.all():
        Attendance.objects.create(enrolment=place, session=session, mark="present")
    rows.make_credential(user)
    return user


def facilitator():
    return world.make_user("f@example.com", Role.FACILITATOR, name="Fabio Facilitator")


def office():
    for number in range(3):
        fill(number)
    user = person("m@example.com", name="Marina Marques")
    rows.one_of_everything(user)
    return world.make_user("staff@example.com", Role.STAFF, name="Stella Staff")


def bookkeeper():
    """Every kind of matter that waits, in the office's pages about money."""
    staff = world.make_user("staff@example.com", Role.STAFF, name="Stella Staff")
    user = person("m@example.com", name="Marina Marques")
    services.add_gift(cents=500_000, currency="USD", reason="A foundation", by=staff)
    services.set_aside(cents=80_000, currency="USD", user=user, reason="Supported", by=staff)
    for months, purpose in ((0, "tuition_level_b"), (1, "tuition_level_a"), (3, "review")):
        charge = open_charge(user, purpose=purpose, description=f"Paid {purpose}")
        received_at = timezone.now() - timedelta(days=31 * months)
        rows.pay(charge, 150_000 + 70_000 * months, received_at=received_at)
    one_of_each(user, staff, open_charge)
    return staff


def open_charge(user, **fields):
    values = {
        "purpose": "tuition_level_a",
        "description": "Learning cohort 1: tuition",
        "amount_cents": 289_500,
        "currency": "USD",
        "due_at": timezone.now() + timedelta(days=3),
        "refund_terms": TERMS,
    }
    return services.open_charge(user, **values | fields)


SCREENS = ((DESKTOP, "light"), (NARROW, "light"), (DESKTOP, "dark"))
VISITS = {
    "new": (newcomer, ["/pathway/"]),
    "offer": (with_an_offer, ["/pathway/"]),
    "draft": (drafting, ["/pathway/"]),
    "cohort": (in_a_cohort, ["/pathway/"]),
    "done": (completed, ["/pathway/"]),
    "work": (facilitator, ["/pathway/"]),
    "office": (
        office,
        [
            "/admin/",
            "/admin/people/?q=Marques",
            "/admin/person/{marina}/",
            "/admin/log/verify/",
            "/admin/audit/entry/",
            "/admin/credentials/credential/",
        ],
    ),
    "money": (
        bookkeeper,
        [
            "/admin/",
            "/admin/payments/charge/waiting/",
            "/admin/payments/charge/books/?first=2020-01-01&last=2099-12-31",
            "/admin/payments/charge/account/{marina}/",
            "/admin/payments/charge/{charge}/change/",
            "/admin/payments/charge/{charge}/act/return/",
            "/admin/payments/charge/{charge}/act/cancel/",
            "/admin/payments/charge/{late}/act/instalments/",
            "/admin/payments/charge/",
            "/admin/payments/refund/",
            "/admin/payments/fundentry/",
            "/admin/payments/fundentry/gift/",
        ],
    ),
}


@pytest.mark.parametrize("visit", VISITS)
def test_pages_pass_axe_and_the_browser_has_no_complaint(browser, live_server, visit):
    world.make_edition()
    build, addresses = VISITS[visit]
    user = build()
    marina = type(user).objects.filter(email="m@example.com").values_list("pk", flat=True).first()
    named = {
        "marina": marina,
        "charge": Charge.objects.exclude(refunds=None).values_list("pk", flat=True).first(),
        "late": Charge.objects.filter(payments=None).values_list("pk", flat=True).first(),
    }
    visitor = Visitor(browser, live_server.url).sign_in_as(user)
    found: list[str] = []
    for address in addresses:
        visitor.go(address.format(**named), look=False)
        for width, scheme in SCREENS:
            found += visitor.faults_at(width, scheme)
    visitor.close()
    assert found == []
    visitor.must_be_content()

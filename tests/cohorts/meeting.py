"""People with places, for the tests of a cohort's life."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from cohorts.models import Application, Attendance, Cohort, Enrolment, Offer, Session
from cohorts.services.opening import generate_sessions
from payments.models import Charge
from scip.accounts.models import Role, User
from tests import world

# Tuesday 2 March 2027, 18:00 in Lisbon (UTC then).
STARTS_ON = date(2027, 3, 2)
FIRST = datetime(2027, 3, 2, 18, tzinfo=UTC)


def make_running(**fields: Any) -> Cohort:
    """A cohort with its sessions: Tuesdays 18:00 in Lisbon from 2 March 2027."""
    defaults = {
        "starts_on": STARTS_ON,
        "starts_at": time(18, 0),
        "applications_open_at": FIRST - timedelta(days=120),
        "applications_close_at": FIRST - timedelta(days=20),
        "state": Cohort.State.RUNNING,
    }
    cohort = world.make_cohort(**defaults | fields)
    generate_sessions(cohort)
    return cohort


def enrol(user: User, cohort: Cohort, **fields: Any) -> Enrolment:
    """A confirmed place, all rows behind it included."""
    now = timezone.now()
    application = Application.objects.create(
        user=user,
        cohort=cohort,
        state=Application.State.ACCEPTED,
        submitted_at=now,
        tier="standard",
    )
    offer = Offer.objects.create(
        application=application,
        tier="standard",
        list_cents=289_500,
        expires_at=now,
        state=Offer.State.ACCEPTED,
    )
    charge = Charge.objects.create(
        user=user,
        purpose="tuition_level_a",
        description="Tuition",
        amount_cents=289_500,
        currency="USD",
        due_at=now,
    )
    defaults = {
        "state": Enrolment.State.CONFIRMED,
        "confirmed_at": now,
        "pay_by": now,
    }
    return Enrolment.objects.create(
        user=user,
        cohort=cohort,
        application=application,
        offer=offer,
        charge=charge,
        **defaults | fields,
    )


def enrol_new(cohort: Cohort, count: int = 1, **fields: Any) -> list[Enrolment]:
    """New people with confirmed places."""
    start = User.objects.count()
    return [
        enrol(
            world.make_user(
                f"person{start + index}@example.com", name=f"Person {start + index:03}"
            ),
            cohort,
            **fields,
        )
        for index in range(count)
    ]


def lead(cohort: Cohort, email: str = "lead@example.com") -> User:
    """A facilitator of this cohort."""
    user = world.make_user(email, Role.FACILITATOR, name="Lena Lead")
    cohort.facilitators.add(user)
    return user


def mark(enrolment: Enrolment, number: int, value: str = "present", **fields: Any) -> Attendance:
    """A mark written straight into the table, for tests about what marks mean."""
    session = Session.objects.get(cohort=enrolment.cohort, number=number)
    return Attendance.objects.create(enrolment=enrolment, session=session, mark=value, **fields)


def after_session(cohort: Cohort, number: int) -> datetime:
    """Five minutes after that session's end."""
    return Session.objects.get(cohort=cohort, number=number).ends_at + timedelta(minutes=5)

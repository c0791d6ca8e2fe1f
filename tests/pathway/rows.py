"""A person with one or more of everything, as rows."""

from datetime import timedelta

from django.utils import timezone

from cohorts.models import (
    AbsenceException,
    AidRequest,
    Application,
    Attendance,
    Enrolment,
    Offer,
    PriceTier,
    Session,
)
from payments.models import Charge, Payment
from scip.credentials.models import Certificate, Completion, Credential
from scip.credentials.proof import seal
from scip.credentials.wording import WORDING
from scip.mail.models import Letter
from tests import world

DAY = timedelta(days=1)


def make_application(user, state="draft", cohort=None, **fields) -> Application:
    now = timezone.now()
    defaults = {"tier": PriceTier.Kind.STANDARD, "attends_live": True, "motivation": "So."}
    if state not in {"draft", "withdrawn"}:
        defaults["submitted_at"] = now - 20 * DAY
    if state == "waiting_list":
        defaults |= {"waiting_rank": 1, "waiting_list_at": now - 2 * DAY}
    return Application.objects.create(
        user=user, cohort=cohort or world.make_cohort(), state=state, **defaults | fields
    )


def make_offer(application, state="open", **fields) -> Offer:
    defaults = {"tier": "standard", "list_cents": 289_500, "expires_at": timezone.now() + 5 * DAY}
    return Offer.objects.create(application=application, state=state, **defaults | fields)


def make_charge(user, **fields) -> Charge:
    defaults = {"purpose": "tuition_level_a", "description": "Tuition", "amount_cents": 289_500}
    return Charge.objects.create(user=user, due_at=timezone.now() + 3 * DAY, **defaults | fields)


def pay(charge, cents=None, **fields) -> Payment:
    number = Payment.objects.count() + 1
    defaults = {"method": "bank", "reference": f"B-{number}", "received_at": timezone.now()}
    return Payment.objects.create(
        charge=charge,
        amount_cents=cents or charge.amount_cents,
        currency=charge.currency,
        **defaults | fields,
    )


def make_place(user, state="confirmed", cohort=None, *, sessions=3, first=2, **fields) -> Enrolment:
    """A place with its charge and weekly sessions, the first in ``first`` days (may be past)."""
    application = make_application(user, "accepted", cohort)
    enrolment = Enrolment.objects.create(
        user=user,
        cohort=application.cohort,
        application=application,
        offer=make_offer(application, "accepted"),
        charge=make_charge(user),
        state=state,
        pay_by=timezone.now() + DAY,
        **fields,
    )
    if not application.cohort.sessions.exists():
        for number in range(1, sessions + 1):
            starts_at = timezone.now() + first * DAY + (number - 1) * 7 * DAY
            Session.objects.create(
                cohort=application.cohort,
                number=number,
                starts_at=starts_at,
                ends_at=starts_at + timedelta(hours=3),
            )
    return enrolment


def make_credential(user, level="A", kind="practicing") -> Credential:
    number = Credential.objects.count() + 1
    completion = Completion.objects.create(
        user=user, level=level, basis="cohort", completed_on=timezone.localdate(), facts={}
    )
    credential = Credential(
        user=user,
        kind=kind,
        completion=completion,
        number=f"PSCT-2027-{number:06}",
        holder_name=user.name,
        issued_on=timezone.localdate(),
        facts={"title": str(WORDING[kind].title)},
    )
    seal(credential)
    credential.save()
    for paper in Certificate.Paper.values:
        Certificate.objects.create(
            credential=credential, paper=paper, made_at=timezone.now(), sha256="0" * 64
        )
    return credential


def one_of_everything(user) -> None:
    """Rows of every kind that a person's pages read; call again for more."""
    now = timezone.now()
    draft = make_application(user, "draft")
    AidRequest.objects.create(application=draft, kind="supported", statement="Between us.")
    make_offer(make_application(user, "offered"))
    place = make_place(user, first=-15)
    pay(place.charge)
    for session in place.cohort.sessions.all()[:2]:
        Attendance.objects.create(enrolment=place, session=session, mark="absent")
        AbsenceException.objects.create(
            enrolment=place, session=session, reason="Ill", state="declined", decision_reason="No."
        )
        AbsenceException.objects.create(enrolment=place, session=session, reason="Still ill")
    Letter.objects.create(
        dedupe_key=f"test:{Letter.objects.count()}",
        to_user=user,
        to_address=user.email,
        subject="Hello",
        text="Hello",
        sent_at=now,
    )

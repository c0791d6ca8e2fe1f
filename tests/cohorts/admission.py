"""Builders for admission: applications made through the services, as people make them."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from cohorts.models import Application, Cohort, Enrolment, Offer
from cohorts.services.applications import save_draft, start_application, submit_application
from cohorts.services.offers import accept_offer, offer_place
from payments.services import add_gift, record_offline_payment
from scip.accounts.models import User
from tests import world

WORDS: dict[str, Any] = {
    "motivation": "I want to bring it to my clients.",
    "practice": "A small practice, adults.",
    "experience": "I sit every morning.",
    "attends_live": True,
    "tier": "standard",
}


def make_applicant(email: str = "applicant@example.com", **fields: Any) -> User:
    """A person with a full profile and verified prerequisites."""
    user = world.make_user(email, **{"profession": "Psychologist", "country": "PT"} | fields)
    world.verify_prerequisites(user)
    return user


def draft(cohort: Cohort, user: User | None = None, **fields: Any) -> Application:
    """A draft with everything written; ``aid`` as in `save_draft`."""
    user = user or make_applicant(f"person{User.objects.count()}@example.com")
    application = start_application(user, cohort)
    return save_draft(application, revision=application.revision, fields=WORDS | fields)


def sent(
    cohort: Cohort, user: User | None = None, *, now: datetime | None = None, **fields: Any
) -> Application:
    """A complete application that was sent."""
    return submit_application(draft(cohort, user, **fields), now=now)


def offered(
    cohort: Cohort, staff: User, user: User | None = None, *, now: datetime | None = None
) -> Offer:
    """An open offer at the standard price."""
    return offer_place(sent(cohort, user, now=now), tier="standard", by=staff, now=now)


def accepted(
    cohort: Cohort, staff: User, user: User | None = None, *, now: datetime | None = None
) -> Enrolment:
    """A place that waits for its payment."""
    offer = offered(cohort, staff, user, now=now)
    return accept_offer(offer, by=offer.application.user, now=now)


def pay(enrolment: Enrolment, by: User, *, reference: str = "T-1") -> None:
    """The tuition arrives by bank transfer."""
    record_offline_payment(
        enrolment.charge,
        method="bank",
        reference=reference,
        amount_cents=enrolment.offer.amount_cents,
        received_at=timezone.now(),
        by=by,
    )


def fill_fund(by: User, cents: int = 1_000_000) -> None:
    """Somebody gives to the aid fund."""
    add_gift(cents=cents, currency="USD", reason="A friend of the house", by=by)


def soon(**parts: int) -> datetime:
    """``soon(hours=3)``: that long from now."""
    return timezone.now() + timedelta(**parts)

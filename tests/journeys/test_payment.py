"""Saying yes and paying: the checkout, a declined card, leaving half-way, the receipt."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from cohorts.models import Enrolment, Offer
from payments.models import Checkout, Payment, SandboxEvent, StripeEvent
from scip.accounts.models import User
from scip.mail.models import Letter
from tests import world
from tests.cohorts.admission import accepted, make_applicant, offered


@pytest.fixture
def offer(site: str, staff: User) -> Offer:
    return offered(world.make_cohort(title="Spring cohort"), staff, make_applicant())


def test_from_the_offer_to_the_receipt(
    someone: Any, worker: Any, offer: Offer, tmp_path: Path
) -> None:
    ana = someone(offer.application.user)
    page = ana.page
    ana.go("/pathway/")
    ana.go(f"/applications/{offer.application_id}/offer/")
    ana.look(closely=True)
    ana.reads("USD 2,895")
    ana.press("Accept, and go to the payment")
    place = Enrolment.objects.select_related("charge").get(user=offer.application.user)
    pay = f"/payments/{place.charge_id}/"
    ana.at(pay)
    ana.look(closely=True)

    # Abandoned: nothing is taken and the way back is open.
    ana.press("Pay USD 2,895")
    ana.follow("Leave without paying")
    ana.at(pay)
    worker()
    assert Payment.objects.count() == 0

    # Declined, then paid on the same page.
    ana.press("Pay USD 2,895", look=False)
    ana.press("The card is declined")
    ana.reads("The card was declined")
    ana.press("Pay", look=False)
    ana.at(f"{pay}returned/")
    worker()
    ana.go(f"{pay}returned/")
    ana.reads("Your payment has arrived")

    # The events came over HTTP, signed, and were handled.
    posted = SandboxEvent.objects.exclude(delivered_at=None)
    assert posted.filter(body__type="checkout.session.completed").count() == 1
    event = StripeEvent.objects.get(type="checkout.session.completed")
    assert event.handled_at is not None
    assert Payment.objects.get().amount_cents == 289_500
    place.refresh_from_db()
    assert place.state == Enrolment.State.CONFIRMED

    # The back button leads to no second payment.
    page.go_back()
    page.go_back()
    page.wait_for_load_state("load")
    if page.get_by_role("button", name="Pay", exact=True).is_visible():
        ana.press("Pay")
    ana.go(pay)
    ana.reads("This is paid")
    expect(page.get_by_role("button", name="Pay USD 2,895")).to_have_count(0)
    worker()
    assert Payment.objects.count() == 1

    # The receipt, and the letters.
    ana.go("/payments/")
    with page.expect_download() as download:
        page.get_by_role("link", name="Receipt").click()
    download.value.save_as(tmp_path / "receipt.pdf")
    assert (tmp_path / "receipt.pdf").read_bytes().startswith(b"%PDF-")
    subjects = Letter.objects.filter(to_address=ana_address(offer)).order_by("pk")
    keys = [letter.dedupe_key.split(":")[0] for letter in subjects]
    assert len(keys) == len(set(subjects.values_list("dedupe_key", flat=True)))
    ana.go("/pathway/")
    ana.go(f"/enrolments/{place.pk}/")


def ana_address(offer: Offer) -> str:
    return str(offer.application.user.email)


def test_a_checkout_that_ended_can_be_opened_anew(
    someone: Any, worker: Any, site: str, staff: User
) -> None:
    place = accepted(world.make_cohort(), staff)
    ana = someone(place.user)
    ana.go(f"/payments/{place.charge_id}/")
    ana.press("Pay USD 2,895", look=False)
    ana.press("Pay by a slow bank debit (a minute)")
    ana.reads("Your payment is on its way")
    worker()
    assert Checkout.objects.get().state == Checkout.State.PENDING
    ana.go(f"/payments/{place.charge_id}/")
    expect(ana.page.get_by_role("button", name="Pay USD 2,895")).to_have_count(0)


def test_declining_gives_the_place_to_somebody_else(someone: Any, offer: Offer) -> None:
    ana = someone(offer.application.user)
    ana.go(f"/applications/{offer.application_id}/offer/", look=False)
    ana.button("Decline").click()
    ana.look()
    ana.press("Decline the place", within=ana.page.get_by_role("dialog"))
    offer.refresh_from_db()
    assert offer.state == Offer.State.DECLINED

"""What the office does with charges, for its tests."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from payments import services
from payments.models import Charge, Payment, Settlement, StripeEvent
from scip.accounts.models import User
from tests.payments.disputes import disputed

DAY = timedelta(days=1)
type MakeCharge = Callable[..., Charge]


def act_on(charge: Charge, verb: str) -> str:
    return reverse("admin:payments_charge_act", args=[charge.pk, verb])


def bank(charge: Charge, staff: User, cents: int = 0, reference: str = "") -> Payment:
    return services.record_offline_payment(
        charge,
        method="bank",
        reference=reference or f"T {Payment.objects.count()}",
        amount_cents=cents or charge.amount_cents,
        received_at=timezone.now() - timedelta(minutes=1),
        by=staff,
    )


def do(office: Client, charge: Charge, verb: str, **values: Any) -> Any:
    """Fill in, look, confirm; returns the page that was shown and the one that followed."""
    shown = office.post(act_on(charge, verb), values)
    assert "foreseen" in shown.context, shown.context["form"].errors
    confirmed = values | {"confirm": "1", "seen": shown.context["seen"]}
    done = office.post(act_on(charge, verb), confirmed, follow=True)
    return shown, done


def one_of_each(user: User, staff: User, make_charge: MakeCharge) -> dict[str, Charge]:
    """One charge for every kind of thing that waits, and a calm one; and an event about nobody's."""
    now = timezone.now()
    calm = make_charge(user, description="Calm")
    bank(calm, staff)
    Settlement.objects.filter(charge=calm).update(claimed_at=now)
    found = {"overdue": make_charge(user, due_at=now - DAY)}
    odd = found["payments"] = make_charge(user)
    bank(odd, staff, odd.amount_cents + 100)
    lonely = found["settlements"] = make_charge(user)
    bank(lonely, staff)
    Settlement.objects.filter(charge=lonely).update(settled_at=now - DAY)
    asked = found["disputes"] = make_charge(user)
    payment = bank(asked, staff)
    disputed(payment, "open", cents=100, answer_by=now + 5 * DAY)
    sent = found["refunds"] = make_charge(user)
    bank(sent, staff)
    services.return_money(sent, cents=1_000, by=staff, reason="Kindness")
    spare = found["to_return"] = make_charge(user)
    bank(spare, staff)
    services.adjust_charge(spare, kind="waiver", cents=-5_000, reason="Kindness", by=staff)
    Settlement.objects.exclude(charge=lonely).update(claimed_at=now)
    StripeEvent.objects.create(
        event_id=f"evt_{calm.pk}",
        type="refund.created",
        object_id="re_unknown",
        payload={},
        outcome="unknown object",
        flag="unknown",
        flagged_at=now,
    )
    return found

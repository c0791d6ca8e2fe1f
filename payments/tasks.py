"""Background work about money. Every task may run twice."""

from celery import shared_task

from payments import services
from payments.gateway import is_sandbox, webhook_secret
from payments.models import Checkout, Refund, SandboxEvent
from payments.sandbox import desk, events


@shared_task(name="payments.handle_event")
def handle_event(event_id: str) -> None:
    """Handle one stored event of Stripe's."""
    services.handle_event(event_id)


@shared_task(name="payments.sweep_events")
def sweep_events() -> None:
    """Events whose task was lost or whose next try is due (beat)."""
    services.sweep_events()


@shared_task(name="payments.dispatch_settlement")
def dispatch_settlement(settlement_id: int) -> None:
    """Tell the owner of one settled charge."""
    services.dispatch_settlement(settlement_id)


@shared_task(name="payments.sweep_settlements")
def sweep_settlements() -> None:
    """Settlements that nobody has claimed, and documents not made yet (beat)."""
    services.sweep_settlements()
    services.sweep_receipts()
    services.sweep_credit_notes()


@shared_task(name="payments.make_receipt", soft_time_limit=25, time_limit=30)
def make_receipt(receipt_id: int) -> None:
    """Make one receipt's PDF and send it."""
    services.make_receipt(receipt_id)


@shared_task(name="payments.make_credit_note", soft_time_limit=25, time_limit=30)
def make_credit_note(note_id: int) -> None:
    """Make one credit note's PDF and send it."""
    services.make_credit_note(note_id)


@shared_task(name="payments.queue_reminders")
def queue_reminders() -> None:
    """Reminders of instalments before and after their day (beat)."""
    services.queue_reminders()


@shared_task(name="payments.end_checkout")
def end_checkout(checkout_id: int) -> None:
    """End a checkout at Stripe whose charge needs no money any more."""
    services.end_checkout(Checkout.objects.select_related("charge").get(pk=checkout_id))


@shared_task(name="payments.send_refund")
def send_refund(refund_id: int) -> None:
    """Have Stripe send one refund."""
    services.send_refund(Refund.objects.get(pk=refund_id))


@shared_task(name="payments.sweep_refunds")
def sweep_refunds() -> None:
    """Refunds whose task was lost, or that Stripe did not take the last time (beat)."""
    services.sweep_refunds()


@shared_task(name="payments.reconcile")
def reconcile() -> None:
    """Ask Stripe about all that is under way, and list what it has (beat).

    At most a hundred of each kind a run, so that it ends well within a task's time.
    """
    services.reconcile(limit=100)


@shared_task(name="payments.sandbox_deliver")
def sandbox_deliver(event_id: str = "") -> None:
    """Post one event of the practice checkout, or (beat) all that wait."""
    if not is_sandbox():
        return
    if event_id:
        waiting = list(SandboxEvent.objects.filter(event_id=event_id, delivered_at=None))
    else:
        desk.follow_clocks()
        waiting = events.waiting_events()
    for event in waiting:
        events.deliver(event, webhook_secret())

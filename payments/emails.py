"""Letters about money."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from payments.models import Receipt
from scip.mail.services import Attachment, queue_letter


def send_receipt(receipt: Receipt, pdf: bytes) -> None:
    """ "Your payment has arrived", with the receipt attached; once per payment."""
    payment = receipt.payment
    queue_letter(
        "payments/emails/payment_received",
        to=payment.charge.user,
        context={
            "name": payment.charge.user.first_name,
            "payment": payment,
            "charge": payment.charge,
            "receipt": receipt,
            "button_url": settings.SITE_URL + reverse("payments:list"),
            "button_label": _("See your payments"),
        },
        dedupe_key=f"payment-received:{payment.pk}",
        attachments=[Attachment(f"{receipt.label}.pdf", "application/pdf", pdf)],
    )

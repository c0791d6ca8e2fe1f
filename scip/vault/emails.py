"""Letters about a file that our scanner could not take: to the office, and to whoever sent it. They
name sizes, never the name of a file."""

from datetime import date

from django.conf import settings
from django.utils.translation import gettext as _

from scip.mail.services import Address, queue_letter
from scip.vault.models import Arrival


def held(arrival: Arrival, *, on: date) -> None:
    """Tell the office, at most once a day."""
    queue_letter(
        "vault/emails/held",
        to=Address(email=settings.STAFF_EMAIL),
        context={
            "name": _("colleague"),
            "size": arrival.size,
            "button_url": f"{settings.SITE_URL}/admin/",
            "button_label": _("Open the console"),
        },
        dedupe_key=f"vault:held:{on:%Y-%m-%d}",
    )


def looked_at(arrival: Arrival) -> None:
    """Tell its person what became of a file that had to wait for us."""
    owner = arrival.owner
    queue_letter(
        "vault/emails/looked_at",
        to=owner,
        context={
            "name": owner.first_name or _("colleague"),
            "refusal": arrival.refusal,
            "began_at": arrival.began_at,
            "button_url": f"{settings.SITE_URL}/pathway/",
            "button_label": _("Go to your pathway"),
        },
        dedupe_key=f"vault:looked-at:{arrival.pk}",
    )

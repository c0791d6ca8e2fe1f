"""What an operator should know about money before going live."""

from typing import Any

from django.core.checks import CheckMessage, Info, register

from payments.gateway import is_sandbox


@register(deploy=True)
def practice_checkout(**kwargs: Any) -> list[CheckMessage]:
    """Say that no money is taken while no Stripe key is set."""
    if not is_sandbox():
        return []
    return [
        Info(
            "STRIPE_SECRET_KEY is not set: the practice checkout is on, and whoever is asked "
            "to pay can settle without money.",
            hint="Set STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET before taking payments.",
            id="payments.I001",
        )
    ]

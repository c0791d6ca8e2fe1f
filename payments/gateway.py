"""The way to Stripe. The one place that knows whether it is the real one or our practice one.

The API version is pinned, so that an upgrade of the library is a decision of ours.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from functools import cache

import stripe
from django.conf import settings
from django.utils.csp import CSP

from payments.sandbox.transport import SandboxTransport

API_VERSION = "2026-10-28.endive"
CHECKOUT_ORIGIN = "https://checkout.stripe.com"
# Seconds to connect and to wait for an answer: a person is waiting too.
TIMEOUT = (4, 15)


def is_sandbox() -> bool:
    """True when no Stripe key is set and the practice checkout stands in."""
    return not settings.STRIPE_SECRET_KEY


def stripe_client() -> stripe.StripeClient:
    """The Stripe client, by way of the network or of the practice checkout."""
    return _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


@cache
def _client(key: str, api_base: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        key or "sk_test_sandbox",
        stripe_version=API_VERSION,
        base_addresses={"api": api_base} if api_base else None,
        max_network_retries=2,
        http_client=stripe.RequestsClient(timeout=TIMEOUT) if key else SandboxTransport(),
    )


def webhook_secret() -> str:
    """What events are signed with; the practice checkout's follows from SECRET_KEY."""
    if not is_sandbox():
        return str(settings.STRIPE_WEBHOOK_SECRET)
    digest = hmac.new(settings.SECRET_KEY.encode(), b"payments.sandbox", hashlib.sha256)
    return f"whsec_{digest.hexdigest()}"


def checkout_policy() -> Mapping[str, Sequence[str]]:
    """The content policy of the page that leads to the checkout.

    Browsers apply ``form-action`` to redirects too, so the checkout's origin has to be
    named there; nowhere else, and not at all for the practice checkout.
    """
    if is_sandbox():
        return settings.SECURE_CSP
    return {**settings.SECURE_CSP, "form-action": [CSP.SELF, CHECKOUT_ORIGIN]}

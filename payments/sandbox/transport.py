"""The Stripe library's way to the practice checkout: a call instead of a connection."""

import json
from collections.abc import Mapping
from typing import Any

import stripe

from payments.sandbox.api import respond


class SandboxTransport(stripe.HTTPClient):
    """Takes what the library would send over the network and returns what would come back."""

    name = "sandbox"

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        answer = respond(
            method, url, post_data or "", idempotency_key=sent.get("idempotency-key", "")
        )
        return json.dumps(answer.body), answer.status, {"request-id": "req_sandbox"}

    def close(self) -> None:
        """Nothing is held open."""

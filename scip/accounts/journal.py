"""The process log of signing in: accounts by number, addresses by a mark."""

import logging

from django.utils.crypto import salted_hmac

logger = logging.getLogger("scip.accounts.sign_in")


def mark_of(address: object) -> str:
    """Stands for an e-mail address in the log: the same each time. Only whoever holds ``SECRET_KEY`` can
    tell whether it stands for an address they have in mind."""
    typed = str(address or "").strip().lower()
    return (
        "address "
        + salted_hmac("scip.accounts.sign_in", typed, algorithm="sha256").hexdigest()[:12]
    )

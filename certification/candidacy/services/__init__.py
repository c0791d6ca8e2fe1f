"""One function per verb of a candidacy; everything that other apps call is here."""

from certification.candidacy.services.closing import close_candidacy
from certification.candidacy.services.leaves import end_leave, follow_leaves, take_leave
from certification.candidacy.services.registration import (
    attest,
    begin,
    fee_terms,
    register,
    registration_paid,
    set_back,
    withdraw,
)
from certification.candidacy.services.retreats import (
    defer_retreat,
    return_retreat,
    submit_retreat,
    verify_retreat,
    withdraw_retreat,
)

__all__ = [
    "attest",
    "begin",
    "close_candidacy",
    "defer_retreat",
    "end_leave",
    "fee_terms",
    "follow_leaves",
    "register",
    "registration_paid",
    "return_retreat",
    "set_back",
    "submit_retreat",
    "take_leave",
    "verify_retreat",
    "withdraw",
    "withdraw_retreat",
]

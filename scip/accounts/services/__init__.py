"""What can be done with prerequisites, roles and sessions: one function per verb."""

from scip.accounts.services.access import (
    end_role,
    end_sessions,
    grant_role,
    reset_second_factor,
    set_term,
)
from scip.accounts.services.factors import cipher, reseal_second_factors
from scip.accounts.services.prerequisites import (
    FIELDS,
    return_prerequisite,
    submit_prerequisite,
    verify_prerequisite,
    withdraw_prerequisite,
)
from scip.accounts.services.reminders import announce_expiries

__all__ = [
    "FIELDS",
    "announce_expiries",
    "cipher",
    "end_role",
    "end_sessions",
    "grant_role",
    "reseal_second_factors",
    "reset_second_factor",
    "return_prerequisite",
    "set_term",
    "submit_prerequisite",
    "verify_prerequisite",
    "withdraw_prerequisite",
]

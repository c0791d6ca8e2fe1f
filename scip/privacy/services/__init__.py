"""Asking to be erased, carrying it out, and what goes by itself after its days."""

from scip.privacy.services.requests import ask, carry_out, carry_out_due, withdraw
from scip.privacy.services.timed import sweep_timed

__all__ = ["ask", "carry_out", "carry_out_due", "sweep_timed", "withdraw"]

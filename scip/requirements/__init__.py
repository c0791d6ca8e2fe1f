"""Explainable gates: a rule turns evidence into a Finding that a person can read.

Rules are pure functions in each process's own ``requirements.py``. Pages, guards, admin,
letters and reminders ask the same function; nothing else compares anything with a
threshold.
"""

from scip.requirements.findings import Assessment, Finding, Refusal, Status

__all__ = ["Assessment", "Finding", "Refusal", "Status"]

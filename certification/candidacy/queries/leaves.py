"""Whose clocks rest."""

from datetime import date

from certification.candidacy.models import Candidacy, Leave


def is_resting(candidacy: Candidacy, on: date) -> bool:
    """Is the person on leave on this day? Reminders and clocks rest then.

    For many at once use ``Candidacy.objects.resting(on)``.
    """
    return Leave.objects.running(on).filter(candidacy=candidacy).exists()


def current_leave(candidacy: Candidacy, on: date) -> Leave | None:
    """The leave that runs on a day or lies ahead of it, the nearest first."""
    rows = Leave.objects.filter(candidacy=candidacy, ended_at=None).order_by("from_on")
    return next((row for row in rows if row.until_on is None or row.until_on > on), None)

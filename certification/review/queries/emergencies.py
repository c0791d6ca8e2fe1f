"""What the office opened of somebody's frozen submissions."""

from typing import Any

from django.db.models import QuerySet

from certification.portfolio.models import OfficeAccess
from certification.review.models import Snapshot


def accesses_to(snapshot: Snapshot) -> QuerySet[OfficeAccess]:
    """Every act by which the office opened it, the latest first; one query."""
    return OfficeAccess.objects.filter(frozen__snapshot=snapshot).select_related("opened_by")


def running_access(snapshot: Snapshot, user: Any) -> OfficeAccess | None:
    """The act by which somebody of the office reads it now; None without one."""
    return OfficeAccess.objects.running(user).filter(frozen__snapshot=snapshot).first()

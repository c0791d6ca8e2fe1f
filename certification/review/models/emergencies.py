"""Which frozen submission the office opened, where there was no other way."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from certification.portfolio.models import OfficeAccess
from certification.review.models.snapshots import Snapshot


class FrozenAccess(models.Model):
    """What an act of the office in somebody's portfolio opened where it was a frozen submission.

    Who, why and until when stand in the act itself, and its candidate reads them there. The
    supervisor's letter is no part of it.
    """

    access = models.OneToOneField(OfficeAccess, models.CASCADE, related_name="frozen")
    snapshot = models.ForeignKey(Snapshot, models.CASCADE, related_name="office_accesses")

    objects = models.Manager["FrozenAccess"]()

    class Meta:
        verbose_name = _("opening of a frozen submission by the office")

    def __str__(self) -> str:
        return f"{self.snapshot}: {self.access}"

"""The log of client sessions: optional, and one's own."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certification.portfolio.models.portfolios import ClientLabel, OwnQuerySet, Portfolio


class ClientSession(models.Model):
    """One session in which self-compassion was worked with. It supports the number that the
    candidate attested to, and decides nothing."""

    portfolio = models.ForeignKey(Portfolio, models.CASCADE, related_name="client_sessions")
    label = models.ForeignKey(
        ClientLabel, models.PROTECT, verbose_name=_("client"), related_name="client_sessions"
    )
    held_on = models.DateField(_("day"))
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), default=50, validators=[MinValueValidator(1), MaxValueValidator(600)]
    )
    practice = models.CharField(
        _("practice or focus"), max_length=200, blank=True, help_text=_("A few words are enough.")
    )
    logged_at = models.DateTimeField(default=timezone.now)

    objects = OwnQuerySet.as_manager()

    class Meta:
        ordering = ["-held_on", "-pk"]
        verbose_name = _("client session")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(minutes__gte=1, minutes__lte=600),
                name="client_session_of_some_minutes",
            )
        ]

    def __str__(self) -> str:
        return f"{self.label}, {self.held_on}"

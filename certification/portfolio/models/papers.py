"""All case studies of a portfolio as one document, drawn by a worker."""

from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from certification.portfolio.models.portfolios import Portfolio
from scip.vault.models import Drawn


class CasePaperQuerySet(models.QuerySet["CasePaper"]):
    def visible_to(self, user: Any) -> Self:
        """The candidate whose portfolio it is, and nobody else."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(portfolio__candidacy__user=user)

    def to_make(self) -> Self:
        """Neither made nor given up."""
        return self.filter(Drawn.TO_MAKE)


class CasePaper(Drawn):
    """The PDF of all case studies as they stood when it was drawn. A copy: another one takes its
    place, and after some days it goes by itself."""

    portfolio = models.OneToOneField(Portfolio, models.CASCADE, related_name="paper")
    cases = models.PositiveSmallIntegerField(default=0)

    TOO_LONG = "TooLong"

    objects = CasePaperQuerySet.as_manager()

    class Meta:
        verbose_name = _("case studies as one document")
        verbose_name_plural = _("case studies as one document")

    def __str__(self) -> str:
        return str(self.portfolio_id)

    @property
    def is_too_long(self) -> bool:
        """Whether it can't be drawn because it is more than can be set at once."""
        return self.problem == self.TOO_LONG

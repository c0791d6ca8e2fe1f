"""The portfolio itself, the labels that stand for clients, and the words it was told about."""

from typing import Any, Self

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certification.candidacy.models import Candidacy
from supervision.models import Agreement


def supervised_today(user: Any) -> models.QuerySet[Any, Any]:
    """Keys of the candidacies whose supervisor somebody is at this moment, never their own. One
    look at agreements, so that an ended one closes every door at once, as does a registration that
    is over, or the letter to the committee once all sessions are there."""
    pairs = Agreement.objects.accompanied().filter(supervisor__user=user)
    return pairs.exclude(candidacy__user=user).values("candidacy")


class PortfolioQuerySet(models.QuerySet["Portfolio"]):
    def visible_to(self, user: Any) -> Self:
        """The candidate alone. The office is never inside: clinical work is not its business."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(candidacy__user=user)


class Portfolio(models.Model):
    """What one candidacy gathers. Made by the first thing that is kept in it."""

    candidacy = models.OneToOneField(Candidacy, models.PROTECT, related_name="portfolio")
    created_at = models.DateTimeField(default=timezone.now)

    objects = PortfolioQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.candidacy)

    @property
    def is_open(self) -> bool:
        """Can it be written in? On leave, too; not once certified, withdrawn or closed."""
        return self.candidacy.is_registered


class OwnQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        """The candidate whose portfolio it is, and nobody else."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(portfolio__candidacy__user=user)


class ClientLabel(models.Model):
    """What a client is called here. Who that is, only the therapist knows."""

    portfolio = models.ForeignKey(Portfolio, models.CASCADE, related_name="labels")
    name = models.CharField(
        _("label"),
        max_length=40,
        help_text=_("For example “Client A”, or a word only you connect."),
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = OwnQuerySet.as_manager()

    class Meta:
        ordering = [Lower("name")]
        constraints = [
            models.UniqueConstraint(
                "portfolio", Lower("name"), name="client_label_once_in_a_portfolio"
            )
        ]

    def __str__(self) -> str:
        return self.name


class KnownWord(models.Model):
    """A word this portfolio was told about: a name to avoid, or nothing to warn of."""

    portfolio = models.ForeignKey(Portfolio, models.CASCADE, related_name="known_words")
    text = models.CharField(_("name or word"), max_length=80)
    folded = models.CharField(max_length=160, editable=False)
    is_to_avoid = models.BooleanField()
    added_at = models.DateTimeField(default=timezone.now)

    objects = OwnQuerySet.as_manager()

    class Meta:
        ordering = ["folded"]
        constraints = [
            models.UniqueConstraint(
                fields=["portfolio", "folded"], name="known_word_once_in_a_portfolio"
            )
        ]

    def __str__(self) -> str:
        return self.text

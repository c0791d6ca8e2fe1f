"""What a reader writes down: private notes, and the view that others see once it was given."""

from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from certification.portfolio.models.writing import Texts
from certification.review.models.committee import Assignment


class OwnReadingQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        """Whoever writes it."""
        return self.filter(assignment__member=user) if user.is_authenticated else self.none()


class ReadingNotes(Texts):
    """A reader's notes, for themselves alone: in nobody's view, and in no export but their own."""

    TEXTS = ("notes",)
    PARTS = TEXTS

    assignment = models.OneToOneField(Assignment, models.CASCADE, related_name="notes")
    notes = models.TextField(_("your notes"), blank=True, max_length=200_000)

    objects = OwnReadingQuerySet.as_manager()

    class Meta:
        verbose_name = _("reading notes")

    def __str__(self) -> str:
        return str(_("Your notes"))


class View(Texts):
    """A reviewer's own view of a submission. Others see it once it was given (`Assignment.GIVEN`),
    and whoever reads sees others' only after giving their own."""

    class Conclusion(models.TextChoices):
        CERTIFIED = "certified", _("certified")
        DEVELOPMENT = "development", _("further development needed")

    TEXTS = ("strengths", "missing", "how", "for_chair")
    PARTS = ("conclusion", *TEXTS)

    assignment = models.OneToOneField(Assignment, models.CASCADE, related_name="view")
    conclusion = models.CharField(
        _("your conclusion"), max_length=20, choices=Conclusion, blank=True
    )
    strengths = models.TextField(
        _("What is strong"),
        blank=True,
        max_length=20_000,
        help_text=_("What you would want this person to hear about their work."),
    )
    missing = models.TextField(
        _("What is missing"),
        blank=True,
        max_length=20_000,
        help_text=_("Only what a further step can bring, as plainly as you can."),
    )
    how = models.TextField(
        _("How, and by when"),
        blank=True,
        max_length=20_000,
        help_text=_("What would help: a reading, two sessions, another case study."),
    )
    for_chair = models.TextField(_("For the chair alone"), blank=True, max_length=20_000)

    objects = OwnReadingQuerySet.as_manager()

    class Meta:
        verbose_name = _("view")

    def __str__(self) -> str:
        return str(_("Your view"))


class ViewLine(models.Model):
    """One line of the rubric in a view: was it shown, and where."""

    class Shown(models.TextChoices):
        CLEARLY = "clearly", _("clearly shown")
        PARTLY = "partly", _("shown in part")
        NOT_YET = "not_yet", _("not yet")
        UNSAID = "unsaid", _("I cannot tell")

    view = models.ForeignKey(View, models.CASCADE, related_name="lines")
    # Of `requirements.rubric`: "competency:<number>", "requirement:<code>", "question:<name>".
    code = models.CharField(max_length=60)
    shown = models.CharField(_("is it shown?"), max_length=10, choices=Shown, blank=True)
    words = models.TextField(_("where, and what you saw"), blank=True, max_length=4000)

    objects = models.Manager["ViewLine"]()

    class Meta:
        verbose_name = _("line of a view")
        constraints = [models.UniqueConstraint(fields=["view", "code"], name="view_line_once")]

    def __str__(self) -> str:
        return f"{self.code}: {self.get_shown_display()}"

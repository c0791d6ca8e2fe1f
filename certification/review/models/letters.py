"""The letter of application, in the parts that `domain.md` names."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from certification.portfolio.models.writing import LONGEST_PART, Texts
from certification.review.models.submissions import Submission


class ApplicationLetter(Texts):
    """One letter for one submission; it saves itself, like everything that is written here."""

    TEXTS = ("path", "practice", "growth", "personal")
    PARTS = TEXTS

    submission = models.OneToOneField(Submission, models.CASCADE, related_name="letter")
    path = models.TextField(
        _("Your way from A to C"),
        blank=True,
        max_length=LONGEST_PART,
        help_text=_(
            "How you came to this work, what each level gave you, and how the years of Level C "
            "went. A page is plenty."
        ),
    )
    practice = models.TextField(
        _("Your client sessions"),
        blank=True,
        max_length=LONGEST_PART,
        help_text=_(
            "How many sessions in all you brought self-compassion into, with whom in broad "
            "strokes, and what you saw grow."
        ),
    )
    growth = models.TextField(
        _("Insights and growth from supervision"),
        blank=True,
        max_length=LONGEST_PART,
        help_text=_(
            "What supervision opened for you, what was hard, and what you do differently now."
        ),
    )
    personal = models.TextField(
        _("Your own practice"),
        blank=True,
        max_length=LONGEST_PART,
        help_text=_(
            "How self-compassion lives in your own days. Tell of your retreat, too: its dates, "
            "how long it was, who taught, and what stayed with you."
        ),
    )

    objects = models.Manager["ApplicationLetter"]()

    class Meta:
        verbose_name = _("letter of application")

    def __str__(self) -> str:
        return str(_("Your letter of application"))

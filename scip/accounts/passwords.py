"""What a password may not consist of, beside what Django asks."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Whoever guesses begins with what stands on our pages. Longer words first: they hold shorter ones.
OUR_WORDS = (
    "selfcompassion",
    "psychotherapist",
    "psychotherapy",
    "mindfulness",
    "compassion",
    "therapist",
    "therapy",
    "mindful",
    "pathway",
    "cmsc",
    "scip",
)
LEAST_BESIDE = 8
"""Letters and figures that a password needs beside words of ours."""


class OurWordsValidator:
    """Refuses passwords that are little more than words of this programme.

    Such a word may stand in a longer password: what is left has to be long enough (OWASP ASVS
    5.0, 6.1.2 and 6.2.11).
    """

    def validate(self, password: str, user: object = None) -> None:
        """Raise ValidationError for too little beside our words."""
        plain = "".join(filter(str.isalnum, password.casefold()))
        left = plain
        for word in OUR_WORDS:
            left = left.replace(word, "")
        if left != plain and len(left) < LEAST_BESIDE:
            raise ValidationError(self.get_help_text(), code="password_of_our_words")

    def get_help_text(self) -> str:
        return _("Words of this programme are guessed first. Please add a few words of your own.")

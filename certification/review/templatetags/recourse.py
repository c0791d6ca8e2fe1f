"""On a page of a lower floor: the appeal that somebody has, or may begin."""

from django import template

from certification.candidacy.models import Candidacy
from certification.review.models import Appeal
from certification.review.queries.recourse import AppealCard, appeal_card, appeal_on_letter

register = template.Library()


@register.simple_tag
def appeal_of_candidacy(candidacy: Candidacy) -> AppealCard | None:
    """How an appeal stands for its candidate; None where there is nothing to say."""
    return appeal_card(candidacy)


@register.simple_tag
def appeal_on_letter_of(candidacy: Candidacy) -> Appeal | None:
    """What became of an appeal against a supervisor's "not yet"; None where none was filed."""
    return appeal_on_letter(candidacy)

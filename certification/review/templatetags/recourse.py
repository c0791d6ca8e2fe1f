"""On a page of a lower floor: the appeal that somebody has, or may begin."""

from django import template

from certification.candidacy.models import Candidacy
from certification.review.queries.recourse import AppealCard, appeal_card

register = template.Library()


@register.simple_tag
def appeal_of_candidacy(candidacy: Candidacy) -> AppealCard | None:
    """How an appeal stands for its candidate; None where there is nothing to say."""
    return appeal_card(candidacy)

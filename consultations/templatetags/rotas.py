"""The rota on pages of a floor below, which know cohorts and nothing of groups."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import template

from consultations.queries.groups import RotaLine, rota_lines

register = template.Library()


@register.simple_tag
def rotas(places: Iterable[Mapping[str, Any]]) -> list[RotaLine]:
    """``{% rotas places as lines %}``: who brings a case to the ``next`` session of each place
    whose ``cohort`` is a consultation group; two queries for all."""
    found = list(places)
    if not any(place["cohort"].level == "B" for place in found):
        return []
    return rota_lines({place["cohort"].pk: place["next"] for place in found})

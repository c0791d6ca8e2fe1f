"""Filters for templates and letters: money, days and moments in the house style."""

from datetime import date, datetime

from django import template

from scip import formats

register = template.Library()


@register.filter
def money(cents: int, currency: str = "USD") -> str:
    """``{{ charge.amount_cents|money:charge.currency }}``."""
    return formats.money(cents, currency)


@register.filter
def day(value: date) -> str:
    """``{{ cohort.starts_on|day }}``."""
    return formats.day(value)


@register.filter
def deadline(value: date) -> str:
    """``{{ seat.answer_due_at|deadline }}``, the same day for everybody."""
    return formats.deadline(value)


@register.filter
def moment(value: datetime, zone: str | None = None) -> str:
    """``{{ session.starts_at|moment }}`` in the viewer's zone, the zone named."""
    return formats.moment(value, zone)


@register.filter
def zone_name(zone: str) -> str:
    """``{{ cohort.time_zone|zone_name }}``."""
    return formats.zone_name(zone)

"""Form fields of the office's pages: money and days as people write them."""

from decimal import Decimal
from typing import Any

from django import forms
from django.db import models
from django.utils.text import capfirst

CENTS = "_cents"


class MoneyField(forms.Field):
    """``2595`` or ``2595.50`` on the page, whole cents in the database.

    Nobody thinks in cents: a price typed as 2595 must never become USD 25.95.
    """

    amounts = forms.DecimalField(max_digits=9, decimal_places=2, min_value=Decimal(0))

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.NumberInput(attrs={"min": "0", "step": "0.01"}))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Cents as an amount; what somebody typed stays as it is."""
        if not isinstance(value, int):
            return value
        whole, rest = divmod(value, 100)
        return f"{whole}.{rest:02}" if rest else str(whole)

    def to_python(self, value: Any) -> int | None:
        """The typed amount in cents. Raises ValidationError for anything else."""
        if value in self.empty_values:
            return None
        return int(self.amounts.clean(value) * 100)


def office_field(db_field: models.Field[Any, Any]) -> forms.Field | None:
    """The form field for a column that people write differently than it is kept, or None.

    Days and times of day get the browser's own fields. Django's carry a note about the
    reader's zone, which is wrong for them: a cohort starts at 18:00 where the cohort is.
    """
    given: dict[str, Any] = {
        "label": capfirst(str(db_field.verbose_name).removesuffix(" cents")),
        "help_text": db_field.help_text,
        "required": not db_field.blank,
    }
    if db_field.has_default():
        given["initial"] = db_field.get_default()
    if db_field.name.endswith(CENTS):
        return MoneyField(**given)
    if isinstance(db_field, models.TimeField):
        return forms.TimeField(
            widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), **given
        )
    if isinstance(db_field, models.DateField) and not isinstance(db_field, models.DateTimeField):
        return forms.DateField(
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **given
        )
    return None

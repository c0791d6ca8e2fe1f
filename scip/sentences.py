"""Django's stock sentences about what was typed, in the words of this site.

One place for all forms, the admin's included: a form that wants other words gives its own.
"""

from typing import Any

from django.core import validators
from django.forms import fields, models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy


def speak_plainly() -> None:
    """Replace Django's defaults; called once when the site starts."""
    fields.Field.default_error_messages["required"] = _("Please fill this in.")
    fields.IntegerField.default_error_messages["invalid"] = _("Please give a whole number.")
    fields.DecimalField.default_error_messages["invalid"] = _("Please give a number.")
    fields.FloatField.default_error_messages["invalid"] = _("Please give a number.")
    fields.DateField.default_error_messages["invalid"] = _("Please give a day that exists.")
    fields.TimeField.default_error_messages["invalid"] = _("Please give a time, like 18:00.")
    fields.DateTimeField.default_error_messages["invalid"] = _(
        "Please give a day and a time that exist."
    )
    fields.SplitDateTimeField.default_error_messages |= {
        "invalid_date": _("Please give a day that exists."),
        "invalid_time": _("Please give a time, like 18:00."),
    }
    fields.ChoiceField.default_error_messages["invalid_choice"] = _(
        "“%(value)s” is not among the choices. Please choose one of them."
    )
    fields.MultipleChoiceField.default_error_messages["invalid_choice"] = _(
        "“%(value)s” is not among the choices. Please choose from them."
    )
    models.ModelMultipleChoiceField.default_error_messages["invalid_choice"] = _(
        "One of these choices is not there any more. Please choose again."
    )
    models.ModelChoiceField.default_error_messages["invalid_choice"] = _(
        "That choice is not there any more. Please choose again."
    )
    fields.FileField.default_error_messages |= {
        "empty": _("This file is empty. Please choose another one."),
        "missing": _("The file did not arrive. Please choose it once more."),
        "invalid": _("The file did not arrive. Please choose it once more."),
    }
    validators.EmailValidator.message = _("Please give an e-mail address, like ana@example.org.")
    full_address = _("Please give a full address, like https://example.org.")
    fields.URLField.default_error_messages["invalid"] = full_address
    validators.URLValidator.message = full_address
    validators.MaxLengthValidator.message = ngettext_lazy(
        "Please use at most %(limit_value)d character; this has %(show_value)d.",
        "Please use at most %(limit_value)d characters; this has %(show_value)d.",
        "limit_value",
    )
    validators.MinValueValidator.message = _("Please give at least %(limit_value)s.")
    validators.MaxValueValidator.message = _("Please give at most %(limit_value)s.")
    amounts: dict[str, Any] = {
        "invalid": _("Please give a number."),
        "max_digits": _("That number is larger than can be kept here. Please check it."),
        "max_whole_digits": _("That number is larger than can be kept here. Please check it."),
        "max_decimal_places": ngettext_lazy(
            "Please give at most %(max)s digit after the point.",
            "Please give at most %(max)s digits after the point.",
            "max",
        ),
    }
    validators.DecimalValidator.messages = amounts
    validators.MinLengthValidator.message = ngettext_lazy(
        "Please use at least %(limit_value)d character; this has %(show_value)d.",
        "Please use at least %(limit_value)d characters; this has %(show_value)d.",
        "limit_value",
    )
    validators.StepValueValidator.message = _("Please give a multiple of %(limit_value)s.")

"""Django's stock sentences about what was typed, in the words of this site.

One place for all forms, the admin's included: a form that wants other words gives its own.
"""

from django.core import validators
from django.forms import fields, models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy


def speak_plainly() -> None:
    """Replace Django's defaults; called once when the site starts."""
    fields.Field.default_error_messages["required"] = _("Please fill this in.")
    fields.IntegerField.default_error_messages["invalid"] = _("Please give a whole number.")
    fields.DecimalField.default_error_messages["invalid"] = _("Please give a number.")
    fields.DateField.default_error_messages["invalid"] = _("Please give a day that exists.")
    fields.ChoiceField.default_error_messages["invalid_choice"] = _(
        "“%(value)s” is not among the choices. Please choose one of them."
    )
    models.ModelChoiceField.default_error_messages["invalid_choice"] = _(
        "That choice is not there any more. Please choose again."
    )
    validators.EmailValidator.message = _("Please give an e-mail address, like ana@example.org.")
    validators.URLValidator.message = _("Please give a full address, like https://example.org.")
    validators.MaxLengthValidator.message = ngettext_lazy(
        "Please use at most %(limit_value)d character; this has %(show_value)d.",
        "Please use at most %(limit_value)d characters; this has %(show_value)d.",
        "limit_value",
    )
    validators.MinValueValidator.message = _("Please give at least %(limit_value)s.")
    validators.MaxValueValidator.message = _("Please give at most %(limit_value)s.")

"""allauth's forms where they need our hand."""

from typing import Any

from allauth.account import app_settings
from allauth.account.forms import SignupForm as StockSignupForm
from django import forms
from django.utils.translation import gettext_lazy as _


class SignupForm(StockSignupForm):  # type: ignore[misc]
    """The trap for machines is hidden by our stylesheet: the policy allows no inline style."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        trap = self.fields[app_settings.SIGNUP_FORM_HONEYPOT_FIELD]
        trap.label = _("Leave this empty")
        trap.widget = forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"})

"""Planning a session."""

from django.utils.translation import gettext_lazy as _

from scip.accounts.forms.text import PlainTextField
from supervision.forms.sessions import WhenForm


class AppointmentForm(WhenForm):
    """When and where; both get a letter."""

    where = PlainTextField(
        label=_("Link or place"),
        max_length=300,
        required=False,
        help_text=_("Stands in the letter and in both calendars."),
    )

"""Materials and announcements of facilitators."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cohorts.models import Cohort, Session
from scip.community.forms.text import LineField, OnceForm, ParagraphsField
from scip.vault.forms import VaultFileField


class AnnouncementForm(OnceForm):
    """A letter to everybody in the group."""

    subject = LineField(label=gettext_lazy("Subject"), max_length=120)
    body = ParagraphsField(
        label=gettext_lazy("Your letter"),
        max_length=5000,
        rows=12,
        help_text=gettext_lazy(
            "Greeting and your name are added. Plain text; an empty line begins a new paragraph."
        ),
    )


class SessionField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """The cohort's sessions by number and title."""

    def label_from_instance(self, obj: Session) -> str:
        name = _("Session {number}").format(number=obj.number)
        return f"{name}: {obj.title}" if obj.title else name


class MaterialWordsForm(forms.Form):
    """The words around a material."""

    title = LineField(label=gettext_lazy("Title"), max_length=120)
    session = SessionField(
        label=gettext_lazy("Session"),
        queryset=Session.objects.none(),
        required=False,
        empty_label=gettext_lazy("For the whole group"),
        error_messages={
            "invalid_choice": gettext_lazy("Please choose a session of this group from the list.")
        },
    )
    note = ParagraphsField(label=gettext_lazy("Note"), max_length=1500, rows=4, required=False)

    def __init__(self, *args: Any, cohort: Cohort, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["session"]
        if isinstance(field, SessionField):
            field.queryset = Session.objects.filter(cohort=cohort).order_by("number")


class MaterialForm(MaterialWordsForm):
    """A file or a link, with the words around it."""

    document = VaultFileField(
        label=gettext_lazy("File"),
        required=False,
        help_text=gettext_lazy(
            "PDF, JPEG, PNG or WebP, up to 20 MB. Kept encrypted; only this group can open it."
        ),
    )
    url = forms.URLField(
        label=gettext_lazy("Or a link"),
        required=False,
        max_length=500,
        assume_scheme="https",
        error_messages={
            "invalid": gettext_lazy(
                "Please write the full address, for example https://example.org/page."
            )
        },
    )

    def clean(self) -> dict[str, Any]:
        """Exactly one of file and link."""
        data = super().clean() or self.cleaned_data
        is_readable = not {"document", "url"} & set(self.errors)
        if is_readable and bool(data.get("document")) == bool(data.get("url")):
            self.add_error(
                "document",
                _("Please choose either a file or a link. What you typed is still here."),
            )
        return data

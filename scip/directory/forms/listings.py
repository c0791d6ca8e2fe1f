"""The owner's form: each thing with its own choice of showing it."""

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Fieldset, Layout
from django import forms
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from scip.accounts.languages import language_choices
from scip.community.forms.text import LineField, ParagraphsField
from scip.directory.models import OPTIONAL, Listing, Population, Topic
from scip.portraits import portrait_field

LANGUAGE_FIELDS = ("language_1", "language_2", "language_3", "language_4")
TEXTS = ("region", "city", "website", "accepting", "topics", "populations")
WEBSITE_WRONG = _("Please give the full address of a page, beginning with https://.")


def tick(label: Any, help_text: Any = "") -> forms.BooleanField:
    return forms.BooleanField(label=label, help_text=help_text, required=False)


def ticks(label: Any, choices: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple
    )


class ListingForm(forms.Form):
    """What somebody tells of themselves, and which of it the public may read."""

    show_suffix = tick(_("Show the letters after my name"))
    country = forms.ChoiceField(
        label=_("Country"),
        required=False,
        choices=lambda: [("", _("Choose a country")), *countries],
    )
    region = LineField(label=_("Region or state"), max_length=80, required=False)
    city = LineField(label=_("City"), max_length=80, required=False)
    show_place = tick(_("Show where I work"))
    language_1 = forms.ChoiceField(
        label=_("First language"), required=False, choices=language_choices
    )
    language_2 = forms.ChoiceField(label=_("Second"), required=False, choices=language_choices)
    language_3 = forms.ChoiceField(label=_("Third"), required=False, choices=language_choices)
    language_4 = forms.ChoiceField(label=_("Fourth"), required=False, choices=language_choices)
    show_languages = tick(_("Show my languages"))
    topics = ticks(_("Themes"), Topic.choices)
    show_topics = tick(_("Show my themes"))
    populations = ticks(_("With whom you work"), Population.choices)
    show_populations = tick(_("Show with whom I work"))
    is_online = tick(_("I work online"))
    is_in_person = tick(_("I see people in person"))
    show_meeting = tick(_("Show how I meet people"))
    accepting = forms.ChoiceField(
        label=_("Are you taking on clients?"),
        required=False,
        choices=[
            ("", _("I would rather not say")),
            (Listing.Accepting.YES, _("Yes, I have room")),
            (Listing.Accepting.NO, _("No room at the moment")),
        ],
        widget=forms.RadioSelect,
        help_text=_("We ask you by letter now and then whether it is still so."),
    )
    show_accepting = tick(_("Show whether I am taking on clients"))
    website = forms.URLField(
        label=_("Your website"),
        max_length=200,
        required=False,
        assume_scheme="https",
        error_messages={"invalid": WEBSITE_WRONG},
        widget=forms.URLInput(attrs={"autocomplete": "url", "placeholder": "https://"}),
    )
    show_website = tick(_("Show my website"))
    show_licence = tick(
        _("Show when my licence was last confirmed"),
        _("The day on which the office checked it; neither its number nor where it was given."),
    )
    photo = portrait_field()
    remove_photo = tick(_("Remove the portrait"))

    def __init__(
        self, *args: Any, has_photo: bool = False, suffix: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if not has_photo:
            del self.fields["remove_photo"]
        if suffix:
            self.fields["show_suffix"].help_text = suffix
        else:
            del self.fields["show_suffix"]
        for name in ("region", "city"):
            self.fields[name].widget.attrs["dir"] = "auto"
        self.helper = listing_helper(self.fields)

    def clean_website(self) -> str:
        """A page that a browser reaches over https, named by a host name, without a password."""
        typed: str = self.cleaned_data["website"]
        if typed and not is_safe_page(typed):
            raise forms.ValidationError(WEBSITE_WRONG)
        return typed

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("photo") and data.get("remove_photo"):
            self.add_error(
                "photo", _("Either choose a new portrait or remove the old one, not both.")
            )
        return data

    def said(self) -> dict[str, Any]:
        """The values as `services.listings.save_listing` takes them."""
        data = self.cleaned_data
        chosen = (data[name] for name in LANGUAGE_FIELDS)
        return {
            **{name: data[name] for name in (*TEXTS, "country", "is_online", "is_in_person")},
            "languages": list(dict.fromkeys(code for code in chosen if code)),
        }

    def shown(self) -> frozenset[str]:
        """Which choices are ticked."""
        data = self.cleaned_data
        return frozenset(name for name in OPTIONAL if data.get(f"show_{name}"))


def is_safe_page(typed: str) -> bool:
    try:
        parts = urlsplit(typed)
        host = parts.hostname or ""
        _port = parts.port
    except ValueError:
        return False
    if parts.scheme != "https" or parts.username is not None or "." not in host:
        return False
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return True
    return False


def initial_of(said: dict[str, Any], shown: frozenset[str]) -> dict[str, Any]:
    """The form's beginning from what was typed and what is shown."""
    languages = [*said.get("languages", []), *[""] * len(LANGUAGE_FIELDS)]
    return {
        **said,
        **dict(zip(LANGUAGE_FIELDS, languages, strict=False)),
        **{f"show_{name}": name in shown for name in OPTIONAL},
    }


def listing_helper(present: Any) -> FormHelper:
    helper = FormHelper()
    helper.form_tag = False
    helper.layout = Layout(
        *([Fieldset(_("Your name"), "show_suffix")] if "show_suffix" in present else []),
        Fieldset(
            _("Where you work"),
            "country",
            Div("region", "city", css_class="field-row"),
            shown("show_place"),
        ),
        Fieldset(
            _("Languages"),
            Div(*LANGUAGE_FIELDS, css_class="field-row"),
            shown("show_languages"),
        ),
        Fieldset(
            _("What you work with"),
            Div("topics", css_class="listing-ticks"),
            shown("show_topics"),
            Div("populations", css_class="listing-ticks"),
            shown("show_populations"),
        ),
        Fieldset(
            _("How people can work with you"),
            "is_online",
            "is_in_person",
            shown("show_meeting"),
            "accepting",
            shown("show_accepting"),
        ),
        Fieldset(_("Your website"), "website", shown("show_website")),
        Fieldset(_("Your licence"), shown("show_licence")),
        Fieldset(_("Portrait"), "photo", *(["remove_photo"] if "remove_photo" in present else [])),
    )
    return helper


def shown(name: str) -> Div:
    """A choice of showing, set apart from what it shows."""
    return Div(name, css_class="listing-show")


class InterestForm(forms.Form):
    """Whether somebody would like to give something back."""

    would_facilitate = tick(_("I would like to facilitate a cohort or group one day"))
    would_mentor = tick(_("I would like to supervise candidates one day"))
    note = ParagraphsField(
        label=_("Anything we should know"), required=False, max_length=1500, rows=3
    )


class AcceptingForm(forms.Form):
    """“Still true”, with what is so of taking on clients."""

    accepting = forms.ChoiceField(required=False, choices=[("", ""), *Listing.Accepting.choices])

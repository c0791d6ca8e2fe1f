"""Applying, the profile, the directory's questions, and what the office fills in."""

from datetime import timedelta
from typing import Any, ClassVar

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Fieldset, Layout
from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scip.access.fields import MoneyField
from scip.accounts.forms.days import likely_day
from scip.accounts.models import User
from scip.community.forms.text import LineField, ParagraphsField
from scip.portraits import portrait_field
from supervision.models import Supervisor
from supervision.queries.sessions import utc_day
from supervision.queries.supervisors import Asked

# What a page in the directory cannot do without.
NEEDED_TO_BE_LISTED = ("headline", "bio", "orientation")


class ApplicationForm(forms.Form):
    """Two texts; a draft may be incomplete."""

    experience = ParagraphsField(
        label=_("Your experience as a supervisor"),
        help_text=_("Whom you have supervised, for how long, in which settings and approaches."),
        max_length=3000,
        rows=7,
    )
    motivation = ParagraphsField(
        label=_("Why you would like to supervise SCIP candidates"),
        help_text=_("What draws you to it, and your own way with self-compassion in your work."),
        max_length=3000,
        rows=7,
    )

    def __init__(self, *args: Any, is_draft: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_draft:
            for field in self.fields.values():
                field.required = False
        self.helper = FormHelper()
        self.helper.form_tag = False


class ProfileForm(forms.ModelForm[Supervisor]):
    """A supervisor's public page. Validates only; `services.profiles.save_profile` keeps it."""

    headline = LineField(
        label=_("In one line"),
        max_length=140,
        required=False,
        help_text=_("What somebody should know first, for example whom you work with."),
    )
    orientation = LineField(
        label=_("Clinical orientation"),
        max_length=300,
        required=False,
        help_text=_("Approaches and themes, separated by commas. People search for these words."),
    )
    bio = ParagraphsField(label=_("About you"), max_length=3000, rows=7, required=False)
    experience = ParagraphsField(label=_("Experience"), max_length=1500, rows=5, required=False)
    approach = ParagraphsField(
        label=_("How you supervise"), max_length=1500, rows=5, required=False
    )
    place = LineField(label=_("Town"), max_length=120, required=False)
    rate_cents = MoneyField(label=_("Rate for a session"), required=False)
    photo = portrait_field()
    remove_photo = forms.BooleanField(label=_("Remove the portrait"), required=False)

    class Meta:
        model = Supervisor
        fields = (
            "headline",
            "orientation",
            "bio",
            "experience",
            "approach",
            "place",
            "is_online",
            "is_in_person",
            "rate_cents",
            "has_sliding_scale",
            "is_accepting",
            "is_listed",
        )
        labels: ClassVar[dict[str, Any]] = {
            "is_online": _("I supervise online"),
            "is_in_person": _("I supervise in person"),
            "has_sliding_scale": _("A sliding scale is possible"),
            "is_accepting": _("I am taking on candidates"),
            "is_listed": _("Show my page in the public directory"),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "is_listed": _(
                "Everybody on the internet can then read this page, with your name, country, "
                "languages and time zone. You can take it back here at any time."
            ),
            "has_sliding_scale": _("The directory says yes or no; amounts stay between you two."),
        }

    def __init__(self, *args: Any, standard_rate: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rate_cents"].help_text = _("In USD. Empty: the standard rate, {rate}.").format(
            rate=standard_rate
        )
        for name in ("headline", "place", "orientation"):
            self.fields[name].widget.attrs["dir"] = "auto"
        if not self.instance.photo:
            del self.fields["remove_photo"]
        self.helper = profile_helper(has_photo=bool(self.instance.photo))

    def clean(self) -> dict[str, Any]:
        """One way of meeting at least; and what the directory needs before it shows somebody."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not data.get("is_online") and not data.get("is_in_person"):
            self.add_error("is_online", _("Please choose at least one way of meeting."))
        if data.get("is_listed"):
            for name in NEEDED_TO_BE_LISTED:
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, _("A page in the directory needs a few words here."))
        if data.get("photo") and data.get("remove_photo"):
            self.add_error(
                "photo", _("Either choose a new portrait or remove the old one, not both.")
            )
        return data


def profile_helper(*, has_photo: bool) -> FormHelper:
    helper = FormHelper()
    helper.form_tag = False
    helper.layout = Layout(
        Fieldset(_("Who you are"), "headline", "orientation", "bio", "experience", "approach"),
        Fieldset(
            _("Meeting"),
            "place",
            Div("is_online", "is_in_person", css_class="field-row"),
            "is_accepting",
        ),
        Fieldset(_("Money"), "rate_cents", "has_sliding_scale"),
        Fieldset(_("Portrait"), "photo", *(["remove_photo"] if has_photo else [])),
        Fieldset(_("In the directory"), "is_listed"),
    )
    return helper


class DirectoryForm(forms.Form):
    """What somebody is looking for; a GET form, so that a search can be kept and shared."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=120,
        help_text=_("A name, a theme, a place. Small slips and accents do not matter."),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    orientation = forms.CharField(
        label=_("Clinical orientation"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    language = forms.ChoiceField(label=_("Language"), required=False)
    country = forms.ChoiceField(label=_("Country"), required=False)
    online = forms.BooleanField(label=_("Online"), required=False)
    in_person = forms.BooleanField(label=_("In person"), required=False)
    accepting = forms.BooleanField(label=_("Taking on candidates"), required=False)
    sliding = forms.BooleanField(label=_("Sliding scale possible"), required=False)

    def __init__(
        self,
        *args: Any,
        languages: list[tuple[str, str]],
        countries: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("language", languages), ("country", countries)):
            self.fields[name].widget.attrs["class"] = "form-select"
            self.fields[name].choices = [("", _("Any")), *choices]  # type: ignore[attr-defined]

    def asked(self) -> Asked:
        """What can be read of the question; what can't be is left out."""
        self.is_valid()
        found = self.cleaned_data
        return Asked(
            q=found.get("q", ""),
            orientation=found.get("orientation", ""),
            language=found.get("language", ""),
            country=found.get("country", ""),
            online=bool(found.get("online")),
            in_person=bool(found.get("in_person")),
            accepting=bool(found.get("accepting")),
            sliding_scale=bool(found.get("sliding")),
        )


def words(label: Any, help_text: Any = "", *, required: bool = True) -> ParagraphsField:
    return ParagraphsField(
        label=label, help_text=help_text, required=required, max_length=1500, rows=5
    )


def office_day(label: Any, help_text: Any = "", *, required: bool = True) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=help_text,
        required=required,
        validators=[likely_day],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


NOTE = _("Optional. A personal paragraph in the letter, in your own words.")
UNTIL_HELP = _("The first day on which it no longer holds. Empty: open.")


class ApprovalForm(forms.Form):
    """From when and until when."""

    from_on = office_day(_("From"))
    until_on = office_day(_("Ends on"), UNTIL_HELP, required=False)
    note = words(_("Personal paragraph"), NOTE, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from_on"].initial = utc_day(timezone.now())


class RenewalForm(forms.Form):
    """Until when; it begins where the last one ends."""

    until_on = office_day(_("Ends on"), UNTIL_HELP, required=False)
    note = words(_("Personal paragraph"), NOTE, required=False)


class EndForm(forms.Form):
    """An early end. Today still counts: a session of this morning keeps what it was."""

    on = office_day(
        _("Ends on"),
        _(
            "The first day on which it no longer holds, tomorrow at the earliest: sessions of today "
            "still count. Days are UTC."
        ),
    )
    reason = words(_("Reason"), _("The person reads it, and it stays on record."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tomorrow = utc_day(timezone.now()) + timedelta(days=1)
        self.fields["on"].initial = tomorrow
        self.fields["on"].widget.attrs["min"] = str(tomorrow)


class DeclineForm(forms.Form):
    """A kind no."""

    note = words(
        _("Words for the person"),
        _("Needed. Why not now, and what could help another time."),
    )


class InviteForm(forms.Form):
    """Whom the office invites; an account may follow the invitation."""

    email = forms.EmailField(
        label=_("E-mail address"),
        help_text=_(
            "Somebody without an account is invited all the same: the invitation waits for the "
            "address until they have one."
        ),
    )
    words = words(_("Personal paragraph"), NOTE, required=False)

    def clean_email(self) -> User | str:
        """The person with this address, or the address of somebody who has no account yet."""
        address: str = self.cleaned_data["email"].strip().lower()
        user: User | None = User.objects.filter(email=address).first()
        if user is not None and not user.is_active:
            raise forms.ValidationError(_("The account with this address is closed."))
        return user or address

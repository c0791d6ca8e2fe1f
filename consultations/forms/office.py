"""The office's forms of a round: its draft, whom a name means, and moves by hand."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consultations.models import Apart, Group, Placement, Round
from consultations.queries.rounds import Ground
from scip.accounts.models import User
from scip.states import lock

NOBODY = "nobody"
# Promised to the people who wish; from the opening on they stay.
ONLY_IN_DRAFT = ("groups", "opens_at", "choices", "apart_names", "night_from", "night_until")


class RoundForm(forms.ModelForm[Round]):
    """A round as the office edits it. Saving waits for a colleague who opens it at this moment,
    and then keeps what was promised to the people."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # What counts as changed is what this page changed, not what a colleague did since.
            field.show_hidden_initial = self.instance.pk is not None

    def clean(self) -> dict[str, Any] | None:
        """The admin checks a form inside the transaction that saves it, so the lock holds."""
        given = super().clean()
        promised = [name for name in self.changed_data if name in ONLY_IN_DRAFT]
        if not promised or self.instance.pk is None:
            return given
        if lock(self.instance).state != Round.State.DRAFT:
            raise forms.ValidationError(
                _(
                    "A colleague opened this round while you edited it, so its groups, opening "
                    "and rules stay as they are. Nothing was changed; please open the page anew."
                )
            )
        return given


class WhoForm(forms.Form):
    """Which of the round's people a name means."""

    person = forms.ChoiceField(label="")

    def __init__(self, data: Any, *, apart: Apart, ground: Ground) -> None:
        super().__init__(data, prefix=f"apart-{apart.pk}")
        self.apart = apart
        people = sorted(
            (str(row.user), row.user.email, pk)
            for pk, row in ground.preferences.items()
            if pk != apart.preference.user_id
        )
        self.fields["person"] = forms.ChoiceField(
            label=_("“{name}”, written by {writer}").format(
                name=apart.named, writer=apart.preference.user
            ),
            choices=[
                ("", _("Please choose")),
                (NOBODY, _("Nobody of this round")),
                *((str(pk), f"{name} ({email})") for name, email, pk in people),
            ],
        )

    def chosen(self) -> User | None:
        """The person; None for nobody of this round."""
        value = self.cleaned_data["person"]
        return None if value == NOBODY else User.objects.get(pk=value)


class MoveForm(forms.Form):
    """Another group for somebody, or none."""

    group = forms.ModelChoiceField(
        Group.objects.none(),
        label=gettext_lazy("Group"),
        empty_label=gettext_lazy("No place"),
        required=False,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy(
            "Asked where the move goes against a wish or a rule. For colleagues; the person does "
            "not read it."
        ),
        max_length=300,
        required=False,
    )

    def __init__(self, data: Any, *, placement: Placement) -> None:
        super().__init__(data, initial={"group": placement.group_id})
        groups: Any = self.fields["group"]
        groups.queryset = placement.proposal.round.groups.select_related("cohort", "topic")

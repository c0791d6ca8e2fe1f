"""Letters after a round: what stands in an offer, and the letter for whoever has no place."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from consultations.allocation.explaining import Missed
from consultations.allocation.wording import choice, reasons_for_person
from consultations.models import Group, Placement
from scip.mail.services import queue_letter


def missed_of(placement: Placement) -> list[Missed]:
    """The explanation as it was kept."""
    return [Missed(**item) for item in placement.missed]


def titles_of(placement: Placement) -> dict[int, str]:
    """Titles of the groups that the explanation names."""
    keys = [item["group"] for item in placement.missed]
    rows = Group.objects.filter(pk__in=keys).select_related("cohort")
    return {group.pk: str(group) for group in rows}


def placed_note(placement: Placement) -> str:
    """A paragraph of the offer's letter: which choice it is, and why not a dearer one."""
    sentences = [
        _("{choice} in “{round}”.").format(
            choice=choice(placement.rank), round=placement.proposal.round
        )
    ]
    if placement.moved_at is not None:  # a person decided, so no rule explains it
        sentences.append(_("The office placed you by hand; if you wonder why, please ask."))
        return " ".join(sentences)
    reasons = reasons_for_person(
        missed_of(placement), titles_of(placement), mine=str(placement.group)
    )
    if reasons:
        sentences.append(_("About the groups you would have liked even better:"))
    return "\n".join([" ".join(sentences), *reasons])


def not_placed(placement: Placement) -> None:
    """No group this time, why, and what is possible now."""
    user = placement.preference.user
    queue_letter(
        "consultations/emails/not_placed",
        to=user,
        context={
            "name": user.first_name or _("colleague"),
            "round": placement.proposal.round,
            "reasons": reasons_for_person(missed_of(placement), titles_of(placement)),
            "button_url": settings.SITE_URL + reverse("consultations:list"),
            "button_label": _("See which groups are open"),
        },
        dedupe_key=f"placement:{placement.pk}:not-placed",
    )

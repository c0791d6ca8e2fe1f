"""A letter to the next supervisor: there is a pack. What is in it stands on its page alone."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from scip.mail.services import queue_letter
from supervision.models import Handover


def pack_given(pack: Handover) -> None:
    """To the next supervisor."""
    to = pack.to_supervisor.user
    queue_letter(
        "supervision/emails/pack_given",
        to=to,
        context={
            "name": to.name or _("colleague"),
            "other": pack.agreement.candidacy.user,
            "button_url": settings.SITE_URL + reverse("supervision:handover", args=[pack.pk]),
            "button_label": _("Open the pack"),
        },
        dedupe_key=f"handover:{pack.pk}:given",
    )

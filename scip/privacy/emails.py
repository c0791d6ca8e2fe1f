"""One function per letter about a request to be erased, and about a copy of one's data."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from scip.mail.services import Address, forget_once_sent, queue_letter
from scip.privacy.models import DataExport, ErasureRequest
from scip.privacy.queries.hindrances import hindrances


def to_data_page() -> dict[str, str]:
    return {
        "button_url": settings.SITE_URL + reverse("privacy:data"),
        "button_label": _("Your data"),
    }


def asked(request: ErasureRequest) -> None:
    """To the person: we heard you, this is the day, and this is the way back."""
    queue_letter(
        "privacy/emails/erasure_asked",
        to=request.person,
        context={
            "request": request,
            "is_entered": request.asked_by_id != request.person_id,
            **to_data_page(),
        },
        dedupe_key=f"erasure:{request.pk}:asked",
    )


def withdrawn(request: ErasureRequest) -> None:
    """To the person: nothing will be erased."""
    queue_letter(
        "privacy/emails/erasure_withdrawn",
        to=request.person,
        context={"request": request, **to_data_page()},
        dedupe_key=f"erasure:{request.pk}:withdrawn",
    )


def held_up(request: ErasureRequest) -> None:
    """To the person, once: the day has come, and something stands in the way."""
    queue_letter(
        "privacy/emails/erasure_held_up",
        to=request.person,
        context={
            "request": request,
            "findings": hindrances(request.person).unmet,
            **to_data_page(),
        },
        dedupe_key=f"erasure:{request.pk}:held-up",
    )


def carried_out(request: ErasureRequest, *, to: Address) -> None:
    """The last letter, to the address as it was; it names nobody and is forgotten once sent."""
    key = f"erasure:{request.pk}:done"
    queue_letter(
        "privacy/emails/erasure_done",
        to=to,
        context={
            "request": request,
            "button_url": settings.SITE_URL + reverse("pages:privacy"),
            "button_label": _("What is kept, and why"),
        },
        dedupe_key=key,
    )
    forget_once_sent(key)


def export_ready(export: DataExport) -> None:
    """To the person: it can be fetched until. No link opens it; the page asks to sign in."""
    queue_letter(
        "privacy/emails/export_ready",
        to=export.person,
        context={"export": export, **to_data_page()},
        dedupe_key=f"export:{export.pk}:ready",
    )


def export_failed(export: DataExport) -> None:
    """To the person, once each time: it could not be made, and how to begin again."""
    queue_letter(
        "privacy/emails/export_failed",
        to=export.person,
        context={"export": export, **to_data_page()},
        dedupe_key=f"export:{export.pk}:failed:{export.failed_at:%Y%m%d%H%M%S}",
    )

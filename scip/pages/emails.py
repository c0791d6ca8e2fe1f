"""One function per letter of the public site."""

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from scip.mail.services import Address, Draft, queue_draft, queue_letter, render_letter
from scip.pages.models import ContactMessage, InterestEntry

LEAVE_SALT = "scip.pages.leave"

# Where somebody reads on while they wait.
READ_ON = {
    InterestEntry.About.LEVEL_A: "pages:program",
    InterestEntry.About.LEVEL_B: "consultations:list",
    InterestEntry.About.CERTIFICATION: "pages:certification",
}


def leave_token(entry: InterestEntry) -> str:
    """Lets the holder of the letter, and nobody else, leave the list."""
    return signing.dumps(entry.pk, salt=LEAVE_SALT)


def leave_address(entry: InterestEntry) -> str:
    return f"{settings.SITE_URL}{reverse('pages:interest_leave', args=[leave_token(entry)])}"


def office() -> Address:
    return Address(email=settings.STAFF_EMAIL)


def admin_address(row: ContactMessage | InterestEntry) -> str:
    page = reverse(f"admin:pages_{row._meta.model_name}_change", args=[row.pk])
    return f"{settings.SITE_URL}{page}"


def interest_noted(entry: InterestEntry, *, time_zone: str = "UTC") -> None:
    """To the person: you are on the list, and this is how to leave it."""
    queue_letter(
        "pages/emails/interest_noted",
        to=Address(email=entry.email, time_zone=time_zone),
        context={
            "entry": entry,
            "leave_url": leave_address(entry),
            "button_url": settings.SITE_URL + reverse(READ_ON[InterestEntry.About(entry.about)]),
            "button_label": _("Read on while you wait"),
        },
        dedupe_key=f"interest-noted:{entry.pk}",
        reply_to=settings.STAFF_EMAIL,
    )


def applications_opened(entry: InterestEntry) -> None:
    """To the person: applications for certification have opened. The one letter promised."""
    queue_letter(
        "pages/emails/applications_opened",
        to=Address(email=entry.email),
        context={
            "entry": entry,
            "leave_url": leave_address(entry),
            "button_url": settings.SITE_URL + reverse("pages:certification"),
            "button_label": _("Read how to register"),
        },
        dedupe_key=f"interest-opened:{entry.pk}",
        reply_to=settings.STAFF_EMAIL,
    )


def interest_arrived(entry: InterestEntry) -> None:
    """To the office: somebody new on the list."""
    queue_letter(
        "pages/emails/interest_arrived",
        to=office(),
        context={
            "entry": entry,
            "button_url": admin_address(entry),
            "button_label": _("Open the entry"),
        },
        dedupe_key=f"interest-arrived:{entry.pk}",
        reply_to=entry.email,
    )


def message_arrived(message: ContactMessage) -> None:
    """To the office: the message as it was written; a reply goes to its writer."""
    queue_letter(
        "pages/emails/message_arrived",
        to=office(),
        context={
            "message": message,
            "button_url": admin_address(message),
            "button_label": _("Answer it"),
        },
        dedupe_key=f"message-arrived:{message.pk}",
        reply_to=message.email,
    )


def draft_answer(message: ContactMessage, body: str) -> Draft:
    """The office's answer as it would be sent, for looking at it first."""
    return render_letter(
        "pages/emails/message_answered",
        Address(email=message.email),
        {"message": message, "body": body},
    )


def answer_message(message: ContactMessage, draft: Draft) -> None:
    """To the writer: the office's answer. A message taken up again may be answered once more."""
    queue_draft(
        draft,
        to=Address(email=message.email),
        dedupe_key=f"message-answered:{message.pk}:{get_random_string(12)}",
        reply_to=settings.STAFF_EMAIL,
    )

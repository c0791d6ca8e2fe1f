"""One function per letter of the directory."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from scip.directory.models import Listing, ListingReport
from scip.mail.services import Address, Draft, queue_draft, queue_letter, render_letter


def own_page() -> str:
    return f"{settings.SITE_URL}{reverse('directory:mine')}"


def message_for(listing: Listing, *, name: str, email: str, message: str, dedupe_key: str) -> None:
    """To the person of a listing: a visitor's message as it was written; a reply goes to them."""
    queue_letter(
        "directory/emails/message",
        to=listing.user,
        context={"listing": listing, "name": name, "email": email, "message": message},
        dedupe_key=dedupe_key,
        reply_to=email,
    )


def still_true(listing: Listing) -> None:
    """To its owner: is all of this still true? Once for each time that it falls due."""
    due = listing.question_due_at or listing.updated_at
    queue_letter(
        "directory/emails/still_true",
        to=listing.user,
        context={
            "listing": listing,
            "confirmed_at": listing.confirmed_at,
            "button_url": own_page(),
            "button_label": _("Look at your listing"),
        },
        dedupe_key=f"listing-question:{listing.pk}:{due:%Y%m%d%H%M}",
    )


def held_draft(listing: Listing) -> Draft:
    """The letter about a hidden listing, as the office sees it before it goes."""
    return render_letter("directory/emails/held", listing.user, held_context(listing))


def held_context(listing: Listing) -> dict[str, object]:
    return {
        "listing": listing,
        "reason": listing.hold_reason,
        "button_url": own_page(),
        "button_label": _("Open your listing"),
    }


def held(listing: Listing, now: datetime) -> None:
    """To its owner: the office hid the listing, and why."""
    queue_draft(
        held_draft(listing),
        to=listing.user,
        dedupe_key=f"listing-held:{listing.pk}:{now:%Y%m%d%H%M%S}",
        reply_to=settings.STAFF_EMAIL,
    )


def released_draft(listing: Listing) -> Draft:
    """The letter about an opened way, as the office sees it before it goes."""
    return render_letter("directory/emails/released", listing.user, held_context(listing))


def released(listing: Listing, now: datetime) -> None:
    """To its owner: they may publish it again."""
    queue_draft(
        released_draft(listing),
        to=listing.user,
        dedupe_key=f"listing-released:{listing.pk}:{now:%Y%m%d%H%M%S}",
        reply_to=settings.STAFF_EMAIL,
    )


def report_arrived(report: ListingReport) -> None:
    """To the office: a visitor thinks that something is not right."""
    page = reverse("admin:directory_listingreport_change", args=[report.pk])
    queue_letter(
        "directory/emails/report",
        to=Address(email=settings.STAFF_EMAIL),
        context={
            "report": report,
            "listing": report.listing,
            "button_url": f"{settings.SITE_URL}{page}",
            "button_label": _("Look at it"),
        },
        dedupe_key=f"listing-report:{report.pk}",
        reply_to=report.email,
    )

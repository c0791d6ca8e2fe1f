"""Letters about a candidacy and its retreat. Each returns a `Draft`, so that the office sees a
letter as it will go; the services queue them."""

from datetime import date
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from certification.candidacy.models import Candidacy, Leave, Retreat
from payments.models import Charge
from payments.queries import Balance, balance
from scip.accounts.models import User
from scip.mail.services import Draft, render_letter


def letter(template: str, user: User, *, button: tuple[str, str], **context: Any) -> Draft:
    """Render one letter; ``button`` is a path and its label."""
    path, label = button
    return render_letter(
        f"certification/emails/{template}",
        user,
        {
            "name": user.first_name or _("colleague"),
            "button_url": f"{settings.SITE_URL}{path}",
            "button_label": label,
            **context,
        },
    )


def register_page() -> str:
    return reverse("certification:register")


def record_page() -> str:
    return reverse("certification:record")


def registered(candidacy: Candidacy) -> Draft:
    """The fee is settled: the certification record is open."""
    return letter(
        "registered",
        candidacy.user,
        button=(record_page(), _("Open your certification record")),
        candidacy=candidacy,
        edition=candidacy.edition,
    )


def payment_reminder(candidacy: Candidacy, charge: Charge, *, is_late: bool) -> Draft:
    """The registration fee is due soon, or its day has passed; nothing is lost either way."""
    standing: Balance = balance(charge)
    return letter(
        "payment_reminder",
        candidacy.user,
        button=(reverse("payments:pay", args=[charge.pk]), _("Go to payment")),
        charge=charge,
        due_cents=standing.due_cents,
        is_late=is_late,
    )


def paid_without_registration(user: User) -> Draft:
    """Money arrived for a registration that was taken back in the meantime."""
    return letter(
        "paid_without_registration",
        user,
        button=(reverse("payments:list"), _("See your payments")),
    )


def set_back(candidacy: Candidacy) -> Draft:
    """The office put an unpaid registration back; everything is kept."""
    return letter("set_back", candidacy.user, button=(register_page(), _("See what you prepared")))


def withdrawn(candidacy: Candidacy) -> Draft:
    """A kind word on leaving."""
    return letter(
        "withdrawn",
        candidacy.user,
        button=(reverse("pathway:home"), _("Go to your pathway")),
        was_registered=candidacy.active_at is not None,
    )


def closed(candidacy: Candidacy, reason: str) -> Draft:
    """The office closed it, with its reason."""
    return letter(
        "closed",
        candidacy.user,
        button=(reverse("pathway:home"), _("Go to your pathway")),
        reason=reason,
    )


def retreat_verified(retreat: Retreat) -> Draft:
    """The office has taken the retreat."""
    return letter(
        "retreat_verified",
        retreat.user,
        button=(register_page(), _("See where you stand")),
        retreat=retreat,
    )


def retreat_returned(retreat: Retreat, reason: str) -> Draft:
    """The office asks for something, with its reason."""
    return letter(
        "retreat_returned",
        retreat.user,
        button=(f"{register_page()}#bring-retreat", _("Correct it and send it again")),
        retreat=retreat,
        reason=reason,
    )


def retreat_deferred(candidacy: Candidacy, reason: str) -> Draft:
    """The retreat may wait until the final submission."""
    return letter(
        "retreat_deferred",
        candidacy.user,
        button=(register_page(), _("See where you stand")),
        reason=reason,
    )


def leave_noted(leave: Leave) -> Draft:
    """Clocks and reminders rest."""
    return letter(
        "leave_noted",
        leave.candidacy.user,
        button=(record_page(), _("Open your certification record")),
        leave=leave,
    )


def leave_over(candidacy: Candidacy, *, on: date) -> Draft:
    """Welcome back."""
    return letter(
        "leave_over",
        candidacy.user,
        button=(record_page(), _("Open your certification record")),
        on=on,
    )

"""Letters about a person's account, evidence and roles; one function per letter."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from scip.accounts.models import Prerequisite, RoleGrant, User
from scip.mail.services import Draft, queue_letter, render_letter


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address of a person that need not be their sign-in address (a new or an old one)."""

    email: str
    time_zone: str
    pk: int | None


# What the one button of each of allauth's letters does: the address' name and its words.
BUTTONS: Mapping[str, tuple[str, Promise]] = {
    "account_already_exists": ("account_login", _("Sign in")),
    "email_changed": ("account_email", _("Look at your addresses")),
    "email_deleted": ("account_email", _("Look at your addresses")),
    "login_code_refused": ("account_login", _("Sign in with your password")),
    "password_changed": ("account_login", _("Sign in")),
    "password_reset": ("account_login", _("Sign in")),
    "password_set": ("account_login", _("Sign in")),
    "recovery_codes_generated": ("mfa_index", _("Look at your second factor")),
    "totp_activated": ("mfa_index", _("Look at your second factor")),
    "totp_deactivated": ("mfa_index", _("Look at your second factor")),
    "unknown_account": ("account_signup", _("Create an account")),
    "webauthn_added": ("mfa_index", _("Look at your second factor")),
    "webauthn_removed": ("mfa_index", _("Look at your second factor")),
}


def absolute(name: str, *args: Any) -> str:
    """The full address of a page, on the site's own host whatever the request said."""
    return f"{settings.SITE_URL}{reverse(name, args=args)}"


def account_letter(name: str, email: str, context: Mapping[str, Any]) -> None:
    """One of allauth's letters (codes, resets, notices); each sending is its own occasion."""
    user = context.get("user") or User.objects.filter(email=email.lower()).first()
    # The code's letter asks for typing, so it has no button.
    kept = {
        key: context[key]
        for key in (
            "code",
            "ip",
            "timestamp",
            "from_email",
            "to_email",
            "deleted_email",
            "password_reset_url",
        )
        if key in context
    }
    if name == "password_reset_key":
        kept |= {
            "button_url": context["password_reset_url"],
            "button_label": _("Choose a new password"),
        }
    elif name in BUTTONS:
        target, label = BUTTONS[name]
        kept |= {"button_url": absolute(target), "button_label": label}
    queue_letter(
        f"accounts/emails/{name}",
        to=Mailbox(
            email=email,
            time_zone=user.time_zone if user is not None else "UTC",
            pk=user.pk if user is not None else None,
        ),
        context={
            "email": email,
            "name": user.first_name if user is not None else "",
            "reset_url": absolute("account_reset_password"),
            **kept,
        },
        dedupe_key=f"account:{name}:{get_random_string(24)}",
    )


def prerequisite_context(prerequisite: Prerequisite) -> dict[str, Any]:
    return {
        "name": prerequisite.user.first_name,
        "prerequisite": prerequisite,
        "kind": prerequisite.get_kind_display(),
        "reason": prerequisite.return_reason,
        "expires_on": prerequisite.expires_on,
    }


def prerequisite_verified(prerequisite: Prerequisite) -> None:
    """The office has taken the evidence."""
    queue_letter(
        "accounts/emails/prerequisite_verified",
        to=prerequisite.user,
        context=verified_context(prerequisite),
        dedupe_key=f"prerequisite:{prerequisite.pk}:verified",
    )


def verified_context(prerequisite: Prerequisite) -> dict[str, Any]:
    return prerequisite_context(prerequisite) | {
        "button_url": absolute("profile:prerequisites"),
        "button_label": _("See where you stand"),
    }


def verified_draft(prerequisite: Prerequisite) -> Draft:
    """The letter as it will go, for the office to read before it acts."""
    return render_letter(
        "accounts/emails/prerequisite_verified", prerequisite.user, verified_context(prerequisite)
    )


def prerequisite_returned(prerequisite: Prerequisite) -> None:
    """The office asks for something, with the reason."""
    queue_letter(
        "accounts/emails/prerequisite_returned",
        to=prerequisite.user,
        context=returned_context(prerequisite, prerequisite.return_reason),
        dedupe_key=f"prerequisite:{prerequisite.pk}:returned",
    )


def returned_context(prerequisite: Prerequisite, reason: str) -> dict[str, Any]:
    return prerequisite_context(prerequisite) | {
        "reason": reason,
        "button_url": absolute("profile:prerequisite", prerequisite.kind),
        "button_label": _("Correct it and send it again"),
    }


def returned_draft(prerequisite: Prerequisite, reason: str) -> Draft:
    """The letter as it will go, for the office to read before it acts."""
    return render_letter(
        "accounts/emails/prerequisite_returned",
        prerequisite.user,
        returned_context(prerequisite, reason),
    )


def expiry_key(prerequisite: Prerequisite, stage: str) -> str:
    """One letter for each record and stage, however often the task runs."""
    return f"prerequisite:{prerequisite.pk}:expires:{stage}"


def prerequisite_expires(prerequisite: Prerequisite, stage: str) -> None:
    """Evidence ends (``first``, ``last``) or has ended (``ended``)."""
    queue_letter(
        "accounts/emails/prerequisite_expires",
        to=prerequisite.user,
        context=prerequisite_context(prerequisite)
        | {
            "has_ended": stage == "ended",
            "button_url": absolute("profile:prerequisite", prerequisite.kind),
            "button_label": _("Add the renewed document"),
        },
        dedupe_key=expiry_key(prerequisite, stage),
    )


def role_granted(grant: RoleGrant, *, now: datetime) -> None:
    """A role was given; sign-in now needs a second factor."""
    queue_letter(
        "accounts/emails/role_granted",
        to=grant.user,
        context={
            "name": grant.user.first_name,
            "role": grant.get_role_display(),
            "since": grant.since,
            "button_url": absolute("mfa_index"),
            "button_label": _("Set up your second factor"),
        },
        dedupe_key=f"role:{grant.pk}:granted:{now.isoformat()}",
    )


def role_ended(grant: RoleGrant, *, now: datetime) -> None:
    """A role has ended; the person's own pages stay as they were."""
    queue_letter(
        "accounts/emails/role_ended",
        to=grant.user,
        context={
            "name": grant.user.first_name,
            "role": grant.get_role_display(),
            "button_url": absolute("account_login"),
            "button_label": _("Sign in"),
        },
        dedupe_key=f"role:{grant.pk}:ended:{now.isoformat()}",
    )


def second_factor_reset(user: User, *, now: datetime) -> None:
    """The office took away a lost second factor."""
    queue_letter(
        "accounts/emails/second_factor_reset",
        to=user,
        context={
            "name": user.first_name,
            "button_url": absolute("mfa_index"),
            "button_label": _("Set up a new one"),
        },
        dedupe_key=f"second_factor:{user.pk}:reset:{now.isoformat()}",
    )

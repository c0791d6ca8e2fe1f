"""One function per letter about credentials."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from scip.credentials.addresses import absolute
from scip.credentials.models import Credential, today
from scip.mail.services import queue_letter
from scip.policy.models import Edition


def contact() -> dict[str, str]:
    """The button of letters that somebody may want to answer."""
    return {
        "button_url": settings.SITE_URL + reverse("pages:contact"),
        "button_label": _("Write to us"),
    }


def papers_context(credential: Credential) -> dict[str, Any]:
    """What the letters about papers say, and their previews."""
    return {
        "credential": credential,
        "verify_url": absolute("verify", credential.code),
        "button_url": absolute("holder", credential.code),
        "button_label": _("Open your papers"),
    }


def papers_ready(credential: Credential) -> None:
    """The credential is issued and its papers can be fetched; or it took the place of another."""
    is_anew = credential.replaces is not None
    letter = "credential_anew" if is_anew else "certificate_ready"
    queue_letter(
        f"credentials/emails/{letter}",
        to=credential.user,
        context=papers_context(credential),
        dedupe_key=f"{letter.replace('_', '-')}:{credential.pk}",
    )


def appeal_context(credential: Credential, moment: datetime | None) -> dict[str, Any]:
    """What letters about a loss say of the way to see it differently.

    The days are those of the Edition in force; without a named person the office answers.
    """
    return {
        "credential": credential,
        "appeal_contact": credential.appeal_contact or _("the office"),
        "appeal_days": Edition.objects.in_force(today(moment)).appeal_days,
        **contact(),
    }


def credential_revoked(credential: Credential) -> None:
    """The credential no longer stands, and why."""
    queue_letter(
        "credentials/emails/credential_revoked",
        to=credential.user,
        context=appeal_context(credential, credential.revoked_at),
        dedupe_key=f"credential-revoked:{credential.pk}",
    )


def credential_suspended(credential: Credential) -> None:
    """The credential rests until something is settled, and why."""
    queue_letter(
        "credentials/emails/credential_suspended",
        to=credential.user,
        context=appeal_context(credential, credential.suspended_at),
        dedupe_key=f"credential-suspended:{credential.pk}:{credential.suspended_at}",
    )


def suspension_lifted(credential: Credential, note: str) -> None:
    """The credential stands again."""
    queue_letter(
        "credentials/emails/suspension_lifted",
        to=credential.user,
        context=lifted_context(credential, note),
        dedupe_key=f"suspension-lifted:{credential.pk}:{credential.suspended_at}",
    )


def lifted_context(credential: Credential, note: str) -> dict[str, Any]:
    """For the letter and for its preview."""
    return {
        "credential": credential,
        "note": note,
        "button_url": absolute("holder", credential.code),
        "button_label": _("Open your papers"),
    }


def credential_ends_soon(credential: Credential) -> None:
    """The credential's validity ends before long, and how to renew it."""
    queue_letter(
        "credentials/emails/credential_ends_soon",
        to=credential.user,
        context={"credential": credential, **contact()},
        dedupe_key=f"credential-ends-soon:{credential.pk}:{credential.expires_on}",
    )


def credential_expired(credential: Credential) -> None:
    """The credential's validity has ended."""
    queue_letter(
        "credentials/emails/credential_expired",
        to=credential.user,
        context={"credential": credential, **contact()},
        dedupe_key=f"credential-expired:{credential.pk}:{credential.expires_on}",
    )

"""One function per letter about credentials."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from scip.credentials.models import Credential
from scip.mail.services import queue_letter


def contact() -> dict[str, str]:
    """The button of letters that somebody may want to answer."""
    return {
        "button_url": settings.SITE_URL + reverse("pages:contact"),
        "button_label": _("Write to us"),
    }


def certificate_ready(credential: Credential) -> None:
    """The credential is issued and its certificate can be fetched."""
    verify = settings.SITE_URL + reverse("credentials:verify", args=[credential.code])
    queue_letter(
        "credentials/emails/certificate_ready",
        to=credential.user,
        context={
            "credential": credential,
            "verify_url": verify,
            "button_url": settings.SITE_URL
            + reverse("credentials:certificate", args=[credential.code]),
            "button_label": _("Open your certificate"),
        },
        dedupe_key=f"certificate-ready:{credential.pk}",
    )


def credential_revoked(credential: Credential) -> None:
    """The credential no longer stands, and why."""
    queue_letter(
        "credentials/emails/credential_revoked",
        to=credential.user,
        context={"credential": credential, **contact()},
        dedupe_key=f"credential-revoked:{credential.pk}",
    )


def credential_expired(credential: Credential) -> None:
    """The credential's validity has ended."""
    queue_letter(
        "credentials/emails/credential_expired",
        to=credential.user,
        context={"credential": credential, **contact()},
        dedupe_key=f"credential-expired:{credential.pk}:{credential.expires_on}",
    )

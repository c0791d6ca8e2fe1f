"""Letters about becoming and staying a supervisor."""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from scip.mail.services import Address, Draft, queue_letter, render_letter
from supervision.models import Approval, Invitation, Supervisor, SupervisorApplication

FOLDER = "supervision/emails"


def address(name: str, *args: Any) -> str:
    """The full address of a page."""
    return f"{settings.SITE_URL}{reverse(name, args=args)}"


def office() -> Address:
    return Address(email=settings.STAFF_EMAIL)


def invited_context(application: SupervisorApplication, words: str) -> dict[str, Any]:
    return {
        "name": application.user.first_name or _("colleague"),
        "words": words,
        "button_url": address("supervision:apply"),
        "button_label": _("Read on and answer"),
    }


def invited(application: SupervisorApplication, *, words: str) -> None:
    """The office would like you to supervise; you say yes or no."""
    queue_letter(
        f"{FOLDER}/supervisor_invited",
        to=application.user,
        context=invited_context(application, words),
        dedupe_key=f"supervisor-application:{application.pk}:invited",
    )


def invited_draft(application: SupervisorApplication, *, words: str) -> Draft:
    """The letter as it will go."""
    return render_letter(
        f"{FOLDER}/supervisor_invited", application.user, invited_context(application, words)
    )


def guest_context(invitation: Invitation) -> dict[str, Any]:
    return {
        "name": _("colleague"),
        "words": invitation.words,
        "is_guest": True,
        "button_url": address("supervision:apply"),
        "button_label": _("Create your account and answer"),
    }


def guest_invited(invitation: Invitation) -> None:
    """The same to somebody without an account; the invitation waits for the address."""
    queue_letter(
        f"{FOLDER}/supervisor_invited",
        to=Address(email=invitation.email),
        context=guest_context(invitation),
        dedupe_key=f"supervisor-invitation:{invitation.pk}:{invitation.invited_at:%Y%m%d%H%M%S}",
    )


def guest_draft(invitation: Invitation) -> Draft:
    """The letter as it will go."""
    return render_letter(
        f"{FOLDER}/supervisor_invited", Address(email=invitation.email), guest_context(invitation)
    )


def application_arrived(application: SupervisorApplication) -> None:
    """To the office: somebody would like to supervise, or takes an invitation up."""
    queue_letter(
        f"{FOLDER}/supervisor_application_arrived",
        to=office(),
        context={
            "application": application,
            "button_url": address("admin:supervision_supervisorapplication_change", application.pk),
            "button_label": _("Read the application"),
        },
        dedupe_key=f"supervisor-application:{application.pk}:arrived",
    )


def approved_context(approval: Approval, note: str, is_renewal: bool) -> dict[str, Any]:
    return {
        "name": approval.supervisor.user.first_name or _("colleague"),
        "approval": approval,
        "note": note,
        "is_renewal": is_renewal,
        "button_url": address("supervision:profile"),
        "button_label": _("Look at your page"),
    }


def approved(approval: Approval, *, note: str = "", is_renewal: bool = False) -> None:
    """You are approved, from when and until when, and what comes next."""
    queue_letter(
        f"{FOLDER}/supervisor_approved",
        to=approval.supervisor.user,
        context=approved_context(approval, note, is_renewal),
        dedupe_key=f"approval:{approval.pk}:given",
    )


def approved_draft(approval: Approval, *, note: str, is_renewal: bool = False) -> Draft:
    """The letter as it will go; the approval need not be saved."""
    return render_letter(
        f"{FOLDER}/supervisor_approved",
        approval.supervisor.user,
        approved_context(approval, note, is_renewal),
    )


def declined_context(application: SupervisorApplication) -> dict[str, Any]:
    return {
        "name": application.user.first_name or _("colleague"),
        "note": application.decision_note,
        "button_url": address("supervision:apply"),
        "button_label": _("See where it stands"),
    }


def declined(application: SupervisorApplication) -> None:
    """Not now, in the office's words."""
    queue_letter(
        f"{FOLDER}/supervisor_declined",
        to=application.user,
        context=declined_context(application),
        dedupe_key=f"supervisor-application:{application.pk}:declined",
    )


def declined_draft(application: SupervisorApplication) -> Draft:
    """The letter as it will go."""
    return render_letter(
        f"{FOLDER}/supervisor_declined", application.user, declined_context(application)
    )


def ended_context(supervisor: Supervisor, reason: str, on: date) -> dict[str, Any]:
    return {
        "name": supervisor.user.first_name or _("colleague"),
        "reason": reason,
        "on": on,
        "button_url": address("pages:contact"),
        "button_label": _("Write to the office"),
    }


def approval_ended(supervisor: Supervisor, *, reason: str, on: date, at: datetime) -> None:
    """The approval ends, why, and what stays."""
    queue_letter(
        f"{FOLDER}/approval_ended",
        to=supervisor.user,
        context=ended_context(supervisor, reason, on),
        dedupe_key=f"supervisor:{supervisor.pk}:ended:{at.isoformat()}",
    )


def ended_draft(supervisor: Supervisor, *, reason: str, on: date) -> Draft:
    """The letter as it will go."""
    return render_letter(
        f"{FOLDER}/approval_ended", supervisor.user, ended_context(supervisor, reason, on)
    )


def ending_key(approval: Approval) -> str:
    """One announcement for each approval, however often the task runs."""
    return f"approval:{approval.pk}:ending:{approval.until_on}"


def approval_ending(approval: Approval) -> None:
    """To the supervisor: the approval ends soon."""
    queue_letter(
        f"{FOLDER}/approval_ending",
        to=approval.supervisor.user,
        context={
            "name": approval.supervisor.user.first_name or _("colleague"),
            "approval": approval,
            "button_url": address("pages:contact"),
            "button_label": _("Write to the office"),
        },
        dedupe_key=ending_key(approval),
    )


def approval_ending_office(approval: Approval) -> None:
    """To the office: whose approval ends soon."""
    queue_letter(
        f"{FOLDER}/approval_ending_office",
        to=office(),
        context={
            "approval": approval,
            "button_url": address("admin:supervision_supervisor_change", approval.supervisor_id),
            "button_label": _("Renew it or let it end"),
        },
        dedupe_key=f"{ending_key(approval)}:office",
    )

"""What the office does with a credential: each act with its form, and its letter as it will go."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scip.accounts.models import User
from scip.credentials import emails, services
from scip.credentials.forms import AnewForm, GroundForm, LiftForm
from scip.credentials.models import Credential
from scip.credentials.reissuing import issue_anew, successor_of
from scip.mail.services import Draft, render_letter

State = Credential.State
type Said = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Act:
    """``form`` asks, ``preview`` draws the letter (Refusal when it can't be done), ``perform`` does
    it through the services; it is offered in the ``states``."""

    name: str
    link: str | Promise
    title: str | Promise
    explanation: str | Promise
    button: str | Promise
    done: str | Promise
    form: type[Any]
    preview: Callable[[Credential, Said], Draft]
    perform: Callable[[Credential, User, Said], object]
    states: tuple[str, ...]
    is_destructive: bool = False


def preview_revocation(credential: Credential, said: Said) -> Draft:
    credential.revocation_reason = said["reason"]
    return preview_loss("credential_revoked", credential, said)


def preview_suspension(credential: Credential, said: Said) -> Draft:
    credential.suspension_reason = said["reason"]
    return preview_loss("credential_suspended", credential, said)


def preview_loss(letter: str, credential: Credential, said: Said) -> Draft:
    credential.appeal_contact = said["appeal_contact"]
    context = emails.appeal_context(credential, timezone.now())
    return render_letter(f"credentials/emails/{letter}", credential.user, context)


def preview_lift(credential: Credential, said: Said) -> Draft:
    context = emails.lifted_context(credential, said["note"])
    return render_letter("credentials/emails/suspension_lifted", credential.user, context)


def preview_anew(credential: Credential, said: Said) -> Draft:
    """With “the next number”, and the old one's address in the place of an address to come."""
    new = successor_of(
        credential,
        credential.user,
        reason=said["reason"],
        now=timezone.now(),
        number=_("(the next number)"),
    )
    new.code = credential.code
    return render_letter(
        "credentials/emails/credential_anew", credential.user, emails.papers_context(new)
    )


ACTS = {
    act.name: act
    for act in (
        Act(
            name="suspend",
            link=gettext_lazy("Suspend it"),
            title=gettext_lazy("Suspend a credential"),
            explanation=gettext_lazy(
                "The verification page will say “suspended” at once, without the reason; papers and "
                "badge are not handed out until it is lifted. It can be lifted or end in a revocation."
            ),
            button=gettext_lazy("Suspend it and send the letter"),
            done=gettext_lazy("The credential is suspended; the person is told."),
            form=GroundForm,
            preview=preview_suspension,
            perform=lambda credential, by, said: services.suspend_credential(
                credential, by=by, **said
            ),
            states=(State.ACTIVE,),
            is_destructive=True,
        ),
        Act(
            name="lift",
            link=gettext_lazy("Lift the suspension"),
            title=gettext_lazy("Lift a suspension"),
            explanation=gettext_lazy(
                "It stands again at once; papers and badge are handed out as before."
            ),
            button=gettext_lazy("Lift it and send the letter"),
            done=gettext_lazy("The credential stands again; the person is told."),
            form=LiftForm,
            preview=preview_lift,
            perform=lambda credential, by, said: services.lift_suspension(
                credential, by=by, **said
            ),
            states=(State.SUSPENDED,),
        ),
        Act(
            name="revoke",
            link=gettext_lazy("Revoke it"),
            title=gettext_lazy("Revoke a credential"),
            explanation=gettext_lazy(
                "The verification page will say “revoked” at once, and papers and badge are no "
                "longer handed out. This cannot be undone."
            ),
            button=gettext_lazy("Revoke it and send the letter"),
            done=gettext_lazy("The credential is revoked; the person is told."),
            form=GroundForm,
            preview=preview_revocation,
            perform=lambda credential, by, said: services.revoke_credential(
                credential, by=by, **said
            ),
            states=(State.ACTIVE, State.SUSPENDED),
            is_destructive=True,
        ),
        Act(
            name="anew",
            link=gettext_lazy("Issue it anew"),
            title=gettext_lazy("Issue a credential anew"),
            explanation=gettext_lazy(
                "It gets a new number, a new code and new papers, with the name as it stands in the "
                "profile today. The old number’s page will say “replaced” and lead to the new one; "
                "the new page doesn’t mention the old one. The letter goes when the papers are made."
            ),
            button=gettext_lazy("Issue it anew"),
            done=gettext_lazy("It is issued anew; the person is told when the papers are made."),
            form=AnewForm,
            preview=preview_anew,
            perform=lambda credential, by, said: issue_anew(credential, by=by, **said),
            states=(State.ACTIVE,),
        ),
    )
}

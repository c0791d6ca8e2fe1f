"""What the office does with a credential: each act with its form, and its letter as it will go."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scip.accounts.admin.deciding import Data, Decision, while_in
from scip.accounts.models import User
from scip.credentials import emails, services
from scip.credentials.forms import AnewForm, GroundForm, LiftForm
from scip.credentials.models import Credential
from scip.credentials.reissuing import issue_anew, successor_of
from scip.mail.services import Draft, render_letter

State = Credential.State


def preview_revocation(credential: Credential, said: Data, by: User) -> Draft:
    credential.revocation_reason = said["reason"]
    return preview_loss("credential_revoked", credential, said)


def preview_suspension(credential: Credential, said: Data, by: User) -> Draft:
    credential.suspension_reason = said["reason"]
    return preview_loss("credential_suspended", credential, said)


def preview_loss(letter: str, credential: Credential, said: Data) -> Draft:
    credential.appeal_contact = said["appeal_contact"]
    context = emails.appeal_context(credential, timezone.now())
    return render_letter(f"credentials/emails/{letter}", credential.user, context)


def preview_lift(credential: Credential, said: Data, by: User) -> Draft:
    context = emails.lifted_context(credential, said["note"])
    return render_letter("credentials/emails/suspension_lifted", credential.user, context)


def preview_anew(credential: Credential, said: Data, by: User) -> Draft:
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
    "suspend": Decision(
        title=gettext_lazy("Suspend it"),
        explanation=gettext_lazy(
            "The verification page will say “suspended” at once, without the reason; papers and "
            "badge are not handed out until it is lifted. It can be lifted or end in a revocation."
        ),
        send=gettext_lazy("Suspend it and send the letter"),
        done=gettext_lazy("The credential is suspended; the person is told."),
        form=lambda _row, data: GroundForm(data),
        draft=preview_suspension,
        act=lambda credential, said, by: services.suspend_credential(credential, by=by, **said),
        is_possible=while_in(State.ACTIVE),
    ),
    "lift": Decision(
        title=gettext_lazy("Lift the suspension"),
        explanation=gettext_lazy(
            "It stands again at once; papers and badge are handed out as before."
        ),
        send=gettext_lazy("Lift it and send the letter"),
        done=gettext_lazy("The credential stands again; the person is told."),
        form=lambda _row, data: LiftForm(data),
        draft=preview_lift,
        act=lambda credential, said, by: services.lift_suspension(credential, by=by, **said),
        is_possible=while_in(State.SUSPENDED),
    ),
    "revoke": Decision(
        title=gettext_lazy("Revoke it"),
        explanation=gettext_lazy(
            "The verification page will say “revoked” at once, and papers and badge are no "
            "longer handed out. This cannot be undone."
        ),
        send=gettext_lazy("Revoke it and send the letter"),
        done=gettext_lazy("The credential is revoked; the person is told."),
        form=lambda _row, data: GroundForm(data),
        draft=preview_revocation,
        act=lambda credential, said, by: services.revoke_credential(credential, by=by, **said),
        is_possible=while_in(State.ACTIVE, State.SUSPENDED),
    ),
    "anew": Decision(
        title=gettext_lazy("Issue it anew"),
        explanation=gettext_lazy(
            "It gets a new number, a new code and new papers, with the name as it stands in the "
            "profile today. The old number’s page will say “replaced” and lead to the new one; "
            "the new page doesn’t mention the old one. The letter goes when the papers are made."
        ),
        send=gettext_lazy("Issue it anew"),
        done=gettext_lazy("It is issued anew; the person is told when the papers are made."),
        form=lambda _row, data: AnewForm(data),
        draft=preview_anew,
        act=lambda credential, said, by: issue_anew(credential, by=by, **said),
        is_possible=while_in(State.ACTIVE),
    ),
}

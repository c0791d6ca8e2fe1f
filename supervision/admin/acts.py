"""What the office can do about supervisors: each shows its letter, then acts."""

from copy import copy

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scip.accounts.admin.deciding import Data, Decision, while_in
from scip.accounts.models import User
from scip.mail.services import Draft
from supervision.emails import supervisors as letters
from supervision.forms.supervisors import (
    ApprovalForm,
    DeclineForm,
    EndForm,
    InviteForm,
    RenewalForm,
)
from supervision.models import Approval, Invitation, Supervisor, SupervisorApplication
from supervision.queries.supervisors import current_approval
from supervision.services import supervisors as services


def has_approval(supervisor: Supervisor) -> bool:
    """In force today or ahead."""
    return current_approval(supervisor, timezone.localdate()) is not None


def preview_approval(application: SupervisorApplication, data: Data, by: User) -> Draft:
    planned = Approval(
        supervisor=Supervisor(user=application.user),
        from_on=data["from_on"],
        until_on=data["until_on"],
    )
    return letters.approved_draft(planned, note=data["note"])


def preview_decline(application: SupervisorApplication, data: Data, by: User) -> Draft:
    declined = copy(application)
    declined.decision_note = data["note"]
    return letters.declined_draft(declined)


def preview_renewal(supervisor: Supervisor, data: Data, by: User) -> Draft:
    planned = Approval(
        supervisor=supervisor,
        from_on=services.renewal_begins(supervisor, timezone.now()),
        until_on=data["until_on"],
    )
    return letters.approved_draft(planned, note=data["note"], is_renewal=True)


def preview_invitation(_row: None, data: Data, by: User) -> Draft:
    whom = data["email"]
    if isinstance(whom, User):
        return letters.invited_draft(SupervisorApplication(user=whom), words=data["words"])
    return letters.guest_draft(Invitation(email=whom, words=data["words"]))


def invite(_row: None, data: Data, by: User) -> object:
    """Somebody with an account, or an address that has none yet."""
    whom = data["email"]
    if isinstance(whom, User):
        return services.invite(whom, words=data["words"], by=by)
    return services.invite_guest(whom, words=data["words"], by=by)


APPLICATION_DECISIONS = {
    "approve": Decision(
        title=_("Approve"),
        done=_("Approved; the letter is on its way."),
        form=lambda _row, data: ApprovalForm(data),
        is_possible=while_in(SupervisorApplication.State.SUBMITTED),
        draft=preview_approval,
        act=lambda row, data, by: services.approve(row, by=by, **data),
    ),
    "decline": Decision(
        title=_("Not now"),
        done=_("The letter is on its way."),
        form=lambda _row, data: DeclineForm(data),
        is_possible=while_in(SupervisorApplication.State.SUBMITTED),
        draft=preview_decline,
        act=lambda row, data, by: services.decline(row, by=by, **data),
    ),
}

SUPERVISOR_DECISIONS = {
    "renew": Decision(
        title=_("Renew the approval"),
        done=_("Renewed; the letter is on its way."),
        form=lambda _row, data: RenewalForm(data),
        is_possible=lambda _row: True,
        draft=preview_renewal,
        act=lambda row, data, by: services.renew(row, by=by, **data),
    ),
    "end": Decision(
        title=_("End the approval"),
        done=_("The end is on record; the letter is on its way."),
        form=lambda _row, data: EndForm(data),
        is_possible=has_approval,
        draft=lambda row, data, _by: letters.ended_draft(row, **data),
        act=lambda row, data, by: services.end_approval(row, by=by, **data),
    ),
}

# About nobody yet, so it has a page of its own instead of a row's.
INVITATION = Decision(
    title=_("Invite a supervisor"),
    done=_("The invitation is on its way."),
    form=lambda _row, data: InviteForm(data),
    is_possible=lambda _row: True,
    draft=preview_invitation,
    act=invite,
)

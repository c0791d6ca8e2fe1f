"""Letters to a candidate whose supervisor is lost: what stays, and what comes next."""

from datetime import datetime

from django.utils.translation import gettext as _

from supervision.emails.agreements import send
from supervision.emails.sessions import about
from supervision.models import Agreement, SupervisionSession


def supervisor_lost(agreement: Agreement, *, now: datetime) -> None:
    """CMSC's approval is not in force any more: to the candidate, once for each approval that ran
    out, and once more when the agreement ends with it: each asks something else of them."""
    approvals = agreement.supervisor.approvals.filter(from_on__lte=now.date())
    newest = approvals.order_by("-from_on", "-pk").values_list("pk", flat=True).first()
    send(
        "supervisor_lost",
        agreement.candidacy.user,
        agreement,
        f"agreement:{agreement.pk}:lost:{agreement.state}:{newest}",
        label=_("Open your supervision page"),
    )


def candidacy_over(agreement: Agreement) -> None:
    """The candidate's registration is over, and the agreement with it, or what was drafted of it: to
    the supervisor, without a reason; the candidate has a letter of their own."""
    send(
        "candidacy_over",
        agreement.supervisor.user,
        agreement,
        f"agreement:{agreement.pk}:over",
        label=_("Open your supervision page"),
    )


def settled_without_you(session: SupervisionSession) -> None:
    """The office answered in the place of a supervisor who was silent: to the supervisor."""
    user = session.agreement.supervisor.user
    about("settled_without_you", user, session, "settled-without", _("Look at the session"))


def session_with_office(session: SupervisionSession) -> None:
    """Nobody answered: the office looks at it."""
    user = session.agreement.candidacy.user
    about("session_with_office", user, session, "with-office", _("Look at the session"))


def unanswered_settled(session: SupervisionSession) -> None:
    """What the office decided, with what it rests on: to the candidate alone, because nobody
    may be there to read it on the other side."""
    user = session.agreement.candidacy.user
    about("unanswered_settled", user, session, "settled", _("Look at the session"))

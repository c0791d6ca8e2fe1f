"""Money of the aid fund that is set aside for a request, as long as there is a place to hope for.

The decision stays on record; the money goes back when the application ends, unless a charge
uses it: then it follows the charge (`payments.services.cancel_charge`).
"""

from datetime import datetime

from django.utils.translation import gettext as _

from cohorts.models import AidRequest, Application, Offer
from payments.models import Adjustment
from payments.services import lower_grant, put_back, set_aside
from scip.accounts.models import User
from scip.states import lock, move

State = AidRequest.State


def set_grant_aside(
    request: AidRequest, *, cents: int, currency: str, by: User, now: datetime
) -> None:
    """Have the fund hold ``cents`` for a request that is locked. Raises Refusal when the fund
    does not hold that much."""
    application = request.application
    request.grant = set_aside(
        cents=cents,
        currency=currency,
        user=application.user,
        reason=f"{request.get_kind_display()}, {application.cohort.title}",
        by=by,
        now=now,
    )
    request.save(update_fields=["grant"])


def renew_grant(application: Application, *, currency: str, by: User, now: datetime) -> None:
    """Set aside again what was granted before the application had ended; else does nothing."""
    granted = AidRequest.objects.filter(
        application=application, state=State.GRANTED, grant=None
    ).first()
    if granted is not None:
        request = lock(granted)
        cents = request.granted_cents or 0
        set_grant_aside(request, cents=cents, currency=currency, by=by, now=now)


def return_grant(application: Application, *, by: User | None, now: datetime) -> None:
    """The application ended: what no charge uses goes back to the fund."""
    held = AidRequest.objects.filter(application=application, grant__isnull=False).first()
    if held is None:
        return
    request = lock(held)
    grant = request.grant
    if grant is not None and not Adjustment.objects.filter(grant=grant).exists():
        put_back(grant, by=by, reason=_("The place was not taken"), now=now)
    request.grant = None
    request.save(update_fields=["grant"])


def close_request(
    application: Application, *, by: User | None, now: datetime, also_granted: bool
) -> None:
    """The application ended: what was set aside goes back, an undecided request is off the table.

    ``also_granted``: the decision too, because the person steps back; else it holds if the
    office offers a place after all (`renew_grant`).
    """
    return_grant(application, by=by, now=now)
    states = {State.DRAFT, State.REQUESTED} | ({State.GRANTED} if also_granted else set())
    request = AidRequest.objects.filter(application=application, state__in=states).first()
    if request is not None:
        move(lock(request), State.WITHDRAWN, by=by, now=now)


def aid_adjustments(offer: Offer, *, by: User, now: datetime) -> list[Adjustment]:
    """The aid of an accepted offer as its charge explains it (unsaved; `payments` saves them).

    A price below what was granted takes less from the fund; the rest goes back.
    """
    if not offer.aid_cents:
        return []
    request = lock(AidRequest.objects.get(application=offer.application_id))
    if request.grant is not None and -request.grant.amount_cents > offer.aid_cents:
        request.grant = lower_grant(
            request.grant,
            cents=offer.aid_cents,
            by=by,
            reason=_("The offer takes less than was granted"),
            now=now,
        )
        request.save(update_fields=["grant"])
    is_scholarship = request.kind == AidRequest.Kind.SCHOLARSHIP
    return [
        Adjustment(
            kind=Adjustment.Kind.SCHOLARSHIP if is_scholarship else Adjustment.Kind.AID,
            amount_cents=-offer.aid_cents,
            reason=str(request.get_kind_display()),
            author_id=request.granted_by_id,
            grant=request.grant,
        )
    ]

"""/supervision/: the desk of a supervisor and of a candidate."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from certification.candidacy.queries import current_candidacy
from scip.access import signed_in
from scip.accounts.models import Role
from supervision.models import Agreement, Signature
from supervision.queries.agreements import introductions_to_agree
from supervision.queries.desks import (
    introduction_matters,
    may_supervise,
    open_again,
    relationships_of,
    seeks_company,
)
from supervision.queries.introductions import introductions_for
from supervision.views.agreements import person


@require_safe
@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """What waits for me, then everybody I am in supervision with."""
    user = person(request)
    now = timezone.now()
    found = relationships_of(user, now=now)
    has_page = user.has_role(Role.SUPERVISOR)
    is_supervisor = has_page or any(item.side == Signature.Side.SUPERVISOR for item in found)
    is_accompanied = any(
        item.side == Signature.Side.CANDIDATE
        and item.agreement.state in {Agreement.State.ACTIVE, Agreement.State.COMPLETED}
        for item in found
    )
    introductions, candidacy = introductions_for(user), current_candidacy(user)
    again = open_again(candidacy, found)
    context = {
        "relationships": [item for item in found if not item.is_past],
        "past": [item for item in found if item.is_past],
        "matters": [
            *introduction_matters(introductions, [item.agreement for item in found], now=now),
            *(matter for item in found for matter in item.matters),
        ],
        "introductions": introductions,
        "to_agree": [
            row
            for row in introductions_to_agree(user)
            # Whoever walks with somebody is not asked to draft with another: the page of that
            # introduction lets them. What a supervisor sees tells nothing of it.
            if row.supervisor.user_id == user.pk or not is_accompanied
        ],
        "is_supervisor": is_supervisor,
        "has_page": has_page,
        "candidacy": candidacy,
        # Where supervision is open again, that says it all.
        "seeks_company": again is None and seeks_company(candidacy, found),
        "open_again": again,
        "may_go_on": may_supervise(again),
    }
    return render(request, "supervision/home.html", context)

"""Requests for a supported place or a scholarship.

The statement is read by its writer and the people deciding on aid, nobody else; it never
enters a letter, the log, or a page of the office.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cohorts.emails import admission as letters
from cohorts.models import AidRequest, Application, PriceTier
from cohorts.permissions import refuse_own
from cohorts.services.grants import set_grant_aside
from cohorts.services.offers import offer_next
from scip.accounts.models import User
from scip.audit.services import record
from scip.formats import money
from scip.mail.services import queue_draft
from scip.requirements import Refusal
from scip.states import lock, move

State = AidRequest.State


def keep_request(application: Application, data: Mapping[str, Any] | None) -> AidRequest | None:
    """Save the draft of a request, or take it out of the draft application (``data`` None).

    Runs in the transaction of `applications.save_draft`, under the application's lock.
    """
    if data is None:
        AidRequest.objects.filter(application=application, state=State.DRAFT).delete()
        return None
    request, _created = AidRequest.objects.update_or_create(
        application=application,
        defaults={
            "kind": data["kind"],
            "statement": data["statement"],
            "affordable_cents": data.get("affordable_cents"),
        },
    )
    return request


def request_aid(
    application: Application,
    *,
    kind: str,
    statement: str,
    affordable_cents: int | None = None,
    now: datetime | None = None,
) -> AidRequest:
    """Ask for aid; goes to the people who decide once the application is sent.

    Raises Refusal after an offer was made, or when aid was asked for already.
    """
    now = now or timezone.now()
    if not statement.strip():
        raise Refusal(_("Please write a few words about what would help; that is enough."))
    open_states = {Application.State.DRAFT, Application.State.SUBMITTED}
    with transaction.atomic():
        application = lock(application)
        kept = AidRequest.objects.filter(application=application).exclude(state=State.DRAFT)
        if kept.exists():
            raise Refusal(_("You have asked for aid already; nothing was changed."))
        if application.state not in open_states:
            raise Refusal(_("Aid can be asked for until a place is offered. Write to the office."))
        request = keep_request(
            application,
            {"kind": kind, "statement": statement, "affordable_cents": affordable_cents},
        )
        if request is None:
            raise AssertionError("a request was given")
        if application.state == Application.State.SUBMITTED:
            move(request, State.REQUESTED, by=application.user, now=now)
        return request


def open_statement(request: AidRequest, *, by: User) -> None:
    """Put on record that somebody deciding on aid opened the statement."""
    record("aidrequest.opened", request, by=by, subject=request.application.user)


def grant_aid(
    request: AidRequest, *, cents: int, by: User, now: datetime | None = None
) -> AidRequest:
    """Take ``cents`` off the standard price. At most the standard price (a full scholarship).

    Raises Refusal when the aid fund does not hold that much. Side effects: the fund sets the
    money aside; a letter; a free seat that waited for this decision is offered.
    """
    now = now or timezone.now()
    with transaction.atomic():
        cohort = lock(request.application.cohort)
        application = lock(request.application)
        refuse_own(application, by)
        request = lock(request)
        standard = PriceTier.objects.get(cohort=cohort, kind=PriceTier.Kind.STANDARD)
        if not 0 < cents <= standard.amount_cents:
            raise Refusal(
                _("Please grant more than nothing and at most the standard price, {price}.").format(
                    price=money(standard.amount_cents, standard.currency)
                )
            )
        request.granted_cents = cents
        request.save(update_fields=["granted_cents"])
        move(request, State.GRANTED, by=by, now=now, data={"cents": cents})
        request.application = application
        application.cohort = cohort
        set_grant_aside(request, cents=cents, currency=standard.currency, by=by, now=now)
        application.tier = PriceTier.Kind.STANDARD
        application.save(update_fields=["tier"])
        queue_draft(
            letters.aid_granted(application, cents=cents, standard=standard),
            to=application.user,
            dedupe_key=f"aid:{request.pk}:decided",
        )
        offer_next(cohort, now=now)
        return request


def decline_aid(
    request: AidRequest, *, by: User, note: str = "", now: datetime | None = None
) -> AidRequest:
    """No aid this time. ``note`` is a personal paragraph in the letter.

    The application goes on at the price chosen beside the request, or the standard one.
    """
    now = now or timezone.now()
    with transaction.atomic():
        cohort = lock(request.application.cohort)
        application = lock(request.application)
        refuse_own(application, by)
        request = lock(request)
        move(request, State.DECLINED, by=by, now=now)
        queue_draft(
            letters.aid_declined(application, note=note),
            to=application.user,
            dedupe_key=f"aid:{request.pk}:decided",
        )
        offer_next(cohort, now=now)
        return request

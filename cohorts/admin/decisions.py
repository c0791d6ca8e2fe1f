"""The office's decisions about an application: each shows its letter, then acts."""

from collections.abc import Callable
from copy import copy
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cohorts.emails import admission as letters
from cohorts.emails.cancellation import place_cancelled
from cohorts.forms.decisions import (
    CorrectionForm,
    DecisionForm,
    DeclineForm,
    OfferForm,
    PromiseForm,
    QuestionForm,
    ReleaseForm,
    WaitingListForm,
)
from cohorts.models import Application, Enrolment, Offer
from cohorts.services.applications import (
    ask_for_information,
    decline_application,
    put_on_waiting_list,
)
from cohorts.services.cancellation import place_of, release_place
from cohorts.services.offers import (
    correct_offer,
    offer_place,
    plan_correction,
    plan_offer,
    take_back_offer,
)
from cohorts.services.places import promise_place
from payments.services import plan_cancellation
from scip.accounts.admin.deciding import Data, Decision, while_in
from scip.accounts.models import User
from scip.mail.services import Draft
from scip.requirements import Refusal

State = Application.State


def asking(form: type[DecisionForm]) -> Callable[[Any, Any], DecisionForm]:
    """A form about the application at hand."""
    return lambda row, data: form(data, application=row)


def preview_question(application: Application, data: Data, by: User) -> Draft:
    asked = copy(application)
    asked.question = data["question"]
    return letters.information_needed(asked)


def preview_offer(application: Application, data: Data, by: User) -> Draft:
    planned = plan_offer(application, tier=data["tier"], by=by, now=timezone.now())
    return letters.place_offered(planned, note=data["note"])


def preview_decline(application: Application, data: Data, by: User) -> Draft:
    declined = copy(application)
    declined.decline_note = data["note"]
    return letters.declined(declined)


def open_offer(application: Application) -> Offer:
    """The offer that is open now; Refusal when it was answered in the meantime."""
    offer = Offer.objects.filter(application=application, state=Offer.State.OPEN).first()
    if offer is None:
        raise Refusal(_("This offer was answered in the meantime. Nothing was changed."))
    return offer


def waiting_place(application: Application) -> Enrolment:
    """The place that waits for payment; Refusal when there is none any more."""
    enrolment = Enrolment.objects.filter(
        application=application, state=Enrolment.State.AWAITING_PAYMENT
    ).first()
    if enrolment is None:
        raise Refusal(_("There is no place that waits for a payment. Nothing was changed."))
    return enrolment


def preview_promise(application: Application, data: Data, by: User) -> Draft:
    promised = waiting_place(application)
    promised.promised_at = timezone.now()
    return letters.place_confirmed(promised)


def preview_correction(application: Application, data: Data, by: User) -> Draft:
    planned = plan_correction(open_offer(application), tier=data["tier"], by=by, now=timezone.now())
    return letters.offer_corrected(planned, note=data["note"])


def preview_release(application: Application, data: Data, by: User) -> Draft:
    enrolment = place_of(application)
    now = timezone.now()
    plan = plan_cancellation(enrolment.charge, refund_cents=data["refund"], now=now)
    return place_cancelled(enrolment, plan, now=now)


DECISIONS = {
    "ask": Decision(
        title=_("Ask a question"),
        done=_("The question is on its way."),
        form=asking(QuestionForm),
        is_possible=while_in(State.SUBMITTED),
        draft=preview_question,
        act=lambda row, data, by: ask_for_information(row, question=data["question"], by=by),
    ),
    "offer": Decision(
        title=_("Offer a place"),
        done=_("The place is held and the offer is on its way."),
        form=asking(OfferForm),
        is_possible=while_in(State.SUBMITTED, State.WAITING_LIST, State.LAPSED, State.DECLINED),
        draft=preview_offer,
        act=lambda row, data, by: offer_place(
            row,
            tier=data["tier"],
            order_reason=data["order_reason"],
            note=data["note"],
            by=by,
        ),
    ),
    "waiting-list": Decision(
        title=_("Put on the waiting list"),
        done=_("On the waiting list; the letter is on its way."),
        form=asking(WaitingListForm),
        is_possible=while_in(State.SUBMITTED, State.LAPSED, State.DECLINED),
        draft=lambda row, data, _by: letters.waiting_list(row, note=data["note"]),
        act=lambda row, data, by: put_on_waiting_list(
            row, by=by, rank=data["rank"], reason=data["reason"], note=data["note"]
        ),
    ),
    "decline": Decision(
        title=_("No place this time"),
        done=_("The letter is on its way."),
        form=asking(DeclineForm),
        is_possible=while_in(State.SUBMITTED, State.INFO_NEEDED, State.WAITING_LIST),
        draft=preview_decline,
        act=lambda row, data, by: decline_application(row, note=data["note"], by=by),
    ),
    "correct": Decision(
        title=_("Correct the price"),
        done=_("The offer is replaced, the seat stays; the letter is on its way."),
        form=asking(CorrectionForm),
        is_possible=while_in(State.OFFERED),
        draft=preview_correction,
        act=lambda row, data, by: correct_offer(
            open_offer(row), tier=data["tier"], note=data["note"], by=by
        ),
    ),
    "take-back": Decision(
        title=_("Take the offer back"),
        done=_("The offer is taken back; the letter is on its way."),
        form=asking(DecisionForm),
        is_possible=while_in(State.OFFERED),
        draft=lambda row, _data, _by: letters.offer_taken_back(row),
        act=lambda row, _data, by: take_back_offer(open_offer(row), by=by),
    ),
    "promise": Decision(
        title=_("Confirm before payment"),
        done=_("The place is confirmed; the letter is on its way."),
        form=asking(PromiseForm),
        is_possible=while_in(State.ACCEPTED),
        draft=preview_promise,
        act=lambda row, data, by: promise_place(waiting_place(row), by=by, reason=data["reason"]),
    ),
    "release": Decision(
        title=_("Cancel the place"),
        done=_("The place is free; the money and the letter are on their way."),
        form=asking(ReleaseForm),
        is_possible=while_in(State.ACCEPTED),
        draft=preview_release,
        act=lambda row, data, by: release_place(
            row, reason=data["reason"], refund_cents=data["refund"], by=by
        ),
    ),
}

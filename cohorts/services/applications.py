"""From the first draft to the office's answer. Every verb is one transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from cohorts.emails import admission as letters
from cohorts.models import AidRequest, Application, Cohort, Enrolment, Offer, PriceTier
from cohorts.permissions import refuse_own, refuse_second_alive
from cohorts.queries.admission import assess, places_left
from cohorts.requirements.admission import holding_up_sending
from cohorts.services.aid import keep_request
from cohorts.services.grants import close_request, renew_grant
from cohorts.services.offers import offer_next
from cohorts.services.places import free_place, give_up_place
from scip.accounts.models import User
from scip.audit.services import record
from scip.mail.services import queue_draft
from scip.requirements import Refusal
from scip.states import IllegalMove, lock, move

State = Application.State
WRITTEN = frozenset({"motivation", "practice", "experience", "needs", "tier", "attends_live"})


class StaleDraft(Refusal):
    """The draft was saved elsewhere since this page was opened. ``stored`` is what is kept."""

    def __init__(self, stored: Application) -> None:
        super().__init__(
            _(
                "This draft was changed in another window since you opened it here. "
                "Both texts are below; nothing was lost. Keep what you want and save again."
            )
        )
        self.stored = stored


def start_application(user: User, cohort: Cohort, *, now: datetime | None = None) -> Application:
    """Begin a draft, or return the application that this person already has alive.

    Raises Refusal when the cohort takes no applications now.
    """
    now = now or timezone.now()
    with transaction.atomic():
        lock(user)  # two clicks on "apply" find one draft
        existing = (
            Application.objects.filter(user=user, cohort=cohort, state__in=Application.ALIVE)
            .order_by("-id")
            .first()
        )
        if existing is not None:
            return existing
        if not cohort.is_accepting(now):
            raise Refusal(
                _("This cohort takes no applications now. Its page says when; others may be open.")
            )
        application = Application.objects.create(user=user, cohort=cohort, created_at=now)
        record("application.draft", application, by=user, subject=user)
        return application


def save_draft(
    application: Application, *, revision: int, fields: Mapping[str, Any]
) -> Application:
    """Keep what was typed; ``revision`` is the one the page was opened with.

    ``fields`` holds columns of the application and, under ``aid``, either None (no request
    for aid) or kind, statement and affordable_cents. Raises StaleDraft when another window
    saved in between, Refusal when the application was sent already.
    """
    with transaction.atomic():
        application = lock(application)
        if application.state != State.DRAFT:
            raise Refusal(
                _("This application was sent already, so it can’t be changed here any more.")
            )
        if application.revision != revision:
            raise StaleDraft(application)
        values = {name: value for name, value in fields.items() if name in WRITTEN}
        for name, value in values.items():
            setattr(application, name, value)
        application.revision += 1
        application.save(update_fields=[*values, "revision"])
        if "aid" in fields:
            keep_request(application, fields["aid"])
        return application


def move_to_standard_price(application: Application, *, now: datetime | None = None) -> bool:
    """If the early bird date passed while the draft was written, choose the standard price.

    Returns True when that happened, so that the person is told before anything is sent.
    """
    now = now or timezone.now()
    with transaction.atomic():
        application = lock(application)
        tier = PriceTier.objects.filter(cohort=application.cohort_id, kind=application.tier).first()
        if application.state != State.DRAFT or tier is None or tier.holds(now):
            return False
        application.tier = PriceTier.Kind.STANDARD
        application.revision += 1
        application.save(update_fields=["tier", "revision"])
        record("application.price_moved", application, by=None, subject=application.user)
        return True


def submit_application(application: Application, *, now: datetime | None = None) -> Application:
    """Send the complete application. A second click changes nothing.

    Raises Refusal with the open findings. Side effects: an aid request goes to the people
    who decide on aid; the person gets a letter.
    """
    with transaction.atomic():
        application = lock(application)
        if application.state == State.SUBMITTED:
            return application
        now = now or timezone.now()
        refuse_unless(application, State.DRAFT)  # an old tab must not pull back what was offered
        open_findings = holding_up_sending(assess(application, now=now))
        if open_findings:
            raise Refusal(
                _("Some parts are still open. Everything you wrote is kept."), open_findings
            )
        move(application, State.SUBMITTED, by=application.user, now=now)
        request = AidRequest.objects.filter(
            application=application, state=AidRequest.State.DRAFT
        ).first()
        if request is not None:
            move(request, AidRequest.State.REQUESTED, by=application.user, now=now)
        queue_draft(
            letters.application_received(application),
            to=application.user,
            dedupe_key=f"application:{application.pk}:received",
        )
        return application


def refuse_unless(application: Application, state: Application.State) -> None:
    """Raise IllegalMove unless the application stands there.

    The table of moves leads to "with the office" from drafts, questions and offers taken
    back; each of these has its own verb with its own conditions.
    """
    if application.state != state:
        raise IllegalMove(
            _(
                "This application is “{state}” now, so that step is not possible any more. "
                "Nothing was changed; its page says where it stands."
            ).format(state=application.get_state_display())
        )


def ask_for_information(
    application: Application, *, question: str, by: User, now: datetime | None = None
) -> Application:
    """Put a question to the applicant. An earlier round is kept beside the new one."""
    now = now or timezone.now()
    question = question.strip()
    if not question:
        raise Refusal(_("Please write the question that the person should answer."))
    with transaction.atomic():
        application = lock(application)
        refuse_own(application, by)
        if application.question:
            application.earlier_rounds = [
                *application.earlier_rounds,
                {"question": application.question, "answer": application.answer},
            ]
        application.question, application.answer = question, ""
        application.save(update_fields=["question", "answer", "earlier_rounds"])
        move(application, State.INFO_NEEDED, by=by, now=now)
        round_number = len(application.earlier_rounds) + 1
        queue_draft(
            letters.information_needed(application),
            to=application.user,
            dedupe_key=f"application:{application.pk}:question:{round_number}",
        )
        return application


def answer_question(
    application: Application, *, answer: str, now: datetime | None = None
) -> Application:
    """Answer the office; the application is with the office again. A second click of the
    same answer changes nothing."""
    now = now or timezone.now()
    answer = answer.strip()
    if not answer:
        raise Refusal(_("Please write a few words, so that the office can go on."))
    with transaction.atomic():
        application = lock(application)
        if application.state == State.SUBMITTED and application.answer == answer:
            return application
        refuse_unless(application, State.INFO_NEEDED)
        move(application, State.SUBMITTED, by=application.user, now=now)
        application.answer = answer
        application.sent_again_at = now
        application.save(update_fields=["answer", "sent_again_at"])
        return application


def put_on_waiting_list(
    application: Application,
    *,
    by: User,
    rank: int | None = None,
    reason: str = "",
    note: str = "",
    now: datetime | None = None,
) -> Application:
    """Put somebody on the waiting list, at its end or at place ``rank`` (1 is the first).

    Anything but the end changes the order for others and needs ``reason``. Raises Refusal
    while places are free and nobody waits: then a place can be offered.
    """
    now = now or timezone.now()
    with transaction.atomic():
        cohort = lock(application.cohort)
        application = lock(application)
        refuse_own(application, by)
        refuse_second_alive(application)
        waiting = list(Application.objects.waiting_list().filter(cohort=cohort))
        if not waiting and places_left(cohort) > 0:
            raise Refusal(
                _("There are places free and nobody waits, so a place can be offered right away.")
            )
        if rank is not None and rank <= len(waiting):
            if not reason.strip():
                raise Refusal(_("Please say why the order of the waiting list changes."))
            make_room(cohort, waiting[max(rank, 1) - 1].waiting_rank or 1)
            number = waiting[max(rank, 1) - 1].waiting_rank or 1
        else:
            last = waiting[-1].waiting_rank if waiting else 0
            number, reason = (last or 0) + 1, ""
        currency = cohort.tiers.values_list("currency", flat=True).first()
        if currency is not None:
            renew_grant(application, currency=currency, by=by, now=now)
        application.waiting_rank, application.waiting_reason = number, reason.strip()
        application.save(update_fields=["waiting_rank", "waiting_reason"])
        move(application, State.WAITING_LIST, by=by, now=now, data={"rank": number})
        queue_draft(
            letters.waiting_list(application, note=note),
            to=application.user,
            dedupe_key=f"application:{application.pk}:waiting:{now:%Y%m%d%H%M%S%f}",
        )
        return application


def make_room(cohort: Cohort, rank: int) -> None:
    """Move everybody from this rank on one place back; the cohort's lock is held."""
    waiting = Application.objects.waiting_list().filter(cohort=cohort, waiting_rank__gte=rank)
    top = waiting.aggregate(top=Max("waiting_rank"))["top"]
    # Two steps, because each rank exists once at every moment: far away, then back beside.
    waiting.order_by().update(waiting_rank=F("waiting_rank") + top + 1)
    Application.objects.waiting_list().filter(
        cohort=cohort, waiting_rank__gt=top
    ).order_by().update(waiting_rank=F("waiting_rank") - top)


def decline_application(
    application: Application, *, note: str, by: User, now: datetime | None = None
) -> Application:
    """No place this time, with a kind word that the person reads (required)."""
    now = now or timezone.now()
    if not note.strip():
        raise Refusal(_("Please write a few words for the person; they read them in the letter."))
    with transaction.atomic():
        application = lock(application)
        refuse_own(application, by)
        application.decline_note = note.strip()
        application.save(update_fields=["decline_note"])
        move(application, State.DECLINED, by=by, now=now)
        close_request(application, by=by, now=now, also_granted=False)
        queue_draft(
            letters.declined(application),
            to=application.user,
            dedupe_key=f"application:{application.pk}:declined:{now:%Y%m%d%H%M%S%f}",
        )
        return application


def withdraw_application(application: Application, *, now: datetime | None = None) -> Application:
    """The person steps back. A second click changes nothing.

    Frees the seat and offers it to the next in line; an unpaid charge is cancelled.
    Raises Refusal once the place is confirmed or paid: refunds are a talk with the office.
    """
    with transaction.atomic():
        cohort = lock(application.cohort)
        application = lock(application)
        if application.state == State.WITHDRAWN:
            return application
        now = now or timezone.now()
        was_sent = application.submitted_at is not None
        offer = Offer.objects.filter(application=application, state=Offer.State.OPEN).first()
        if offer is not None:
            move(lock(offer), Offer.State.DECLINED, by=application.user, now=now)
        if application.state == State.ACCEPTED:
            give_up_place(application, to=Enrolment.State.WITHDRAWN, by=application.user, now=now)
        move(application, State.WITHDRAWN, by=application.user, now=now)
        close_request(application, by=application.user, now=now, also_granted=True)
        if free_place(application, by=application.user):
            offer_next(cohort, now=now)
        if was_sent:
            queue_draft(
                letters.withdrawn_confirmed(application),
                to=application.user,
                dedupe_key=f"application:{application.pk}:withdrawn",
            )
        return application

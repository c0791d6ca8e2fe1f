"""Letters about moving to another cohort: to the person, and to facilitators where it matters."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from cohorts.calendar_files import CONTENT_TYPE, sessions_calendar
from cohorts.emails.admission import letter
from cohorts.emails.cancellation import calendar_given_up, given_up
from cohorts.models import Cohort, Enrolment, Transfer
from cohorts.queries.admission import standing_sessions
from cohorts.queries.cancelling import ways_in_words
from cohorts.queries.guests import times_left
from cohorts.queries.transfers import Exchange
from cohorts.requirements.transfers import counting
from payments.services import Transferral
from scip.mail.services import Attachment, Draft, queue_draft, queue_letter


def transfer_done(
    transfer: Transfer, arrival: Enrolment, plan: Exchange, money: Transferral, *, now: datetime
) -> Draft:
    """The exchange is made: where, when, what moved, what goes back, what is due."""
    ahead = [row.starts_at for row in standing_sessions(arrival.cohort) if row.starts_at > now]
    return letter(
        "transfer_done",
        arrival.application,
        button=(reverse("enrolments:detail", args=[arrival.pk]), _("See your sessions")),
        transfer=transfer,
        arrival=arrival,
        old=transfer.enrolment.cohort,
        plan=plan,
        money=money,
        ways=ways_in_words(money),
        next_session_at=min(ahead, default=None),
        leaves_calendar=bool(given_up(transfer.enrolment, now=now)),
    )


def queue_done(transfer: Transfer, plan: Exchange, money: Transferral, *, now: datetime) -> None:
    """Queue the letters of an exchange that was made: the person's with calendar files that
    bring the new sessions and take the earlier ones away, and one to the facilitators of each of
    both cohorts that has begun."""
    arrival = transfer.arrival
    if arrival is None:
        raise ValueError("An exchange that is made has an arrival.")
    attachments = []
    if arrival.state in Enrolment.TAKING_PART:
        sessions = standing_sessions(arrival.cohort).select_related("cohort")
        calendar = sessions_calendar(
            sessions,
            name=arrival.cohort.title,
            with_join_link=True,
            left=times_left(arrival.user),
        )
        attachments.append(Attachment("sessions.ics", CONTENT_TYPE, calendar))
    queue_draft(
        transfer_done(transfer, arrival, plan, money, now=now),
        to=arrival.user,
        dedupe_key=f"transfer:{transfer.pk}:done",
        attachments=[*attachments, *calendar_given_up(transfer.enrolment, now=now)],
    )
    for cohort in (transfer.enrolment.cohort, arrival.cohort):
        if cohort.begins_at <= now and arrival.state in Enrolment.TAKING_PART:
            tell_leaders(transfer, cohort, kept=len(counting(plan.carried, plan.old)))


def tell_leaders(transfer: Transfer, cohort: Cohort, *, kept: int) -> None:
    """Somebody leaves or joins a cohort that has begun; never why."""
    person = transfer.enrolment.user
    for leader in cohort.facilitators.all():
        queue_letter(
            "cohorts/emails/transfer_leader",
            to=leader,
            context={
                "name": leader.first_name or _("colleague"),
                "person": person,
                "cohort": cohort,
                "joins": cohort.pk == transfer.target_id,
                "kept": kept,
                "button_url": f"{settings.SITE_URL}{reverse('facilitate:home')}",
                "button_label": _("See your cohorts"),
            },
            dedupe_key=f"transfer:{transfer.pk}:leader:{leader.pk}:{cohort.pk}",
        )


def transfer_declined(transfer: Transfer) -> Draft:
    """It is not possible, why, and that the present place stays as it is."""
    enrolment = transfer.enrolment
    return letter(
        "transfer_declined",
        enrolment.application,
        button=(reverse("enrolments:detail", args=[enrolment.pk]), _("See your place")),
        transfer=transfer,
        target=transfer.target,
    )


def queue_declined(transfer: Transfer) -> None:
    """Queue the letter of a wish that the office could not make possible."""
    queue_draft(
        transfer_declined(transfer),
        to=transfer.enrolment.user,
        dedupe_key=f"transfer:{transfer.pk}:declined",
    )

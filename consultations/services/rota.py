"""The case rota: laid out by a group's facilitators, exchanged by two of its people."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from cohorts.models import Cohort, Enrolment, Session
from consultations.emails import rota as emails
from consultations.models import Group, Presentation, Swap
from consultations.planning import plan_rota
from scip.accounts.models import User
from scip.audit.services import record
from scip.requirements import Refusal
from scip.states import lock, move

# A week is enough to prepare a case without identifying anybody in it.
REMINDER = timedelta(days=7)


def sessions_ahead(group: Group, now: datetime) -> QuerySet[Session]:
    """The group's sessions that are still to come, by their dates."""
    return Session.objects.filter(
        cohort_id=group.cohort_id, state=Session.State.PLANNED, starts_at__gt=now
    ).order_by("starts_at", "pk")


def refuse_others(group: Group, by: User) -> None:
    """Raise Refusal unless this person leads the group."""
    if not Cohort.objects.facilitated_by(by).filter(pk=group.cohort_id).exists():
        raise Refusal(_("Only the group's facilitators lay out who presents when."))


@transaction.atomic
def lay_out_rota(
    group: Group, *, by: User, skip_first: bool = True, now: datetime | None = None
) -> list[Presentation]:
    """Plan the sessions ahead anew; what was presented stays. Everybody gets one letter.

    ``skip_first`` leaves the very first session for arriving. Raises Refusal for somebody who
    doesn't lead the group, without people, or when no session is ahead. Open requests to
    exchange end with the places they were about.
    """
    now = now or timezone.now()
    refuse_others(group, by)
    lock(group.cohort)
    sessions = list(sessions_ahead(group, now))
    if skip_first and len(sessions) > 1 and sessions[0].number == 1:
        sessions = sessions[1:]
    people = list(
        Enrolment.objects.filter(cohort_id=group.cohort_id)
        .taking_part()
        .select_related("user")
        .order_by("pk")
    )
    if not sessions or not people:
        raise Refusal(_("There is nothing to lay out: no session ahead, or nobody in the group."))
    gone = Q(session__in=sessions_ahead(group, now)) | Q(session__state=Session.State.CANCELLED)
    Presentation.objects.filter(gone, group=group).delete()
    done = Presentation.objects.filter(group=group).values_list("enrolment_id", flat=True)
    by_pk = {person.pk: person for person in people}
    by_session = {session.pk: session for session in sessions}
    made = Presentation.objects.bulk_create(
        [
            Presentation(
                group=group,
                session=by_session[place.session],
                enrolment=by_pk[place.person],
                slot=place.slot,
            )
            for place in plan_rota(
                list(by_pk), list(by_session), per_session=group.cases_per_session, done=list(done)
            )
        ]
    )
    record("rota.laid_out", group.cohort, by=by, cases=len(made))
    emails.rota_laid_out(group, made, at=now)
    return made


@transaction.atomic
def ask_to_swap(
    offered: Presentation, asked: Presentation, *, by: User, now: datetime | None = None
) -> Swap:
    """Offer one's own session for somebody else's; they get a letter with the question.

    Raises Refusal for a session that has begun, a place that isn't one's own, the same
    session, or when either presents in the other's session already. A second click returns
    the question that is open.
    """
    now = now or timezone.now()
    offered, asked = locked_pair(offered, asked)
    if offered.enrolment.user_id != by.pk:
        raise Refusal(_("You can only offer a session of your own."))
    refuse_impossible(offered, asked, now)
    known = Swap.objects.filter(offered=offered, asked=asked, state=Swap.State.ASKED).first()
    if known is not None:
        return known
    swap = Swap.objects.create(offered=offered, asked=asked, created_by=by, created_at=now)
    record("swap.asked", swap, by=by, subject=asked.enrolment.user)
    emails.swap_asked(swap)
    return swap


def locked_pair(first: Presentation, second: Presentation) -> tuple[Presentation, Presentation]:
    """Both places fresh and locked, in the order of their keys whoever asks.

    Locked first and joined afterwards: after a wait PostgreSQL checks a join anew against
    the rows of before, and a place that changed hands meanwhile would be missing.
    """
    both = Presentation.objects.filter(pk__in=[first.pk, second.pk]).order_by("pk")
    list(both.select_for_update(no_key=True))
    rows = {
        row.pk: row for row in both.select_related("enrolment__user", "session", "group__cohort")
    }
    if len(rows) != 2:
        raise Refusal(_("The rota was laid out anew. Nothing was changed; open the page again."))
    return rows[first.pk], rows[second.pk]


def refuse_impossible(offered: Presentation, asked: Presentation, now: datetime) -> None:
    """Raise Refusal where the two can't change places (any more)."""
    if offered.group_id != asked.group_id or offered.session_id == asked.session_id:
        raise Refusal(_("Two people of one group can exchange two different sessions."))
    if min(offered.session.starts_at, asked.session.starts_at) <= now:
        raise Refusal(_("One of these sessions has begun, so it can't be exchanged any more."))
    if {offered.enrolment.state, asked.enrolment.state} - set(Enrolment.TAKING_PART):
        raise Refusal(_("One of you is no longer in this group. Nothing was changed."))
    already = Presentation.objects.filter(
        session=asked.session_id, enrolment=offered.enrolment_id
    ) | Presentation.objects.filter(session=offered.session_id, enrolment=asked.enrolment_id)
    if already.exists():
        raise Refusal(_("One of you presents in the other session already."))


@transaction.atomic
def agree_to_swap(swap: Swap, *, by: User, now: datetime | None = None) -> Swap:
    """The one who was asked agrees: both places change hands, both get a letter.

    A second click changes nothing. Raises Refusal for somebody who wasn't asked, or when one
    of the places is not the same any more: then the question ends unanswered.
    """
    now = now or timezone.now()
    offered, asked = locked_pair(swap.offered, swap.asked)
    swap = lock(swap)
    if asked.enrolment.user_id != by.pk and swap.state == Swap.State.ASKED:
        raise Refusal(_("Only the person who was asked can agree."))
    if swap.state == Swap.State.AGREED:
        return swap
    refuse_impossible(offered, asked, now)
    swap.offered, swap.asked = offered, asked
    move(swap, Swap.State.AGREED, by=by, now=now)
    emails.swap_agreed(swap)
    offered.enrolment, asked.enrolment = asked.enrolment, offered.enrolment
    offered.save(update_fields=["enrolment"])
    asked.save(update_fields=["enrolment"])
    others = Swap.objects.filter(state=Swap.State.ASKED, offered__in=[offered, asked])
    others |= Swap.objects.filter(state=Swap.State.ASKED, asked__in=[offered, asked])
    for other in others.exclude(pk=swap.pk):
        move(lock(other), Swap.State.WITHDRAWN, by=None, now=now)
    return swap


@transaction.atomic
def decline_swap(swap: Swap, *, by: User, now: datetime | None = None) -> Swap:
    """Not this time: everything stays, and whoever asked is told. A second click is harmless."""
    swap = lock(swap)
    if swap.asked.enrolment.user_id != by.pk:
        raise Refusal(_("Only the person who was asked can answer."))
    if swap.state == Swap.State.DECLINED:
        return swap
    move(swap, Swap.State.DECLINED, by=by, now=now)
    emails.swap_declined(swap)
    return swap


@transaction.atomic
def withdraw_swap(swap: Swap, *, by: User, now: datetime | None = None) -> Swap:
    """Take one's question back. A second click is harmless."""
    swap = lock(swap)
    if swap.created_by_id != by.pk:
        raise Refusal(_("Only the person who asked can take the question back."))
    if swap.state == Swap.State.WITHDRAWN:
        return swap
    move(swap, Swap.State.WITHDRAWN, by=by, now=now)
    return swap


def remind_presenters(now: datetime | None = None) -> int:
    """A letter a week before one's case, once for each place and person; returns how many."""
    now = now or timezone.now()
    due = Presentation.objects.filter(
        session__state=Session.State.PLANNED,
        session__starts_at__gt=now,
        session__starts_at__lte=now + REMINDER,
        enrolment__state__in=Enrolment.TAKING_PART,
    ).select_related("enrolment__user", "session__cohort", "group")
    return sum(remind(presentation) for presentation in due)


def remind(presentation: Presentation) -> bool:
    """Queue one reminder in a transaction of its own; False if it was queued before."""
    with transaction.atomic():
        return emails.presentation_near(presentation)


def open_swaps(group: Group, user: Any) -> QuerySet[Swap]:
    """Questions in a group that somebody asked or was asked."""
    return (
        Swap.objects.visible_to(user)
        .filter(asked__group=group, state=Swap.State.ASKED)
        .select_related(
            "offered__enrolment__user",
            "offered__session",
            "asked__enrolment__user",
            "asked__session",
        )
        .order_by("pk")
    )

"""Leave: time in which clocks and reminders rest."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.candidacy.emails import registration as letters
from certification.candidacy.models import Candidacy, Leave
from certification.candidacy.queries.leaves import is_resting
from scip.accounts.models import User
from scip.audit.services import record
from scip.formats import day
from scip.mail.services import queue_draft
from scip.requirements import Refusal
from scip.states import lock, move

State = Candidacy.State


def take_leave(
    candidacy: Candidacy,
    *,
    from_on: date,
    until_on: date | None,
    reason: str = "",
    by: User,
    now: datetime | None = None,
) -> Leave:
    """Rest from a day until another (exclusive) or until one comes back; days are counted where
    the person is. It begins at once when its day is there, else with the daily sweep.

    Raises Refusal for somebody else's candidacy, for one that is not registered, for a day that
    has passed or an end before the start, and beside another leave.
    """
    now = now or timezone.now()
    with transaction.atomic():
        candidacy = lock(candidacy)
        if candidacy.user_id != by.pk:
            raise Refusal(_("Only the person can take a leave. Nothing was changed."))
        if not candidacy.is_registered:
            raise Refusal(_("A leave is for the time after you registered; nothing runs yet."))
        if from_on < timezone.localdate(now, candidacy.user.zone):
            raise Refusal(_("That day has passed. A leave begins today or later."))
        if until_on is not None and until_on <= from_on:
            raise Refusal(_("The day you come back lies after the first day of your leave."))
        refuse_second(candidacy, from_on, until_on)
        leave = Leave.objects.create(
            candidacy=candidacy,
            from_on=from_on,
            until_on=until_on,
            reason=reason.strip(),
            asked_at=now,
        )
        record("leave.taken", leave, by=by, subject=candidacy.user)
        queue_draft(
            letters.leave_noted(leave), to=candidacy.user, dedupe_key=f"leave:{leave.pk}:noted"
        )
        follow(candidacy, now=now)
        return leave


def refuse_second(candidacy: Candidacy, from_on: date, until_on: date | None) -> None:
    """Raise Refusal where another leave covers one of these days."""
    before_its_end = Q(until_on=None) | Q(until_on__gt=from_on)
    others = candidacy.leaves.filter(before_its_end)
    if until_on is not None:
        others = others.filter(from_on__lt=until_on)
    # An empty range (a leave called off before its first day) covers nothing.
    other = others.exclude(until_on=F("from_on")).first()
    if other is not None:
        raise Refusal(
            _(
                "You have a leave from {day} already. End that one first, or choose other days."
            ).format(day=day(other.from_on))
        )


def end_leave(leave: Leave, *, by: User, now: datetime | None = None) -> Leave:
    """Come back early, or call a leave off before its first day.

    The row keeps the days that were rested. A second call changes nothing. Raises Refusal for
    somebody else's leave.
    """
    now = now or timezone.now()
    with transaction.atomic():
        candidacy = lock(leave.candidacy)
        leave = lock(leave)
        if candidacy.user_id != by.pk:
            raise Refusal(_("Only the person can end a leave. Nothing was changed."))
        today = timezone.localdate(now, candidacy.user.zone)
        if leave.ended_at is not None or (leave.until_on is not None and leave.until_on <= today):
            return leave
        leave.until_on = max(today, leave.from_on)
        leave.ended_at, leave.ended_by = now, by
        leave.save(update_fields=["until_on", "ended_at", "ended_by"])
        record("leave.ended", leave, by=by, subject=candidacy.user)
        follow(candidacy, now=now)
        return leave


def follow(candidacy: Candidacy, *, now: datetime) -> bool:
    """Bring one candidacy's state into step with its leaves; True if it changed. It is locked.

    Whoever comes back gets a kind letter, once for each return.
    """
    today = timezone.localdate(now, candidacy.user.zone)
    rests = is_resting(candidacy, today)
    if rests and candidacy.state == State.ACTIVE:
        move(candidacy, State.ON_LEAVE, by=None, now=now)
        return True
    if not rests and candidacy.state == State.ON_LEAVE:
        move(candidacy, State.ACTIVE, by=None, now=now)
        queue_draft(
            letters.leave_over(candidacy, on=today),
            to=candidacy.user,
            dedupe_key=f"candidacy:{candidacy.pk}:back:{today.isoformat()}",
        )
        return True
    return False


def follow_leaves(now: datetime | None = None) -> int:
    """Leaves that begin or end (beat); returns how many candidacies changed. May run twice."""
    now = now or timezone.now()
    # A day more to both sides: it is tomorrow already in the east, yesterday still in the west.
    near = [now.date() + timedelta(days=shift) for shift in (-1, 0, 1)]
    resting = Q(pk__in=Leave.objects.running(near[0]).values("candidacy"))
    for on in near[1:]:
        resting |= Q(pk__in=Leave.objects.running(on).values("candidacy"))
    rows = Candidacy.objects.filter(
        (Q(state=State.ACTIVE) & resting) | Q(state=State.ON_LEAVE)
    ).order_by("pk")
    changed = 0
    for row in rows:
        with transaction.atomic():
            changed += follow(lock(row), now=now)
    return changed

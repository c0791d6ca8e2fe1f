"""Who is told about a session: its participants and the people who lead it."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Concat

from cohorts.models import Cohort, Enrolment, Session
from scip.accounts.models import Role, User
from scip.mail.models import Letter


class Reminder(StrEnum):
    """Which reminder it is; each has its time until the next one takes over."""

    WEEK = "week"
    DAY = "day"
    HOUR = "hour"


LEAD = {
    Reminder.WEEK: timedelta(weeks=1),
    Reminder.DAY: timedelta(days=1),
    Reminder.HOUR: timedelta(hours=1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Somebody to write to about a session. ``key`` names them within the occasion."""

    pk: int
    email: str
    name: str
    time_zone: str
    key: str
    is_facilitator: bool = False
    left: int = 0
    """How often they left this cohort (`times_left`)."""
    is_confirmed: bool = True
    """False for whoever holds a place and has still to pay: no link into the meeting yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueReminder:
    """A reminder that nobody queued yet; ``key`` is its letter's dedupe key."""

    session: Session
    kind: Reminder
    guest: Guest
    key: str


def places_left() -> QuerySet[Enrolment]:
    """Places that somebody gave up once they were confirmed: a calendar file took them away."""
    return Enrolment.objects.filter(
        state=Enrolment.State.WITHDRAWN, confirmed_at__isnull=False
    ).order_by()


def times_left(user: Any, *, but: Enrolment | None = None) -> dict[int, int]:
    """How often somebody left each cohort, by its id; ``but`` for the place in question, which is
    not counted. One query."""
    rows = places_left().filter(user_id=user.pk)
    if but is not None:
        rows = rows.exclude(pk=but.pk)
    return dict(rows.values_list("cohort_id").annotate(Count("pk")))


def left_before(user: Any, cohort: Any) -> Coalesce:
    """The same number for a row of people, by its columns for person and cohort."""
    rows = places_left().filter(user_id=user, cohort_id=cohort)
    counted = rows.values("cohort_id").annotate(number=Count("pk"))
    return Coalesce(Subquery(counted.values("number"), output_field=IntegerField()), 0)


def guests_of(cohort: Cohort) -> list[Guest]:
    """Everybody who holds a place, paid or not yet, and the facilitators; two queries."""
    state = Enrolment.State
    people = Enrolment.objects.filter(
        cohort=cohort, state__in=[state.CONFIRMED, state.AWAITING_PAYMENT]
    )
    rows = (
        people.order_by("id")
        .annotate(left=left_before(OuterRef("user_id"), cohort.pk))
        .values_list(
            "id", "state", "user_id", "user__email", "user__name", "user__time_zone", "left"
        )
    )
    guests = [
        Guest(
            pk=user,
            email=email,
            name=name,
            time_zone=zone,
            key=f"enrolment:{pk}",
            left=left,
            is_confirmed=held == state.CONFIRMED,
        )
        for pk, held, user, email, name, zone, left in rows
    ]
    leaders = User.objects.holding(Role.FACILITATOR).filter(facilitated_cohorts=cohort)
    guests += [
        Guest(
            pk=leader.pk,
            email=leader.email,
            name=leader.name,
            time_zone=leader.time_zone,
            key=f"facilitator:{leader.pk}",
            left=leader.left,
            is_facilitator=True,
        )
        for leader in leaders.order_by("id").annotate(left=left_before(OuterRef("pk"), cohort.pk))
    ]
    return guests


def reminder_of(session: Session, first_id: int, now: datetime) -> Reminder | None:
    """The one reminder whose time it is: a week before the start (the first session only), a
    day before, an hour before; None before that and once the session has begun."""
    if not now < session.starts_at <= now + LEAD[Reminder.WEEK]:
        return None
    if session.starts_at <= now + LEAD[Reminder.HOUR]:
        return Reminder.HOUR
    if session.starts_at <= now + LEAD[Reminder.DAY]:
        return Reminder.DAY
    return Reminder.WEEK if session.pk == first_id else None


def sessions_to_remind(now: datetime) -> dict[int, tuple[Session, Reminder]]:
    """Planned sessions with the reminder whose time it is; one query."""
    standing = Session.objects.exclude(state=Session.State.CANCELLED)
    first = standing.filter(cohort=OuterRef("cohort")).order_by("starts_at", "id").values("id")
    sessions = (
        Session.objects.filter(
            state=Session.State.PLANNED,
            cohort__state__in=[Cohort.State.OPEN, Cohort.State.RUNNING],
            starts_at__gt=now,
            starts_at__lte=now + LEAD[Reminder.WEEK],
        )
        .select_related("cohort")
        .annotate(first_id=Subquery(first[:1]))
    )
    found: dict[int, tuple[Session, Reminder]] = {}
    for session in sessions:
        kind = reminder_of(session, session.first_id, now)
        if kind is not None:
            found[session.pk] = (session, kind)
    return found


def not_yet_queued(
    rows: QuerySet[Any], kinds: dict[Reminder, list[int]], who: str, person: str
) -> QuerySet[Any]:
    """Rows (people of a cohort) × its due sessions for which the outbox has no letter.

    Adds ``session_pk`` and ``key``. ``person`` is the column that names the person within
    the occasion, ``who`` the word before it.
    """
    kind = Case(
        *[When(session_pk__in=pks, then=Value(kind)) for kind, pks in kinds.items()],
        output_field=CharField(),
    )
    text = CharField()
    due = [pk for pks in kinds.values() for pk in pks]
    missing: QuerySet[Any] = (
        rows.annotate(session_pk=F("cohort__sessions__id"))
        .filter(session_pk__in=due)
        .annotate(kind=kind)
        .annotate(
            key=Concat(
                Value("session-reminder:"),
                Cast("session_pk", text),
                Value(":"),
                Cast("cohort__sessions__sequence", text),
                Value(":"),
                F("kind"),
                Value(f":{who}:"),
                Cast(person, text),
                output_field=text,
            )
        )
        .filter(~Exists(Letter.objects.filter(dedupe_key=OuterRef("key"))))
    )
    return missing


def missing_reminders(
    sessions: Mapping[int, tuple[Session, Reminder]],
) -> list[tuple[QuerySet[Any], bool]]:
    """Participants and facilitators without their letter about these sessions; True for the
    latter."""
    kinds: dict[Reminder, list[int]] = {}
    for pk, (_session, kind) in sessions.items():
        kinds.setdefault(kind, []).append(pk)
    enrolments = Enrolment.objects.filter(state=Enrolment.State.CONFIRMED)
    leaders = Cohort.facilitators.through._default_manager.filter(
        user_id__in=User.objects.holding(Role.FACILITATOR).values("pk")
    )
    return [
        (not_yet_queued(enrolments, kinds, "enrolment", "id"), False),
        (not_yet_queued(leaders, kinds, "facilitator", "user_id"), True),
    ]


def count_due_reminders(now: datetime) -> Counter[int]:
    """How many reminders of each session are due and not in the outbox; three queries however
    many there are."""
    sessions = sessions_to_remind(now)
    found: Counter[int] = Counter()
    if sessions:
        for rows, _is_facilitator in missing_reminders(sessions):
            found.update(dict(rows.values_list("session_pk").annotate(Count("pk")).order_by()))
    return found


def due_reminders(now: datetime, only: Collection[int] | None = None) -> list[DueReminder]:
    """Every reminder that is due and not in the outbox, of all sessions or of these; three
    queries however many there are."""
    sessions = sessions_to_remind(now)
    if only is not None:
        sessions = {pk: sessions[pk] for pk in only if pk in sessions}
    if not sessions:
        return []
    columns = (
        "session_pk",
        "key",
        "user_id",
        "user__email",
        "user__name",
        "user__time_zone",
        "left",
    )
    return [
        DueReminder(
            session=sessions[session_pk][0],
            kind=sessions[session_pk][1],
            key=key,
            guest=Guest(
                pk=user,
                email=email,
                name=name,
                time_zone=zone,
                key=key,
                left=left,
                is_facilitator=is_facilitator,
            ),
        )
        for rows, is_facilitator in missing_reminders(sessions)
        for session_pk, key, user, email, name, zone, left in rows.annotate(
            left=left_before(OuterRef("user_id"), OuterRef("cohort_id"))
        ).values_list(*columns)
    ]


def unchanged(sessions: Collection[Session]) -> set[int]:
    """Of these sessions, the ones that nobody moved or cancelled since they were read.

    Takes their row locks: inside the caller's transaction nobody can move them any more.
    """
    known = {session.pk: session.sequence for session in sessions}
    fresh = (
        Session.objects.filter(pk__in=known, state=Session.State.PLANNED)
        .order_by("pk")
        .select_for_update(no_key=True, of=("self",))
    )
    return {session.pk for session in fresh if session.sequence == known[session.pk]}

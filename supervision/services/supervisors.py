"""Becoming and staying a supervisor: application, invitation, CMSC's approval and its end.

The role goes with the approval: it is given on the approval's first day and taken on the day
on which no approval is in force any more.
"""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F, Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from scip.accounts.models import Role, RoleGrant, User
from scip.accounts.services import end_role, grant_role
from scip.audit.services import record
from scip.background import enqueue
from scip.formats import day
from scip.mail.models import Letter
from scip.policy.models import Edition
from scip.requirements import Refusal
from scip.states import lock, move
from supervision.emails import supervisors as emails
from supervision.models import Approval, Invitation, Supervisor, SupervisorApplication
from supervision.queries.supervisors import approved_on, current_approval
from supervision.requirements.supervisors import notice_is_due
from supervision.services.introductions import lapse_for

State = SupervisorApplication.State
OPEN = (State.DRAFT, State.SUBMITTED)


def open_application(user: User) -> SupervisorApplication | None:
    """The application that is being written or is with the office."""
    return SupervisorApplication.objects.filter(user=user, state__in=OPEN).first()


@transaction.atomic
def apply(
    user: User, *, experience: str, motivation: str, send: bool = True, now: datetime | None = None
) -> SupervisorApplication:
    """Write an application, or confirm an invitation, and send it to the office.

    ``send`` False keeps it as a draft. Raises Refusal for somebody who is approved, and while
    an application is with the office. Side effects on sending: a letter to the office.
    """
    now = now or timezone.now()
    lock(user)
    refuse_approved(user, now.date())
    known = open_application(user) or take_up(user, now=now)
    application = lock(known) if known else SupervisorApplication(user=user, created_at=now)
    if application.state == State.SUBMITTED:
        raise Refusal(_("Your application is with the office already. Nothing was changed."))
    application.experience, application.motivation = experience, motivation
    application.save()
    if send:
        close_invitations(user, now=now)
        move(application, State.SUBMITTED, by=user, now=now)
        emails.application_arrived(application)
    return application


@transaction.atomic
def withdraw(
    application: SupervisorApplication, *, by: User, now: datetime | None = None
) -> SupervisorApplication:
    """Take one's application back, or say no to an invitation. A second press is harmless."""
    application = lock(application)
    if application.user_id != by.pk:
        raise Refusal(_("Only the person who applied can take the application back."))
    if application.state != State.WITHDRAWN:
        move(application, State.WITHDRAWN, by=by, now=now)
        close_invitations(by, now=now or timezone.now())
    return application


def close_invitations(user: User, *, now: datetime) -> None:
    """What waits at somebody's address is answered by what they and the office do with each other:
    it must not open another application afterwards."""
    Invitation.objects.waiting_for(user).update(taken_up_at=now)


@transaction.atomic
def invite(
    user: User, *, words: str, by: User, now: datetime | None = None
) -> SupervisorApplication:
    """The office invites somebody with an account; they confirm, and the office approves.

    ``words`` is the personal paragraph of the letter. Raises Refusal for oneself, for somebody
    who is approved, and while an application of theirs is open.
    """
    now = now or timezone.now()
    refuse_others_than_office(by, user)
    lock(user)
    refuse_approved(user, now.date())
    if open_application(user) is not None:
        raise Refusal(_("{name} has an application under way. Nothing was sent.").format(name=user))
    close_invitations(user, now=now)
    application = SupervisorApplication.objects.create(
        user=user, created_at=now, invited_by=by, invited_at=now
    )
    record("supervisorapplication.invited", application, by=by, subject=user)
    emails.invited(application, words=words)
    return application


@transaction.atomic
def invite_guest(email: str, *, words: str, by: User, now: datetime | None = None) -> Invitation:
    """The office invites somebody who has no account yet: a letter to the address, and an
    invitation that waits there until they have one.

    Invited again, the one that waits stays, with the new words and another letter. Raises
    Refusal for anybody but the office.
    """
    now = now or timezone.now()
    if not by.has_role(Role.STAFF):
        raise Refusal(_("Only the office can do this. Nothing was changed."))
    invitation, _made = Invitation.objects.update_or_create(
        email=email.strip().lower(),
        taken_up_at=None,
        defaults={"words": words, "invited_by": by, "invited_at": now},
    )
    record("supervisor.invited", invitation, by=by)
    emails.guest_invited(invitation)
    return invitation


@transaction.atomic
def take_up(user: User, *, now: datetime | None = None) -> SupervisorApplication | None:
    """Turn the invitation that waits for somebody's address into their application; None where
    nothing waits, or where they are approved or have an application under way."""
    now = now or timezone.now()
    lock(user)
    waiting = Invitation.objects.waiting_for(user).first()
    if waiting is None:
        return None
    invitation = lock(waiting)
    invitation.taken_up_at = now
    invitation.save(update_fields=["taken_up_at"])
    supervisor = Supervisor.objects.filter(user=user).first()
    is_approved = supervisor is not None and current_approval(supervisor, now.date()) is not None
    if is_approved or open_application(user) is not None:
        return None
    application = SupervisorApplication.objects.create(
        user=user,
        created_at=now,
        invited_by=invitation.invited_by,
        invited_at=invitation.invited_at,
    )
    record("supervisorapplication.invited", application, by=invitation.invited_by, subject=user)
    return application


@transaction.atomic
def approve(
    application: SupervisorApplication,
    *,
    from_on: date,
    until_on: date | None,
    by: User,
    note: str = "",
    now: datetime | None = None,
) -> Approval:
    """CMSC approves somebody as a supervisor from a day until another (exclusive) or openly.

    Side effects: the supervisor's page, the role if the approval begins by today, a letter with
    ``note`` as its personal paragraph. Raises Refusal for oneself and for days that end before
    they begin or overlap another approval, IllegalMove if the application does not wait.
    """
    now = now or timezone.now()
    refuse_others_than_office(by, application.user)
    application = lock(application)
    supervisor, _made = Supervisor.objects.get_or_create(user=application.user)
    move(application, State.APPROVED, by=by, now=now)
    approval = add_approval(supervisor, from_on=from_on, until_on=until_on, by=by, now=now)
    emails.approved(approval, note=note)
    return approval


@transaction.atomic
def decline(
    application: SupervisorApplication, *, note: str, by: User, now: datetime | None = None
) -> SupervisorApplication:
    """Not now, in kind words that the person reads; they may apply again.

    Raises Refusal without words and for oneself, IllegalMove if it does not wait any more.
    """
    refuse_others_than_office(by, application.user)
    if not note.strip():
        raise Refusal(_("Please write a few words for the person. Nothing was sent."))
    application = lock(application)
    application.decision_note = note
    move(application, State.DECLINED, by=by, now=now)
    close_invitations(application.user, now=now or timezone.now())
    application.save(update_fields=["decision_note"])
    emails.declined(application)
    return application


@transaction.atomic
def renew(
    supervisor: Supervisor,
    *,
    until_on: date | None,
    by: User,
    from_on: date | None = None,
    note: str = "",
    now: datetime | None = None,
) -> Approval:
    """Another approval, by default from the day on which the last one ends (or from today).

    Raises Refusal for oneself, while one without an end is in force, and for days that end
    before they begin or overlap another. Side effects as in `approve`.
    """
    now = now or timezone.now()
    refuse_others_than_office(by, supervisor.user)
    supervisor = lock(supervisor)
    begins = from_on or renewal_begins(supervisor, now)
    approval = add_approval(supervisor, from_on=begins, until_on=until_on, by=by, now=now)
    emails.approved(approval, note=note, is_renewal=True)
    return approval


def renewal_begins(supervisor: Supervisor, now: datetime) -> date:
    """The day on which the last approval ends, or today if that lies behind."""
    last = real_approvals(supervisor).aggregate(last=Max("until_on"))["last"]
    return max(last, now.date()) if last is not None else now.date()


@transaction.atomic
def end_approval(
    supervisor: Supervisor, *, reason: str, by: User, on: date | None = None,
    now: datetime | None = None,
) -> None:  # fmt: skip
    """End a supervisor's approval on a day (by default, and at the earliest, tomorrow), renewals
    ahead included.

    ``reason`` stays on record and stands in the letter. Sessions held before that day keep
    counting, those of today with them. Side effects when no approval is in force any more: the role ends, requests that
    wait for an answer lapse, and their candidates are told. Raises Refusal without a reason,
    for oneself, for today or a day behind, and when no approval reaches beyond that day.
    """
    now = now or timezone.now()
    tomorrow = now.date() + timedelta(days=1)
    on = on or tomorrow
    refuse_others_than_office(by, supervisor.user)
    if not reason.strip():
        raise Refusal(_("Please write the reason: the person reads it. Nothing was changed."))
    if on < tomorrow:
        raise Refusal(
            _(
                "An approval ends tomorrow at the earliest: sessions of today and before still count."
            )
        )
    supervisor = lock(supervisor)
    running = [
        row for row in real_approvals(supervisor) if row.until_on is None or row.until_on > on
    ]
    if not running:
        raise Refusal(_("No approval reaches beyond that day. Nothing was changed."))
    for row in running:
        approval = lock(row)
        approval.until_on = max(on, approval.from_on)
        approval.ended_at, approval.ended_by, approval.end_reason = now, by, reason
        approval.save(update_fields=["until_on", "ended_at", "ended_by", "end_reason"])
        record("approval.ended", approval, by=by, subject=supervisor.user, until=str(on))
    emails.approval_ended(supervisor, reason=reason, on=on, at=now)
    keep_role_in_step(supervisor, now=now)
    # Their agreements end with it, each under locks of its own; beat asks again.
    enqueue("supervision.follow_losses")


def add_approval(
    supervisor: Supervisor, *, from_on: date, until_on: date | None, by: User, now: datetime
) -> Approval:
    """The row, the log's entry and the role."""
    if until_on is not None and until_on <= max(from_on, now.date()):
        raise Refusal(_("The last day has to lie ahead, and after the first. Nothing was changed."))
    refuse_overlap(supervisor, from_on, until_on)
    approval = Approval.objects.create(
        supervisor=supervisor, from_on=from_on, until_on=until_on, approved_at=now, approved_by=by
    )
    record(
        "approval.given",
        approval,
        by=by,
        subject=supervisor.user,
        from_on=str(from_on),
        until_on=str(until_on or ""),
    )
    keep_role_in_step(supervisor, now=now, by=by)
    return approval


def real_approvals(supervisor: Supervisor) -> QuerySet[Approval]:
    """Without those that were ended before they began: they cover no day."""
    return supervisor.approvals.exclude(until_on=F("from_on"))


def refuse_overlap(supervisor: Supervisor, from_on: date, until_on: date | None) -> None:
    """Raise Refusal when the days touch another approval's (the database would, too)."""
    for other in real_approvals(supervisor):
        begins_before_end = until_on is None or other.from_on < until_on
        if begins_before_end and (other.until_on is None or other.until_on > from_on):
            raise Refusal(
                _(
                    "An approval from {day} is on record that covers some of these days. Nothing "
                    "was changed; choose days beside it, or end it first."
                ).format(day=day(other.from_on))
            )


def keep_role_in_step(supervisor: Supervisor, *, now: datetime, by: User | None = None) -> None:
    """Give or take the role by what is in force today; requests lapse where nothing is."""
    today = now.date()
    held = RoleGrant.objects.holding(Role.SUPERVISOR, on=today).filter(user=supervisor.user)
    if approved_on(supervisor, today):
        if not held.exists():
            grant_role(supervisor.user, Role.SUPERVISOR, by=by, since=today, now=now)
        return
    for grant in held:
        end_role(grant, by=by, now=now)
    lapse_for(supervisor, now)


def follow_calendar(now: datetime | None = None) -> int:
    """Give the role where an approval began, take it where the last one ended; returns how many.

    Looks at people with an approval on record only: a role that the office gave without one
    stays. A role that the office took by hand after the approval began stays taken.
    """
    now = now or timezone.now()
    today = now.date()
    holding = RoleGrant.objects.holding(Role.SUPERVISOR, on=today).values("user_id")
    approved = Approval.objects.in_force(today)
    begun = Supervisor.objects.filter(approvals__in=approved).exclude(user__in=holding)
    over = Supervisor.objects.filter(approvals__isnull=False, user__in=holding).exclude(
        approvals__in=approved
    )
    changed = 0
    for supervisor in [*begun.distinct(), *over.distinct()]:
        with transaction.atomic():
            supervisor = lock(supervisor)  # noqa: PLW2901  the fresh row
            approval = current_approval(supervisor, today)
            if approval is not None and was_taken_by_hand(supervisor, approval):
                continue
            keep_role_in_step(supervisor, now=now)
            changed += 1
    return changed


def was_taken_by_hand(supervisor: Supervisor, approval: Approval) -> bool:
    """Was the role given under this approval once, and ended since?"""
    given = RoleGrant.objects.filter(user=supervisor.user, role=Role.SUPERVISOR)
    return given.filter(until__gte=approval.from_on).exists()


def announce_expiries(now: datetime | None = None) -> int:
    """Tell supervisors and the office of approvals that end soon and aren't renewed; returns
    how many were told. ``approval_notice_days`` stands in the Edition; once for each approval."""
    now = now or timezone.now()
    today = now.date()
    days = Edition.objects.in_force(today).approval_notice_days
    rows = (
        Approval.objects.in_force(today)
        .filter(until_on__isnull=False, ended_at=None)
        .select_related("supervisor__user")
        .order_by("until_on", "pk")
    )
    due = [row for row in rows if notice_is_due(row.until_on, on=today, days=days)]
    renewed = set(
        Approval.objects.filter(
            supervisor__in=[row.supervisor_id for row in due], from_on__gt=today
        ).values_list("supervisor_id", flat=True)
    )
    keys = [emails.ending_key(row) for row in due]
    told = set(Letter.objects.filter(dedupe_key__in=keys).values_list("dedupe_key", flat=True))
    count = 0
    for row in due:
        if row.supervisor_id in renewed or emails.ending_key(row) in told:
            continue
        with transaction.atomic():
            emails.approval_ending(row)
            emails.approval_ending_office(row)
        count += 1
    return count


def refuse_others_than_office(by: User, user: User) -> None:
    """Only the office decides, and nobody about themselves."""
    if not by.has_role(Role.STAFF):
        raise Refusal(_("Only the office can do this. Nothing was changed."))
    if by.pk == user.pk:
        raise Refusal(_("Please ask a colleague to decide about you. Nothing was changed."))


def refuse_approved(user: User, on: date) -> None:
    """Somebody with an approval in force or ahead needs no application."""
    supervisor = Supervisor.objects.filter(user=user).first()
    if supervisor is not None and current_approval(supervisor, on) is not None:
        raise Refusal(
            _("{name} is approved as a supervisor already. Nothing was changed.").format(name=user)
        )

"""Roles, sessions and the second factor of other people: acts of the office."""

from datetime import date, datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from scip.accounts import emails
from scip.accounts.models import Role, RoleGrant, User
from scip.audit.services import fingerprint, record
from scip.formats import day
from scip.requirements import Refusal
from scip.states import lock


def grant_role(
    user: User,
    role: str,
    *,
    by: User | None,
    since: date | None = None,
    now: datetime | None = None,
) -> RoleGrant:
    """Give a person a role from a day on (default today); returns the grant.

    ``by`` is somebody of the office, never the person; None is the command line. A role held
    already stays as it is. Side effects: every session of the person ends, so that the next
    sign-in asks for the second factor; they are told by letter; the log gets an entry.
    """
    now = now or timezone.now()
    since = since or now.date()
    with transaction.atomic():
        lock(user)
        refuse_unless_office(by, user)
        still = Q(until=None) | Q(until__gt=since)
        held = RoleGrant.objects.filter(still, user=user, role=role, since__lte=since).first()
        if held is not None:
            return held
        grant, _created = RoleGrant.objects.update_or_create(
            user=user, role=role, since=since, defaults={"until": None, "granted_by": by}
        )
        record("role.granted", grant, by=by, subject=user, role=role)
        end_sessions(user)
        emails.role_granted(grant, now=now)
    return grant


def end_role(grant: RoleGrant, *, by: User | None, now: datetime | None = None) -> RoleGrant:
    """End a role today; it opens nothing from this moment on. Ending twice changes nothing.

    Raises Refusal if the office would be left without anybody. Side effects as in `grant_role`.
    """
    now = now or timezone.now()
    today = now.date()
    with transaction.atomic():
        if by is not None and not by.has_role(Role.STAFF):
            raise Refusal(_("Only the office can change roles. Nothing was changed."))
        lock(grant.user)  # the person first, as when a role is given
        if grant.role == Role.STAFF:
            # Two people of the office must not end each other in the same moment.
            list(RoleGrant.objects.filter(role=Role.STAFF).order_by("pk").select_for_update())
        fresh = lock(grant)
        if fresh.until is not None and fresh.until <= today:
            return fresh
        others = RoleGrant.objects.holding(Role.STAFF, on=today).exclude(user_id=fresh.user_id)
        if fresh.role == Role.STAFF and not others.filter(user__is_active=True).exists():
            raise Refusal(
                _(
                    "This is the last person of the office, and somebody has to be able to let "
                    "others in. Give the role to a colleague first; nothing was changed."
                )
            )
        fresh.until = max(today, fresh.since)
        fresh.save(update_fields=["until"])
        record("role.ended", fresh, by=by, subject=fresh.user, role=fresh.role)
        end_sessions(fresh.user)
        emails.role_ended(fresh, now=now)
    return fresh


def set_term(
    grant: RoleGrant, until: date | None, *, by: User, now: datetime | None = None
) -> RoleGrant:
    """Say from which day on a role is no longer held; None takes the end away.

    Raises Refusal for anybody but the office, for oneself, for a role that has ended, for a day
    before the role begins, and for one that is not to come: ending at once is `end_role`.
    """
    today = (now or timezone.now()).date()
    with transaction.atomic():
        lock(grant.user)
        refuse_unless_office(by, grant.user)
        fresh = lock(grant)
        if fresh.until is not None and fresh.until <= today:
            raise Refusal(_("This role has ended. Give it anew on the person’s page."))
        if until is not None and until <= today:
            raise Refusal(
                _("That day is not to come. To end a role at once, open the person’s page.")
            )
        if until is not None and until < fresh.since:
            raise Refusal(
                _(
                    "This role begins on {day}, after the day you chose. Nothing was changed."
                ).format(day=day(fresh.since))
            )
        if fresh.until != until:
            fresh.until = until
            fresh.save(update_fields=["until"])
            record("role.term", fresh, by=by, subject=fresh.user, role=fresh.role)
    return fresh


def reset_second_factor(user: User, *, by: User, reason: str, now: datetime | None = None) -> None:
    """The office takes away a lost second factor after making sure who asks.

    Authenticators, passkeys and recovery codes go, sessions end, the person is told. Raises
    Refusal for oneself and without a reason (kept in the log as a fingerprint only).
    """
    if not reason.strip():
        raise Refusal(_("Please note how you made sure who is asking. Nothing was changed."))
    with transaction.atomic():
        lock(user)
        refuse_unless_office(by, user)
        removed, _per_model = Authenticator.objects.filter(user=user).delete()
        record(
            "second_factor.reset",
            user,
            by=by,
            subject=user,
            removed=removed,
            reason=fingerprint(reason.strip()),
        )
        end_sessions(user)
        emails.second_factor_reset(user, now=now or timezone.now())


def end_sessions(user: User) -> None:
    """Every session of the person is worthless from now on, wherever it was opened."""
    User.objects.filter(pk=user.pk).update(session_generation=F("session_generation") + 1)
    UserSession.objects.filter(user=user).delete()
    user.refresh_from_db(fields=["session_generation"])
    user.__dict__.pop("roles", None)


def refuse_unless_office(by: User | None, user: User) -> None:
    """Only the office, and nobody for themselves: two people know of every widened access."""
    if by is None:
        return
    if not by.has_role(Role.STAFF):
        raise Refusal(_("Only the office can change this. Nothing was changed."))
    if by.pk == user.pk:
        raise Refusal(_("Please ask a colleague to do this for you. Nothing was changed."))

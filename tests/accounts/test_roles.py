"""Roles: given and ended by the office; sessions end with every change."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from scip.accounts import services
from scip.accounts.models import Role, RoleGrant, User
from scip.audit.models import Entry
from scip.mail.models import Letter
from scip.requirements import Refusal
from tests import world

pytestmark = pytest.mark.django_db


def roles_of(user: User) -> frozenset[str]:
    return User.objects.get(pk=user.pk).roles


def test_grant(applicant: User, staff: User) -> None:
    grant = services.grant_role(applicant, Role.FACILITATOR, by=staff)
    assert roles_of(applicant) == {"facilitator"}
    assert applicant.has_role(Role.FACILITATOR)
    entry = Entry.objects.get(action="role.granted")
    assert (entry.actor_id, entry.subject_id, entry.data) == (
        staff.pk,
        applicant.pk,
        {"role": "facilitator"},
    )
    assert Letter.objects.get(to_user=applicant).subject == "You have a new role: Facilitator"
    assert services.grant_role(applicant, Role.FACILITATOR, by=staff) == grant
    assert Letter.objects.filter(to_user=applicant).count() == 1


def test_ending_takes_effect_at_once_and_can_be_undone(applicant: User, staff: User) -> None:
    grant = services.grant_role(applicant, Role.REVIEWER, by=staff)
    services.end_role(grant, by=staff)
    assert roles_of(applicant) == frozenset()
    services.grant_role(applicant, Role.REVIEWER, by=staff)
    assert roles_of(applicant) == {"reviewer"}
    assert RoleGrant.objects.filter(user=applicant).count() == 1


def test_ending_twice_changes_nothing(applicant: User, staff: User) -> None:
    grant = services.grant_role(applicant, Role.REVIEWER, by=staff)
    services.end_role(grant, by=staff)
    services.end_role(grant, by=staff)
    assert Entry.objects.filter(action="role.ended").count() == 1


def test_a_later_start(applicant: User, staff: User) -> None:
    now = datetime(2027, 1, 1, tzinfo=UTC)
    grant = services.grant_role(
        applicant, Role.SUPERVISOR, by=staff, since=date(2027, 2, 1), now=now
    )
    held = RoleGrant.objects.holding(Role.SUPERVISOR, on=date(2027, 1, 31))
    assert grant not in held
    assert grant in RoleGrant.objects.holding(Role.SUPERVISOR, on=date(2027, 2, 1))


@pytest.mark.parametrize("persona", ["applicant", "facilitator", "aid_decider"])
def test_only_the_office_gives_roles(
    request: pytest.FixtureRequest, persona: str, stranger: User
) -> None:
    by = request.getfixturevalue(persona)
    with pytest.raises(Refusal):
        services.grant_role(stranger, Role.STAFF, by=by)
    assert roles_of(stranger) == frozenset()


def test_nobody_widens_their_own_access(staff: User) -> None:
    with pytest.raises(Refusal, match="ask a colleague"):
        services.grant_role(staff, Role.AID, by=staff)
    assert roles_of(staff) == {"staff"}


def test_the_last_person_of_the_office_stays(staff: User) -> None:
    grant = RoleGrant.objects.get(user=staff)
    with pytest.raises(Refusal, match="last person"):
        services.end_role(grant, by=staff)
    world.make_user("second@example.com", Role.STAFF)
    services.end_role(grant, by=staff)
    assert roles_of(staff) == frozenset()


def is_in(client: Client) -> bool:
    return bool(client.get("/profile/").wsgi_request.user.is_authenticated)


def test_sessions_end_with_a_role_change(
    applicant: User, staff: User, as_user: Callable[[User], Client]
) -> None:
    devices = [as_user(applicant), as_user(applicant)]
    bystander = as_user(staff)
    assert [is_in(device) for device in devices] == [True, True]
    grant = services.grant_role(applicant, Role.FACILITATOR, by=staff)
    assert [is_in(device) for device in devices] == [False, False]
    again = as_user(applicant)
    assert is_in(again)
    services.end_role(grant, by=staff)
    assert not is_in(again)
    assert is_in(bystander)


def test_sessions_end_with_a_new_password(
    applicant: User, as_user: Callable[[User], Client]
) -> None:
    devices = [as_user(applicant), as_user(applicant)]
    assert [is_in(device) for device in devices] == [True, True]
    applicant.set_password("a new long sentence")
    applicant.save()
    assert [is_in(device) for device in devices] == [False, False]


def test_reset_of_a_second_factor(
    facilitator: User, staff: User, as_user: Callable[[User], Client]
) -> None:
    device = as_user(facilitator)
    assert is_in(device)
    with pytest.raises(Refusal):
        services.reset_second_factor(facilitator, by=staff, reason=" ")
    services.reset_second_factor(facilitator, by=staff, reason="called back at the clinic")
    assert not Authenticator.objects.filter(user=facilitator).exists()
    assert not is_in(device)
    entry = Entry.objects.get(action="second_factor.reset")
    assert "clinic" not in str(entry.data)
    with pytest.raises(Refusal):
        services.reset_second_factor(staff, by=staff, reason="I am me")
    with pytest.raises(Refusal):
        services.reset_second_factor(staff, by=facilitator, reason="x")

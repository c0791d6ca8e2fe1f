"""An invitation to supervise finds somebody who has no account yet."""

import pytest
from django.urls import reverse

from scip.mail.models import Letter
from scip.requirements import Refusal
from supervision.models import Invitation, SupervisorApplication
from supervision.services import supervisors as services
from tests import world
from tests.races import tally

pytestmark = pytest.mark.django_db
APPLY = "/supervision/apply/"
INVITE = "/admin/supervision/supervisor/invite/"


def invited(staff, email="New@Example.com", words="We know your work."):
    return services.invite_guest(email, words=words, by=staff)


def test_the_letter_leads_to_an_account_and_the_invitation_waits_there(staff, as_user):
    invited(staff)
    letter = Letter.objects.get()
    assert letter.to_address == "new@example.com"
    assert "We know your work." in letter.text
    assert "You need an account first" in letter.text
    assert APPLY in letter.text
    user = world.make_user("new@example.com", name="Nia New")
    client = as_user(user)
    assert client.get(APPLY).context["is_invited"] is True
    client.post(APPLY, {"experience": "Ten years of it.", "motivation": "To pass it on."})
    application = SupervisorApplication.objects.get()
    assert (application.user, application.state, application.invited_by) == (
        user,
        "submitted",
        staff,
    )
    assert Invitation.objects.get().taken_up_at is not None
    assert client.get(APPLY).context["is_invited"] is False


def test_a_no_is_fine(staff, as_user):
    invited(staff)
    client = as_user(world.make_user("new@example.com"))
    client.post(reverse("supervision:apply_withdraw"))
    assert SupervisorApplication.objects.get().state == "withdrawn"
    assert client.get(APPLY).context["is_invited"] is False


def test_it_waits_for_that_address_alone(staff, stranger, as_user):
    invited(staff)
    assert as_user(stranger).get(APPLY).context["is_invited"] is False
    assert as_user(stranger).post(reverse("supervision:apply_withdraw")).status_code == 404
    assert list(Invitation.objects.visible_to(stranger)) == []
    assert Invitation.objects.visible_to(staff).count() == 1


def test_invited_again_one_waits_with_the_new_words(staff):
    first = invited(staff)
    again = invited(staff, "new@example.com", "Please.")
    assert (again.pk, again.words) == (first.pk, "Please.")


def test_only_the_office_invites(stranger, supervisor):
    for somebody in (stranger, supervisor):
        with pytest.raises(Refusal, match="Only the office"):
            invited(somebody)
    assert not Letter.objects.exists()


def test_the_office_reads_the_letter_first_and_then_sends_it(staff, as_user):
    client = as_user(staff)
    sent = {"email": "New@example.com ", "words": "We know your work."}
    page = client.post(INVITE, sent).content.decode()
    assert "You need an account first" in page
    assert not Letter.objects.exists()
    client.post(INVITE, sent | {"send": "1"})
    assert Invitation.objects.get().email == "new@example.com"
    closed = world.make_user("closed@example.com", is_active=False)
    page = client.post(INVITE, {"email": closed.email, "send": "1"}).content.decode()
    assert "is closed" in page


def test_who_is_approved_already_has_it_put_away(staff):
    invited(staff)
    user = world.make_user("new@example.com")
    world.make_supervisor(user)
    assert services.take_up(user) is None
    assert Invitation.objects.waiting_for(user).count() == 0


@pytest.mark.parametrize("how", ["declined", "withdrawn", "sent", "invited"])
def test_an_older_invitation_by_address_opens_nothing_afterwards(staff, how):
    """Asked by address first, they went another way: the old letter must not begin it anew."""
    user = world.make_user("new@example.com", name="Nia New")
    words = {"experience": "Ten years.", "motivation": "Joy."}
    if how == "invited":
        invited(staff)
        application = services.invite(user, words="Please.", by=staff)
    else:
        application = services.apply(user, **words, send=how != "sent")
        invited(staff)
    if how == "declined":
        services.decline(application, note="Not this year.", by=staff)
    elif how == "withdrawn":
        services.withdraw(application, by=user)
    elif how == "sent":
        services.apply(user, **words)
    else:
        services.withdraw(application, by=user)
    assert not Invitation.objects.waiting_for(user).exists()
    assert services.take_up(user) is None
    assert SupervisorApplication.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_taken_up_twice_at_once_it_is_one_application(staff):
    invited(staff)
    user = world.make_user("new@example.com")
    assert tally(*[lambda: services.take_up(user)] * 3) == {"done": 3}
    assert SupervisorApplication.objects.count() == 1

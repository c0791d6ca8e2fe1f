"""How a credential stands: every move that is allowed, none that is not, and what people read."""

import threading

import pytest
from django.urls import reverse

from scip.audit.models import Entry
from scip.credentials import services
from scip.credentials.models import Certificate, Credential
from scip.credentials.reissuing import issue_anew
from scip.mail.models import Letter
from scip.requirements import Refusal
from scip.states import IllegalMove, move
from tests import races, world
from tests.credentials.certification import NOW, certify, make_papers

pytestmark = pytest.mark.django_db
State = Credential.State
ALLOWED = {
    (State.ACTIVE, State.SUSPENDED),
    (State.ACTIVE, State.REVOKED),
    (State.ACTIVE, State.REPLACED),
    (State.SUSPENDED, State.ACTIVE),
    (State.SUSPENDED, State.REVOKED),
}
REASONS = {
    "revocation_reason": "x",
    "revoked_at": NOW,
    "suspension_reason": "x",
    "suspended_at": NOW,
}


@pytest.mark.parametrize("came_from", State.values)
@pytest.mark.parametrize("to", State.values)
def test_only_the_moves_of_the_table(participant, staff, came_from, to):
    credential = certify(participant)
    Credential.objects.filter(pk=credential.pk).update(state=came_from, **REASONS)
    credential.refresh_from_db()
    if (came_from, to) in ALLOWED:
        move(credential, to, by=staff)
    else:
        with pytest.raises(IllegalMove):
            move(credential, to, by=staff)
    credential.refresh_from_db()
    assert credential.state == (to if (came_from, to) in ALLOWED else came_from)


def test_it_rests_and_stands_again_and_the_person_reads_why(participant, staff):
    credential = certify(participant)
    services.suspend_credential(
        credential,
        by=staff,
        reason="Your licence ended in April.",
        ground="licence",
        appeal_contact="Ada Office",
    )
    credential.refresh_from_db()
    assert (credential.standing(), credential.suspension_ground) == ("suspended", "licence")
    letter = Letter.objects.get(dedupe_key__startswith="credential-suspended")
    for words in ("Your licence ended in April.", "Ada Office", "within 30 days"):
        assert words in letter.text
        assert words in letter.html
    services.lift_suspension(credential, by=staff, note="Thank you for sending it.")
    credential.refresh_from_db()
    assert credential.standing() == "active"
    assert (
        "Thank you for sending it."
        in Letter.objects.get(dedupe_key__startswith="suspension-lifted").text
    )
    logged = Entry.objects.filter(action__startswith="credential.").values_list("action", "data")
    assert "Your licence" not in str(list(logged))
    services.suspend_credential(credential, by=staff, reason="Again.", ground="licence")
    assert Letter.objects.filter(dedupe_key__startswith="credential-suspended").count() == 2


def test_letters_greet_by_name_without_the_letters_behind_it(participant, staff):
    """As the letter of certification does."""
    participant.credentials_suffix = "PhD"
    participant.save()
    credential = certify(participant)
    services.suspend_credential(credential, by=staff, reason="x")
    services.lift_suspension(credential, by=staff)
    services.revoke_credential(credential, by=staff, reason="x")
    for letter in Letter.objects.all():
        for said in (letter.text, letter.html):
            assert f"Dear {participant.name}," in said
            assert "PhD," not in said
    assert Letter.objects.count() == 3


@pytest.mark.parametrize("act", [services.suspend_credential, services.revoke_credential])
def test_a_loss_needs_words(participant, staff, act):
    credential = certify(participant)
    with pytest.raises(Refusal, match="say why"):
        act(credential, by=staff, reason="  ")
    credential.refresh_from_db()
    assert (credential.state, Letter.objects.count()) == ("active", 0)


def test_nobody_of_the_office_acts_on_their_own(staff):
    credential = certify(staff)
    for act in (
        lambda: services.suspend_credential(credential, by=staff, reason="x"),
        lambda: services.lift_suspension(credential, by=staff),
        lambda: issue_anew(credential, reason="name", by=staff),
    ):
        with pytest.raises(Refusal, match="your own"):
            act()


def test_a_suspended_one_is_not_issued_a_second_time(participant, staff):
    credential = certify(participant)
    services.suspend_credential(credential, by=staff, reason="x")
    again = services.issue_credential(
        credential.completion,
        kind="certified",
        edition=world.make_edition(),
        lines=[],
        by=None,
    )
    assert again == credential


def rename(user, name):
    user.name = name
    user.save()


def test_after_a_change_of_name_both_numbers_tell_the_truth(client, participant, staff):
    old = certify(participant)
    make_papers(old)
    rename(participant, "Paula Participant")
    new = issue_anew(old, reason="name", by=staff)
    make_papers(new)
    old.refresh_from_db()
    assert (old.state, new.number) == ("replaced", "SCIP-C-2026-000002")
    assert (old.holder_name, new.holder_name) == ("Paulo Participant", "Paula Participant")
    assert (new.issued_on, new.completion, new.replaces) == (old.issued_on, old.completion, old)
    page = client.get(reverse("credentials:verify", args=[old.code]))
    text = page.content.decode()
    assert (page.status_code, page.context["told"].standing) == (200, "replaced")
    assert "Paulo Participant" in text
    assert f"replaced by {new.number}" in text
    assert reverse("credentials:verify", args=[new.code]) in text
    text = client.get(reverse("credentials:verify", args=[new.code])).content.decode()
    assert "Paula Participant" in text
    assert old.number not in text
    assert old.code not in text
    assert "Paulo" not in text
    assert client.get(reverse("credentials:certificate", args=[old.code])).status_code == 200
    letter = Letter.objects.get(dedupe_key=f"credential-anew:{new.pk}")
    assert old.number in letter.text
    assert not Letter.objects.filter(dedupe_key=f"certificate-ready:{new.pk}").exists()


def test_without_another_name_there_is_nothing_to_issue_anew(participant, staff):
    credential = certify(participant)
    with pytest.raises(Refusal, match="Paulo Participant"):
        issue_anew(credential, reason="name", by=staff)
    with pytest.raises(Refusal, match="nothing to renew"):
        issue_anew(credential, reason="renewal", by=staff)
    assert Credential.objects.count() == 1


def test_a_renewal_gives_another_period_from_its_end(participant, staff):
    credential = certify(participant, certified_valid_months=12)
    new = issue_anew(credential, reason="renewal", by=staff, now=world.utc(2027, 5, 1))
    assert str(new.expires_on) == "2028-05-28"
    late = issue_anew(new, reason="renewal", by=staff, now=world.utc(2029, 1, 10))
    assert (str(late.expires_on), late.issued_on) == ("2030-01-10", credential.issued_on)


def test_an_old_number_stands_no_better_than_what_replaced_it(client, participant, staff):
    old = certify(participant)
    make_papers(old)
    rename(participant, "Paula Participant")
    new = issue_anew(old, reason="name", by=staff)
    services.revoke_credential(new, by=staff, reason="x")
    page = client.get(reverse("credentials:verify", args=[old.code]))
    assert (page.context["told"].standing, page.context["told"].successor.standing) == (
        "replaced",
        "revoked",
    )
    assert page.context["told"].papers == ()
    assert "stands no better" in page.content.decode()
    for name in ("certificate", "letter", "badge"):
        answer = client.get(reverse(f"credentials:{name}", args=[old.code]))
        assert answer.headers["Location"] == reverse("credentials:verify", args=[old.code])


@pytest.mark.django_db(transaction=True)
def test_issued_anew_by_eight_at_once_is_one(staff):
    user = world.make_user("c@example.com", name="Carla Candidate")
    credential = certify(user)
    rename(user, "Carla Certified")

    outcomes = races.tally(*[lambda: issue_anew(credential, reason="name", by=staff)] * 8)
    assert outcomes == {"done": 1, "refused": 7}
    assert sorted(Credential.objects.values_list("state", flat=True)) == ["active", "replaced"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", [services.suspend_credential, services.revoke_credential])
def test_a_loss_while_a_paper_is_rendered_is_no_good_news(client, staff, act):
    credential = certify(world.make_user("c@example.com", name="Carla Candidate"))
    papers = list(credential.certificates.order_by("pk"))
    for paper in papers[:-1]:
        services.make_certificate(paper.pk)
    rendering, revoked = threading.Event(), threading.Event()

    def slow(paper: Certificate) -> bytes:
        rendering.set()
        assert revoked.wait(20)
        return services.render(paper)

    def make():
        services.make_certificate(papers[-1].pk, render=slow)

    def take_back():
        assert rendering.wait(20)
        act(credential, by=staff, reason="x")
        revoked.set()

    assert races.tally(make, take_back) == {"done": 2}
    papers[-1].refresh_from_db()
    assert papers[-1].made_at is not None
    assert not Letter.objects.filter(dedupe_key__startswith="certificate-ready").exists()
    for name in ("certificate", "letter", "badge"):
        assert client.get(reverse(f"credentials:{name}", args=[credential.code])).status_code == 302

"""Asking to be erased, changing one's mind, what stands in the way, carrying it out."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core import mail
from django.utils import timezone

from certification.candidacy.models import Candidacy
from cohorts.models import Application, Enrolment
from payments.models import Payment
from scip.accounts.models import Role, User
from scip.audit.models import Entry
from scip.credentials.models import Certificate, Credential
from scip.credentials.services import issue_credential, record_completion
from scip.mail.models import Letter
from scip.mail.services import queue_letter, sweep
from scip.privacy import services
from scip.privacy.models import ErasureRequest
from scip.privacy.queries.hindrances import hindrances
from scip.requirements import Refusal
from scip.states import IllegalMove
from supervision.models import Agreement
from tests import world
from tests.candidacy import walking
from tests.races import at_once, tally
from tests.supervision.pair import make_pair

pytestmark = pytest.mark.django_db
State = ErasureRequest.State


@pytest.fixture
def person(edition: Any) -> User:
    return world.make_user("going@example.org", name="Gunda Gehrig")


def asked(person: User, **fields: Any) -> ErasureRequest:
    """A request whose days are over."""
    fields = {"by": person, "takes_down_credentials": False} | fields
    return services.ask(person, **fields, now=timezone.now() - timedelta(days=15))


def letters_to(address: str) -> list[str]:
    return list(
        Letter.objects.filter(to_address=address).order_by("pk").values_list("subject", flat=True)
    )


# --- asking ----------------------------------------------------------------------------


def test_asking_waits_the_days_of_the_edition_and_tells_the_person(person: User) -> None:
    now = timezone.now()
    request = services.ask(person, by=person, takes_down_credentials=True, now=now)
    assert (request.state, request.due_at) == (State.ASKED, now + timedelta(days=14))
    assert letters_to(person.email) == ["You asked to be erased"]


def test_asking_twice_is_asking_once(person: User) -> None:
    first = services.ask(person, by=person, takes_down_credentials=False)
    assert services.ask(person, by=person, takes_down_credentials=True) == first
    assert ErasureRequest.objects.count() == 1
    assert letters_to(person.email) == ["You asked to be erased"]


def test_nobody_asks_for_somebody_else(person: User, stranger: User, staff: User) -> None:
    with pytest.raises(Refusal, match="Only the person can ask"):
        services.ask(person, by=stranger, takes_down_credentials=False)
    with pytest.raises(Refusal, match="how you made sure"):
        services.ask(person, by=staff, takes_down_credentials=False, letter_note=" ")
    assert not ErasureRequest.objects.exists()


def test_the_office_enters_a_letter_and_waits_like_everybody(person: User, staff: User) -> None:
    now = timezone.now()
    request = services.ask(
        person, by=staff, takes_down_credentials=False, letter_note="Rang her up.", now=now
    )
    assert request.due_at == now + timedelta(days=14)
    assert services.carry_out(request.pk, now=now + timedelta(days=13)) is False
    assert services.carry_out(request.pk, now=now + timedelta(days=15)) is True
    request.refresh_from_db()
    assert request.letter_note == ""


@pytest.mark.parametrize("code", ["places", "roles", "supervised", "money"])
def test_what_stands_in_the_way_is_said(code: str, person: User) -> None:
    if code == "places":
        world.make_enrolment(person, world.make_cohort())
    elif code == "roles":
        person.role_grants.create(role=Role.AID, since=timezone.localdate() - timedelta(days=1))
    elif code == "supervised":
        pair = make_pair()
        pair.guide.role_grants.all().delete()
        person = User.objects.get(pk=pair.guide.pk)
    else:
        charge = world.make_candidacy(person, "withdrawn").charge
        assert charge is not None
        Payment.objects.create(
            charge=charge,
            amount_cents=100,
            currency="USD",
            method="bank",
            reference="twice",
            received_at=timezone.now(),
        )
    with pytest.raises(Refusal) as refused:
        services.ask(person, by=person, takes_down_credentials=False)
    assert [finding.code for finding in refused.value.findings] == [code]
    assert all(finding.url and finding.needed for finding in refused.value.findings)
    assert not ErasureRequest.objects.exists()


def test_nothing_stands_in_the_way_of_most_people(person: User) -> None:
    assert hindrances(person).is_met


# --- changing one's mind -------------------------------------------------------------------


def test_withdrawing_is_for_the_person_and_tells_them(person: User, stranger: User) -> None:
    request = services.ask(person, by=person, takes_down_credentials=False)
    with pytest.raises(Refusal, match="Only the person"):
        services.withdraw(request, by=stranger)
    assert services.withdraw(request, by=person).state == State.WITHDRAWN
    assert services.withdraw(request, by=person).state == State.WITHDRAWN
    assert letters_to(person.email) == ["You asked to be erased", "Nothing will be erased"]
    assert services.carry_out(request.pk, now=timezone.now() + timedelta(days=99)) is False


def test_the_office_withdraws_only_what_it_entered(person: User, staff: User) -> None:
    own = services.ask(person, by=person, takes_down_credentials=False)
    with pytest.raises(Refusal):
        services.withdraw(own, by=staff)
    services.withdraw(own, by=person)
    entered = services.ask(person, by=staff, takes_down_credentials=False, letter_note="Post.")
    assert services.withdraw(entered, by=staff).state == State.WITHDRAWN


def test_what_was_carried_out_cannot_be_taken_back(person: User) -> None:
    request = asked(person)
    assert services.carry_out(request.pk)
    with pytest.raises(IllegalMove):
        services.withdraw(request, by=person)


# --- carrying out ------------------------------------------------------------------------------


def test_the_account_is_dead_and_names_nobody(person: User, as_user: Any) -> None:
    client = as_user(person)
    assert client.get("/profile/").status_code == 200
    key = client.session.session_key
    UserSession.objects.get_or_create(
        session_key=key, defaults={"user": person, "ip": "192.0.2.7", "user_agent": "Browser"}
    )
    assert services.carry_out(asked(person).pk) is True
    gone = User.objects.get(pk=person.pk)
    assert (gone.name, gone.email, gone.is_active) == (
        "Erased person",
        f"erased-{person.pk}@erased.invalid",
        False,
    )
    assert not gone.has_usable_password()
    assert client.get("/profile/").status_code == 302
    assert not UserSession.objects.filter(user=person).exists()
    assert not Session.objects.filter(session_key=key).exists()


def test_the_last_letter_goes_to_the_address_and_is_forgotten(person: User) -> None:
    services.carry_out(asked(person).pk)
    (waiting,) = Letter.objects.filter(to_address="going@example.org")
    assert waiting.subject == "What we had about you is erased"
    assert sweep() == 1
    assert mail.outbox[-1].to == ["going@example.org"]
    assert "Gunda" not in mail.outbox[-1].body
    waiting.refresh_from_db()
    assert (waiting.to_address, waiting.subject, waiting.text, waiting.html) == (
        "",
        "(erased)",
        "",
        "",
    )
    assert not Letter.objects.filter(to_address="going@example.org").exists()


@pytest.mark.parametrize(
    ("takes_down", "says"),
    [(True, "your name does not stand there any more"), (False, "certificates in your name")],
)
def test_the_last_letter_says_where_a_name_stays(person: User, takes_down: bool, says: str) -> None:
    services.carry_out(asked(person, takes_down_credentials=takes_down).pk)
    sweep()
    words = " ".join(mail.outbox[-1].body.split())
    assert says in words
    assert "with the name on its invoices and receipts" in words
    assert "without your words" not in words


def test_letters_to_others_lose_their_words_once_sent(person: User, stranger: User) -> None:
    for number in range(2):
        queue_letter(
            "privacy/emails/erasure_withdrawn",
            to=stranger,
            context={},
            dedupe_key=f"letter-{number}",
        )
    Letter.objects.update(text="Gunda Gehrig wrote to you.")
    Letter.objects.filter(dedupe_key="letter-0").update(sent_at=timezone.now())
    services.carry_out(asked(person).pk)
    sent = Letter.objects.get(dedupe_key="letter-0")
    assert (sent.text, sent.to_address) == ("(erased)", stranger.email)
    waiting = Letter.objects.get(dedupe_key="letter-1")
    assert waiting.text == "Gunda Gehrig wrote to you."
    sweep()
    assert any("Gunda Gehrig wrote" in message.body for message in mail.outbox)
    assert not Letter.objects.filter(text__contains="Gunda").exists()


def test_letters_that_are_answered_to_the_person_lose_that_address(
    person: User, stranger: User
) -> None:
    for number in range(2):
        queue_letter(
            "privacy/emails/erasure_withdrawn",
            to=stranger,
            context={},
            dedupe_key=f"letter-{number}",
            reply_to=person.email,
        )
    Letter.objects.filter(dedupe_key="letter-0").update(sent_at=timezone.now())
    services.carry_out(asked(person).pk)
    sent = Letter.objects.get(dedupe_key="letter-0")
    assert (sent.text, sent.reply_to, sent.to_address) == ("(erased)", "", stranger.email)
    assert Letter.objects.get(dedupe_key="letter-1").reply_to == person.email
    sweep()
    assert [person.email] in [message.reply_to for message in mail.outbox]
    assert not Letter.objects.filter(reply_to=person.email).exists()


def test_what_is_under_way_ends_first(person: User) -> None:
    application = Application.objects.create(
        user=person, cohort=world.make_cohort(), state="submitted", submitted_at=timezone.now()
    )
    candidacy = world.make_candidacy(person)
    services.carry_out(asked(person).pk)
    application.refresh_from_db()
    candidacy.refresh_from_db()
    assert (application.state, candidacy.state) == ("withdrawn", Candidacy.State.WITHDRAWN)


def test_a_candidate_s_supervisor_is_told_and_their_words_go(edition: Any) -> None:
    pair = make_pair()
    request = asked(pair.candidate)
    assert services.carry_out(request.pk) is True
    assert not Agreement.objects.filter(pk=pair.agreement.pk).exists()
    told = Letter.objects.filter(to_user=pair.guide, sent_at=None)
    assert [letter.is_forgotten_once_sent for letter in told if "Carla" in letter.text] != []
    assert all(letter.is_forgotten_once_sent for letter in told if "Carla 1" in letter.text)


def test_what_came_up_meanwhile_holds_it_up_and_is_told_once(person: User) -> None:
    request = asked(person)
    place = world.make_enrolment(person, world.make_cohort())
    for _time in range(2):
        assert services.carry_out_due() == 0
    request.refresh_from_db()
    assert (request.state, request.held_up_by) == (State.ASKED, ["places"])
    assert letters_to(person.email).count("Your request to be erased waits") == 1
    Enrolment.objects.filter(pk=place.pk).update(state="withdrawn")
    assert services.carry_out_due() == 1


def test_nothing_happens_before_the_day_or_twice(person: User) -> None:
    request = services.ask(person, by=person, takes_down_credentials=False)
    assert services.carry_out_due() == 0
    later = timezone.now() + timedelta(days=15)
    assert services.carry_out_due(now=later) == 1
    assert services.carry_out_due(now=later) == 0
    assert Entry.objects.filter(action="erasurerequest.carried_out").count() == 1
    assert services.carry_out(request.pk, now=later) is False


def test_the_log_holds_numbers_and_no_words(person: User) -> None:
    services.carry_out(asked(person).pk)
    lines = [str(entry.data) + entry.action for entry in Entry.objects.filter(subject_id=person.pk)]
    assert lines
    assert all("Gunda" not in line and "going@" not in line for line in lines)


@pytest.fixture
def credential(person: User, staff: User) -> Credential:
    completion = record_completion(
        person,
        level="A",
        basis="cohort",
        completed_on=timezone.localdate(),
        facts={"sessions_held": 12},
        by=staff,
    )
    return issue_credential(
        completion, kind="practicing", edition=world.make_edition(), lines=[], by=staff
    )


def test_certificates_stand_unless_they_are_taken_down(
    person: User, credential: Credential, client: Any
) -> None:
    services.carry_out(asked(person).pk)
    page = client.get(f"/verify/{credential.code}/").content.decode()
    assert "Gunda Gehrig" in page
    assert "This credential is active." in page


def test_certificates_that_are_taken_down_name_nobody(
    person: User, credential: Credential, client: Any
) -> None:
    services.carry_out(asked(person, takes_down_credentials=True).pk)
    page = client.get(f"/verify/{credential.code}/")
    assert page.status_code == 200
    assert "Gunda" not in page.content.decode()
    assert "at the holder’s wish" in page.content.decode()
    assert not Certificate.objects.exists()


# --- races ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_at_once_erase_once() -> None:
    world.make_edition()
    person = world.make_user("going@example.org", name="Gunda Gehrig")
    request = asked(person)
    found = tally(*[lambda: services.carry_out(request.pk)] * 4)
    assert found == {"done": 4}
    assert Entry.objects.filter(action="erasurerequest.carried_out").count() == 1
    assert Letter.objects.filter(to_address="going@example.org").count() == 1


@pytest.mark.django_db(transaction=True)
def test_asking_at_once_is_asking_once() -> None:
    world.make_edition()
    person = world.make_user("going@example.org", name="Gunda Gehrig")
    found = tally(*[lambda: services.ask(person, by=person, takes_down_credentials=False)] * 4)
    assert found == {"done": 4}
    assert ErasureRequest.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_erasing_while_money_arrives_loses_no_money() -> None:
    """Either it came first, and the way to certification ends with it on the books; or it came
    after, and the office finds it. The payment is there both ways."""
    world.make_edition()
    for number in range(3):
        person = world.make_user(f"going{number}@example.org", name="Gunda Gehrig")
        candidacy = world.make_candidacy(person, "awaiting_payment")
        request = asked(person)
        results = at_once(
            lambda request=request: services.carry_out(request.pk),
            lambda candidacy=candidacy, number=number: walking.pay(
                candidacy, reference=f"T-{number}"
            ),
        )
        assert [
            error for error in results if error is not None and not isinstance(error, Refusal)
        ] == []
        assert Payment.objects.filter(charge=candidacy.charge).count() == 1
        services.carry_out_due()
        request.refresh_from_db()
        candidacy.refresh_from_db()
        # Money that is the person's holds the erasing up until it went back.
        erased = request.state == State.CARRIED_OUT
        assert erased or set(request.held_up_by) <= {"money", "under_way"}
        assert candidacy.state in {"withdrawn", "active", "awaiting_payment"}

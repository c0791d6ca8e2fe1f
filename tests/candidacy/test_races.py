"""Two real connections at once: register, settle, withdraw, retreat, leave."""

from datetime import timedelta

import pytest
from django.utils import timezone

from certification.candidacy import services
from certification.candidacy.models import Candidacy, Leave, Retreat
from certification.candidacy.services import equivalency as cases
from payments.models import Charge, Settlement
from payments.services import dispatch_settlement
from scip.credentials.models import Completion
from scip.mail.models import Letter
from scip.pages.models import InterestEntry
from scip.pages.services import announce_opening
from tests import world
from tests.candidacy import walking
from tests.candidacy.test_equivalency import judge
from tests.races import tally

pytestmark = pytest.mark.django_db(transaction=True)


def test_registering_twice_at_once_asks_for_one_fee(applicant, staff):
    candidacy = walking.ready(applicant, staff)
    press = lambda: services.register(candidacy, by=applicant)  # noqa: E731
    assert tally(press, press, press) == {"done": 3}
    assert Charge.objects.count() == 1


def test_beginning_at_once_makes_one_candidacy(applicant, edition):
    attest = lambda: walking.give_word(applicant)  # noqa: E731
    assert tally(attest, attest, lambda: services.begin(applicant)) == {"done": 3}
    assert Candidacy.objects.get().attestations.count() == 2


def test_two_workers_tell_a_settlement_once(applicant, staff):
    candidacy = walking.waiting(applicant, staff)
    settlement = Settlement.objects.create(charge=candidacy.charge, settled_at=timezone.now())
    tell = lambda: dispatch_settlement(settlement.pk)  # noqa: E731
    assert tally(tell, tell) == {"done": 2}
    candidacy.refresh_from_db()
    assert candidacy.state == "active"
    assert Letter.objects.filter(dedupe_key=f"candidacy:{candidacy.pk}:registered").count() == 1


def test_an_entry_taken_out_twice_at_once_is_out(applicant, edition):
    case = cases.begin_case(applicant, format="scip_2")
    fields = {"level": "A", "kind": "portfolio", "title": "P", "year": 2020, "hours": None}
    item = cases.add_item(case, fields=fields, document=walking.paper(), by=applicant)
    press = lambda: cases.remove_item(item, by=applicant)  # noqa: E731
    assert tally(press, press, press) == {"done": 3}
    assert not case.items.exists()


@pytest.mark.parametrize("round_", range(4))
def test_whoever_withdraws_while_paying_is_registered_or_flagged(applicant, staff, round_):
    candidacy = walking.waiting(applicant, staff)
    outcomes = tally(
        lambda: walking.pay(candidacy), lambda: services.withdraw(candidacy, by=applicant)
    )
    assert set(outcomes) <= {"done", "refused"}
    candidacy.refresh_from_db()
    settlement = Settlement.objects.get()
    assert settlement.claimed_as == "candidacy.registration"
    if candidacy.edition_id is None:
        assert (candidacy.state, settlement.flag) == ("withdrawn", "registration_taken_back")
    else:
        assert candidacy.active_at is not None
        assert settlement.flag == ""


def test_a_retreat_sent_twice_at_once_leaves_one(applicant, edition):
    send = lambda: walking.send_retreat(applicant)  # noqa: E731
    assert tally(send, send) == {"done": 2}
    assert Retreat.objects.current().count() == 1


def test_two_leaves_at_once_are_one(participant, edition):
    candidacy = world.make_candidacy(participant)
    today = timezone.localdate(timezone=participant.zone)
    take = lambda: services.take_leave(  # noqa: E731
        candidacy, from_on=today, until_on=today + timedelta(days=9), by=participant
    )
    assert tally(take, take) == {"done": 1, "refused": 1}
    assert Leave.objects.count() == 1


def test_a_case_decided_twice_at_once_is_credited_once(participant, staff, edition):
    from certification.candidacy.services.equivalency import decide_case

    case = walking.sent_case(participant)
    judge(case, staff)
    decide = lambda: decide_case(case, levels=["A"], reason="So.", by=staff)  # noqa: E731
    assert tally(decide, decide) == {"done": 1, "refused": 1}
    assert Completion.objects.count() == 1


def test_two_runs_write_once_to_everybody_who_waits(edition):
    walking.open_edition()
    for number in range(5):
        InterestEntry.objects.create(email=f"i{number}@example.com", about="certification")
    InterestEntry.objects.create(email="other@example.com", about="level_a")
    assert tally(announce_opening, announce_opening) == {"done": 2}
    announce_opening()
    keys = Letter.objects.values_list("dedupe_key", flat=True)
    assert len(keys) == 5
    assert all(key.startswith("interest-opened:") for key in keys)
    assert InterestEntry.objects.filter(told_at=None).count() == 1

"""Instalments: the agreement's letter, a reminder before, a kind word after; each once."""

import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection

from payments import services
from payments.sandbox import desk
from payments.services import reminders
from scip.mail.models import Letter
from tests.payments.conftest import Till
from tests.world import make_user, utc

NOW = utc(2027, 3, 1, 9)
DUE = utc(2027, 5, 5, 12)


def agreed(charge, staff, *, due=DUE, now=NOW):
    """The second of two instalments."""
    return services.agree_instalments(charge, later=[(100_000, due)], by=staff, now=now)[1]


@pytest.fixture
def first(participant, make_charge):
    return make_charge(participant, due_at=utc(2027, 3, 4), now=NOW)


@pytest.fixture
def part(first, staff):
    return agreed(first, staff)


def subjects() -> list[str]:
    letters = Letter.objects.exclude(subject__startswith="Your instalments").order_by("pk")
    return list(letters.values_list("subject", flat=True))


def test_the_agreement_is_written_down_for_the_person(part):
    letter = Letter.objects.get()
    assert letter.subject == "Your instalments for “Learning cohort 1: tuition”"
    for text in ("1. USD 1,895 by Thursday 4 March 2027", "2. USD 1,000 by Wednesday 5 May 2027"):
        assert text in letter.text
    assert "Lisbon time" in letter.text
    assert "!" not in letter.text


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (-8, []),
        (-7, ["USD 1,000 is due on Wednesday 5 May 2027"]),
        (-0.01, ["USD 1,000 is due on Wednesday 5 May 2027"]),
        (0.01, []),
        (2.9, []),
        (3, ["About your instalment of USD 1,000"]),
        (13.9, ["About your instalment of USD 1,000"]),
        (14, []),
    ],
)
def test_a_week_before_and_three_days_after(part, days, expected):
    reminders.queue_reminders(DUE + timedelta(days=days))
    assert subjects() == expected


def test_each_goes_once_however_often_it_runs(part):
    for hour in range(24 * 25):
        if hour % 8 == 0:
            reminders.queue_reminders(DUE + timedelta(days=-8, hours=hour))
    assert subjects() == [
        "USD 1,000 is due on Wednesday 5 May 2027",
        "About your instalment of USD 1,000",
    ]


def test_the_letters_say_how_it_goes_on(part):
    reminders.queue_reminders(DUE - timedelta(days=3))
    reminders.queue_reminders(DUE + timedelta(days=3))
    before, after = Letter.objects.exclude(subject__startswith="Your inst").order_by("pk")
    assert part.reference in before.text
    assert f"/payments/{part.pk}/" in before.text
    assert "Your place is safe" in after.text
    assert "!" not in before.text + after.text


def test_nobody_who_paid_is_reminded(part, staff):
    services.record_offline_payment(
        part, method="bank", reference="T", amount_cents=100_000, received_at=NOW, by=staff, now=NOW
    )
    assert reminders.queue_reminders(DUE - timedelta(days=2)) == 0
    assert subjects() == []


def test_who_paid_a_part_of_it_is_asked_for_the_rest(part, staff):
    services.record_offline_payment(
        part, method="bank", reference="T", amount_cents=40_000, received_at=NOW, by=staff, now=NOW
    )
    reminders.queue_reminders(DUE - timedelta(days=2))
    assert subjects() == ["USD 600 is due on Wednesday 5 May 2027"]


def test_a_cancelled_one_brings_none(part, first, staff):
    services.cancel_charge(first, by=staff, reason="Changed plans")
    assert reminders.queue_reminders(DUE - timedelta(days=2)) == 0


def test_money_on_its_way_brings_none(part):
    checkout = Till(part).open()
    desk.pay(checkout.session_id, slowly=True)
    services.ask_stripe(checkout)
    assert reminders.queue_reminders(DUE - timedelta(days=2)) == 0


def test_a_day_that_was_moved_is_reminded_of_again(part, staff):
    reminders.queue_reminders(DUE - timedelta(days=2))
    later = DUE + timedelta(days=30)
    services.extend_due(part, due_at=later, by=staff, reason="New job", now=DUE)
    assert reminders.queue_reminders(DUE + timedelta(days=3)) == 0
    reminders.queue_reminders(later - timedelta(days=2))
    assert subjects()[1:] == ["USD 1,000 is due on Friday 4 June 2027"]


def test_only_later_instalments_are_reminded_of(first, make_charge, participant):
    """The first charge has the letters of what it pays for."""
    make_charge(participant, due_at=DUE, now=NOW)
    assert reminders.queue_reminders(DUE - timedelta(days=2)) == 0


def test_an_agreement_of_today_brings_no_second_letter(first, staff):
    agreed(first, staff, due=NOW + timedelta(days=5))
    assert reminders.queue_reminders(NOW + timedelta(hours=1)) == 0
    assert reminders.queue_reminders(NOW + timedelta(days=1)) == 1


@pytest.mark.parametrize("count", [1, 3])
def test_planning_takes_the_same_queries_for_any_number(
    make_charge, staff, count, django_assert_num_queries
):
    for number in range(count):
        person = make_user(f"p{number}@example.com")
        agreed(make_charge(person, due_at=utc(2027, 3, 4), now=NOW), staff)
    with django_assert_num_queries(2):
        assert len(reminders.missing_reminders(DUE - timedelta(days=1))) == count


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_each_once(make_charge, staff):
    for number in range(6):
        person = make_user(f"p{number}@example.com")
        agreed(make_charge(person, due_at=utc(2027, 3, 4), now=NOW), staff)
    barrier, problems = threading.Barrier(2), []

    def run():
        try:
            barrier.wait()
            reminders.queue_reminders(DUE - timedelta(days=1), batch=2)
        except DatabaseError as error:
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert problems == []
    assert len(subjects()) == 6

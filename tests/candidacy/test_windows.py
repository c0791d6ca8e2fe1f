"""The last days for an appeal and a resubmission: the edition's, with leave, with more time given."""

from datetime import date

import pytest

from certification.candidacy.requirements.windows import Later, Rest, window

TOLD, GRANTED = date(2026, 3, 1), date(2026, 3, 31)


def last(*rests: Rest, laters: tuple[Later, ...] = (), as_of: date = date(2026, 3, 15)) -> date:
    found = window(told_on=TOLD, granted_on=GRANTED, rests=rests, laters=laters, as_of=as_of)
    assert found.granted_on == GRANTED
    return found.last_on


def test_without_anything_it_is_the_editions_day() -> None:
    found = window(told_on=TOLD, granted_on=GRANTED, as_of=TOLD)
    assert (found.last_on, found.rested, found.why) == (GRANTED, 0, "")


@pytest.mark.parametrize(
    ("rests", "expected"),
    [
        ([Rest(date(2026, 3, 10), date(2026, 3, 15))], date(2026, 4, 5)),
        # One that was open already when the answer came: only the days after it.
        ([Rest(date(2026, 2, 1), date(2026, 3, 11))], date(2026, 4, 9)),
        # On the day itself nothing of the time is used up, by leave or otherwise.
        ([Rest(date(2026, 3, 1), date(2026, 3, 2))], GRANTED),
        ([Rest(date(2026, 1, 1), date(2026, 2, 1))], GRANTED),
        # The last day belongs to the time; the day after does not.
        ([Rest(date(2026, 3, 31), date(2026, 4, 10))], date(2026, 4, 10)),
        ([Rest(date(2026, 4, 1), date(2026, 4, 10))], GRANTED),
        # The second lies in what the first added.
        (
            [Rest(date(2026, 3, 20), date(2026, 3, 30)), Rest(date(2026, 4, 9), date(2026, 4, 12))],
            date(2026, 4, 13),
        ),
        # The order of the rows is nobody's business, and one called off has no days.
        (
            [
                Rest(date(2026, 4, 9), date(2026, 4, 12)),
                Rest(date(2026, 3, 5), date(2026, 3, 5)),
                Rest(date(2026, 3, 20), date(2026, 3, 30)),
            ],
            date(2026, 4, 13),
        ),
    ],
)
def test_days_of_leave_within_it_come_on_top(rests: list[Rest], expected: date) -> None:
    assert last(*rests) == expected


def test_an_open_leave_rests_it_until_today_and_never_lets_it_end() -> None:
    open_leave = Rest(date(2026, 3, 21), None)
    assert last(open_leave, as_of=date(2026, 3, 20)) == GRANTED  # it lies ahead
    assert last(open_leave, as_of=date(2026, 3, 21)) == date(2026, 4, 1)
    for as_of in (date(2026, 4, 1), date(2026, 9, 30), date(2027, 1, 1)):
        assert last(open_leave, as_of=as_of) > as_of
    # Back on the 25th, the eleven days that were left are left again: the 25th is the first.
    assert last(Rest(date(2026, 3, 21), date(2026, 3, 25))) == date(2026, 4, 4)


def test_more_time_is_a_day_as_such_and_only_later_leave_comes_on_top() -> None:
    given = Later(date(2026, 4, 20), date(2026, 3, 16), "The post was late.")
    before = Rest(date(2026, 3, 2), date(2026, 3, 12))
    after = Rest(date(2026, 4, 1), date(2026, 4, 4))
    assert last(laters=(given,)) == date(2026, 4, 20)
    assert last(before, laters=(given,)) == date(2026, 4, 20)
    assert last(before, after, laters=(given,)) == date(2026, 4, 23)
    found = window(
        told_on=TOLD, granted_on=GRANTED, rests=[before, after], laters=[given], as_of=TOLD
    )
    assert (found.rested, found.later) == (3, given)
    assert "The post was late." in found.why
    assert "3 days of your leave" in found.why


def test_more_time_never_shortens() -> None:
    earlier = Later(date(2026, 3, 20), date(2026, 3, 16))
    assert last(laters=(earlier,)) == GRANTED
    both = (earlier, Later(date(2026, 5, 1), date(2026, 3, 17)), Later(date(2026, 4, 1), TOLD))
    assert last(laters=both) == date(2026, 5, 1)

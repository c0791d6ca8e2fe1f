"""Refund terms: a curve by date, frozen and thawed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.refund_terms import RefundStep, RefundTerms, share

FULL, HALF = datetime(2027, 2, 1, tzinfo=UTC), datetime(2027, 2, 17, tzinfo=UTC)
TUITION = RefundTerms(("All until January.",), (RefundStep(FULL, 100), RefundStep(HALF, 50)))
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("at", "percent"),
    [(FULL - SECOND, 100), (FULL, 50), (HALF - SECOND, 50), (HALF, 0), (HALF + SECOND, 0)],
)
def test_the_share_falls_at_the_very_moment(at, percent):
    assert TUITION.percent_at(at) == percent


def test_without_steps_nothing_comes_back():
    assert RefundTerms(("Not refundable.",)).refund_cents(50_000, FULL) == 0


def test_a_half_cent_goes_to_the_payer():
    assert TUITION.refund_cents(259_501, FULL) == 129_751


@pytest.mark.parametrize(
    "steps",
    [
        (RefundStep(HALF, 100), RefundStep(FULL, 50)),
        (RefundStep(FULL, 50), RefundStep(HALF, 100)),
        (RefundStep(FULL, 100), RefundStep(FULL, 50)),
        (RefundStep(FULL, 101),),
    ],
)
def test_steps_that_make_no_sense_are_refused(steps):
    with pytest.raises(ValueError, match="efund"):
        RefundTerms((), steps)


@given(cents=st.integers(0, 10_000_000), percent=st.integers(0, 100))
def test_a_share_never_leaves_its_whole(cents, percent):
    assert 0 <= share(cents, percent) <= cents
    assert share(cents, 100) == cents


def test_terms_thaw_as_they_were_frozen():
    assert RefundTerms.thawed(TUITION.sentences, TUITION.frozen_steps()) == TUITION

"""Counting how often something was asked: each stretch anew, and exact with many at once."""

import time

import pytest
from django.core.cache import cache

from scip import throttle
from tests.races import at_once


@pytest.fixture(autouse=True)
def empty_cache(db: None) -> None:
    cache.clear()


def test_each_matter_and_each_stretch_counts_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "time", lambda: 1_000_000.0 * 60)
    assert [throttle.count("a", seconds=60) for _n in range(3)] == [1, 2, 3]
    assert throttle.count("b", seconds=60) == 1
    monkeypatch.setattr(throttle, "time", lambda: 1_000_000.0 * 60 + 60)
    assert throttle.count("a", seconds=60) == 1


def test_what_is_counted_cannot_be_read_from_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    keys: list[str] = []
    monkeypatch.setattr(cache, "add", lambda key, *_rest, **_more: keys.append(key))
    monkeypatch.setattr(cache, "incr", lambda _key: 1)
    throttle.count("sender:ana@example.com", seconds=60)
    (key,) = keys
    assert "ana" not in key


@pytest.mark.django_db(transaction=True)
def test_many_at_once_are_all_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(throttle, "time", lambda: now)
    counts: list[int] = []
    assert at_once(*[lambda: counts.append(throttle.count("a", seconds=3600))] * 8) == [None] * 8
    assert sorted(counts) == [1, 2, 3, 4, 5, 6, 7, 8]

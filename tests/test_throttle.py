"""How often something may be asked: each stretch anew, and exact with many at once."""

import time

import pytest
from django.core.cache import cache

from scip import throttle
from tests.races import at_once


@pytest.fixture(autouse=True)
def empty_cache(db: None) -> None:
    cache.clear()


def asked(what: str, times: int, *, limit: int = 3) -> list[bool]:
    return [throttle.within(what, limit=limit, seconds=60) for _n in range(times)]


def test_each_matter_and_each_stretch_counts_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time() // 60 * 60
    monkeypatch.setattr(throttle, "time", lambda: now)
    assert asked("a", 5) == [True, True, True, False, False]
    assert asked("b", 1) == [True]
    monkeypatch.setattr(throttle, "time", lambda: now + 59)
    assert asked("a", 1) == [False]
    monkeypatch.setattr(throttle, "time", lambda: now + 60)
    assert asked("a", 1) == [True]


def test_what_is_counted_cannot_be_read_from_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    keys: list[str] = []
    monkeypatch.setattr(cache, "add", lambda key, *_rest, **_more: not keys.append(key))
    assert asked("sender:ana@example.com", 1) == [True]
    (key,) = keys
    assert "ana" not in key


@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_no_more_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(throttle, "time", lambda: now)
    answers: list[bool] = []
    refused = at_once(*[lambda: answers.append(throttle.within("a", limit=5, seconds=3600))] * 12)
    assert refused == [None] * 12
    assert (sum(answers), len(answers)) == (5, 12)

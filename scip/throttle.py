"""How often something was asked lately. What is counted stands in the shared cache as a hash."""

import hashlib
from time import time

from django.core.cache import cache

MINUTE, HOUR = 60, 3600


def count(what: str, *, seconds: int) -> int:
    """How often ``what`` was counted in the present stretch of so many seconds, this time included.

    Exact with many at once. The stretch is part of the key: counting up renews an entry's time in
    some caches, and an entry that ends between two calls would begin anew.
    """
    asked = f"{what}:{seconds}:{int(time()) // seconds}"
    key = f"throttle:{hashlib.sha256(asked.encode()).hexdigest()}"
    cache.add(key, 0, timeout=2 * seconds)
    return int(cache.incr(key))

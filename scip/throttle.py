"""How often something may be asked in a while. What is counted stands in the cache as a hash."""

import hashlib
from time import time

from django.core.cache import cache

MINUTE, HOUR = 60, 3600


def within(what: str, *, limit: int, seconds: int) -> bool:
    """Count ``what``; False once it was counted ``limit`` times in the present stretch of so many
    seconds.

    Exact with many at once: each takes a place of its own, and taking a place that is free is one
    step in every cache (counting up is two in the database's, and gives an entry another end).
    """
    asked = f"{what}:{seconds}:{int(time()) // seconds}"
    key = f"throttle:{hashlib.sha256(asked.encode()).hexdigest()}"
    # Everything below was taken before; only so that nobody tries each place again.
    begin = int(cache.get(key, 0))
    for place in range(begin, limit):
        if cache.add(f"{key}:{place}", True, timeout=seconds):
            cache.set(key, place + 1, timeout=seconds)
            return True
    return False

"""Unknown codes can be asked for a while, not forever."""

from time import time

from allauth.core.internal.httpkit import get_client_ip
from django.core.cache import cache
from django.http import HttpRequest

UNKNOWN_PER_MINUTE = 30


def may_ask(request: HttpRequest) -> bool:
    """Count an unknown code for this visitor's address; False beyond 30 a minute."""
    # The minute is part of the key: counting up may renew an entry's time in some caches.
    key = f"verify:{get_client_ip(request)}:{int(time()) // 60}"
    cache.add(key, 0, timeout=120)
    return cache.incr(key) <= UNKNOWN_PER_MINUTE

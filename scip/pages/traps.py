"""What keeps machines out of the public forms without asking a third party about anybody.

Three quiet traps: a field that people never see, a stamp of when the form was opened, and a
limit per sender and per network address. Whoever trips one of the first two gets the same
page again with everything still typed in; a person sends it once more, a machine goes on.
Nothing is stored either way.
"""

from datetime import datetime, timedelta

from allauth.core.internal.ratelimit import get_ip
from django.core import signing
from django.http import HttpRequest
from django.utils import timezone

from scip.throttle import HOUR, within

SALT = "scip.pages.opened"
# Nobody reads and fills these forms faster; a page left open overnight still works.
QUICKEST = timedelta(seconds=3)
OLDEST = timedelta(hours=24)
PER_SENDER = 5
PER_ADDRESS = 20


def opened_stamp(form: str, now: datetime | None = None) -> str:
    """A signed note of when this form was opened; ``form`` names it, so that stamps don't travel."""
    return signing.dumps([form, int((now or timezone.now()).timestamp())], salt=SALT)


def looks_timely(stamp: str, form: str, now: datetime | None = None) -> bool:
    """Was the form opened by a page of ours, at least `QUICKEST` and at most `OLDEST` ago?"""
    try:
        name, at = signing.loads(stamp, salt=SALT)
    except (signing.BadSignature, TypeError, ValueError):
        return False
    age = (now or timezone.now()).timestamp() - float(at)
    return bool(name == form) and QUICKEST.total_seconds() <= age <= OLDEST.total_seconds()


def may_send(request: HttpRequest, *, form: str, sender: str) -> bool:
    """Count a sending; False beyond 5 an hour for one e-mail address or 20 for one network address.

    The network address is the one behind the configured number of proxies, never what a
    visitor claims. Addresses are kept as hashes, for an hour.
    """
    counts = [
        (f"{form}:sender:{sender.strip().lower()}", PER_SENDER),
        (f"{form}:address:{get_ip(request)}", PER_ADDRESS),
    ]
    # Both are counted each time: a limit reached in one must not hide the other.
    may = [within(what, limit=limit, seconds=HOUR) for what, limit in counts]
    return all(may)

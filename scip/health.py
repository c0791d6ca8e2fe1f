"""``/healthz`` and ``/readyz``: is the process up, and do the parts it needs answer?"""

import secrets
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from scip.access import public
from scip.celery import app

BROKER_SECONDS = 2


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except DatabaseError:
        return False
    return True


def _broker() -> bool:
    try:
        with app.connection_for_write(connect_timeout=BROKER_SECONDS) as broker:
            broker.ensure_connection(max_retries=1, timeout=BROKER_SECONDS)
    except (OperationalError, OSError):
        return False
    return True


def _storage() -> bool:
    """Write, read and delete a few bytes: a full disk shows only when one writes."""
    storage = storages["default"]
    content = secrets.token_bytes(16)
    try:
        name = storage.save(f"readiness/{secrets.token_hex(8)}", ContentFile(content))
        with storage.open(name) as stored:
            same = bool(stored.read() == content)
        storage.delete(name)
    except (OSError, BotoCoreError, ClientError):
        return False
    return same


PARTS: tuple[tuple[str, Callable[[], bool]], ...] = (
    ("database", _database),
    ("broker", _broker),
    ("storage", _storage),
)


@public
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200 as long as this process can answer at all; asks nothing else."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@public
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when database, broker and storage answer, else 503 naming the part and no more.

    The page is public, so addresses, versions and error texts stay out of it.
    """
    failing = [name for name, works in PARTS if not works()]
    text = f"not ready: {', '.join(failing)}\n" if failing else "ready\n"
    return HttpResponse(
        text, status=503 if failing else 200, content_type="text/plain; charset=utf-8"
    )

"""Recording and sealing."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection, models, transaction

from scip.audit.models import Entry, Seal

GENESIS = hashlib.sha256(b"scip.audit").digest()
SEALER_LOCK = 0x5C1A
HEAD_FILE = "audit/head.json"


def record(
    action: str,
    obj: models.Model | None = None,
    *,
    by: Any = None,
    subject: Any = None,
    **data: str | int | bool | None,
) -> Entry:
    """Append an entry in the caller's transaction.

    ``by`` is the person who acted (None: the system), ``subject`` the person it is about
    (a user or None). ``data`` holds ids and codes, never free text: use `fingerprint`.
    """
    return Entry.objects.create(
        action=action,
        actor_id=getattr(by, "pk", None),
        subject_id=getattr(subject, "pk", None),
        object_type=obj._meta.label_lower if obj is not None else "",
        object_id=str(obj.pk) if obj is not None else "",
        data=data,
    )


def fingerprint(text: str) -> str:
    """A salted hash that proves later which text was meant without keeping it."""
    key = hashlib.sha256(b"audit" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def entry_digest(entry: Entry, previous_hash: bytes) -> bytes:
    """The chain's hash of an entry: every column, in one canonical form."""
    canonical = json.dumps(
        [
            entry.pk,
            entry.at.isoformat(timespec="microseconds"),
            entry.actor_id,
            entry.subject_id,
            entry.action,
            entry.object_type,
            entry.object_id,
            entry.data,
        ],
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(previous_hash + canonical.encode()).digest()


def seal(limit: int = 5000) -> int:
    """Chain entries that are committed and not yet sealed; return how many.

    One sealer at a time (advisory lock; a second one returns 0 at once). Services never
    wait for it. Side effect: the chain's head is also written, authenticated, to file
    storage, so that a cut tail is found even by someone who can rewrite the tables.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select pg_try_advisory_xact_lock(%s)", [SEALER_LOCK])
            (is_ours,) = cursor.fetchone()
        if not is_ours:
            return 0
        last = Seal.objects.order_by("-position").first()
        position = last.position if last else 0
        head = bytes(last.hash) if last else GENESIS
        seals = []
        for entry in Entry.objects.filter(seal__isnull=True).order_by("id")[:limit]:
            position += 1
            digest = entry_digest(entry, head)
            seals.append(Seal(position=position, entry=entry, hash=digest, previous_hash=head))
            head = digest
        Seal.objects.bulk_create(seals)
    if seals:
        write_head(position, head)
    return len(seals)


class HeadAltered(Exception):
    """The head in file storage is not one that we wrote."""


def head_mac(position: int, head: bytes, *, secret: str) -> str:
    key = hashlib.sha256(b"audit head" + secret.encode()).digest()
    return hmac.new(key, f"{position}:{head.hex()}".encode(), hashlib.sha256).hexdigest()


def write_head(position: int, head: bytes) -> None:
    """Keep the newest head outside the database; an older one never replaces a newer.

    Raises HeadAltered rather than writing over what somebody put there: it is evidence.
    """
    storage = storages["default"]
    known = read_head()
    if known is not None and known[0] >= position:
        return
    mac = head_mac(position, head, secret=settings.SECRET_KEY)
    content = json.dumps({"position": position, "hash": head.hex(), "mac": mac})
    if storage.exists(HEAD_FILE):
        storage.delete(HEAD_FILE)
    storage.save(HEAD_FILE, ContentFile(content.encode()))


def read_head() -> tuple[int, bytes] | None:
    """The head kept in file storage, or None if there is none; HeadAltered if it is not ours."""
    storage = storages["default"]
    if not storage.exists(HEAD_FILE):
        return None
    with storage.open(HEAD_FILE) as file:
        content = file.read()
    try:
        kept = json.loads(content)
        position, head, mac = int(kept["position"]), bytes.fromhex(kept["hash"]), str(kept["mac"])
    except (ValueError, KeyError, TypeError) as error:
        raise HeadAltered(str(error)) from error
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        if hmac.compare_digest(mac.encode(), head_mac(position, head, secret=secret).encode()):
            return position, head
    raise HeadAltered("the head carries another signature")


@dataclass(frozen=True, slots=True)
class ChainReport:
    """Outcome of a verification: how many seals were read and what does not fit."""

    sealed: int
    problems: tuple[str, ...]

    @property
    def is_intact(self) -> bool:
        return not self.problems


def verify_chain() -> ChainReport:
    """Read the whole chain and name every place where it does not hold."""
    problems: list[str] = []
    head, expected = GENESIS, 0
    try:
        kept_position, kept_hash = read_head() or (0, GENESIS)
    except HeadAltered:
        problems.append("the head kept outside was not written by this site")
        kept_position, kept_hash = 0, GENESIS
    seals = Seal.objects.select_related("entry").order_by("position")
    for item in seals.iterator(chunk_size=2000):
        expected += 1
        if item.position != expected:
            problems.append(f"seal {expected} is missing")
            expected = item.position
        if bytes(item.previous_hash) != head:
            problems.append(f"seal {item.position} does not follow the one before")
        if entry_digest(item.entry, bytes(item.previous_hash)) != bytes(item.hash):
            problems.append(f"entry {item.entry_id} was changed")
        head = bytes(item.hash)
        if item.position == kept_position and head != kept_hash:
            problems.append(f"seal {item.position} differs from the one kept outside")
    if kept_position > expected:
        problems.append(f"the chain ends before seal {kept_position}, which was kept outside")
    if expected and not kept_position and not problems:
        problems.append("no head is kept outside, so a cut tail would not show")
    return ChainReport(sealed=expected, problems=tuple(problems))

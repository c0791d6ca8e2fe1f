"""Writing letters into the outbox and delivering them."""

import base64
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.errors import MessageError
from itertools import batched
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused, SMTPSenderRefused
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import mailers
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from scip.background import enqueue
from scip.mail.messages import LetterMessage
from scip.mail.models import Letter

DELIVER = "scip.mail.deliver"
DELIVER_MANY = "scip.mail.deliver_many"
# How long a letter is tried before staff are asked to look at it.
PATIENCE = timedelta(days=3)
# Answers of the mail server about the address or the letter itself (RFC 5321, 4.2.3): written
# wrongly, no such mailbox, too large. A server that asks us to sign in first (53x), or to speak
# another way (50x), says nothing of the letter.
FOR_GOOD = {501, *range(550, 560)}
# Beside those codes (RFC 3463): the sender's address, the conversation, "not from you". Servers say so
# of the recipient, too; the next try may find us signed in, trusted or set right.
OURS = (b"5.1.7", b"5.1.8", b"5.5.", b"5.7.")
# To the announced size of a letter (RFC 1870, 6.1).
TOO_LARGE = 552
# More letters than this at once go in portions, and step back behind letters to one person.
SINGLY = 100
PORTION = 250
# Servers close a connection that brings too many letters.
PER_CONNECTION = 50
# Seconds after which a task leaves the rest to the sweep (less than CELERY_TASK_SOFT_TIME_LIMIT).
SHIFT = 45
# The two moments stand together so that the index of waiting letters is out of question: after a
# hundred thousand fresh letters the planner thinks it short, and would read all of it for each.
TAKE = """
update mail_letter set sent_at = %s, attempts = attempts + 1, last_error = ''
where id = (
    select id from mail_letter
    where dedupe_key = %s and coalesce(sent_at, given_up_at) is null and due_at <= %s
    for no key update skip locked
)
returning *
"""


class Recipient(Protocol):
    """What a letter needs to know about a person."""

    @property
    def pk(self) -> Any: ...
    @property
    def email(self) -> str: ...
    @property
    def time_zone(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Address:
    """A recipient without an account (a visitor who wrote to us, the office)."""

    email: str
    time_zone: str = "UTC"
    pk: None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A small file that goes with a letter (a calendar file, a receipt)."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Draft:
    """A rendered letter that is not yet in the outbox: staff see it before it goes."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A rendered letter with whom it is for, ready for the outbox."""

    draft: Draft
    to: Recipient
    dedupe_key: str
    attachments: tuple[Attachment, ...] = ()
    reply_to: str = ""


def render_letter(template: str, recipient: Recipient, context: Mapping[str, Any]) -> Draft:
    """Render ``templates/<template>.{subject.txt,txt,html}`` in the recipient's time zone.

    ``template`` is for example ``cohorts/emails/place_offered``.
    """
    full = {**context, "recipient": recipient, "site_url": settings.SITE_URL}
    with timezone.override(ZoneInfo(recipient.time_zone or "UTC")):
        return Draft(
            subject=" ".join(render_to_string(f"{template}.subject.txt", full).split())[:250],
            text=render_to_string(f"{template}.txt", full).strip() + "\n",
            html=render_to_string(f"{template}.html", full),
        )


def queue_letter(
    template: str,
    *,
    to: Recipient,
    context: Mapping[str, Any],
    dedupe_key: str,
    attachments: Sequence[Attachment] = (),
    reply_to: str = "",
) -> None:
    """Render a letter and put it into the outbox, in the caller's transaction.

    Nothing is sent unless that transaction commits; a second call with the same
    ``dedupe_key`` changes nothing. Side effect on commit: the delivery task is enqueued
    (if that is lost, the sweep delivers).
    """
    queue_draft(
        render_letter(template, to, context),
        to=to,
        dedupe_key=dedupe_key,
        attachments=attachments,
        reply_to=reply_to,
    )


def queue_draft(
    draft: Draft,
    *,
    to: Recipient,
    dedupe_key: str,
    attachments: Sequence[Attachment] = (),
    reply_to: str = "",
) -> None:
    """Put a rendered letter into the outbox; see `queue_letter`."""
    queue_many([Prepared(draft, to, dedupe_key, tuple(attachments), reply_to)])


def queue_many(letters: Sequence[Prepared]) -> None:
    """Put rendered letters into the outbox with one INSERT; see `queue_letter`.

    Those whose ``dedupe_key`` is known already change nothing. Rows go in by key, so two
    processes that queue the same occasions wait for each other instead of deadlocking.
    """
    rows = [letter_of(item) for item in sorted(letters, key=lambda item: item.dedupe_key)]
    Letter.objects.bulk_create(rows, ignore_conflicts=True)
    keys = [row.dedupe_key for row in rows]
    if len(keys) > SINGLY:
        for portion in batched(keys, PORTION, strict=False):
            enqueue(DELIVER_MANY, *portion)
        return
    for key in keys:
        enqueue(DELIVER, key)


def letter_of(item: Prepared) -> Letter:
    """The outbox row of a rendered letter, not yet saved."""
    return Letter(
        dedupe_key=item.dedupe_key,
        to_user_id=item.to.pk,
        to_address=item.to.email,
        reply_to=item.reply_to,
        subject=item.draft.subject,
        text=item.draft.text,
        html=item.draft.html,
        attachments=[
            {
                "name": attachment.name,
                "content_type": attachment.content_type,
                "content": base64.b64encode(attachment.content).decode(),
            }
            for attachment in item.attachments
        ],
    )


def message_of(letter: Letter) -> LetterMessage:
    """The e-mail; its Message-ID is the letter's own, so a second copy can be recognised."""
    host = settings.SITE_URL.split("//", 1)[-1].split(":")[0]
    message = LetterMessage(
        subject=letter.subject,
        body=letter.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[letter.to_address],
        # Letters invite people to answer; what they answer belongs where the office reads.
        reply_to=[letter.reply_to or settings.STAFF_EMAIL],
        headers={"Message-ID": f"<letter-{letter.pk}@{host}>", "Auto-Submitted": "auto-generated"},
    )
    if letter.html:
        message.attach_alternative(letter.html, "text/html")
    for item in letter.attachments:
        message.attach(item["name"], base64.b64decode(item["content"]), item["content_type"])
    return message


def deliver(dedupe_key: str, *, through: BaseEmailBackend | None = None) -> bool:
    """Send one letter if it still waits; True if it was sent now.

    The row stays locked while it is sent, so two workers never send it at once; a letter
    that another worker holds is left to that worker. When the mail server refuses for now or
    is away, the next try is planned (1, 2, 4 … minutes, at most an hour apart); a letter that
    it refuses for good is given up.
    ``through``: a connection to the mail server that is already open.
    """
    mailer = through or mailers.default
    try:
        with transaction.atomic():
            letter = take(dedupe_key)
            if letter is None:
                return False
            mailer.send_messages([message_of(letter)])
            if letter.is_forgotten_once_sent:
                letter.save(update_fields=letter.forget())
            return True
    except (SMTPException, OSError, MessageError, ValueError) as error:
        # The last two: a letter of which no e-mail can be made. It must not keep the sweep
        # from the letters behind it; the office finds it among those given up.
        hang_up(mailer)
        reason = f"{type(error).__name__}: {error}"[:200]
        put_off(dedupe_key, reason, for_good=is_for_good(error))
        return False


def take(dedupe_key: str) -> Letter | None:
    """The letter if it waits and nobody holds it: locked and noted as sent, by one statement,
    which is taken back with the caller's transaction when it can't be sent."""
    now = timezone.now()
    return next(iter(Letter.objects.raw(TAKE, [now, dedupe_key, now])), None)


def is_for_good(error: Exception) -> bool:
    """Whether the mail server will never take this letter for this address.

    A sender that it refuses is no such answer: that is said of us, and of every letter alike.
    """
    match error:
        case SMTPSenderRefused(smtp_code=code):
            return bool(code == TOO_LARGE)
        case SMTPRecipientsRefused(recipients=refusals):
            answers = list(refusals.values())
        case SMTPDataError(smtp_code=code, smtp_error=bytes(words)):
            answers = [(code, words)]
        case _other:
            return False
    return all(code in FOR_GOOD and not words.startswith(OURS) for code, words in answers)


def put_off(dedupe_key: str, error: str, *, for_good: bool) -> None:
    """Plan the next try of a letter that could not be sent, or give it up: after days of trying,
    or at once where no try would end otherwise."""
    with transaction.atomic():
        same = Letter.objects.filter(dedupe_key=dedupe_key)
        letter = same.select_for_update(skip_locked=True, no_key=True).first()
        if letter is None or letter.sent_at or letter.given_up_at:
            return
        now = timezone.now()
        letter.attempts += 1
        letter.last_error = error
        letter.due_at = now + timedelta(minutes=min(2 ** (letter.attempts - 1), 60))
        if for_good or now - letter.created_at > PATIENCE:
            letter.given_up_at = now
            if letter.is_forgotten_once_sent:
                letter.forget()
        letter.save()


def deliver_many(keys: Iterable[str]) -> int:
    """Send those of the letters that still wait; return how many were sent.

    Each is committed by itself, so that a worker that dies has at most one letter of which
    nobody knows whether it left. Connections to the mail server serve several letters.
    """
    until, sent = time.monotonic() + SHIFT, 0
    mailer = mailers.default
    try:
        for number, key in enumerate(keys):
            if time.monotonic() > until:
                break
            if number % PER_CONNECTION == 0:
                hang_up(mailer)
                with suppress(SMTPException, OSError):  # each letter tries anew and notes why not
                    mailer.open()
            sent += deliver(key, through=mailer)
    finally:
        hang_up(mailer)
    return sent


def hang_up(mailer: BaseEmailBackend) -> None:
    """Close a connection to the mail server, whatever state it is in."""
    with suppress(SMTPException, OSError):
        mailer.close()


def forget_once_sent(dedupe_key: str) -> None:
    """The letter's address and words go as soon as it has left us (or we gave up trying)."""
    Letter.objects.filter(dedupe_key=dedupe_key).update(is_forgotten_once_sent=True)


def sweep(limit: int = 500) -> int:
    """Deliver letters whose task was lost or whose retry is due; return how many were sent."""
    waiting = Letter.objects.due().order_by("due_at").values_list("dedupe_key", flat=True)
    return deliver_many(list(waiting[:limit]))


def file_as_sent(after: int, *, at: datetime) -> int:
    """Put what was queued after the letter ``after`` on file as sent at ``at``; returns how many.

    For a past that is entered later (the demo's world): these letters are history, nobody
    is to get them now. Call it in the transaction that queued them, so that no worker sees
    them waiting.
    """
    return Letter.objects.filter(pk__gt=after, sent_at=None, given_up_at=None).update(
        created_at=at, due_at=at, sent_at=at, attempts=1
    )


def send_again(letter: Letter) -> None:
    """Staff ask for another try of a letter that was given up or waits; sent ones stay sent."""
    Letter.objects.filter(pk=letter.pk, sent_at=None).update(
        given_up_at=None, due_at=timezone.now(), created_at=timezone.now()
    )
    enqueue(DELIVER, letter.dedupe_key)

"""Nothing sent before commit, nothing lost after, nothing twice."""

import socket
import socketserver
import threading
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path
from typing import ClassVar

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from scip.mail import services
from scip.mail.models import Letter
from scip.settings import mailer

pytestmark = pytest.mark.django_db

DRAFT = services.Draft(subject="Your place", text="Dear you", html="<p>Dear you</p>")
YOU = services.Address("you@example.com")


def queue(key: str = "one", **fields) -> Letter:
    services.queue_draft(DRAFT, to=YOU, dedupe_key=key, **fields)
    return Letter.objects.get(dedupe_key=key)


def test_a_second_letter_for_the_same_occasion_is_not_written():
    queue()
    services.queue_draft(services.Draft("Other", "x", ""), to=YOU, dedupe_key="one")
    assert Letter.objects.get().subject == "Your place"


def test_a_letter_of_a_rolled_back_act_does_not_exist():
    with transaction.atomic():
        queue()
        transaction.set_rollback(True)
    assert not Letter.objects.exists()


def test_delivering_sends_text_html_and_attachments_once():
    letter = queue(attachments=[services.Attachment("a.ics", "text/calendar", b"BEGIN")])
    assert services.deliver("one") is True
    assert services.deliver("one") is False
    (message,) = mail.outbox
    assert (message.subject, message.to, message.body) == (
        "Your place",
        ["you@example.com"],
        "Dear you",
    )
    assert message.alternatives[0].content == "<p>Dear you</p>"
    assert (message.attachments[0].filename, message.attachments[0].content) == ("a.ics", "BEGIN")
    assert message.extra_headers["Message-ID"] == f"<letter-{letter.pk}@localhost>"


@pytest.fixture
def dead_mail_server(settings):
    """SMTP towards a port where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings.MAILERS = {"default": mailer(f"smtp://127.0.0.1:{port}")}


def test_a_mail_server_that_is_down_for_an_hour_loses_nothing(dead_mail_server, settings):
    letter = queue()
    waits = []
    for _ in range(7):
        Letter.objects.update(due_at=timezone.now())
        before = timezone.now()
        assert services.sweep() == 0
        letter.refresh_from_db()
        waits.append(round((letter.due_at - before) / timedelta(minutes=1)))
    assert waits == [1, 2, 4, 8, 16, 32, 60]
    assert "ConnectionRefusedError" in letter.last_error
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    assert services.sweep() == 0, "not due yet"
    Letter.objects.update(due_at=timezone.now())
    assert services.sweep() == 1
    letter.refresh_from_db()
    assert (len(mail.outbox), letter.sent_at is None, letter.last_error) == (1, False, "")


def test_a_letter_of_which_no_mail_can_be_made_holds_up_nobody():
    """Without the guard the sweep ends at it, and everything behind it waits for ever."""
    stuck = queue("stuck")
    Letter.objects.update(
        to_address="you@example.com\nBcc: all@example.com",
        due_at=timezone.now() - timedelta(hours=1),
    )
    queue("behind")
    assert services.sweep() == 1
    assert [message.to for message in mail.outbox] == [["you@example.com"]]
    stuck.refresh_from_db()
    assert (stuck.attempts, stuck.sent_at) == (1, None)
    assert "Error" in stuck.last_error


def test_an_answer_goes_where_the_office_reads(settings):
    settings.STAFF_EMAIL = "office@example.org"
    queue()
    queue("two", reply_to="visitor@example.com")
    assert services.sweep() == 2
    assert sorted(message.reply_to[0] for message in mail.outbox) == [
        "office@example.org",
        "visitor@example.com",
    ]


def test_after_three_days_the_office_is_asked_and_can_send_again(dead_mail_server, settings):
    letter = queue()
    Letter.objects.update(created_at=timezone.now() - services.PATIENCE - timedelta(minutes=1))
    services.deliver("one")
    letter.refresh_from_db()
    assert letter.given_up_at is not None
    assert services.sweep() == 0
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    services.send_again(letter)
    assert services.sweep() == 1


@pytest.mark.django_db(transaction=True)
def test_eight_workers_send_a_letter_once(settings, tmp_path):
    settings.MAILERS = {
        "default": {
            "BACKEND": "scip.mail.backends.FolderBackend",
            "OPTIONS": {"folder": str(tmp_path)},
        }
    }
    queue()
    gate = threading.Barrier(8)
    sent: list[bool] = []

    def run() -> None:
        gate.wait()
        try:
            sent.append(services.deliver("one"))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sent) == [False] * 7 + [True]
    (file,) = Path(tmp_path).glob("*.eml")
    assert message_from_bytes(file.read_bytes())["Subject"] == "Your place"


@pytest.mark.django_db(transaction=True)
def test_letters_to_many_go_in_portions_and_step_back_behind_others():
    folder = Path(django_settings.BROKER_FOLDER) / "messages"
    for task in folder.glob("*"):
        task.unlink()
    count = services.PORTION + 1
    services.queue_many(
        [services.Prepared(DRAFT, YOU, f"many:{number}") for number in range(count)]
    )
    assert len(list(folder.glob("*.bulk.msg"))) == 2
    assert list(folder.glob("*.mail.msg")) == []
    keys = Letter.objects.values_list("dedupe_key", flat=True)
    assert services.deliver_many(keys) == count
    assert services.deliver_many(keys) == 0
    assert len(mail.outbox) == count


def test_a_portion_that_takes_too_long_leaves_the_rest_to_the_sweep(monkeypatch):
    queue()
    monkeypatch.setattr(services, "SHIFT", -1)
    assert services.deliver_many(["one"]) == 0
    monkeypatch.undo()
    assert services.sweep() == 1


class Hanging(socketserver.StreamRequestHandler):
    """A mail server that hangs up after two letters."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        letters = 0
        for line in self.rfile:
            if line.upper().startswith(b"DATA"):
                self.wfile.write(b"354 go on\r\n")
                while self.rfile.readline() != b".\r\n":
                    pass
                letters += 1
            self.wfile.write(b"250 yes\r\n")
            if letters == 2:
                return


def test_a_server_that_hangs_up_costs_one_letter_a_minute_and_nobody_else(settings):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Hanging) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.MAILERS = {"default": mailer(f"smtp://127.0.0.1:{server.server_address[1]}")}
        keys = [f"many:{number}" for number in range(6)]
        services.queue_many([services.Prepared(DRAFT, YOU, key) for key in keys])
        # Two go, the third finds nobody there, the others get connections of their own.
        assert services.deliver_many(keys) == 5
        server.shutdown()
    late = Letter.objects.get(sent_at=None)
    assert (late.dedupe_key, late.attempts) == ("many:2", 1)


class Refusing(socketserver.StreamRequestHandler):
    """A mail server that refuses: at each command the answer that ``answers`` names for it."""

    answers: ClassVar[dict[bytes, bytes]] = {}

    def handle(self) -> None:
        self.say(b"HELLO", b"220 here")
        for line in self.rfile:
            command = line[:4].upper()
            if command == b"DATA":
                self.say(b"", b"354 go on")
                while self.rfile.readline() != b".\r\n":
                    pass
            # A person with whom all is well gets their letter, whoever else is refused.
            is_well = command == b"RCPT" and b"well@" in line
            self.say(b"" if is_well else command, b"250 yes")

    def say(self, command: bytes, otherwise: bytes) -> None:
        self.wfile.write(self.answers.get(command, otherwise) + b"\r\n")


@pytest.fixture
def refusing(settings, monkeypatch):
    """Call it with what the mail server answers to which command."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.MAILERS = {"default": mailer(f"smtp://127.0.0.1:{server.server_address[1]}")}
        yield lambda answers: monkeypatch.setattr(Refusing, "answers", answers)
        server.shutdown()


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (b"RCPT", b"550 5.1.1 No such person"),
        (b"RCPT", b"550 No such person"),
        (b"RCPT", b"501 5.1.3 Bad address"),
        (b"RCPT", b"556 5.1.10 This domain takes no mail"),
        (b"DATA", b"552 5.3.4 Too large"),
        (b"MAIL", b"552 5.3.4 Too large, as announced"),
    ],
)
def test_a_letter_refused_for_good_is_given_up_at_once_with_the_reason(refusing, command, answer):
    letter = queue()
    refusing({command: answer})
    assert services.deliver("one") is False
    letter.refresh_from_db()
    assert (letter.attempts, letter.given_up_at is None, letter.sent_at) == (1, False, None)
    assert answer[4:].decode() in letter.last_error
    # The office asks for another try, of which somebody may have mended the reason.
    refusing({})
    services.send_again(letter)
    assert services.sweep() == 1


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (b"HELLO", b"554 Not from there"),
        (b"MAIL", b"530 5.7.0 Sign in first"),
        (b"MAIL", b"550 5.1.8 Nobody writes from there"),
        # Postfix speaks of the sender where it answers about the recipient.
        (b"RCPT", b"550 5.1.8 Sender address rejected"),
        (b"RCPT", b"550 5.1.7 Sender address not known"),
        (b"RCPT", b"450 4.2.0 Greylisted"),
        (b"RCPT", b"530 Sign in first"),
        (b"RCPT", b"503 RCPT before MAIL"),
        (b"RCPT", b"554 5.7.1 Relaying denied"),
        (b"RCPT", b"421 Closing"),
        (b"DATA", b"451 4.3.0 Later"),
    ],
)
def test_an_answer_that_says_nothing_of_the_letter_is_followed_by_another_try(
    refusing, command, answer
):
    letter = queue()
    refusing({command: answer})
    assert services.deliver("one") is False
    letter.refresh_from_db()
    assert (letter.attempts, letter.given_up_at, letter.sent_at) == (1, None, None)
    assert answer[4:].decode() in letter.last_error


def test_among_many_letters_one_refused_for_good_is_given_up_and_the_others_go(refusing):
    you = services.Address("well@example.com")
    people = [YOU if number == 1 else you for number in range(4)]
    services.queue_many(
        [services.Prepared(DRAFT, to, f"many:{number}") for number, to in enumerate(people)]
    )
    refusing({b"RCPT": b"550 5.1.1 No such person"})
    assert services.deliver_many([f"many:{number}" for number in range(4)]) == 3
    (lost,) = Letter.objects.exclude(given_up_at=None)
    assert (lost.dedupe_key, lost.attempts) == ("many:1", 1)


def test_what_is_forgotten_once_sent_is_forgotten_when_it_is_refused_for_good(refusing):
    letter = queue()
    services.forget_once_sent("one")
    refusing({b"RCPT": b"550 5.1.1 No such person"})
    services.deliver("one")
    letter.refresh_from_db()
    assert (letter.given_up_at is None, letter.to_address, letter.last_error) == (False, "", "")


def test_taking_a_letter_never_reads_all_that_wait():
    """While statistics are young the planner likes the index of waiting letters best. So it is to
    have no other one here, and still must not be able to use it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select conname from pg_constraint where conrelid = 'mail_letter'::regclass "
            "and contype = 'u'"
        )
        (unique,) = cursor.fetchone()
        cursor.execute(f'alter table mail_letter drop constraint "{unique}"')
        cursor.execute(
            "select indexname from pg_indexes where tablename = 'mail_letter' "
            "and indexdef like '%dedupe_key%'"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f'drop index "{name}"')
        cursor.execute("set local enable_seqscan = off")
        now = timezone.now()
        cursor.execute(f"explain {services.TAKE}", [now, "one", now])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "letter_waiting" not in plan
    assert "Seq Scan" in plan


@pytest.mark.django_db(transaction=True)
def test_a_commit_hands_the_letter_to_the_worker_and_a_lost_task_is_swept():
    folder = Path(django_settings.BROKER_FOLDER) / "messages"
    for task in folder.glob("*"):
        task.unlink()
    with transaction.atomic():
        queue()
        assert list(folder.glob("*")) == []
    (task,) = folder.glob("*.mail.msg")
    task.unlink()  # as a worker that took it and was killed
    assert services.sweep() == 1


def test_a_full_disk_is_treated_like_a_server_that_is_away(settings, tmp_path):
    blocked = tmp_path / "mail"
    blocked.write_text("a file where the folder should be")
    settings.MAILERS = {
        "default": {
            "BACKEND": "scip.mail.backends.FolderBackend",
            "OPTIONS": {"folder": str(blocked)},
        }
    }
    letter = queue()
    assert services.deliver("one") is False
    letter.refresh_from_db()
    assert (letter.sent_at, letter.attempts) == (None, 1)

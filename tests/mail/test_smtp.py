"""Handing over with half of the waiting: the same letters, the same refusals."""

import smtplib
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.core.mail import EmailMessage, mailers

from scip.mail.smtp import SmtpBackend
from scip.settings import mailer

USUAL = {"DATA": "354 go on", "QUIT": "221 bye"}
TEXT = "Dear you,\n.a dot first\n..two\n.\nYours"


@dataclass
class Server:
    """What a mail server here says and what it heard."""

    is_pipelining: bool = True
    answers: dict[str, str] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    letters: list[bytes] = field(default_factory=list)
    port: int = 0


class Talk(socketserver.StreamRequestHandler):
    """One connection. With PIPELINING it says nothing before it has heard all three commands, so
    that whoever waits in between waits for ever."""

    def handle(self) -> None:
        server: Server = self.server.script  # type: ignore[attr-defined]
        self.wfile.write(b"220 here\r\n")
        held: list[str] = []
        for line in self.rfile:
            verb = line[:4].decode().upper().strip()
            server.heard.append(verb)
            held.append(server.answers.get(verb, USUAL.get(verb, "250 yes")))
            if verb == "EHLO" and server.is_pipelining:
                held = ["250-here\r\n250 PIPELINING"]
            if server.is_pipelining and verb in {"MAIL", "RCPT"}:
                continue
            self.wfile.write("".join(f"{answer}\r\n" for answer in held).encode())
            if any(answer.startswith("421") for answer in held):
                return
            if verb == "DATA" and held[-1].startswith("354"):
                letter = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    letter += part
                server.letters.append(letter)
                nobody = any(answer.startswith("5") for answer in held)
                said = "554 for nobody" if nobody else server.answers.get("END", "250 yes")
                self.wfile.write(f"{said}\r\n".encode())
            held = []


@pytest.fixture
def server(settings) -> Iterator[Server]:
    script = Server()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk) as tcp:
        tcp.script = script  # type: ignore[attr-defined]
        tcp.daemon_threads = True
        threading.Thread(target=tcp.serve_forever, daemon=True).start()
        script.port = tcp.server_address[1]
        settings.MAILERS = {"default": mailer(f"smtp://127.0.0.1:{script.port}")}
        yield script
        tcp.shutdown()


def letter() -> EmailMessage:
    headers = {"Date": "Tue, 02 Mar 2027 18:05:00 +0000", "Message-ID": "<one@example.org>"}
    return EmailMessage(
        "Soon", TEXT, "SCIP <scip@example.org>", ["you@example.com"], headers=headers
    )


def test_three_commands_travel_together_and_the_letter_is_the_same(server):
    mailers.default.send_messages([letter()])
    assert server.heard == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]
    server.is_pipelining = False
    mailers.default.send_messages([letter()])
    first, second = server.letters
    assert first == second
    assert first.endswith(b"\r\n..a dot first\r\n...two\r\n..\r\nYours\r\n")


REFUSALS = [
    ({"MAIL": "550 not you"}, smtplib.SMTPSenderRefused),
    ({"RCPT": "550 nobody here"}, smtplib.SMTPRecipientsRefused),
    ({"RCPT": "550 nobody here", "DATA": "503 no recipient"}, smtplib.SMTPRecipientsRefused),
    ({"RCPT": "421 too many"}, smtplib.SMTPRecipientsRefused),
    ({"MAIL": "421 too many"}, smtplib.SMTPSenderRefused),
    ({"DATA": "451 not now"}, smtplib.SMTPDataError),
    ({"END": "552 too large"}, smtplib.SMTPDataError),
]


@pytest.mark.parametrize(("answers", "kind"), REFUSALS)
def test_a_refusal_is_python_s_own_and_the_next_letter_goes(server, answers, kind):
    said = []
    for server.is_pipelining in (True, False):
        server.letters.clear()
        mail = mailers.default
        server.answers = answers
        mail.open()
        with pytest.raises(kind) as refusal:
            mail.send_messages([letter()])
        said.append(str(refusal.value))
        assert any(server.letters) is ("END" in answers)
        server.answers = {}
        if "421" not in str(answers):
            count = len(server.letters)
            assert mail.send_messages([letter()]) == 1
            assert len(server.letters) == count + 1
        mail.close()
    assert said[0] == said[1]


def test_a_farewell_closes_the_connection(server):
    server.answers = {"MAIL": "421 too many"}
    mail = mailers.default
    mail.open()
    with pytest.raises(smtplib.SMTPSenderRefused):
        mail.send_messages([letter()])
    assert isinstance(mail, SmtpBackend)
    assert mail.connection.sock is None


def test_an_address_stays_in_its_line(server):
    with smtplib_client(server) as client, pytest.raises(ValueError, match="line"):
        client.sendmail("scip@example.org", ["you@example.com>\r\nrset\r\n"], b"Hello\r\n")
    assert "RSET" not in server.heard


def smtplib_client(server: Server) -> smtplib.SMTP:
    """The conversation itself, without Django's look at addresses."""
    mail = mailers.default
    assert isinstance(mail, SmtpBackend)
    return mail.connection_class("127.0.0.1", server.port)


@pytest.mark.parametrize("address", ["zoe@münchen.de", "you@example.com", "You <you@example.com>"])
def test_addresses_are_django_s(server, address):
    mail = mailers.default
    assert isinstance(mail, SmtpBackend)
    assert mail.prep_address(address) == super(SmtpBackend, mail).prep_address(address)


def test_behind_tls_the_conversation_is_the_same():
    assert mailer("smtp+ssl://mail.example.org")["BACKEND"] == "scip.mail.smtp.SmtpBackend"
    over = SmtpBackend(alias="default", host="mail.example.org", use_ssl=True).connection_class
    plain = SmtpBackend(alias="default", host="mail.example.org").connection_class
    assert issubclass(over, smtplib.SMTP_SSL)
    assert over.sendmail is plain.sendmail

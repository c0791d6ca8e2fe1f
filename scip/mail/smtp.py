"""Handing letters to a mail server with half of the waiting.

Python asks and waits four times a letter: from whom, for whom, may it come, is it there. Where the
server allows it (PIPELINING, RFC 2920) the first three travel together here.
"""

import smtplib
from collections.abc import Sequence
from contextlib import suppress
from smtplib import (
    SMTPDataError,
    SMTPRecipientsRefused,
    SMTPSenderRefused,
    SMTPServerDisconnected,
    quoteaddr,
)
from typing import Any, override

from django.core.mail.backends.smtp import EmailBackend

from scip.mail.messages import ADDRESS

GO_ON = 354
GOODBYE = 421


class Pipelining(smtplib.SMTP):
    """Python's conversation with a mail server, shorter for a letter to one person."""

    @override
    def sendmail(
        self,
        from_addr: str,
        to_addrs: str | Sequence[str],
        msg: Any,
        mail_options: Sequence[str] = (),
        rcpt_options: Sequence[str] = (),
    ) -> dict[str, tuple[int, bytes]]:
        """Send it, or raise what Python raises: nobody got it, and the connection is as it was."""
        self.ehlo_or_helo_if_needed()
        is_usual = isinstance(msg, bytes) and len(to_addrs) == 1 and not isinstance(to_addrs, str)
        if not is_usual or mail_options or rcpt_options or not self.has_extn("pipelining"):
            return super().sendmail(from_addr, to_addrs, msg, mail_options, rcpt_options)
        size = f" size={len(msg)}" if self.has_extn("size") else ""
        commands = [
            f"mail from:{quoteaddr(from_addr)}{size}",
            f"rcpt to:{quoteaddr(to_addrs[0])}",
            "data",
        ]
        if len("".join(commands).splitlines()) > 1:
            raise ValueError("An address must not break out of its line.")
        self.send("\r\n".join([*commands, ""]))
        sender = self.getreply()
        recipient = sender if sender[0] == GOODBYE else self.getreply()
        answer = recipient if recipient[0] == GOODBYE else self.getreply()
        is_welcome = sender[0] == 250 and recipient[0] in {250, 251}
        if answer[0] == GO_ON:
            # A server that refused and says so all the same waits for the end of nothing.
            letter = msg.replace(b"\n.", b"\n..") if is_welcome else b""
            self.send(letter + (b".\r\n" if letter[-2:] in {b"", b"\r\n"} else b"\r\n.\r\n"))
            answer = self.getreply()
            if is_welcome and answer[0] == 250:
                return {}
        self.recover(sender[0], recipient[0], answer[0])
        if sender[0] != 250:
            raise SMTPSenderRefused(*sender, from_addr)
        if not is_welcome:
            raise SMTPRecipientsRefused({to_addrs[0]: recipient})
        raise SMTPDataError(*answer)

    def recover(self, *codes: int) -> None:
        """After a refusal: ready for another letter, or gone with a server that takes its leave."""
        if GOODBYE in codes:
            self.close()
            return
        with suppress(SMTPServerDisconnected):  # the next letter finds nobody there and says so
            self.rset()


class PipeliningOverTls(Pipelining, smtplib.SMTP_SSL):
    """The same behind TLS from the first byte."""


class SmtpBackend(EmailBackend):
    """Django's backend over that conversation."""

    @property
    @override
    def connection_class(self) -> type[smtplib.SMTP | smtplib.SMTP_SSL]:
        return PipeliningOverTls if self.use_ssl else Pipelining

    @override
    def prep_address(self, address: str, force_ascii: bool = True) -> str:
        """The bare address; Django's parser is asked wherever something would change."""
        if ADDRESS.fullmatch(address):
            return address
        return super().prep_address(address, force_ascii)

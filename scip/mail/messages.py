"""A letter as an e-mail, written quickly.

Python's email package parses the headers of every part anew: five milliseconds a letter. Here the
parts are written as they are sent. The headers of the whole still go through Python's policy, which
folds and encodes them and refuses line breaks; but what stands in its line as it is, is left as it
is, and headers that many letters share are parsed and folded once.
"""

import email.policy
import re
from base64 import encodebytes
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage as Message
from email.message import MIMEPart
from email.utils import format_datetime
from functools import lru_cache
from typing import Any, Self, override

from django.core.mail import EmailMessage, EmailMultiAlternatives

# Headers that are the same in very many letters.
SHARED = {"from", "auto-submitted", "mime-version", "content-type", "content-transfer-encoding"}
# Characters of a line; a longer header is folded.
LINE = 78
# An address of which nothing has to be quoted, encoded or left out.
WORD, HOST = r"[A-Za-z0-9_+-]+", r"[A-Za-z0-9-]+"
ADDRESS = re.compile(rf"{WORD}(?:\.{WORD})*@{HOST}(?:\.{HOST})*")
MESSAGE_ID = re.compile(rf"<{ADDRESS.pattern}>")
# Words of which Python's parser makes nothing else: it would decode ``=?``.
WORDS = re.compile(r"(?! )(?!.*=\?)[ -~]+(?<! )")
PLAIN = {"to": ADDRESS, "reply-to": ADDRESS, "message-id": MESSAGE_ID, "subject": WORDS}


class Header(str):
    """A header whose line is known already."""

    name: str
    line: str

    def __new__(cls, name: str, value: str, line: str = "") -> Self:
        header = super().__new__(cls, value)
        header.name, header.line = name, line or f"{name}: {value}\n"
        return header

    def fold(self, *, policy: Any) -> str:
        """What is sent, as Python's policies ask for it."""
        return self.line.replace("\n", policy.linesep)


class Registry(HeaderRegistry):
    """Python's parser of headers, asked only where it would change something."""

    @override
    @lru_cache(maxsize=64)  # noqa: B019 - one registry, as long as the process
    def __getitem__(self, name: str) -> Any:
        return super().__getitem__(name)

    @override
    def __call__(self, name: str, value: Any) -> Any:
        if isinstance(value, datetime):
            return Header(name, format_datetime(value))
        if not isinstance(value, str):
            return super().__call__(name, value)
        # Whom a letter was for must not outlive it here.
        if name.lower() in SHARED:
            return self.remembered(name, value)
        plain = PLAIN.get(name.lower())
        if plain and len(name) + 2 + len(value) <= LINE and plain.fullmatch(value):
            return Header(name, value)
        return super().__call__(name, value)

    @lru_cache(maxsize=64)  # noqa: B019
    def remembered(self, name: str, value: str) -> Any:
        parsed = super().__call__(name, value)
        # Django looks for domains that aren't ASCII, and hands such addresses over anew, as a list.
        if not all(address.domain.isascii() for address in getattr(parsed, "addresses", ())):
            return parsed
        return Header(name, str(parsed), parsed.fold(policy=email.policy.default))


REGISTRY = Registry()


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of an e-mail: two headers of its own, more as written, and the encoded content."""

    content_type: str
    encoding: str
    content: str
    more: str = ""

    def __str__(self) -> str:
        head = f"Content-Type: {self.content_type}\nContent-Transfer-Encoding: {self.encoding}\n"
        return f"{head}{self.more}\n{self.content}"


class LetterMessage(EmailMultiAlternatives):
    """Django's message with texts as quoted-printable and attachments as base64."""

    @override
    def message(self, *, policy: Any = email.policy.default) -> Message:
        """The e-mail. Raises ValueError for a header that would break out of its line."""
        bare = EmailMessage(
            self.subject,
            from_email=self.from_email,
            to=self.to,
            cc=self.cc,
            reply_to=self.reply_to,
            headers=self.extra_headers,
        )
        found: Message = bare.message(policy=policy.clone(header_factory=REGISTRY))
        whole = self.whole()
        found.replace_header("Content-Type", whole.content_type)
        found.replace_header("Content-Transfer-Encoding", whole.encoding)
        found.set_payload(whole.content.replace("\n", policy.linesep))
        return found

    def whole(self) -> Part:
        """Text and HTML as alternatives, attachments beside them."""
        part = text_part("text/plain", str(self.body))
        if self.alternatives:
            others = [text_part(kind, str(content)) for content, kind in self.alternatives]
            part = together("alternative", [part, *others])
        if self.attachments:
            part = together("mixed", [part, *[file_part(*item) for item in self.attachments]])
        return part


def text_part(content_type: str, text: str) -> Part:
    """Words, readable in the source as far as they are ASCII."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"
    content = b2a_qp(lines.encode(errors="surrogateescape"), istext=True).decode("ascii")
    return Part(f'{content_type}; charset="utf-8"', "quoted-printable", content)


def file_part(name: str, content: str | bytes, content_type: str) -> Part:
    """An attachment; its bytes arrive as they are."""
    raw = content.encode() if isinstance(content, str) else content
    return Part(content_type, "base64", encodebytes(raw).decode("ascii"), disposition(name))


@lru_cache(maxsize=64)
def disposition(name: str) -> str:
    """The header that names an attached file, whatever letters its name is in."""
    part = MIMEPart(policy=email.policy.default)
    part.add_header("Content-Disposition", "attachment", filename=name)
    return part.as_string().rstrip("\n") + "\n"


def together(kind: str, parts: list[Part]) -> Part:
    """Several parts as one. Neither quoted-printable nor base64 can hold ``=_``, so no content
    is ever taken for the line between two parts."""
    line = f"=_{kind}"
    content = "".join(f"--{line}\n{part}\n" for part in parts) + f"--{line}--\n"
    return Part(f'multipart/{kind}; boundary="{line}"', "7bit", content)

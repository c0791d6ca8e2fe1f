"""Mail on disk, for an installation without a mail server."""

from collections.abc import Sequence
from email.message import EmailMessage as Message
from pathlib import Path
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class FolderBackend(BaseEmailBackend):
    """Writes each message to ``folder`` as an .eml file named by its Message-ID.

    The same letter sent twice lands in the same file. Raises OSError if the folder
    cannot be written, which the outbox treats like a mail server that is away.
    """

    def __init__(self, *, folder: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.folder = Path(folder)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        self.folder.mkdir(parents=True, exist_ok=True)
        for email_message in email_messages:
            message: Message = email_message.message()
            name = str(message["Message-ID"]).strip("<>").replace("/", "_")
            draft = self.folder / f".{name}.part"
            draft.write_bytes(message.as_bytes())
            draft.replace(self.folder / f"{name}.eml")
        return len(email_messages)

"""The form field for files that go to the vault."""

from collections.abc import Collection
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from scip.vault.errors import Refused
from scip.vault.inspection.check import (
    DOCUMENT_BYTES,
    DOCUMENTS,
    KINDS,
    CheckedUpload,
    check,
    megabytes,
)

EVIDENCE_BYTES = DOCUMENT_BYTES
"""What a form takes at once."""


class VaultFileField(forms.FileField):
    """A file that is judged by its content while the form is validated.

    A refusal is a sentence at this field, so everything else that was typed stays. The cleaned value
    is a ``CheckedUpload`` for ``services.store``; with an ``initial`` file and no new one, it is that
    initial value, as in Django.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": _("Please choose a file. Nothing you typed is lost."),
        "missing": _(
            "No file arrived. What you typed is still here; please choose the file again."
        ),
        "empty": _(
            "This file is empty, so there was nothing to keep. Nothing else changed. Please choose it again."
        ),
        "contradiction": _(
            "Either choose a new file or tick the box to remove the old one, not both."
        ),
    }

    def __init__(
        self,
        *,
        allowed: Collection[str] = DOCUMENTS,
        max_bytes: int = EVIDENCE_BYTES,
        **kwargs: Any,
    ) -> None:
        self.allowed = frozenset(allowed)
        self.max_bytes = max_bytes
        kinds = [
            (content_type, kind)
            for content_type, kind in KINDS.items()
            if content_type in self.allowed
        ]
        kwargs.setdefault(
            "help_text",
            format_lazy(
                _(
                    "{kinds}, up to {limit} MB. Kept encrypted; only the people who check it can open it."
                ),
                kinds=", ".join(kind.label for _type, kind in kinds),
                limit=megabytes(max_bytes),
            ),
        )
        super().__init__(**kwargs)
        self.widget.attrs.setdefault(
            "accept", ",".join(content_type for content_type, _kind in kinds)
        )

    def to_python(self, data: Any) -> Any:
        """Return a CheckedUpload; raises ValidationError with the vault's sentence."""
        upload = super().to_python(data)
        if upload is None:
            return None
        try:
            return check(upload, allowed=self.allowed, max_bytes=self.max_bytes)
        except Refused as refused:
            raise ValidationError(refused.message, code=refused.code) from refused

    def clean(self, data: Any, initial: Any = None) -> CheckedUpload | Any:
        """As Django's, with the checked upload as the value."""
        return super().clean(data, initial)

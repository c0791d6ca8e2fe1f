"""Portraits: the one kind of upload that the public sees. Made anew from pixels, square, in WebP."""

import io
import logging
from functools import partial
from typing import Any, Protocol

from django import forms
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db import transaction
from django.db.models.fields.files import ImageFieldFile
from django.http import FileResponse, Http404, HttpResponseBase
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from scip.vault.forms import VaultFileField
from scip.vault.inspection.check import JPEG, PNG, WEBP, CheckedUpload

logger = logging.getLogger(__name__)

SIZE = (480, 480)
MOST_BYTES = 5 * 1024 * 1024
# A portrait that is taken back is gone from browsers within the hour.
KEPT_SECONDS = 3600


class HasPhoto(Protocol):
    """A row with a portrait."""

    photo: Any


def portrait_of(upload: CheckedUpload) -> bytes:
    """A square WebP of 480 px from a picture that passed the vault's check.

    Made from pixels only, so nothing else of the file is left; what is transparent becomes
    white.
    """
    upload.stream.seek(0)
    with Image.open(upload.stream) as picture:  # type: ignore[arg-type]
        full = picture.convert("RGBA")
    square = ImageOps.fit(full, SIZE, method=Image.Resampling.LANCZOS, centering=(0.5, 0.35))
    ground = Image.new("RGBA", SIZE, "white")
    ground.alpha_composite(square)
    written = io.BytesIO()
    ground.convert("RGB").save(written, "WEBP", quality=85)
    return written.getvalue()


def hang_portrait(row: HasPhoto, picture: bytes, *, remove: bool) -> None:
    """Put a picture in the place of the old one, or only take that away; the caller saves the row.

    The file's name says nothing about the person, and changes with the picture.
    """
    if picture or remove:
        discard_portrait(row)
    if picture:
        name = f"{get_random_string(20)}.webp"
        row.photo.save(name, ContentFile(picture), save=False)


def discard_portrait(row: HasPhoto) -> None:
    """Forget the portrait; the file goes once that is certain."""
    if name := row.photo.name:
        storage: Storage = row.photo.storage
        transaction.on_commit(partial(storage.delete, name))
        row.photo = ""


def serve_portrait(photo: ImageFieldFile) -> HttpResponseBase:
    """The portrait; made by us, and shown in a sandbox anyway. Raises Http404 without one."""
    if not photo:
        raise Http404
    try:
        file = photo.open("rb")
    except FileNotFoundError as error:
        logger.exception("The portrait %s is gone from storage.", photo.name)
        raise Http404 from error
    response = FileResponse(file, content_type="image/webp")
    response["Cache-Control"] = f"private, max-age={KEPT_SECONDS}"
    response["Content-Disposition"] = "inline"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def portrait_field() -> VaultFileField:
    """The form field for a picture of oneself."""
    return VaultFileField(
        label=_("Portrait"),
        allowed={JPEG, PNG, WEBP},
        max_bytes=MOST_BYTES,
        required=False,
        help_text=_(
            "JPEG, PNG or WebP, up to 5 MB. We cut a square from it and keep nothing else of the "
            "file; everybody who sees your page sees it."
        ),
        widget=forms.FileInput(attrs={"class": "form-control"}),
    )

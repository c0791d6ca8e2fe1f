"""The answer that carries a confidential file, and the short-lived token that asks for it.

Opening is a POST of the owning app: it narrows the row to the person, records the access in the audit
log, mints a token and leads to the view that calls ``serve``. That view narrows the row once more.
"""

import logging
import re
from collections.abc import Iterator
from itertools import chain

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from scip.vault.errors import BlobMissing, Destroyed, TokenExpired, TokenRefused
from scip.vault.inspection.check import DOCUMENT_BYTES, RECORDINGS
from scip.vault.models import StoredFile
from scip.vault.services import open_stream

logger = logging.getLogger(__name__)

TOKEN_SECONDS = 120
PLAYBACK_SECONDS = 3 * 60 * 60
"""A session of an hour, listened to with pauses; each part asks again whether the person may."""
RANGE_BYTES = 4 * 1024 * 1024
"""The most that one range answer carries: a slow reader must not hold a worker for long."""

_SALT = "scip.vault.open"
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z")


def _subject(file: StoredFile, user: AbstractBaseUser | AnonymousUser) -> str:
    return f"{file.pk.hex}:{user.pk}"


def lifetime(file: StoredFile) -> int:
    """Seconds for which a token opens this file: a player comes back for each part of a recording,
    a browser for the rest of a long download."""
    is_long = file.content_type in RECORDINGS or file.purpose == StoredFile.COPY
    return PLAYBACK_SECONDS if is_long else TOKEN_SECONDS


def mint_token(file: StoredFile, user: AbstractBaseUser) -> str:
    """Return a token that lets this person open this file for two minutes, a recording for three hours."""
    return TimestampSigner(salt=_SALT).sign(_subject(file, user))


def check_token(token: str, *, file: StoredFile, user: AbstractBaseUser | AnonymousUser) -> None:
    """Raise TokenRefused unless the token was minted for this person and file, TokenExpired when it is too old."""
    signer = TimestampSigner(salt=_SALT)
    try:
        subject = signer.unsign(token)
    except BadSignature as error:
        raise TokenRefused("This token was not made here.") from error
    if user.is_anonymous or subject != _subject(file, user):
        raise TokenRefused("This token belongs to another person or file.")
    try:
        signer.unsign(token, max_age=lifetime(file))
    except SignatureExpired as error:
        raise TokenExpired("This token is too old.") from error


def serve(
    request: HttpRequest, file: StoredFile, *, token: str, as_attachment: bool = True
) -> HttpResponseBase:
    """Answer with the file's content, or the part that a Range header asks for.

    The caller has narrowed ``file`` to the person. Raises Http404 for a token of someone else, a
    destroyed or a missing file, and PermissionDenied with a sentence for a token that is too old; lets
    Tampered and KeyMissing through, which are matters for the operator. The first chunk is
    authenticated before the answer starts; a chunk found changed later ends the connection short.

    Show pictures with ``as_attachment=False``; a PDF is better downloaded, because browsers don't run
    their PDF viewer in the sandbox that this answer asks for.
    """
    try:
        check_token(token, file=file, user=request.user)
    except TokenExpired as error:
        raise PermissionDenied(
            _(
                "This link to the file worked for a short time and has lapsed. Nothing was changed. "
                "Go back and open the file again."
            )
        ) from error
    except TokenRefused as error:
        raise Http404 from error
    try:
        response = _answer(request, file)
    except Destroyed as error:
        raise Http404 from error
    except BlobMissing as error:
        logger.exception("A file that somebody may open is missing in storage.")
        raise Http404 from error
    _harden(response, file, as_attachment=as_attachment)
    return response


def _answer(request: HttpRequest, file: StoredFile) -> HttpResponseBase:
    # A browser saves a copy with one request for all of it, and goes on after a cut with another.
    is_saved = file.purpose == StoredFile.COPY
    wanted = _wanted_range(request, file, most=file.size if is_saved else RANGE_BYTES)
    if wanted is None and (is_saved or file.size <= DOCUMENT_BYTES):
        return _stream(request, file, 0, file.size, status=200)
    # A player asks for parts; whoever wants a recording at once would hold a worker for minutes.
    start, end = wanted or (0, 0)
    if start >= end:
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{file.size}"
        return response
    partial = _stream(request, file, start, end, status=206)
    partial["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
    return partial


def _validator(file: StoredFile) -> str:
    """A sealed file never changes, so its number says whether it is still the same."""
    return f'"{file.pk.hex}"'


def _wanted_range(request: HttpRequest, file: StoredFile, *, most: int) -> tuple[int, int] | None:
    """Read the Range header: None to send everything, an empty range when it can't be met (RFC 9110, 14.2).

    Several ranges, other units and another If-Range than the one given out are answered in full.
    """
    size = file.size
    header = request.headers.get("Range")
    is_same = request.headers.get("If-Range") in {None, _validator(file)}
    if request.method != "GET" or header is None or not is_same:
        return None
    match = _RANGE.match(header.strip())
    if match is None or match[0] == "bytes=-":
        return None
    first, last = match[1], match[2]
    if not first:
        start, end = max(0, size - int(last)), size
    elif last and int(last) < int(first):
        return None
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
    return start, min(end, start + most)


def _stream(
    request: HttpRequest, file: StoredFile, start: int, end: int, *, status: int
) -> HttpResponseBase:
    content: Iterator[bytes] = open_stream(file, start, end)
    response: HttpResponseBase
    if request.method == "HEAD":
        response = HttpResponse(status=status)
    else:
        first = next(content, b"")
        response = StreamingHttpResponse(chain((first,), content), status=status)
    response["Content-Length"] = str(end - start)
    return response


def _harden(response: HttpResponseBase, file: StoredFile, *, as_attachment: bool) -> None:
    response["Content-Type"] = file.content_type
    disposition = content_disposition_header(as_attachment, file.original_name or "file")
    response["Content-Disposition"] = disposition or "attachment"
    response["Accept-Ranges"] = "bytes"
    if file.purpose == StoredFile.COPY:
        response["ETag"] = _validator(file)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Referrer-Policy"] = "no-referrer"

"""The answers that take a large file in, part by part: the tus protocol 1.0.0 (core, creation,
checksum, termination), for the owning app's views.

The app narrows the arrival to its owner with ``visible_to`` and hands over the rest.
"""

import base64
import binascii
from collections.abc import Callable, Collection

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _

from scip.vault import arrivals
from scip.vault.errors import Damaged, Misplaced, NoRoom, Refused
from scip.vault.models import Arrival

VERSION = "1.0.0"
PART_TYPE = "application/offset+octet-stream"
CHECKSUM_MISMATCH = 460


def begin(
    request: HttpRequest,
    owner: AbstractBaseUser,
    *,
    purpose: str,
    allowed: Collection[str],
    address: Callable[[Arrival], str],
) -> HttpResponseBase:
    """Answer the POST that announces a file: 201 with its address and how much of it is here already.

    ``Upload-Length`` is its size, ``Upload-Metadata`` has its name. What the vault doesn't take is
    answered with 400 or 413 and a sentence.
    """
    size = _number(request, "Upload-Length")
    name = _metadata(request).get("filename", "")
    if size is None:
        return _answer(
            400, sentence=_("The size of this file did not arrive. Please choose it again.")
        )
    try:
        arrival = arrivals.begin(owner, purpose=purpose, name=name, size=size, allowed=allowed)
    except Refused as refused:
        return _answer(413 if refused.code in {"size", "quota"} else 400, sentence=refused.message)
    response = _answer(201, part=arrivals.PART_BYTES, received=arrival.received)
    response["Location"] = address(arrival)
    response["Upload-Offset"] = str(arrival.received)
    return response


def go_on(request: HttpRequest, arrival: Arrival) -> HttpResponseBase:
    """Answer HEAD (where it stands), PATCH (the next part), DELETE (forget it) and GET (the same for a
    page, with a sentence once it was not taken in)."""
    match request.method:
        case "PATCH":
            return _receive(request, arrival)
        case "DELETE":
            arrivals.give_up(arrival)
            return _answer(204)
        case "HEAD":
            return _standing(_answer(200), arrival)
        case _:
            return _standing(
                _answer(
                    200, state=arrival.state, percent=arrival.percent, sentence=_sentence(arrival)
                ),
                arrival,
            )


def _sentence(arrival: Arrival) -> str:
    """What a person should know about how it stands; empty while all is well."""
    if arrival.state == Arrival.State.HELD:
        return held_sentence()
    return arrival.refusal


def held_sentence() -> str:
    """A file is here and waits for us, not for its person."""
    return _(
        "Your file is here completely, and our virus scanner does not take one of this size yet. That is for "
        "us to put right: the office has been told, and you get a letter as soon as it is checked. You don’t "
        "have to send it again. A shorter or smaller recording can be handed in at once."
    )


def _receive(request: HttpRequest, arrival: Arrival) -> HttpResponseBase:
    offset, length = _number(request, "Upload-Offset"), _number(request, "Content-Length")
    if request.content_type != PART_TYPE:
        return _standing(_answer(415, sentence=_("This is not a part of a file.")), arrival)
    if offset is None or length is None or length > arrivals.MAX_PART_BYTES:
        return _standing(_answer(413, sentence=_("This part is larger than we take.")), arrival)
    content = request.read(length)
    if len(content) < length:  # the connection was cut: nothing was kept of this part
        return _standing(_answer(400, sentence=_("The connection dropped.")), arrival)
    checksum = request.headers.get("Upload-Checksum", "")
    try:
        arrival = arrivals.receive(arrival, offset=offset, content=content, checksum=checksum)
    except Misplaced as misplaced:
        arrival.received = misplaced.received
        return _standing(_answer(409), arrival)
    except Damaged:
        sentence = _("This part arrived damaged, so it was not kept.")
        return _standing(_answer(CHECKSUM_MISMATCH, sentence=sentence), arrival)
    except NoRoom:
        sentence = _(
            "There is no room for files here at the moment, and what has arrived is kept. "
            "We have been told; please go on with the same file later today."
        )
        return _standing(_answer(507, sentence=sentence), arrival)
    return _standing(_answer(204), arrival)


def _answer(status: int, **facts: str | int) -> HttpResponse:
    response = JsonResponse(facts, status=status) if facts else HttpResponse(status=status)
    response["Tus-Resumable"] = VERSION
    response["Cache-Control"] = "no-store"
    return response


def _standing(response: HttpResponse, arrival: Arrival) -> HttpResponse:
    response["Upload-Offset"] = str(arrival.received)
    response["Upload-Length"] = str(arrival.size)
    return response


def _number(request: HttpRequest, header: str) -> int | None:
    value = request.headers.get(header, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else None


def _metadata(request: HttpRequest) -> dict[str, str]:
    """tus's list of names with values in base64; what can't be read is left out."""
    found = {}
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        key, _space, value = pair.strip().partition(" ")
        try:
            found[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
    return found

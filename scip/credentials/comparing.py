"""Whether a file in somebody's hands is one that we issued."""

import hashlib
from typing import IO

from django.utils.crypto import constant_time_compare

from scip.credentials.badges import is_badge_of
from scip.credentials.models import Certificate, Credential
from scip.credentials.sealing import CHUNK

# A badge is a line of text; what is longer is none.
LONGEST_BADGE = 32 * 1024


def compare_paper(credential: Credential, upload: IO[bytes]) -> tuple[str, Certificate | None]:
    """``same`` with the paper it is, ``badge`` for a badge we signed about it, else ``differs``.

    Reads the file once, in pieces, and keeps nothing. Every paper is compared, in a time that does
    not tell which one was near.
    """
    digest, start = hashlib.sha256(), b""
    while piece := upload.read(CHUNK):
        digest.update(piece)
        if len(start) <= LONGEST_BADGE:
            start += piece
    found = digest.hexdigest()
    same = [
        paper
        for paper in credential.certificates.all()
        for known in (paper.sha256, *paper.earlier_sha256)
        if constant_time_compare(known, found)
    ]
    if same:
        return "same", same[0]
    if len(start) <= LONGEST_BADGE and not credential.is_taken_down:
        if is_badge_of(credential, start.decode("ascii", errors="replace")):
            return "badge", None
    return "differs", None

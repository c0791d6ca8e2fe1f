"""A credential in the words of its verification page, drawn once for all who ask.

What was drawn is remembered by everything that it says, as in the directory: a credential that
says or stands for something else is drawn anew, so nothing here can be out of date.
"""

import json
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from scip.credentials.models import Certificate, Credential
from scip.credentials.services import issued_anew_on

REMEMBERED = 512


class Paper(NamedTuple):
    """A paper that can be fetched, or the one that a file is."""

    kind: str
    kind_name: str
    paper: str
    paper_name: str

    @classmethod
    def of(cls, kind: str, paper: str) -> "Paper":
        names = Certificate.Kind(kind).label, Certificate.Paper(paper).label
        return cls(kind, str(names[0]), paper, str(names[1]))


class Successor(NamedTuple):
    """What carries a replaced credential on."""

    number: str
    code: str
    standing: str


class Told(NamedTuple):
    """All that the page says. ``facts`` is JSON; ``answer`` and ``same`` are about a file that was
    held against it."""

    number: str
    code: str
    issued_on: date
    expires_on: date | None
    issued_anew_on: date | None
    facts: str
    standing: str
    suspended_on: date | None
    revoked_on: date | None
    successor: Successor | None
    papers: tuple[Paper, ...]
    answer: str
    same: Paper | None


def told_of(
    credential: Credential,
    standing: str,
    *,
    successor: Credential | None = None,
    papers: tuple[Paper, ...] = (),
    answer: str = "",
    same: Certificate | None = None,
) -> Told:
    """What the page says of a credential, in the words of its language where words are needed."""
    return Told(
        number=credential.number,
        code=credential.code,
        issued_on=credential.issued_on,
        expires_on=credential.expires_on,
        issued_anew_on=issued_anew_on(credential),
        facts=json.dumps(credential.facts, sort_keys=True),
        standing=standing,
        suspended_on=credential.suspended_at.date() if credential.suspended_at else None,
        revoked_on=credential.revoked_at.date() if credential.revoked_at else None,
        successor=Successor(successor.number, successor.code, successor.standing())
        if successor
        else None,
        papers=papers,
        answer=answer,
        same=Paper.of(same.kind, same.paper) if same else None,
    )


@lru_cache(maxsize=REMEMBERED)
def drawn(_language: str | None, told: Told) -> SafeString:
    """That part of the page in HTML. The language is part of the key: so are its sentences."""
    context = {"told": told, "facts": json.loads(told.facts)}
    return render_to_string("credentials/_told.html", context)

"""Verification for everybody: what a code stands for, and whether a file is the one we made."""

import logging
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from scip.access import public
from scip.credentials import queries
from scip.credentials.comparing import compare_paper
from scip.credentials.forms import CodeForm, CompareForm
from scip.credentials.models import Certificate, Credential, SealedDocument, normalise_code
from scip.credentials.proof import agrees
from scip.credentials.sealing import compare
from scip.credentials.throttle import may_ask
from scip.credentials.views.telling import Paper, drawn, told_of

logger = logging.getLogger(__name__)


@public
@require_safe
def verify_form(request: HttpRequest) -> HttpResponse:
    """Type a code; the answer has an address of its own."""
    form = CodeForm(request.GET or None)
    if form.is_valid():
        return redirect("credentials:verify", code=form.cleaned_data["code"])
    return render(request, "credentials/verify_form.html", {"form": form})


@public
@never_cache
@require_safe
def verify(request: HttpRequest, code: str) -> HttpResponse:
    """How it stands (200, a different answer for each), or unknown (404), with every fact of it."""
    canonical = normalise_code(code)
    if canonical != code and canonical:
        return redirect("credentials:verify", code=canonical)
    credential = queries.by_code(code, with_papers=True)
    if credential is not None:
        return credential_page(request, credential)
    document = queries.sealed_by_code(code)
    return sealed_page(request, document) if document else unknown(request, code)


def unknown(request: HttpRequest, code: str, *, is_welcome: bool | None = None) -> HttpResponse:
    """404, and 429 for somebody who asks for many codes; nothing tells one unknown from another."""
    is_welcome = may_ask(request) if is_welcome is None else is_welcome
    context = {"code": code[:40], "form": CodeForm(), "is_welcome": is_welcome}
    status = 404 if is_welcome else 429
    return render(request, "credentials/verify_unknown.html", context, status=status)


def credential_page(
    request: HttpRequest,
    credential: Credential,
    form: CompareForm | None = None,
    answer: str = "",
    same: Certificate | None = None,
) -> HttpResponse:
    """The standing of a credential with all it states, and the form for a file.

    A row that does not state what we signed is not shown as true; the office is told by the log.
    """
    standing = credential.standing()
    if not agrees(credential):
        logger.error("Credential %s does not state what was sealed at its issue.", credential.pk)
        standing = "unsure"
    successor = queries.carried_on_by(credential) if standing == "replaced" else None
    told = told_of(
        credential,
        standing,
        successor=successor,
        papers=papers(credential, successor) if standing != "unsure" else (),
        answer=answer,
        same=same,
    )
    context = {
        "told": told,
        "drawn": drawn(get_language(), told),
        "form": form or CompareForm(),
    }
    return render(request, "credentials/verify.html", context)


def papers(credential: Any, successor: Credential | None) -> tuple[Paper, ...]:
    """The papers that can be fetched, of a credential `with_papers`; none while it does not stand."""
    if not (credential.hands_out_papers and (successor or credential).hands_out_papers):
        return ()
    return tuple(Paper.of(kind, paper) for kind, paper in credential.paper_rows)


def sealed_page(
    request: HttpRequest,
    document: SealedDocument,
    form: CompareForm | None = None,
    answer: str = "",
) -> HttpResponse:
    """What a sealed document is, and the form that holds a file against it."""
    context = {"document": document, "form": form or CompareForm(), "answer": answer}
    return render(request, "credentials/verify_sealed.html", context)


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verify_file(request: HttpRequest, code: str) -> HttpResponse:
    """Hold a file against those that carry this code; counted like unknown codes. An address that
    was copied after comparing leads back to the code's page."""
    credential = queries.by_code(code, with_papers=True)
    document = None if credential else queries.sealed_by_code(code)
    if request.method != "POST" and (credential or document):
        return redirect("credentials:verify", code=normalise_code(code))
    if not may_ask(request):
        return unknown(request, code, is_welcome=False)
    form = CompareForm(request.POST, request.FILES)
    upload = form.cleaned_data["document"] if form.is_valid() else None
    fresh = CompareForm() if upload else form
    if credential is not None:
        paper_answer, same = compare_paper(credential, upload) if upload else ("", None)
        return credential_page(request, credential, fresh, paper_answer, same)
    if document is not None:
        return sealed_page(request, document, fresh, compare(document, upload) if upload else "")
    return unknown(request, code, is_welcome=True)

"""The papers of a credential, as they were issued, for whoever has the code."""

import logging

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from scip.access import public
from scip.background import enqueue
from scip.credentials import queries
from scip.credentials.models import Certificate
from scip.credentials.views.verification import unknown

logger = logging.getLogger(__name__)

# In names of files, where a letter is also a kind of paper.
FORMATS = {Certificate.Paper.A4: "a4", Certificate.Paper.LETTER: "us-letter"}


@public
@never_cache
@require_safe
def certificate(request: HttpRequest, code: str) -> HttpResponseBase:
    """The certificate's PDF as it was issued (``?paper=letter`` for US Letter)."""
    return paper_of(request, code, Certificate.Kind.CERTIFICATE)


@public
@never_cache
@require_safe
def letter(request: HttpRequest, code: str) -> HttpResponseBase:
    """The letter of certification as it was issued; 404 where there is none."""
    return paper_of(request, code, Certificate.Kind.LETTER)


def paper_of(request: HttpRequest, code: str, kind: str) -> HttpResponseBase:
    """Open to whoever has the code, so that an altered copy can be held against the original.

    One that does not stand leads to the verification page; one still being made says so.
    """
    credential = queries.by_code(code)
    if credential is None:
        return unknown(request, code)
    if not queries.hands_out_papers(credential):
        return redirect("credentials:verify", code=credential.code)
    paper = request.GET.get("paper", Certificate.Paper.A4)
    if paper not in Certificate.Paper.values:
        raise Http404
    found = credential.certificates.filter(kind=kind, paper=paper).first()
    if found is None:
        raise Http404
    if found.made_at is None:
        return pending(request, found)
    try:
        file = found.document.open("rb")
    except FileNotFoundError:
        logger.exception(
            "The file of certificate %s is gone from storage; it is made anew.", found.pk
        )
        enqueue("scip.credentials.make_lost_again", found.pk)
        return pending(request, found)
    response = FileResponse(
        file,
        content_type="application/pdf",
        filename=f"{credential.number}-{kind}-{FORMATS[Certificate.Paper(found.paper)]}.pdf",
    )
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def pending(request: HttpRequest, found: Certificate) -> HttpResponse:
    """The page in the place of a paper that is not there yet, or not any more."""
    context = {
        "credential": found.credential,
        "was_made": bool(found.made_at or found.earlier_sha256),
    }
    return render(request, "credentials/certificate_pending.html", context, status=503)

"""Verification for everybody, certificates for whoever holds the code."""

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from scip.access import public
from scip.credentials import queries
from scip.credentials.forms import CodeForm, CompareForm
from scip.credentials.models import Certificate, Credential, SealedDocument, normalise_code
from scip.credentials.sealing import compare
from scip.credentials.throttle import may_ask


@public
@require_safe
def verify_form(request: HttpRequest) -> HttpResponse:
    """Type a code; the answer has an address of its own."""
    form = CodeForm(request.GET or None)
    if form.is_valid():
        return redirect("credentials:verify", code=normalise_code(form.cleaned_data["code"]))
    return render(request, "credentials/verify_form.html", {"form": form})


@public
@never_cache
@require_safe
def verify(request: HttpRequest, code: str) -> HttpResponse:
    """Active, expired or revoked (200), or unknown (404), with every fact of the certificate."""
    canonical = normalise_code(code)
    if canonical != code and canonical:
        return redirect("credentials:verify", code=canonical)
    credential = queries.by_code(code)
    if credential is None and (document := queries.sealed_by_code(code)) is not None:
        return sealed_page(request, document)
    if credential is None:
        is_welcome = may_ask(request)
        context = {"code": code[:40], "form": CodeForm(), "is_welcome": is_welcome}
        status = 404 if is_welcome else 429
        return render(request, "credentials/verify_unknown.html", context, status=status)
    context = {
        "credential": credential,
        "standing": credential.standing(),
        "papers": papers(credential),
    }
    return render(request, "credentials/verify.html", context)


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
    """Hold a file against the one that carries this code; counted like unknown codes. An address
    that was copied after comparing leads back to the document's page."""
    document = queries.sealed_by_code(code)
    if request.method != "POST":
        if document is None:
            return verify(request, code)
        return redirect("credentials:verify", code=document.code)
    if document is None or not may_ask(request):
        context = {"code": code[:40], "form": CodeForm(), "is_welcome": document is None}
        status = 404 if document is None else 429
        return render(request, "credentials/verify_unknown.html", context, status=status)
    form = CompareForm(request.POST, request.FILES)
    answer = ""
    if form.is_valid():
        answer = compare(document, form.cleaned_data["document"])
        form = CompareForm()
    return sealed_page(request, document, form, answer)


def papers(credential: Credential) -> list[Certificate]:
    """The certificates that can be fetched; none once it is revoked."""
    if credential.state == Credential.State.REVOKED:
        return []
    return list(credential.certificates.exclude(made_at=None).order_by("paper"))


@public
@never_cache
@require_safe
def certificate(request: HttpRequest, code: str) -> HttpResponseBase:
    """The PDF as it was issued (``?paper=letter`` for US Letter).

    Open to whoever has the code, so that an altered copy can be held against the original.
    A revoked one leads to the verification page; one that is still being made says so.
    """
    credential = queries.by_code(code)
    if credential is None:
        raise Http404
    if credential.state == Credential.State.REVOKED:
        return redirect("credentials:verify", code=credential.code)
    paper = request.GET.get("paper", Certificate.Paper.A4)
    if paper not in Certificate.Paper.values:
        raise Http404
    found = credential.certificates.filter(paper=paper).first()
    if found is None or found.made_at is None:
        context = {"credential": credential}
        return render(request, "credentials/certificate_pending.html", context, status=503)
    response = FileResponse(
        found.document.open("rb"),
        content_type="application/pdf",
        filename=f"{credential.number}-{paper}.pdf",
    )
    response.headers["X-Robots-Tag"] = "noindex"
    return response

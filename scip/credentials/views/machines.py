"""Documents for machines: badges, the issuer's profile and keys, lists of what was revoked."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

from scip.access import public
from scip.credentials import badges, queries
from scip.credentials.addresses import absolute
from scip.credentials.views.verification import unknown

TOKEN = "application/vc+jwt"  # noqa: S105  a media type


def open_to_all(response: HttpResponse) -> HttpResponse:
    """Verifiers in a browser on another site may read it, too; no cookie plays a part."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@public
@never_cache
@require_safe
def badge(request: HttpRequest, code: str) -> HttpResponse:
    """The credential as Open Badge, a signed token; one that does not stand leads to its page."""
    credential = queries.by_code(code)
    if credential is None:
        return unknown(request, code)
    if not queries.hands_out_papers(credential):
        return redirect("credentials:verify", code=credential.code)
    return open_to_all(HttpResponse(badges.badge(credential), content_type=TOKEN))


@public
@cache_control(max_age=3600, public=True)
@require_safe
def issuer(request: HttpRequest) -> HttpResponse:
    """Who issues these badges."""
    return open_to_all(JsonResponse(badges.issuer()))


@public
@cache_control(max_age=3600, public=True)
@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    """The public keys, as JSON Web Key Set."""
    return open_to_all(JsonResponse({"keys": badges.key_set()}))


@public
@cache_control(max_age=3600, public=True)
@require_safe
def key(request: HttpRequest, thumbprint: str) -> HttpResponse:
    """One public key, under the address that badges name it by."""
    name = absolute("key", thumbprint)
    found = next((item for item in badges.key_set() if item["kid"] == name), None)
    if found is None:
        raise Http404
    return open_to_all(JsonResponse(found))


@public
@cache_control(max_age=300, public=True)
@require_safe
def status(request: HttpRequest, purpose: str, number: int) -> HttpResponse:
    """Which badges of this list were revoked, or are suspended: bits, signed."""
    if purpose not in badges.PURPOSES or number > 9_999:
        raise Http404
    first = number * badges.LISTED
    pks = queries.without_force(purpose, first, first + badges.LISTED - 1)
    token = badges.status_list(purpose, number, pks, timezone.now())
    return open_to_all(HttpResponse(token, content_type=TOKEN))

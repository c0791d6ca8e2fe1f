"""Pages of the demo: who one can be, and every letter that was sent."""

from collections.abc import Collection

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.csp import CSP
from django.utils.http import content_disposition_header, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_GET, require_POST

from payments.gateway import is_sandbox
from scip.access import public
from scip.accounts.models import User
from scip.demo.outbox import attached, framed_html, page_of_letters
from scip.demo.people import BY_EMAIL, DEMO_PEOPLE, PASSWORD
from scip.demo.sign_in import sign_in_fully
from scip.mail.models import Letter

FRAMING: dict[str, Collection[str]] = {**settings.SECURE_CSP, "frame-src": [CSP.SELF]}
# A letter brings its own inline styles and nothing else; its links may leave the frame.
FRAMED: dict[str, Collection[str]] = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF],
    "frame-ancestors": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.NONE],
    "sandbox": ["allow-popups", "allow-top-navigation-by-user-activation"],
}


@public
@require_GET
@never_cache
def people(request: HttpRequest) -> HttpResponse:
    """The demo people, where each stands, and a button to be them."""
    accounts = {user.email: user for user in User.objects.filter(email__in=list(BY_EMAIL))}
    cast = [(person, accounts[person.email]) for person in DEMO_PEOPLE if person.email in accounts]
    context = {"cast": cast, "password": PASSWORD, "is_practice": is_sandbox()}
    return render(request, "demo/people.html", context)


@public
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in as one of the demo people, second factor included; nobody else can be chosen."""
    person = BY_EMAIL.get(request.POST.get("email", ""))
    if person is None:
        raise Http404
    user = get_object_or_404(User, email=person.email)
    sign_in_fully(request, user)
    messages.success(request, _("You are signed in as {name}.").format(name=user.name))
    return redirect(person.home)


@public
@require_GET
@never_cache
def outbox(request: HttpRequest) -> HttpResponse:
    """Letters newest first."""
    person = request.GET.get("person", "").strip()
    page = page_of_letters(
        person=person, before=number_in(request, "before"), after=number_in(request, "after")
    )
    keep = {"person": person} if person else {}
    return render(
        request,
        "demo/outbox.html",
        {
            "letters": page.letters,
            "person": person,
            "older_url": f"?{urlencode(keep | {'before': page.older_than})}"
            if page.older_than
            else "",
            "newer_url": f"?{urlencode(keep | {'after': page.newer_than})}"
            if page.newer_than
            else "",
        },
    )


def number_in(request: HttpRequest, name: str) -> int:
    """A key from the address; 0 for anything else than a number."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


@csp_override(FRAMING)
@public
@require_GET
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """One letter: headers, the HTML in a frame, the text, what is attached."""
    found = get_object_or_404(Letter.objects.select_related("to_user"), pk=pk)
    return render(request, "demo/letter.html", {"letter": found})


@xframe_options_sameorigin
@csp_override(FRAMED)
@public
@require_GET
def letter_html(request: HttpRequest, pk: int) -> HttpResponse:
    """The HTML part as it was sent, without scripts, forms or foreign pictures."""
    found = get_object_or_404(Letter, pk=pk)
    if not found.html:
        raise Http404
    return HttpResponse(framed_html(found))


@public
@require_GET
def attachment(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """A file that went with a letter, always as a download."""
    item = attached(get_object_or_404(Letter, pk=pk), number)
    if item is None:
        raise Http404
    name, content_type, content = item
    disposition = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    return HttpResponse(
        content, content_type=content_type, headers={"Content-Disposition": disposition}
    )

"""Views of the two public forms, their thanks, and the way off the interest list."""

from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from scip.access import public
from scip.pages.emails import LEAVE_SALT
from scip.pages.forms import ContactForm, GuardedForm, InterestForm
from scip.pages.models import InterestEntry
from scip.pages.services import join_interest_list, leave_interest_list, send_message
from scip.pages.traps import may_send
from scip.publishing import PageMeta, meta_of, published


def interest_meta(request: HttpRequest) -> PageMeta:
    return meta_of(
        request,
        _("Interest list"),
        _("Leave your address and hear from us once, when what you wait for opens."),
    )


def contact_meta(request: HttpRequest) -> PageMeta:
    return meta_of(
        request, _("Write to us"), _("Write to the SCIP office. A person reads and answers.")
    )


def is_acceptable(request: HttpRequest, form: GuardedForm) -> bool:
    """Filled in, not caught in a trap, and within the limits; otherwise the form says what is up."""
    if not form.is_valid():
        return False
    if may_send(request, form=form.form_name, sender=form.cleaned_data["email"]):
        return True
    form.add_error(
        None,
        _(
            "Several of these arrived from you within the hour, so this one was not taken. "
            "Everything you typed is still here; send it again in an hour, or write to {address}."
        ).format(address=settings.STAFF_EMAIL),
    )
    form.is_too_many = True
    return False


@published
@require_http_methods(["GET", "HEAD", "POST"])
def interest(request: HttpRequest) -> HttpResponse:
    wanted = request.GET.get("about", "")
    initial = {"about": wanted} if wanted in InterestEntry.About.values else {}
    form = InterestForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and is_acceptable(request, form):
        words = ("email", "name", "country", "about", "note")
        join_interest_list(
            **{name: form.cleaned_data[name] for name in words},
            time_zone=timezone.get_current_timezone_name(),
        )
        return redirect("pages:interest_thanks")
    context = {"meta": interest_meta(request), "form": form}
    return render(request, "pages/interest.html", context, status=429 if form.is_too_many else 200)


@published
@require_safe
def interest_thanks(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/interest_thanks.html", {"meta": interest_meta(request)})


@public
@require_http_methods(["GET", "HEAD", "POST"])
def interest_leave(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the letter: asks once, then deletes. An entry that is gone looks the same."""
    try:
        entry_id = int(signing.loads(token, salt=LEAVE_SALT))
    except (signing.BadSignature, TypeError, ValueError) as error:
        raise Http404 from error
    if request.method == "POST":
        leave_interest_list(entry_id)
    context = {"meta": interest_meta(request), "has_left": request.method == "POST"}
    return render(request, "pages/interest_leave.html", context)


@published
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    known = {}
    if request.user.is_authenticated:
        known = {"name": request.user.name, "email": request.user.email}
    form = ContactForm(request.POST if request.method == "POST" else None, initial=known)
    if request.method == "POST" and is_acceptable(request, form):
        send_message(**{name: form.cleaned_data[name] for name in ("name", "email", "message")})
        return redirect("pages:contact_thanks")
    context = {
        "meta": contact_meta(request),
        "form": form,
        "contact_address": settings.STAFF_EMAIL,
    }
    return render(request, "pages/contact.html", context, status=429 if form.is_too_many else 200)


@published
@require_safe
def contact_thanks(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/contact_thanks.html", {"meta": contact_meta(request)})

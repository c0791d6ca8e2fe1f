"""Writing to somebody of the directory, and telling the office that something is not right."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from scip.access import public
from scip.directory.forms.visitors import MessageForm, ReportForm
from scip.directory.models import Listing, key_of
from scip.directory.queries.searching import public as public_rows
from scip.directory.services.visitors import pass_on, report_listing
from scip.pages.forms import GuardedForm
from scip.pages.traps import may_send
from scip.publishing import PageMeta, meta_of
from scip.requirements import Refusal
from scip.throttle import HOUR, within

# Nobody is written to more often within an hour, whoever writes.
PER_LISTING = 10


def listed_or_404(slug: str) -> Listing:
    """Somebody whom the public sees: also the office writes to nobody else through these pages."""
    rows = public_rows().defer("withheld", "words", "short_text", "lexemes")
    return get_object_or_404(rows, key=key_of(slug))


def is_acceptable(request: HttpRequest, form: GuardedForm, listing: Listing) -> bool:
    """Filled in, not caught in a trap, and within the limits for sender, network and listing."""
    if not form.is_valid():
        return False
    sender = form.cleaned_data["email"] or f"report:{listing.pk}"
    about = f"{form.form_name}:listing:{listing.pk}"
    # All are counted each time: a limit reached in one must not hide the other.
    may = [
        may_send(request, form=form.form_name, sender=sender),
        within(about, limit=PER_LISTING, seconds=HOUR),
    ]
    if all(may):
        return True
    form.add_error(
        None,
        _(
            "Several of these were sent within the hour, so this one was not taken. Everything you "
            "typed is still here; send it again in an hour, or write to {address}."
        ).format(address=settings.STAFF_EMAIL),
    )
    form.is_too_many = True
    return False


@public
@require_http_methods(["GET", "HEAD", "POST"])
def listing_write(request: HttpRequest, slug: str) -> HttpResponse:
    """The relay: the words travel, no address is shown."""
    listing = listed_or_404(slug)
    known = {}
    if request.user.is_authenticated:
        known = {"name": request.user.name, "email": request.user.email}
    form = MessageForm(request.POST if request.method == "POST" else None, initial=known)
    if request.method == "POST" and is_acceptable(request, form, listing):
        data = form.cleaned_data
        words = {name: data[name] for name in ("name", "email", "message")}
        try:
            pass_on(listing, **words, stamp=data["opened"])
        except Refusal as refusal:
            form.add_error(None, str(refusal.sentence))
        else:
            return redirect("directory:written", slug=listing.slug)
    context = {"meta": write_meta(request, listing), "listing": listing, "form": form}
    status = 429 if form.is_too_many else 200
    return render(request, "directory/listing_write.html", context, status=status)


def write_meta(request: HttpRequest, listing: Listing) -> PageMeta:
    return meta_of(
        request,
        _("Write to {name}").format(name=listing.name),
        _("Your message goes to them by letter; no address is shown."),
    )


@public
@require_safe
def listing_written(request: HttpRequest, slug: str) -> HttpResponse:
    listing = listed_or_404(slug)
    context = {"meta": write_meta(request, listing), "listing": listing}
    return render(request, "directory/listing_written.html", context)


@public
@require_http_methods(["GET", "HEAD", "POST"])
def listing_report(request: HttpRequest, slug: str) -> HttpResponse:
    """Something about a listing is not right: the office hears of it."""
    listing = listed_or_404(slug)
    form = ReportForm(request.POST if request.method == "POST" else None)
    is_sent = False
    if request.method == "POST" and is_acceptable(request, form, listing):
        data = form.cleaned_data
        report_listing(listing, words=data["words"], email=data["email"])
        is_sent = True
    meta = meta_of(request, _("Tell us what is not right"), _("CMSC’s office reads it."))
    context = {"meta": meta, "listing": listing, "form": form, "is_sent": is_sent}
    status = 429 if form.is_too_many else 200
    return render(request, "directory/listing_report.html", context, status=status)

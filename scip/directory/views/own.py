"""A graduate's own page: listing, certification, “still true”, and interest in giving back."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scip.access import signed_in
from scip.accounts.models import User
from scip.directory.cards import Card, card_of, portrait_url
from scip.directory.forms.listings import AcceptingForm, InterestForm, ListingForm, initial_of
from scip.directory.models import Listing
from scip.directory.queries.own import Own, own_of
from scip.directory.queries.wording import population_names
from scip.directory.services import listings
from scip.directory.services.visitors import say_interest
from scip.requirements import Refusal


def person(request: HttpRequest) -> User:
    """The signed-in person (the access mark has made sure that there is one)."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def own_listing(request: HttpRequest) -> Listing:
    """One's own listing; 404 without one."""
    user = person(request)
    return get_object_or_404(Listing.objects.visible_to(user).filter(user=user))


@signed_in
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """Everything of a certified person; for others, what this will be."""
    own = own_of(person(request))
    interest = own.interest
    first = (
        {
            "would_facilitate": interest.would_facilitate,
            "would_mentor": interest.would_mentor,
            "note": interest.note,
        }
        if interest
        else {}
    )
    return render(request, "directory/mine.html", mine_context(own, InterestForm(initial=first)))


def mine_context(own: Own, form: InterestForm) -> dict[str, Any]:
    now = timezone.now()
    listing = own.listing
    is_due = bool(
        own.credential
        and listing
        and listing.is_published
        and listing.question_due_at
        and listing.confirmed_at
        and (
            listing.question_due_at <= now
            or not listing.accepting_until
            or listing.question_due_at > listing.accepting_until
        )
    )
    card = card_of(listing, now) if listing else None
    return {
        "own": own,
        "listing": listing,
        "card": card,
        "shown": shown_of(listing, card) if listing and card else [],
        "withheld": [listings.CHOICE_NAMES[name] for name in listings.kept_back(listing)]
        if listing
        else [],
        "is_due": is_due,
        "interest_form": form,
    }


def shown_of(listing: Listing, card: Card) -> list[str]:
    """All that is shown beside the name, for one line."""
    words = [
        card.facts,
        card.topics,
        ", ".join(population_names(listing.populations)),
        card.accepting.text if card.accepting else "",
        listing.website.removeprefix("https://").rstrip("/"),
        _("when your licence was last confirmed") if listing.shows_licence else "",
        _("your portrait") if listing.photo else "",
    ]
    return [part for part in words if part]


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest) -> HttpResponse:
    """Write the listing and choose what of it is shown."""
    user = person(request)
    own = own_of(user)
    if own.credential is None:
        messages.info(request, _("A listing rests on a certification that is in force."))
        return redirect("directory:mine")
    listing = own.listing
    form = ListingForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        initial=beginning(user, listing),
        has_photo=bool(listing and listing.photo),
        suffix=listings.suffix_on(own.credential),
    )
    if request.method == "POST" and form.is_valid():
        try:
            kept = listings.save_listing(
                user,
                fields=form.said(),
                shows=form.shown(),
                photo=form.cleaned_data["photo"] or None,
                remove_photo=form.cleaned_data.get("remove_photo", False),
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal.sentence))
        else:
            messages.success(request, saved_words(kept))
            return redirect("directory:mine")
    context = {
        "form": form,
        "listing": listing,
        "credential": own.credential,
        "name": listings.name_on(own.credential),
        "photo_url": portrait_url(listing) if listing else "",
    }
    return render(request, "directory/edit.html", context)


def beginning(user: User, listing: Listing | None) -> dict[str, Any]:
    """What the form begins with: what was typed before, or what the profile knows; a choice of
    showing is never made for somebody."""
    if listing is None:
        said = {"country": str(user.country.code or ""), "languages": user.languages}
        return initial_of(said, frozenset())
    said = {name: listings.typed(listing, name) for name in listings.FIELDS}
    said["country"] = str(said["country"] or "")
    return initial_of(said, listings.shown_by(listing))


def saved_words(listing: Listing) -> str:
    if listing.is_published:
        return _("Saved. Everybody can read it so from now on.")
    return _("Saved. Nobody else sees it until you publish it.")


def acting(
    request: HttpRequest, act: Callable[[Listing, User], object], said: str
) -> HttpResponseBase:
    """One press of a button on one's own page: done, or why not."""
    listing = own_listing(request)
    try:
        act(listing, person(request))
    except Refusal as refusal:
        messages.warning(request, str(refusal.sentence))
    else:
        messages.success(request, said)
    return redirect("directory:mine")


@signed_in
@require_POST
def publish(request: HttpRequest) -> HttpResponseBase:
    return acting(
        request,
        lambda listing, by: listings.publish(listing, by=by),
        _("Your listing is in the directory. You can take it out at any time."),
    )


@signed_in
@require_POST
def hide(request: HttpRequest) -> HttpResponseBase:
    return acting(
        request,
        lambda listing, by: listings.hide(listing, by=by),
        _("Your listing is out of the directory. What you wrote is kept for another time."),
    )


@signed_in
@require_POST
def confirm(request: HttpRequest) -> HttpResponseBase:
    """“Still true”."""
    form = AcceptingForm(request.POST)
    accepting = form.cleaned_data["accepting"] if form.is_valid() else ""
    return acting(
        request,
        lambda listing, by: listings.confirm(listing, by=by, accepting=accepting),
        _("Thank you. Your listing says that you confirmed it today."),
    )


@signed_in
@require_POST
def interest(request: HttpRequest) -> HttpResponse:
    """Whether somebody would like to facilitate or mentor."""
    user = person(request)
    form = InterestForm(request.POST)
    if form.is_valid():
        try:
            say_interest(user, **form.cleaned_data)
        except Refusal as refusal:
            messages.warning(request, str(refusal.sentence))
        else:
            messages.success(request, _("Thank you. The office sees it."))
        return redirect("directory:mine")
    return render(request, "directory/mine.html", mine_context(own_of(user), form))

"""Labels for clients, and the portfolio's own words."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from certification.portfolio import services
from certification.portfolio.deidentification import looks_like_a_name, notice
from certification.portfolio.forms.desk import LabelForm, WordForm
from certification.portfolio.models import ClientLabel, KnownWord, Portfolio
from certification.portfolio.queries.portfolios import Desk, known_words, labels_of
from certification.portfolio.views.desk import at_the_desk, crumbs, done, person
from scip.access import signed_in
from scip.requirements import Refusal


def hint_at_name(request: HttpRequest, label: ClientLabel) -> None:
    """Says so when a label looks like somebody's name; it is kept all the same."""
    if looks_like_a_name(label.name, known_words(label.portfolio).avoid):
        messages.info(
            request,
            _(
                "“{label}” could be read as a name. If it is one, choose another word for it "
                "under “Clients”; every case study follows."
            ).format(label=label.name),
        )


def hint_at_words(request: HttpRequest, text: str, portfolio: Portfolio) -> None:
    """Says so when a line could tell who somebody is; it is kept all the same."""
    known = known_words(portfolio)
    if hints := notice(text, avoid=known.avoid, fine=known.fine):
        messages.info(
            request,
            _("“{words}” could tell who it is. If so, correct the line.").format(
                words=", ".join(dict.fromkeys(hint.text for hint in hints))
            ),
        )


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk
def clients(request: HttpRequest, desk: Desk) -> HttpResponse:
    """All labels; POST adds one."""
    form = LabelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            label = services.add_label(
                desk.candidacy, form.cleaned_data["name"], by=person(request)
            )
        except Refusal as refusal:
            form.add_error("name", str(refusal.sentence))
        else:
            messages.success(request, _("“{label}” is there.").format(label=label.name))
            hint_at_name(request, label)
            return redirect("portfolio:clients")
    context = {
        "desk": desk,
        "form": form,
        "labels": labels_of(desk),
        "breadcrumb": crumbs((_("Clients"), "")),
    }
    return render(request, "portfolio/clients.html", context)


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def client(request: HttpRequest, pk: int) -> HttpResponse:
    """Another word for a client."""
    rows = ClientLabel.objects.visible_to(request.user).select_related("portfolio__candidacy")
    label = get_object_or_404(rows, pk=pk)
    form = LabelForm(request.POST or None, initial={"name": label.name})
    if request.method == "POST" and form.is_valid():
        try:
            services.rename_label(label, form.cleaned_data["name"], by=person(request))
        except Refusal as refusal:
            form.add_error("name", str(refusal.sentence))
        else:
            messages.success(request, _("The new label stands everywhere now."))
            hint_at_name(request, label)
            return redirect("portfolio:clients")
    context = {
        "form": form,
        "label": label,
        "breadcrumb": crumbs((_("Clients"), reverse("portfolio:clients")), (label.name, "")),
    }
    return render(request, "portfolio/client.html", context)


@require_POST
@signed_in
def client_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take out a label that nothing uses."""
    label = get_object_or_404(ClientLabel.objects.visible_to(request.user), pk=pk)
    done(
        request,
        lambda: services.remove_label(label, by=person(request)),
        _("“{label}” is gone.").format(label=label.name),
    )
    return redirect("portfolio:clients")


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk
def words(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Names to avoid, and words that are fine; POST adds a name to avoid."""
    form = WordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["text"]
        if done(
            request,
            lambda: services.remember_word(
                desk.candidacy, text, is_to_avoid=True, by=person(request)
            ),
            _("“{word}” is on your list of names to avoid.").format(word=text),
        ):
            return redirect("portfolio:words")
    rows = KnownWord.objects.visible_to(request.user).filter(portfolio=desk.portfolio)
    found = list(rows)
    context = {
        "desk": desk,
        "form": form,
        "avoid": [word for word in found if word.is_to_avoid],
        "fine": [word for word in found if not word.is_to_avoid],
        "breadcrumb": crumbs((_("Names to avoid"), "")),
    }
    return render(request, "portfolio/words.html", context)


@require_POST
@signed_in
def word_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a word off its list."""
    word = get_object_or_404(KnownWord.objects.visible_to(request.user), pk=pk)
    done(
        request,
        lambda: services.forget_word(word, by=person(request)),
        _("“{word}” is off the list.").format(word=word.text),
    )
    return redirect("portfolio:words")

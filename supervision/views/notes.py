"""Feedback for both, and words for oneself."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scip.access import signed_in
from supervision.forms.notes import ChangeOwnForm, FeedbackForm, OwnWordsForm
from supervision.models import Agreement, JournalEntry, PrivateNote, Signature
from supervision.queries.agreements import accompanies, other_of, side_of
from supervision.queries.notes import feedback_in, own_words
from supervision.services import notes as services
from supervision.views.agreements import crumbs, done, own_agreement, person

KINDS: dict[str, Any] = {"note": PrivateNote, "entry": JournalEntry}


@require_safe
@signed_in
def words(request: HttpRequest, pk: int) -> HttpResponse:
    """Shared feedback, and what one wrote for oneself."""
    return words_page(request, own_agreement(request, pk))


def words_page(
    request: HttpRequest,
    agreement: Agreement,
    *,
    feedback_form: FeedbackForm | None = None,
    own_form: OwnWordsForm | None = None,
) -> HttpResponse:
    is_supervisor = side_of(agreement, request.user) == Signature.Side.SUPERVISOR
    is_closed = not accompanies(agreement, request.user)
    context = {
        "agreement": agreement,
        "feedback": feedback_in(agreement, request.user),
        "own": own_words(agreement, request.user),
        "own_kind": "note" if is_supervisor else "entry",
        "is_supervisor": is_supervisor,
        "feedback_form": None if is_closed else feedback_form or FeedbackForm(),
        "is_former": is_supervisor and is_closed,
        "own_form": own_form or OwnWordsForm(),
        "other": other_of(agreement, request.user),
        "breadcrumb": crumbs(agreement, request.user, _("Feedback and notes")),
    }
    return render(request, "supervision/words.html", context)


@require_POST
@signed_in
def feedback_give(request: HttpRequest, pk: int) -> HttpResponse:
    """The supervisor's words for the candidate."""
    agreement = own_agreement(request, pk)
    if side_of(agreement, request.user) != Signature.Side.SUPERVISOR:
        raise Http404
    form = FeedbackForm(request.POST)
    if not form.is_valid():
        return words_page(request, agreement, feedback_form=form)

    def give() -> None:
        services.give_feedback(agreement, form.cleaned_data["text"], by=person(request))

    done(request, give, _("{name} can read it now.").format(name=other_of(agreement, request.user)))
    return redirect("supervision:words", pk)


@require_POST
@signed_in
def own_write(request: HttpRequest, pk: int) -> HttpResponse:
    """A private note or a journal entry."""
    agreement = own_agreement(request, pk)
    form = OwnWordsForm(request.POST)
    if not form.is_valid():
        return words_page(request, agreement, own_form=form)

    def write() -> None:
        services.write_own(agreement, form.cleaned_data["own"], by=person(request))

    done(request, write, _("Saved, for you alone."))
    return redirect("supervision:words", pk)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def own_change(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """One's own words again; 404 for everybody but their author."""
    if kind not in KINDS:
        raise Http404
    row = get_object_or_404(KINDS[kind].objects.visible_to(request.user), pk=pk)
    form = ChangeOwnForm(request.POST or None, initial={"own": row.text})
    if request.method == "POST" and form.is_valid():
        services.change_own(row, form.cleaned_data["own"], by=person(request))
        messages.success(request, _("Saved, for you alone."))
        return redirect("supervision:home")
    return render(request, "supervision/words_own.html", {"form": form, "row": row, "kind": kind})

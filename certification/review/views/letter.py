"""The letter of application: saved by itself or by a button, safe in two windows."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from certification.candidacy.models import Candidacy
from certification.portfolio.queries.noticed import count_words, noticed_in
from certification.portfolio.queries.portfolios import known_words
from certification.portfolio.services.writing import values_of
from certification.portfolio.views.conflicts import choices_between, fingerprints, settled
from certification.portfolio.views.desk import keep_word, person
from certification.portfolio.views.saving import keep_typed
from certification.review import services
from certification.review.forms.submission import LetterForm
from certification.review.models import ApplicationLetter, Submission
from certification.review.queries.facts import letter_facts
from certification.review.queries.submissions import candidacy_of, submission_of
from scip.access import signed_in


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest) -> HttpResponse:
    """The letter to write; POST keeps what was typed, the first words begin the submission."""
    candidacy = candidacy_of(request.user)
    if candidacy is None:
        raise Http404
    submission = submission_of(candidacy)
    if not can_be_written(candidacy, submission):
        return redirect("submission:home")
    letter = letter_of(submission)
    if request.method == "POST":
        return save(request, candidacy, letter)
    return show(request, candidacy, letter, LetterForm(initial=values_of(letter)))


def can_be_written(candidacy: Candidacy, submission: Submission | None) -> bool:
    return candidacy.is_registered and (submission is None or submission.is_open)


def letter_of(submission: Submission | None) -> ApplicationLetter:
    """The letter that is kept, or an empty one that is not."""
    return getattr(submission, "letter", None) or ApplicationLetter()


def save(request: HttpRequest, candidacy: Candidacy, letter: ApplicationLetter) -> HttpResponse:
    """Keep it, and go where the pressed button leads."""
    form = LetterForm(settled(request.POST, letter), initial=values_of(letter))
    return keep_typed(
        request,
        form,
        keep=lambda values, revision: services.save_letter(
            candidacy, values, revision=revision, by=person(request)
        ),
        show=lambda status: show(request, candidacy, letter, form, status=status),
        side_by_side=lambda: side_by_side(request, letter_of(submission_of(candidacy)), form),
        go_on=lambda: go_on(request, candidacy),
    )


def go_on(request: HttpRequest, candidacy: Candidacy) -> HttpResponse:
    """After saving by a button: a word that was told about, back to the checklist, or on."""
    here = reverse("submission:letter")
    return after_saving(request, candidacy, here=here, home=reverse("submission:home"))


def after_saving(
    request: HttpRequest, candidacy: Candidacy, *, here: str, home: str
) -> HttpResponse:
    """Where a pressed button leads: ``here`` is the text's own page, ``home`` its list."""
    if keep_word(request, candidacy):
        return HttpResponseRedirect(f"{here}#noticed")
    return HttpResponseRedirect(home if request.POST.get("then") == "home" else here)


def show(
    request: HttpRequest,
    candidacy: Candidacy,
    letter: ApplicationLetter,
    form: LetterForm,
    *,
    status: int = 200,
) -> HttpResponse:
    """The page with its form, and the facts beside each part."""
    facts = letter_facts(candidacy)
    context = {
        "row": letter,
        "form": form,
        "parts": [{"field": form[name], "facts": facts[name]} for name in letter.PARTS],
        "base": form.data.get("base") or fingerprints(values_of(letter)),
        "version": form.data.get("version") or letter.revision,
        "action": reverse("submission:letter"),
        "breadcrumb": crumbs(_("Letter of application")),
        **noticed_context(candidacy, letter),
    }
    return render(request, "review/letter.html", context, status=status)


def noticed_context(candidacy: Candidacy, letter: ApplicationLetter) -> dict[str, Any]:
    """What was noticed in the saved text."""
    return {
        "noticed": noticed_in(letter, known_words(getattr(candidacy, "portfolio", None))),
        "noticed_url": reverse("submission:letter_noticed"),
        "filled": len(letter.filled_parts()),
        "parts_count": len(letter.PARTS),
        "words": sum(count_words(getattr(letter, name)) for name in letter.TEXTS),
    }


@signed_in
@never_cache
@require_safe
def noticed(request: HttpRequest) -> HttpResponse:
    """The column beside the text anew, after it saved itself."""
    candidacy = candidacy_of(request.user)
    if candidacy is None:
        raise Http404
    letter = letter_of(submission_of(candidacy))
    context = {"row": letter, **noticed_context(candidacy, letter)}
    return render(request, "portfolio/_noticed.html", context)


def side_by_side(request: HttpRequest, letter: ApplicationLetter, form: LetterForm) -> HttpResponse:
    """Both texts, part by part."""
    choices = choices_between(letter, form)
    differing = {item.name for item in choices}
    context = {
        "row": letter,
        "choices": choices,
        "same": [item for item in form.values().items() if item[0] not in differing],
        "base": fingerprints(values_of(letter)),
        "action": reverse("submission:letter"),
        "breadcrumb": crumbs(_("Two versions")),
    }
    return render(request, "portfolio/conflict.html", context, status=409)


def crumbs(here: str) -> list[dict[str, str]]:
    """Where a page below the submission stands."""
    return [
        {"label": _("Your final submission"), "url": reverse("submission:home")},
        {"label": here, "url": ""},
    ]

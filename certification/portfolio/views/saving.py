"""What is typed is kept, by itself or by a button; whatever happens nothing typed is lost."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse

from certification.portfolio.forms.writing import TextsForm
from certification.portfolio.models.writing import Texts
from certification.portfolio.services.writing import StaleWriting
from scip.requirements import Refusal

MOST_DIGITS = 9


def keep_typed(
    request: HttpRequest,
    form: TextsForm,
    *,
    keep: Callable[[dict[str, Any], int], Texts],
    show: Callable[[int], HttpResponse],
    side_by_side: Callable[[], HttpResponse],
    go_on: Callable[[], HttpResponse],
) -> HttpResponse:
    """Save a form and answer: for static/js/autosave.js by status alone, else with a page.

    ``keep`` saves values that began from a revision and returns the row; ``show`` answers with
    the page and its form under a status, ``side_by_side`` with both texts after another window
    saved, ``go_on`` after saving by a button.
    """
    by_itself = request.headers.get("X-Autosave") == "1"
    if not form.is_valid():
        return HttpResponse(status=422) if by_itself else show(422)
    version = request.POST.get("version", "")
    revision = int(version) if version.isdecimal() and len(version) <= MOST_DIGITS else -1
    try:
        saved = keep(form.values(), revision)
    except StaleWriting:
        return HttpResponse(status=409) if by_itself else side_by_side()
    except Refusal as refusal:
        if by_itself:
            return HttpResponse(status=409)
        messages.warning(request, str(refusal.sentence))
        return show(409)
    if by_itself:
        return JsonResponse({"version": saved.revision})
    return go_on()

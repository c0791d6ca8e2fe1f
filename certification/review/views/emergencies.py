"""The page on which somebody of the office opens a frozen submission, and says why."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from certification.portfolio.queries.office import minutes_of
from certification.portfolio.services.office import LEAST_WORDS
from certification.portfolio.views.desk import person
from certification.portfolio.views.office import ask_for_factor, has_fresh_factor
from certification.review.forms.emergencies import FrozenAccessForm
from certification.review.models import Snapshot, Submission
from certification.review.queries.emergencies import accesses_to
from certification.review.services.emergencies import open_frozen
from scip.access import role
from scip.accounts.models import Role
from scip.requirements import Refusal


@role(Role.STAFF)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def office(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Say why, and open what was handed in for a short time; the candidate is told at once.

    Number, day and fingerprint stand here, never a word.
    """
    by = person(request)
    others = Submission.objects.visible_to(by).exclude(candidacy__user=by)
    submission = get_object_or_404(
        others.select_related("candidacy__user", "candidacy__edition", "candidacy__portfolio"),
        pk=pk,
    )
    snapshots = Snapshot.objects.without_texts().filter(submission=submission, erased_at=None)
    snapshot = snapshots.first()
    portfolio = getattr(submission.candidacy, "portfolio", None)
    if snapshot is None or portfolio is None:
        raise Http404
    snapshot.submission = submission
    if not has_fresh_factor(request):
        return ask_for_factor(request)
    form = FrozenAccessForm(request.POST or None, least_words=LEAST_WORDS)
    if request.method == "POST" and form.is_valid():
        try:
            open_frozen(snapshot, by=by, reason=form.cleaned_data["reason"])
        except Refusal as refusal:
            form.add_error(None, str(refusal.sentence))
        else:
            said = _("Open for you. {who} has a letter about it.")
            messages.success(request, said.format(who=submission.user))
            return redirect("submission:frozen", submission.pk)
    context = {
        "submission": submission,
        "snapshot": snapshot,
        "form": form,
        "minutes": minutes_of(portfolio),
        "earlier": accesses_to(snapshot),
    }
    return render(request, "review/office.html", context)

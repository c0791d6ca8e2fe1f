"""The committee's answer as its candidate reads it, and what they say to each of its points."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from certification.candidacy.queries.windows import resubmission_window
from certification.portfolio.queries.noticed import noticed_in
from certification.portfolio.queries.portfolios import known_words
from certification.portfolio.services.writing import values_of
from certification.portfolio.views.conflicts import choices_between, fingerprints, settled
from certification.portfolio.views.desk import person
from certification.portfolio.views.saving import keep_typed
from certification.review.emails.decisions import appeal_words, terms_of
from certification.review.forms.deciding import ResponseForm
from certification.review.models import Ask, Decision, Response, Submission
from certification.review.queries.recourse import decision_card
from certification.review.queries.resubmissions import answers_of
from certification.review.queries.submissions import candidacy_of
from certification.review.services.answers import paper_of
from certification.review.services.resubmitting import begin_again, save_response
from certification.review.views.letter import after_saving, crumbs
from scip.access import signed_in
from scip.credentials.queries import last_certification_of
from scip.credentials.wording import NOT_IN_FORCE
from scip.pdf.decisions import render_answer
from scip.pdf.papers import paper_for_country
from scip.requirements import Refusal


@signed_in
@never_cache
@require_safe
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """The answer to one of one's submissions; 404 before it was sent and for everybody else."""
    rows = Submission.objects.written_by(request.user).select_related("candidacy__user", "edition")
    submission = get_object_or_404(rows, pk=pk)
    return answer_page(request, submission)


@require_safe
@signed_in
def answer_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The same answer on paper, once it was sent: for its candidate, and the office that sent it."""
    told = Decision.objects.visible_to(request.user).filter(state=Decision.State.SENT)
    rows = told.select_related("submission__candidacy__user", "submission__edition")
    return as_pdf(request, get_object_or_404(rows.prefetch_related("asks"), submission=pk))


def as_pdf(request: HttpRequest, decision: Decision) -> HttpResponse:
    """An answer that was sent, on the paper of whoever reads it."""
    paper = paper_for_country(str(person(request).country or ""))
    response = HttpResponse(
        render_answer(paper_of(decision), paper), content_type="application/pdf"
    )
    name = f"committee-answer-{decision.submission_id}.pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def answer_page(request: HttpRequest, submission: Submission) -> HttpResponse:
    """Strengths, what is missing, how and by when, whom to ask, and the way on."""
    told = Decision.objects.visible_to(request.user).filter(
        submission=submission, state=Decision.State.SENT
    )
    decision = get_object_or_404(told.prefetch_related("asks"))
    decision.submission = submission
    if decision.sent_at is None:
        raise Http404
    now = timezone.now()
    window = resubmission_window(
        submission.candidacy, submission.edition, told_at=decision.sent_at, now=now
    )
    is_certified = decision.outcome == Decision.Outcome.CERTIFIED
    credential = last_certification_of(submission.user) if is_certified else None
    newest = submission.candidacy.submissions.order_by("-number").first()
    context = {
        "submission": submission,
        "edition": submission.edition,
        "decision": decision,
        "asks": decision.asks.all(),
        "is_certified": is_certified,
        "credential": credential,
        "not_in_force": NOT_IN_FORCE.get(credential.standing(), "") if credential else "",
        "terms": terms_of(decision, until=window.last_on),
        "appeal": decision_card(decision, appeal_words(decision), now=now),
        "until": window.last_on,
        "window": window,
        "is_in_time": window.is_open(now),
        "is_newest": newest is not None and newest.pk == submission.pk,
        "may_go_on": submission.candidacy.is_registered,
    }
    return render(request, "review/decision/answer.html", context)


@require_POST
@signed_in
def begin(request: HttpRequest) -> HttpResponse:
    """Begin the resubmission, or the whole submission after its time."""
    candidacy = candidacy_of(request.user)
    if candidacy is None:
        raise Http404
    try:
        begin_again(candidacy, by=person(request))
    except Refusal as refusal:
        messages.warning(request, str(refusal.sentence))
    return redirect("submission:home")


def own_resubmission(request: HttpRequest) -> Submission:
    """The person's resubmission that is open; 404 if there is none."""
    rows = Submission.objects.written_by(request.user).filter(
        state__in=Submission.OPEN, follows__isnull=False
    )
    found = rows.select_related("candidacy__user", "edition", "follows").order_by("-number")
    return get_object_or_404(found[:1])


@signed_in
@never_cache
@require_safe
def responses(request: HttpRequest) -> HttpResponse:
    """Every point with what was written to it so far."""
    submission = own_resubmission(request)
    answers = answers_of(submission)
    context = {
        "submission": submission,
        "answers": answers,
        "done": sum(item.is_there for item in answers),
        "is_open": submission.is_open,
        "breadcrumb": crumbs(_("Your answers")),
    }
    return render(request, "review/decision/responses.html", context)


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def response(request: HttpRequest, number: int) -> HttpResponse:
    """One point with one's answer; it saves itself."""
    submission, ask = own_point(request, number)
    if not submission.is_open:
        return redirect("submission:responses")
    row = said_to(submission, ask)
    if request.method != "POST":
        return show(request, submission, ask, row, ResponseForm(initial=values_of(row)))
    form = ResponseForm(settled(request.POST, row), initial=values_of(row))
    return keep_typed(
        request,
        form,
        keep=lambda values, revision: save_response(
            submission, ask, values, revision=revision, by=person(request)
        ),
        show=lambda status: show(request, submission, ask, row, form, status=status),
        side_by_side=lambda: side_by_side(request, ask, said_to(submission, ask), form),
        go_on=lambda: after_saving(
            request,
            submission.candidacy,
            here=reverse("submission:response", args=[number]),
            home=reverse("submission:responses"),
        ),
    )


def own_point(request: HttpRequest, number: int) -> tuple[Submission, Ask]:
    """The person's open resubmission and one of its points; 404 for others."""
    submission = own_resubmission(request)
    rows = Ask.objects.filter(decision__submission=submission.follows_id).select_related("decision")
    return submission, get_object_or_404(rows, number=number)


@signed_in
@never_cache
@require_safe
def noticed(request: HttpRequest, number: int) -> HttpResponse:
    """The column beside the text anew, after it saved itself."""
    submission, ask = own_point(request, number)
    context = noticed_context(submission, ask, said_to(submission, ask))
    return render(request, "portfolio/_noticed.html", context)


def noticed_context(submission: Submission, ask: Ask, row: Response) -> dict[str, Any]:
    """What was noticed in the saved text."""
    words = known_words(getattr(submission.candidacy, "portfolio", None))
    return {
        "row": row,
        "noticed": noticed_in(row, words),
        "noticed_url": reverse("submission:response_noticed", args=[ask.number]),
        "filled": len(row.filled_parts()),
        "parts_count": len(row.PARTS),
    }


def said_to(submission: Submission, ask: Ask) -> Response:
    """What is kept, or an empty row that is not."""
    found = Response.objects.filter(submission=submission, ask=ask).first()
    return found or Response(submission=submission, ask=ask)


def show(
    request: HttpRequest,
    submission: Submission,
    ask: Ask,
    row: Response,
    form: ResponseForm,
    *,
    status: int = 200,
) -> HttpResponse:
    """The page with its form."""
    context: dict[str, Any] = {
        "ask": ask,
        "form": form,
        "base": form.data.get("base") or fingerprints(values_of(row)),
        "version": form.data.get("version") or row.revision,
        "action": reverse("submission:response", args=[ask.number]),
        **noticed_context(submission, ask, row),
        "breadcrumb": [
            *crumbs(_("Your answers"))[:1],
            {"label": _("Your answers"), "url": reverse("submission:responses")},
            {"label": str(ask), "url": ""},
        ],
    }
    return render(request, "review/decision/response.html", context, status=status)


def side_by_side(request: HttpRequest, ask: Ask, row: Response, form: ResponseForm) -> HttpResponse:
    """Both windows' texts."""
    context = {
        "row": row,
        "choices": choices_between(row, form),
        "same": [],
        "base": fingerprints(values_of(row)),
        "action": reverse("submission:response", args=[ask.number]),
        "breadcrumb": crumbs(_("Two versions")),
    }
    return render(request, "portfolio/conflict.html", context, status=409)

"""Questions between the committee and a candidate: through the chair, and without a name."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from certification.portfolio.views.desk import done, person
from certification.review.forms.reading import AnswerForm, QuestionForm, SendForm, WithholdForm
from certification.review.models import Assignment, Question, Submission
from certification.review.queries.reading import questions_in, questions_to
from certification.review.queries.submissions import candidacy_of, submission_of
from certification.review.services import reading as services
from certification.review.views.letter import crumbs
from certification.review.views.reading import page, room_of
from scip.access import signed_in

Seat = Assignment.Seat


@require_POST
@signed_in
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """A reader asks; the chair sees it first."""
    room = room_of(request, pk)
    form = QuestionForm(request.POST)
    if not form.is_valid():
        return page(request, room, question_form=form, status=422)
    done(
        request,
        lambda: services.ask_candidate(room, form.cleaned_data["text"], by=person(request)),
        _("Your question is with the chair."),
    )
    return redirect(f"{reverse('review:room', args=[pk])}#questions")


def waiting_question(request: HttpRequest, pk: int, question: int) -> tuple[Assignment, Question]:
    """A question of the chair's submission; 404 for everybody but the chair."""
    room = room_of(request, pk)
    if room.seat != Seat.CHAIR:
        raise Http404
    rows = questions_in(room).select_related(
        "assignment__member", "assignment__submission__candidacy__user"
    )
    return room, get_object_or_404(rows, pk=question)


@require_POST
@signed_in
def send(request: HttpRequest, pk: int, question: int) -> HttpResponse:
    """The chair passes a question on."""
    room, row = waiting_question(request, pk, question)
    form = SendForm(request.POST, prefix=f"q{row.pk}")
    if not form.is_valid():
        return page(request, room, wrong=request.POST, status=422)
    done(
        request,
        lambda: services.send_question(row, form.cleaned_data["text"], by=person(request)),
        _("It is on its way to the candidate, without a name."),
    )
    return redirect(f"{reverse('review:room', args=[pk])}#questions")


@require_POST
@signed_in
def withhold(request: HttpRequest, pk: int, question: int) -> HttpResponse:
    """The chair keeps a question back, and says why."""
    room, row = waiting_question(request, pk, question)
    form = WithholdForm(request.POST, prefix=f"q{row.pk}")
    if not form.is_valid():
        return page(request, room, wrong=request.POST, status=422)
    done(
        request,
        lambda: services.withhold_question(row, form.cleaned_data["reason"], by=person(request)),
        _("It stays with the committee; whoever asked reads why."),
    )
    return redirect(f"{reverse('review:room', args=[pk])}#questions")


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD"])
def questions(request: HttpRequest) -> HttpResponse:
    """The candidate's page: what the committee asked, and the answers."""
    return candidates_page(request)


def candidates_page(request: HttpRequest, wrong: AnswerForm | None = None) -> HttpResponse:
    """The page as it stands; an answer that could not be taken is shown again."""
    candidacy = candidacy_of(request.user)
    submission = submission_of(candidacy) if candidacy is not None else None
    rows = list(questions_to(submission)) if submission is not None else []
    is_open = submission is not None and submission.state == Submission.State.SUBMITTED
    items = [
        {
            "question": row,
            "form": wrong
            if wrong is not None and wrong.prefix == f"q{row.pk}"
            else AnswerForm(prefix=f"q{row.pk}"),
        }
        for row in rows
    ]
    context = {
        "submission": submission,
        "items": items,
        "is_open": is_open,
        "wrong_form": wrong,
        "breadcrumb": crumbs(_("Questions of the committee")),
    }
    status = 422 if wrong is not None else 200
    return render(request, "review/questions.html", context, status=status)


@require_POST
@signed_in
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """The candidate answers."""
    rows = Question.objects.asked_of(request.user).select_related(
        "assignment__submission__candidacy__user"
    )
    row = get_object_or_404(rows, pk=pk)
    form = AnswerForm(request.POST, prefix=f"q{row.pk}")
    if not form.is_valid():
        return candidates_page(request, form)
    done(
        request,
        lambda: services.answer_question(row, form.cleaned_data["answer"], by=person(request)),
        _("Thank you. Your answer is with the committee."),
    )
    return redirect("submission:questions")

"""One page from the first look to the confirmation: what is asked, the button, what comes next."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from certification.candidacy.forms.registration import ATTESTATION, AttestationForm
from certification.candidacy.models import Candidacy
from certification.portfolio.views.desk import done, person
from certification.review import services
from certification.review.forms.submission import NotToReadForm
from certification.review.models import Dossier, NotToRead, Submission
from certification.review.queries.reading import questions_open_to
from certification.review.queries.resubmissions import asks_points_alone
from certification.review.queries.submissions import candidacy_of, evidence_of, submission_of
from certification.review.requirements.resubmission import WINDOW
from certification.review.requirements.submission import (
    FEE,
    answer_day,
    fee_cents,
    holding_up_submission,
    submission_findings,
)
from certification.review.services.submitting import fee_terms
from certification.review.views.resubmission import answer_page
from scip.access import signed_in
from scip.requirements import Refusal

State = Submission.State


@signed_in
@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The checklist with its button; once submitted, what happens next and by when."""
    return page(request)


def page(
    request: HttpRequest,
    *,
    attest_form: AttestationForm | None = None,
    name_form: NotToReadForm | None = None,
) -> HttpResponse:
    """The page as it stands; a form that could not be taken is shown again."""
    candidacy = candidacy_of(request.user)
    if candidacy is None or candidacy.edition is None:
        return render(request, "review/submission.html", {"candidacy": None})
    submission = submission_of(candidacy)
    if submission is not None and submission.state == State.SUBMITTED:
        return render(request, "review/submitted.html", sent_context(submission))
    if submission is not None and submission.state in {State.CERTIFIED, State.DEVELOPMENT}:
        return answer_page(request, submission)
    is_again = submission is not None and submission.follows_id is not None
    wrong_form = attest_form or name_form
    context = {
        "candidacy": candidacy,
        "submission": submission,
        "edition": candidacy.edition,
        "is_open": candidacy.is_registered,
        "is_again": is_again,
        "price_cents": fee_cents(candidacy.edition, is_again=is_again),
        "attest_form": attest_form or AttestationForm(name=person(request).name),
        "name_form": name_form or NotToReadForm(),
        "wrong_form": wrong_form,
        "wording": ATTESTATION,
        "terms": fee_terms().sentences,
        "names": NotToRead.objects.visible_to(request.user).filter(submission=submission),
        **gate(candidacy, submission),
    }
    return render(request, "review/submission.html", context)


def gate(candidacy: Candidacy, submission: Submission | None) -> dict[str, Any]:
    """The findings, what is still in the way, and how the fee stands."""
    if candidacy.edition is None:
        raise Http404
    evidence = evidence_of(candidacy, submission)
    edition = submission.edition if submission is not None else candidacy.edition
    findings = submission_findings(evidence, edition=edition)
    unmet = holding_up_submission(findings)
    return {
        "findings": findings,
        "unmet": unmet,
        "is_ready": not unmet and candidacy.is_registered,
        "is_waiting": submission is not None and submission.state == State.AWAITING_PAYMENT,
        "is_paid": evidence.fee is not None and evidence.fee.counts,
        "attestation": next((item for item in findings if item.code == "attested_again"), None),
        "fee": next(item for item in findings if item.code == FEE),
        "is_late": any(item.code == WINDOW and not item.is_met for item in findings),
    }


def sent_context(submission: Submission) -> dict[str, Any]:
    """What the page says once it is with the committee."""
    if submission.submitted_at is None:
        raise Http404
    dossiers = Dossier.objects.visible_to(submission.user).filter(snapshot__submission=submission)
    return {
        "submission": submission,
        "edition": submission.edition,
        "is_again": asks_points_alone(submission),
        "answer_by": answer_day(submission.submitted_at, submission.edition),
        "questions_open": questions_open_to(submission.user),
        "dossier": dossiers.select_related("snapshot").defer(
            "snapshot__content", "snapshot__recommendation"
        ).first(),
    }  # fmt: skip


def registered(request: HttpRequest) -> Candidacy:
    """The person's registration; 404 for whoever has none."""
    candidacy = candidacy_of(request.user)
    if candidacy is None:
        raise Http404
    return candidacy


@require_POST
@signed_in
def attest(request: HttpRequest) -> HttpResponse:
    """Keep the word on client sessions, given anew."""
    candidacy = registered(request)
    form = AttestationForm(request.POST, name=person(request).name)
    if form.is_valid():
        try:
            services.attest_again(
                candidacy, wording=str(ATTESTATION), by=person(request), **form.cleaned_data
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal.sentence))
        else:
            messages.success(request, _("Your word is kept, with the day and the sentence."))
            return redirect("submission:home")
    return page(request, attest_form=form)


@require_POST
@signed_in
def name_not_to_read(request: HttpRequest) -> HttpResponse:
    """Name somebody who should not read it."""
    candidacy, form = registered(request), NotToReadForm(request.POST)
    if form.is_valid():
        try:
            row = services.name_not_to_read(candidacy, by=person(request), **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(None, str(refusal.sentence))
        else:
            # A colleague may be allowed (`domain.md`, conflicts), so nothing else is promised.
            sentence = (
                _("Noted. They read it only where the office or the chair finds that they may.")
                if row.tie == NotToRead.Tie.COLLEAGUE
                else _("Noted. That person will not be asked to read it.")
            )
            messages.success(request, sentence)
            return redirect("submission:home")
    return page(request, name_form=form)


@require_POST
@signed_in
def forget_not_to_read(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a name off the list."""
    rows = NotToRead.objects.filter(submission__in=Submission.objects.written_by(request.user))
    row = get_object_or_404(rows.select_related("submission__candidacy__user"), pk=pk)
    done(
        request,
        lambda: services.forget_not_to_read(row, by=person(request)),
        _("{name} is off the list.").format(name=row.name),
    )
    return redirect("submission:home")


@require_POST
@signed_in
def confirm(request: HttpRequest) -> HttpResponse:
    """Submit: on to the fee, or to the confirmation where it is paid already."""
    submission = own(request)
    try:
        submission = services.submit(submission, by=person(request))
    except Refusal as refusal:
        messages.warning(request, str(refusal.sentence))
        return redirect("submission:home")
    if submission.state == State.AWAITING_PAYMENT and submission.charge is not None:
        return redirect("payments:pay", submission.charge.pk)
    return redirect("submission:home")


@require_POST
@signed_in
def put_back(request: HttpRequest) -> HttpResponse:
    """Take an unpaid submission back to its preparation."""
    submission = own(request)
    done(
        request,
        lambda: services.put_back(submission, by=person(request)),
        _("Nothing is owed any more. What you prepared is kept for whenever it suits."),
    )
    return redirect("submission:home")


def own(request: HttpRequest) -> Submission:
    """The person's submission that is alive; 404 if there is none."""
    rows = Submission.objects.written_by(request.user).live()
    return get_object_or_404(
        rows.select_related("candidacy__user", "edition", "charge", "letter")
        .order_by("-candidacy__active_at")[:1]
    )  # fmt: skip

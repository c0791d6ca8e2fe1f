"""The recommendation: written by the supervisor, its outcome read by the candidate."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scip.access import signed_in
from scip.requirements import Refusal
from supervision.forms.recommendations import STEPS, PartForm, steps_of
from supervision.models import Agreement, Recommendation
from supervision.queries.agreements import is_former, with_people
from supervision.queries.material import is_open_to_author
from supervision.queries.recommendations import (
    draft_in,
    may_go_on,
    second_looks,
    told_of,
    told_window,
    written_by,
)
from supervision.queries.sessions import evidence_of
from supervision.requirements.recommendations import hoped_for, may_recommend
from supervision.services import recommendations as services
from supervision.views.agreements import crumbs, done, person

State = Recommendation.State


def guided_agreement(request: HttpRequest, pk: int) -> Agreement:
    """An agreement in which one is the supervisor; 404 for everybody else, the candidate too."""
    rows = with_people(Agreement.objects.of_pair(request.user))
    return get_object_or_404(rows.filter(supervisor__user=person(request)), pk=pk)


def refusal_of(agreement: Agreement, request: HttpRequest) -> str:
    """Why nothing can be written now, in a sentence; empty where it can."""
    try:
        services.refuse_unready(agreement, person(request), timezone.now())
        services.refuse_recommended(agreement, person(request))
    except Refusal as refusal:
        return str(refusal.sentence)
    return ""


@require_safe
@signed_in
def recommendation_read(request: HttpRequest, pk: int) -> HttpResponse:
    """The author's page: what stands before it, the draft whole, what was sent."""
    agreement = guided_agreement(request, pk)
    rows = written_by(request.user, agreement)
    draft = draft_in(rows)
    edition = agreement.candidacy.edition
    refusal = refusal_of(agreement, request)
    # What became of the person, and of one's letter, is not told to who supervises them no more.
    was = is_former(agreement, request.user)
    is_closed = was and State.SENT not in {row.state for row in rows}
    again = second_looks().filter(agreement=agreement).first()
    missing = services.missing_parts(draft) if draft else []
    context = {
        "agreement": agreement,
        "draft": draft,
        "parts": parts_of(draft, agreement) if draft else [],
        "is_whole": draft is not None and not missing,
        "next_url": reverse("supervision:recommendation_part", args=[pk, next_step(draft)]),
        "sent": [(row, parts_of(row)) for row in rows if row.state != State.DRAFT],
        "may_write": not refusal,
        "is_closed": is_closed,
        "is_asked_again": again is not None,
        "hoped": hoped_for(again.due_at, timezone.now()) if again else "",
        "is_open_again": again is not None and is_open_to_author(pk),
        "is_accompanied": not was,
        "may_go_on": not is_closed
        and agreement.candidacy.further_since is None
        and may_go_on(agreement),
        "refusal": refusal,
        "findings": may_recommend(
            evidence_of(agreement.candidacy), edition=edition, agreement=agreement.pk
        )
        if edition and not is_closed
        else (),
        "breadcrumb": crumbs(agreement, request.user, _("Recommendation")),
    }
    return render(request, "supervision/recommendation_read.html", context)


def parts_of(row: Recommendation, agreement: Agreement | None = None) -> list[dict[str, object]]:
    """The letter's parts for reading; with ``agreement``, each with the page where it is written."""
    return [
        {
            "label": Recommendation._meta.get_field(STEPS[step][0]).verbose_name,  # type: ignore[union-attr]
            "text": row.get_outcome_display() if step == "view" else getattr(row, STEPS[step][0]),
            "url": reverse("supervision:recommendation_part", args=[agreement.pk, step])
            if agreement
            else "",
        }
        for step in steps_of(row.outcome)
    ]


def next_step(draft: Recommendation | None) -> str:
    """The first step that is still open, or the first of all."""
    missing = services.missing_parts(draft) if draft else []
    return next((step for step in STEPS if STEPS[step][0] in missing), "view")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def recommendation_part(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """One part of the letter; saving it leads to the next."""
    agreement = guided_agreement(request, pk)
    if step not in STEPS:
        raise Http404
    refusal = refusal_of(agreement, request)
    if refusal:
        messages.error(request, refusal)
        return redirect("supervision:recommendation", pk)
    draft = draft_in(written_by(request.user, agreement)) or Recommendation()
    # A form of its own object: what it can't take never reaches the draft that is shown beside.
    part = STEPS[step][0]
    form = PartForm(request.POST or None, step=step, initial={part: getattr(draft, part)})
    if request.method == "POST" and form.is_valid():

        def save() -> None:
            services.save_part(agreement, by=person(request), **form.cleaned_data)

        if done(request, save, _("Saved. Nobody sees it but you until you send it.")):
            outcome = form.cleaned_data.get("outcome", draft.outcome)
            return redirect(after(step, outcome, pk))
    steps = steps_of(draft.outcome)
    context = {
        "agreement": agreement,
        "form": form,
        "stepper": [
            {
                "label": STEPS[name][1],
                "state": "now"
                if name == step
                else "done"
                if getattr(draft, STEPS[name][0])
                else "ahead",
                "url": reverse("supervision:recommendation_part", args=[pk, name]),
            }
            for name in steps
        ],
        "position": steps.index(step) + 1 if step in steps else len(steps),
        "count": len(steps),
        "breadcrumb": crumbs(agreement, request.user, _("Recommendation")),
    }
    return render(request, "supervision/recommendation_part.html", context)


def after(step: str, outcome: str, pk: int) -> str:
    """Where saving a step leads: to the next one, and after the last to the whole letter."""
    steps = steps_of(outcome)
    place = steps.index(step) + 1 if step in steps else len(steps)
    if place < len(steps):
        return reverse("supervision:recommendation_part", args=[pk, steps[place]])
    return reverse("supervision:recommendation", args=[pk])


@require_POST
@signed_in
def recommendation_send(request: HttpRequest, pk: int) -> HttpResponse:
    """To the committee, once."""
    agreement = guided_agreement(request, pk)
    rows = written_by(request.user, agreement)
    row = draft_in(rows) or next(iter(rows), None)
    if row is None:
        messages.error(request, _("There is no letter yet. Nothing was sent."))
        return redirect("supervision:recommendation", pk)

    def send() -> None:
        services.send_recommendation(row, by=person(request))

    said = _("Your letter is with the committee. {name} is told that it was sent, and its outcome.")
    done(request, send, said.format(name=agreement.candidacy.user))
    return redirect("supervision:recommendation", pk)


@require_safe
@signed_in
def outcome(request: HttpRequest, pk: int) -> HttpResponse:
    """The candidate's page: was it sent, its outcome, and what comes next."""
    rows = with_people(Agreement.objects.of_pair(request.user))
    agreement = get_object_or_404(rows.filter(candidacy__user=person(request)), pk=pk)
    told = told_of([agreement.candidacy_id]).get(agreement.candidacy_id)
    edition = agreement.candidacy.edition
    window = told_window(agreement.candidacy, told)
    context = {
        "agreement": agreement,
        "told": told,
        "hoped": hoped_for(told.due_at, timezone.now()) if told else "",
        "is_open_to_author": told is not None
        and told.remanded_at is not None
        and is_open_to_author(told.agreement),
        "may_go_on": may_go_on(agreement),
        "appeal_window": window,
        "is_appeal_over": window is not None and not window.is_open(timezone.now()),
        "appeal_days": edition.appeal_days if edition else None,
        "breadcrumb": crumbs(agreement, request.user, _("Recommendation")),
    }
    return render(request, "supervision/outcome.html", context)

"""What ties a reader to a candidate, told after the declaration, and taken back."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from certification.portfolio.views.desk import done, person
from certification.review.forms.assigning import WhyForm
from certification.review.forms.reading import TieForm
from certification.review.models import Assignment, DeclaredTie, PanelSeat, Submission
from certification.review.services import tying
from certification.review.services.hearing import OPEN
from certification.review.views.asked import assignment_of, crumbs
from certification.review.views.hearing import own_seat
from scip.access import signed_in
from scip.accounts.models import Role, User

State = Assignment.State


def own_ties(request: HttpRequest) -> Any:
    """What the person told, the newest first."""
    rows = DeclaredTie.objects.visible_to(request.user).filter(member=person(request))
    return rows.select_related("candidate").order_by("-declared_at", "-pk")


@signed_in
@never_cache
@require_safe
def told(request: HttpRequest) -> HttpResponse:
    """Every tie that the person told of, for the committee or a panel."""
    return page(request)


def page(request: HttpRequest, *, wrong: WhyForm | None = None, pk: int = 0) -> HttpResponse:
    """The ties, each with its form; ``wrong`` is shown again at the tie ``pk``."""
    rows: list[Any] = list(own_ties(request))
    for row in rows:
        is_wrong = wrong is not None and row.pk == pk
        row.form = wrong if is_wrong else WhyForm(prefix=f"tie-{row.pk}")
    context = {
        "rows": rows,
        "wrong_form": wrong,
        "breadcrumb": [root_of(person(request)), {"label": _("Ties you told us of"), "url": ""}],
    }
    return render(request, "review/room/ties.html", context, status=422 if wrong else 200)


def root_of(user: User) -> dict[str, str]:
    """The desk that they come from: the committee's, or the one of whoever hears appeals."""
    if user.has_role(Role.REVIEWER, Role.CHAIR):
        return {"label": _("Reading room"), "url": reverse("review:desk")}
    return {"label": _("Appeals"), "url": reverse("hearing:desk")}


@signed_in
@require_POST
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """It is not so (any more); with a reason, which the office reads. A second press leads on."""
    tie = own_ties(request).filter(pk=pk).first()
    if tie is None and tying.was_taken_back(pk, person(request)):
        return redirect("review:ties")
    if tie is None:
        raise Http404
    form = WhyForm(request.POST, prefix=f"tie-{tie.pk}")
    if not form.is_valid():
        return page(request, wrong=form, pk=pk)
    reason, by = form.cleaned_data["reason"], person(request)
    act = lambda: tying.take_back_tie(tie, reason=reason, by=by)  # noqa: E731
    done(request, act, _("Taken back. The office has your reason."))
    return redirect("review:ties")


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tell(request: HttpRequest, pk: int) -> HttpResponse:
    """Something ties one after all; once the declaration was made and while it is read."""
    assignment = assignment_of(request, pk)
    is_read = assignment.submission.state == Submission.State.SUBMITTED
    if not is_read or assignment.state not in {State.DECLARED, *Assignment.READING}:
        raise Http404
    known = own_ties(request).filter(candidate=assignment.submission.user)
    data = request.POST if request.method == "POST" else None
    form = TieForm(data, told=set(known.values_list("kind", flat=True)))
    if form.is_valid():
        facts, by = form.cleaned_data, person(request)
        act = lambda: tying.add_tie(  # noqa: E731
            assignment, kind=facts["kind"], words=facts["words"], by=by
        )
        done(request, act, _("Thank you for saying so. It counts from now on."))
        return redirect("review:room", pk)
    context = {
        "candidate": assignment.submission.user,
        "back": reverse("review:room", args=[pk]),
        "form": form,
        "known": known,
        "breadcrumb": crumbs(_("Something ties me"), assignment),
    }
    status = 422 if form.is_bound else 200
    return render(request, "review/room/tell_tie.html", context, status=status)


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tell_of_seat(request: HttpRequest, pk: int) -> HttpResponse:
    """The same for whoever hears an appeal; it ends their part."""
    seat = own_seat(request, pk)
    if seat.state not in PanelSeat.READING or seat.appeal.state not in OPEN:
        raise Http404
    form = TieForm(request.POST if request.method == "POST" else None, is_panel=True)
    if form.is_valid():
        facts, by = form.cleaned_data, person(request)
        act = lambda: tying.add_tie_to_seat(  # noqa: E731
            seat, kind=facts["kind"], words=facts["words"], by=by
        )
        done(request, act, _("Thank you for saying so. Somebody else is asked."))
        return redirect("hearing:seat", pk)
    here = reverse("hearing:seat", args=[pk])
    context = {
        "candidate": seat.appeal.user,
        "back": here,
        "is_panel": True,
        "form": form,
        "breadcrumb": [
            {"label": _("Appeals"), "url": reverse("hearing:desk")},
            {"label": str(seat.appeal.user), "url": here},
            {"label": _("Something ties me")},
        ],
    }
    status = 422 if form.is_bound else 200
    return render(request, "review/room/tell_tie.html", context, status=status)

"""The facilitator's word about a request that a missed session may count."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from cohorts.forms.exceptions import CommentForm
from cohorts.models import AbsenceException, Cohort, ExceptionComment
from cohorts.models.enrolments import AbsenceExceptionQuerySet
from cohorts.services.exceptions import comment_on_exception
from scip.access import role
from scip.accounts.models import Role
from scip.requirements import Refusal


def exceptions_in_my_cohorts(request: HttpRequest) -> AbsenceExceptionQuerySet:
    """Requests of people whose cohort this person leads, without their own."""
    return (
        AbsenceException.objects.visible_to(request.user)
        .filter(enrolment__cohort__in=Cohort.objects.facilitated_by(request.user))
        .exclude(enrolment__user_id=request.user.pk or 0)
        .select_related("enrolment__user", "enrolment__cohort", "session")
    )


@role(Role.FACILITATOR)
def exception(request: HttpRequest, pk: int) -> HttpResponse:
    """Read one request, and say a word about it to the office."""
    found = get_object_or_404(exceptions_in_my_cohorts(request), pk=pk)
    is_open = found.state in AbsenceException.UNDER_WAY
    form = CommentForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            comment_on_exception(found, text=form.cleaned_data["text"], by=request.user)
        except Refusal as refusal:
            messages.error(request, str(refusal.sentence))
        else:
            messages.success(request, _("Thank you. The office has your word beside the request."))
        return redirect("facilitate:exception", pk=pk)
    return render(
        request,
        "cohorts/exception_comment.html",
        {
            "exception": found,
            "cohort": found.enrolment.cohort,
            "session": found.session,
            "comments": ExceptionComment.objects.visible_to(request.user)
            .filter(exception=found)
            .select_related("author"),
            "form": form if is_open else None,
            "breadcrumb": [
                {"label": _("My cohorts"), "url": "/facilitate/"},
                {
                    "label": found.enrolment.cohort.title,
                    "url": f"/facilitate/{found.enrolment.cohort_id}/",
                },
                {"label": _("A missed session")},
            ],
        },
    )

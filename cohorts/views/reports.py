"""The facilitator's import of a meeting's participant report, in two steps."""

from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache

from cohorts.forms.reports import ReportForm, WhoForm
from cohorts.meeting_reports import Stay, UnreadableReport, joined, read_report
from cohorts.models import Session
from cohorts.services.reports import packed, plan_marks, save_report, unpacked
from cohorts.views.facilitate import my_cohort
from scip.access import role
from scip.accounts.models import Role

# Nothing of a report is kept here: it travels, signed, with the page in between.
LONGEST_PAUSE = 24 * 3600


@role(Role.FACILITATOR)
@never_cache
def session_report(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Upload, see who was who, save. Nothing is saved before the second step."""
    cohort = my_cohort(request, pk)
    meeting = get_object_or_404(
        Session.objects.select_related("cohort"), cohort=cohort, number=number
    )
    if meeting.state == Session.State.CANCELLED or meeting.starts_at > timezone.now():
        messages.error(request, _("A report can be read once the session has begun."))
        return redirect("facilitate:roster", pk=pk)
    zones = [cohort.time_zone, request.user.time_zone]  # type: ignore[union-attr]
    form = ReportForm(request.POST or None, request.FILES or None, zones=zones)
    who: WhoForm | None = None
    if "report" in request.POST:
        who = who_form(request, meeting)
        if who is None:
            messages.error(request, _("That took long. Please choose the report once more."))
            return redirect("facilitate:report", pk=pk, number=number)
        if who.is_valid():
            return saved(request, meeting, who)
    elif request.method == "POST" and form.is_valid():
        try:
            stays = read_files(form, meeting)
        except UnreadableReport as problem:
            form.add_error("reports", str(problem))
        else:
            sealed = signing.dumps(packed(stays), salt=salt_of(meeting), compress=True)
            who = WhoForm(initial={"report": sealed}, plan=plan_marks(meeting, stays))
    return render(request, "cohorts/session_report.html", context_of(meeting, form, who))


def read_files(form: ReportForm, meeting: Session) -> list[Stay]:
    """All stays of all files."""
    around = (meeting.starts_at, meeting.ends_at)
    return joined(
        read_report(file.read(), zone=form.zone_info, around=around)
        for file in form.cleaned_data["reports"]
    )


def salt_of(meeting: Session) -> str:
    """A report read for one session is not taken for another."""
    return f"cohorts.report.{meeting.pk}"


def stays_in(request: HttpRequest, meeting: Session) -> list[Stay] | None:
    """The report that travelled with the page; None if it is too old or not ours."""
    try:
        rows = signing.loads(
            request.POST.get("report", ""), salt=salt_of(meeting), max_age=LONGEST_PAUSE
        )
    except signing.BadSignature:
        return None
    return unpacked(rows)


def who_form(request: HttpRequest, meeting: Session) -> WhoForm | None:
    stays = stays_in(request, meeting)
    return None if stays is None else WhoForm(request.POST, plan=plan_marks(meeting, stays))


def saved(request: HttpRequest, meeting: Session, who: WhoForm) -> HttpResponse:
    """Save the marks and say how many; refusals one by one."""
    outcome = save_report(
        meeting,
        stays_in(request, meeting) or [],
        choices=who.choices,
        replace_marks=who.cleaned_data["replace_marks"],
        others_absent=who.cleaned_data["others_absent"],
        by=request.user,
    )
    for sentence in outcome.refusals:
        messages.warning(request, sentence)
    messages.success(
        request,
        ngettext(
            "Session {number}: {count} mark saved from the report.",
            "Session {number}: {count} marks saved from the report.",
            outcome.marks,
        ).format(number=meeting.number, count=outcome.marks),
    )
    return redirect("facilitate:roster", pk=meeting.cohort_id)


def context_of(meeting: Session, form: ReportForm, who: WhoForm | None) -> dict[str, Any]:
    cohort = meeting.cohort
    lines = []
    if who is not None:
        lines = [
            {
                "line": line,
                "field": who[f"guest-{place}"] if f"guest-{place}" in who.fields else None,
            }
            for place, line in enumerate(who.plan.lines)
        ]
    return {
        "cohort": cohort,
        "session": meeting,
        "form": form,
        "who": who,
        "lines": lines,
        "breadcrumb": [
            {"label": _("My cohorts"), "url": "/facilitate/"},
            {"label": cohort.title, "url": f"/facilitate/{cohort.pk}/"},
            {
                "label": _("Session {number}").format(number=meeting.number),
                "url": f"/facilitate/{cohort.pk}/sessions/{meeting.number}/",
            },
            {"label": _("Participant report")},
        ],
    }

"""The committee's reading room: the desk, what was frozen beside the rubric, notes, one's own view."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from certification.portfolio.services.writing import values_of
from certification.portfolio.views.conflicts import (
    choices_between,
    choices_in,
    fingerprints,
    settled,
    settled_by,
)
from certification.portfolio.views.desk import done, person
from certification.portfolio.views.saving import keep_typed
from certification.review.forms.reading import (
    NotesForm,
    QuestionForm,
    SendForm,
    ViewForm,
    WithholdForm,
    as_values,
    split_values,
)
from certification.review.models import (
    Assignment,
    Dossier,
    EndReason,
    Question,
    Submission,
    View,
    ViewLine,
)
from certification.review.queries.appeals import panel_asks
from certification.review.queries.dossiers import chapters
from certification.review.queries.queue import ties_to_allow
from certification.review.queries.reading import (
    answers_led_by,
    desk_of,
    excerpts_open_to,
    lines_in,
    may_see_views,
    notes_of,
    questions_in,
    rooms_open_to,
    view_of,
    views_of,
)
from certification.review.queries.snapshots import content_of, recommendation_in
from certification.review.requirements.rubric import (
    RubricLine,
    group_titles,
    rubric,
    view_findings,
)
from certification.review.services import reading as services
from certification.review.views.asked import asked, assignment_of, crumbs
from scip.access import role, signed_in
from scip.accounts.models import Role

State, Seat = Assignment.State, Assignment.Seat


@role(Role.REVIEWER, Role.CHAIR)
@never_cache
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """What somebody was asked to read, and what waits for whom."""
    return render(request, "review/room/desk.html", {"desk": desk_of(request.user)})


def room_of(request: HttpRequest, pk: int) -> Assignment:
    """The assignment whose room the person may enter now; 404 otherwise."""
    rows = rooms_open_to(request.user).select_related(
        "member",
        "submission__candidacy__user",
        "submission__edition",
        "submission__snapshot",
    )
    room = get_object_or_404(rows, pk=pk)
    if room.submission.snapshot.erased_at is not None:
        raise Http404
    return room


@signed_in
@never_cache
@require_safe
def room(request: HttpRequest, pk: int) -> HttpResponse:
    """The room; before it opens, what is asked first; once it is shut, why."""
    assignment = assignment_of(request, pk)
    if rooms_open_to(request.user).filter(pk=pk).exists():
        return page(request, room_of(request, pk))
    if (
        assignment.state == State.ASKED
        and assignment.submission.state == Submission.State.SUBMITTED
    ):
        return asked(request, assignment)
    return render(request, "review/room/shut.html", shut_context(assignment))


def shut_context(assignment: Assignment) -> dict[str, Any]:
    """Which of the reasons it is, for a sentence."""
    if assignment.submission.state != Submission.State.SUBMITTED:
        why = "answered"
    elif assignment.state in Assignment.READING:
        waits = ties_to_allow().filter(pk=assignment.pk).exists()
        why = "waits" if waits else "barred"
    elif assignment.end_code == EndReason.TIE:
        why = "tied"
    else:
        why = assignment.state
    return {
        "assignment": assignment,
        "why": why,
        "may_tell": why in {"waits", State.DECLARED},
        "has_letter": answers_led_by(assignment.member).filter(pk=assignment.pk).exists(),
        "breadcrumb": crumbs(_("Shut")),
    }


def page(
    request: HttpRequest,
    room: Assignment,
    *,
    view_form: ViewForm | None = None,
    notes_form: NotesForm | None = None,
    question_form: QuestionForm | None = None,
    wrong: QueryDict | None = None,
    status: int = 200,
) -> HttpResponse:
    """The document beside the rubric; a form that could not be taken is shown again. ``wrong`` is
    what the chair typed about a question."""
    submission = room.submission
    content = content_of(submission.snapshot)
    lines = rubric(content)
    view = view_of(room)
    notes = notes_of(room)
    values = view_values(view, lines)
    view_form = view_form or ViewForm(initial=values, lines=lines)
    notes_form = notes_form or NotesForm(initial=values_of(notes))
    questions = question_rows(room, wrong)
    context = {
        "room": room,
        "submission": submission,
        "candidate": submission.user,
        "is_chair": room.seat == Seat.CHAIR,
        "writes_view": room.seat == Seat.REVIEWER and room.state != State.GIVEN,
        "sees_views": may_see_views(room),
        "asks": content.get("asks", ()),
        "instructions": panel_asks(submission),
        "chapters": [
            item
            for item in chapters(content, recommendation_in(submission.snapshot))
            if item.name != "asked"  # stands above the others, with a place for each point
        ],
        "excerpts": excerpts_open_to(room, content).order_by("attested_at", "pk"),
        "dossier": committee_dossier(submission),
        "groups": grouped(lines, view),
        "view": view,
        "view_form": view_form,
        "view_base": base_in(view_form, values),
        "view_version": view_form.data.get("version") or view.revision,
        "notes": notes,
        "notes_form": notes_form,
        "notes_base": base_in(notes_form, values_of(notes)),
        "notes_version": notes_form.data.get("version") or notes.revision,
        "questions": questions,
        "questions_waiting": sum(item["send"] is not None for item in questions),
        "question_form": question_form or QuestionForm(),
        "breadcrumb": crumbs(str(submission.user)),
    }
    return render(request, "review/room/room.html", context, status=status)


def base_in(form: ViewForm | NotesForm, values: Mapping[str, Any]) -> str:
    """The hashes with which this window began."""
    return str(form.data.get("base") or fingerprints(values))


def view_values(view: View, lines: tuple[RubricLine, ...]) -> dict[str, Any]:
    """A view as the form has it."""
    return as_values(values_of(view), lines_in(view), lines)


def grouped(lines: tuple[RubricLine, ...], view: View) -> list[dict[str, Any]]:
    """The rubric under its headings with what a view says, to read."""
    kept, words = lines_in(view), dict(ViewLine.Shown.choices)
    groups = []
    for name, title in group_titles().items():
        rows = [
            {
                "line": line,
                "shown": words.get(kept.get(line.code, {}).get("shown", ""), ""),
                "words": kept.get(line.code, {}).get("words", ""),
            }
            for line in lines
            if line.group == name
        ]
        if rows:
            groups.append({"name": name, "title": title, "rows": rows})
    return groups


def committee_dossier(submission: Submission) -> Dossier | None:
    """The committee's copy, once it is made."""
    rows = Dossier.objects.filter(
        snapshot=submission.snapshot, audience=Dossier.Audience.COMMITTEE, made_at__isnull=False
    )
    return rows.first()


def question_rows(room: Assignment, wrong: QueryDict | None = None) -> list[dict[str, Any]]:
    """The questions of a room; for the chair each that waits with its two forms."""
    rows = []
    for question in questions_in(room):
        waits = room.seat == Seat.CHAIR and question.state == Question.State.ASKED
        prefix = f"q{question.pk}"
        sent = wrong if wrong is not None and f"{prefix}-text" in wrong else None
        kept = wrong if wrong is not None and f"{prefix}-reason" in wrong else None
        rows.append(
            {
                "question": question,
                "is_own": question.assignment_id == room.pk,
                "send": SendForm(sent, prefix=prefix, initial={"text": question.text})
                if waits
                else None,
                "withhold": WithholdForm(kept, prefix=prefix) if waits else None,
            }
        )
    return rows


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def notes(request: HttpRequest, pk: int) -> HttpResponse:
    """Private notes; they save themselves."""
    room = room_of(request, pk)
    if request.method != "POST":
        return redirect(f"{reverse('review:room', args=[pk])}#notes")
    row = notes_of(room)
    form = NotesForm(settled(request.POST, row), initial=values_of(row))
    return keep_typed(
        request,
        form,
        keep=lambda values, revision: services.save_notes(
            room, values, revision=revision, by=person(request)
        ),
        show=lambda status: page(request, room, notes_form=form, status=status),
        side_by_side=lambda: notes_side_by_side(request, room, form),
        go_on=lambda: redirect(f"{reverse('review:room', args=[pk])}#notes"),
    )


def notes_side_by_side(request: HttpRequest, room: Assignment, form: NotesForm) -> HttpResponse:
    """Both windows' notes."""
    row = notes_of(room)
    context = {
        "row": row,
        "choices": choices_between(row, form),
        "same": [],
        "base": fingerprints(values_of(row)),
        "action": reverse("review:notes", args=[room.pk]),
        "breadcrumb": crumbs(_("Two versions"), room),
    }
    return render(request, "portfolio/conflict.html", context, status=409)


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def view(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own view, saved as a draft."""
    room = room_of(request, pk)
    here = f"{reverse('review:room', args=[pk])}#view"
    if request.method != "POST":
        return redirect(here)
    lines = rubric(content_of(room.submission.snapshot))
    kept = view_values(view_of(room), lines)
    form = ViewForm(settled_by(request.POST, kept), initial=kept, lines=lines)
    goes_on = request.POST.get("then") == "give"

    def keep(values: dict[str, Any], revision: int) -> View:
        texts, rows = split_values(values, lines)
        return services.save_view(room, texts, rows, revision=revision, by=person(request))

    return keep_typed(
        request,
        form,
        keep=keep,
        show=lambda status: page(request, room, view_form=form, status=status),
        side_by_side=lambda: view_side_by_side(request, room, form, lines),
        go_on=lambda: redirect("review:give", pk) if goes_on else redirect(here),
    )


def view_side_by_side(
    request: HttpRequest, room: Assignment, form: ViewForm, lines: tuple[RubricLine, ...]
) -> HttpResponse:
    """Both windows' views, part by part."""
    row = view_of(room)
    kept = view_values(row, lines)
    shown = dict(ViewLine.Shown.choices)
    names: dict[str, Mapping[Any, Any]] = {"conclusion": dict(View.Conclusion.choices)}
    names |= {name: shown for name in kept if name.startswith("shown-")}
    texts = {*View.TEXTS, *(name for name in kept if name.startswith("words-"))}
    choices = choices_in(kept, form, texts=texts, names=names)
    differing = {item.name for item in choices}
    context = {
        "row": row,
        "choices": choices,
        "same": [item for item in form.values().items() if item[0] not in differing],
        "base": fingerprints(kept),
        "action": reverse("review:view", args=[room.pk]),
        "breadcrumb": crumbs(_("Two versions"), room),
    }
    return render(request, "portfolio/conflict.html", context, status=409)


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def give(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own view once more as a whole, then given for good."""
    room = room_of(request, pk)
    here = reverse("review:room", args=[pk])
    if room.seat != Seat.REVIEWER or room.state == State.GIVEN:
        return redirect(here)
    if request.method == "POST":
        sentence = _("Your view is given. From now on you can read the others’.")
        is_given = done(request, lambda: services.give_view(room, by=person(request)), sentence)
        return redirect("review:views", pk) if is_given else redirect("review:give", pk)
    lines = rubric(content_of(room.submission.snapshot))
    row = view_of(room)
    said = {code: line["shown"] for code, line in lines_in(row).items()}
    findings = view_findings(values_of(row), said, lines)
    context = {
        "room": room,
        "view": row,
        "groups": grouped(lines, row),
        "findings": findings,
        "is_ready": all(item.is_met for item in findings),
        "breadcrumb": crumbs(_("Give your view"), room),
    }
    return render(request, "review/room/give.html", context)


@signed_in
@never_cache
@require_safe
def views(request: HttpRequest, pk: int) -> HttpResponse:
    """The views that were given, side by side."""
    room = room_of(request, pk)
    if not may_see_views(room):
        messages.info(request, _("Others’ views open once you have given yours."))
        return redirect("review:room", pk)
    lines = rubric(content_of(room.submission.snapshot))
    found = views_of(room.submission)
    context = {
        "room": room,
        "views": found,
        "reviewers": room.submission.edition.reviewers,
        "groups": side_by_side_lines(lines, found),
        "is_chair": room.seat == Seat.CHAIR,
        "breadcrumb": crumbs(_("The views"), room),
    }
    return render(request, "review/room/views.html", context)


def side_by_side_lines(lines: tuple[RubricLine, ...], found: Any) -> list[dict[str, Any]]:
    """Each line with what every view says of it; requirements only where somebody said something."""
    groups = []
    for name, title in group_titles().items():
        rows = []
        for line in lines:
            if line.group != name:
                continue
            said = [{"member": item.member, "row": item.lines.get(line.code)} for item in found]
            has_words = any(
                cell["row"] and (cell["row"].shown or cell["row"].words) for cell in said
            )
            if line.is_asked or has_words:
                shown = {cell["row"].shown for cell in said if cell["row"] is not None}
                rows.append({"line": line, "said": said, "differs": len(shown) > 1})
        if rows:
            groups.append({"title": title, "rows": rows})
    return groups

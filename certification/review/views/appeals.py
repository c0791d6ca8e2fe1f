"""The candidate's appeal: one page from the first look to the answer."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from certification.candidacy.models import Candidacy
from certification.portfolio.services.writing import StaleWriting
from certification.portfolio.views.desk import done, person
from certification.review.emails.outcomes import what_follows
from certification.review.forms.appeals import DocumentForm, StatementForm
from certification.review.models import Appeal, AppealDocument
from certification.review.queries.appeals import appeal_of, appealable, window_of
from certification.review.queries.submissions import candidacy_of
from certification.review.requirements.appeals import MOST_DOCUMENTS, Answer, last_day
from certification.review.services import appealing, hearing
from certification.review.services.appealing import is_about
from scip.access import signed_in
from scip.formats import deadline
from scip.requirements import Refusal
from scip.vault.errors import Refused
from scip.vault.serving import mint_token, serve

State = Appeal.State


@signed_in
@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What can be appealed and how, the appeal to write, or where it stands."""
    candidacy = candidacy_of(request.user)
    if candidacy is None or candidacy.edition is None:
        return render(request, "review/appeals/home.html", {"candidacy": None})
    appeal = appeal_of(candidacy)
    if appeal is not None and appeal.state == State.DRAFT:
        return write(request, appeal)
    if appeal is not None and appeal.state != State.WITHDRAWN:
        return render(request, "review/appeals/standing.html", standing(appeal))
    return render(request, "review/appeals/home.html", begin_context(candidacy, appeal))


def begin_context(candidacy: Candidacy, earlier: Appeal | None) -> dict[str, Any]:
    """What stands on the page before anything is written."""
    now = timezone.now()
    answer = appealable(candidacy, now=now)
    return {
        "candidacy": candidacy,
        "edition": candidacy.edition,
        "answer": answer,
        "last_day": last_day(answer.until) if answer is not None else "",
        "is_open": answer is not None and answer.is_open(now) and candidacy.is_registered,
        "earlier": earlier,
        "office": settings.STAFF_EMAIL,
    }


def write(
    request: HttpRequest,
    appeal: Appeal,
    *,
    form: StatementForm | None = None,
    document_form: DocumentForm | None = None,
    is_stale: bool = False,
    status: int = 200,
) -> HttpResponse:
    """The appeal to write, with what filing asks for. ``is_stale``: another window saved something
    else; both texts stand on the page."""
    now = timezone.now()
    until = appealing.until_of(appeal, now=now)
    context = {
        "appeal": appeal,
        "edition": appeal.candidacy.edition,
        "form": form or StatementForm(instance=appeal),
        "began_from": appealing.mark_of(appeal.statement),
        "kept": appeal.statement if is_stale else "",
        "document_form": document_form or DocumentForm(),
        "wrong_form": next((item for item in (form, document_form) if item and item.errors), None),
        "documents": list(appeal.documents.select_related("file")),
        "most": MOST_DOCUMENTS,
        "findings": appealing.findings_of(appeal, now=now),
        "last_day": last_day(until),
        "window": window_of(appeal, now=now),
        "is_late": now >= until,
        "office": settings.STAFF_EMAIL,
    }
    return render(request, "review/appeals/write.html", context, status=status)


def standing(appeal: Appeal) -> dict[str, Any]:
    """Where a filed appeal stands; nobody of the panel is named."""
    is_decided = appeal.state == State.DECIDED
    is_heard = appeal.state == State.HEARING
    again = later_answer(appeal) if is_decided else None
    return {
        "appeal": appeal,
        "documents": list(appeal.documents.select_related("file")),
        "events": [
            {"when": appeal.filed_at, "what": _("Filed"), "state": "done"},
            {
                "when": appeal.hearing_at,
                "what": _("Its panel is there"),
                "note": "" if appeal.hearing_at else _("The office asks people who had no part."),
                "state": "done" if appeal.hearing_at else "now",
            },
            {
                "when": appeal.decided_at
                or (appeal.answer_by_at and deadline(appeal.answer_by_at)),
                "what": _("Answered") if is_decided else _("Answered by"),
                "state": "done" if is_decided else "now" if is_heard else "ahead",
            },
        ],
        "follows": what_follows(appeal) if is_decided else "",
        "is_live": appeal.state in Appeal.LIVE,
        "again": again,
        "is_late": again is not None and not again.is_open(timezone.now()),
        "office": settings.STAFF_EMAIL,
        "again_until": last_day(again.until) if again is not None else "",
    }


def later_answer(appeal: Appeal) -> Answer | None:
    """After one appeal was decided: a later answer that no panel has looked at, in its time or
    after it."""
    answer = appealable(appeal.candidacy)
    if answer is None or not appeal.candidacy.is_registered or is_about(appeal, answer):
        return None
    return None if answer.is_answered else answer


def own_appeal(request: HttpRequest) -> Appeal:
    """The person's newest appeal; 404 without one."""
    candidacy = candidacy_of(request.user)
    appeal = appeal_of(candidacy) if candidacy is not None else None
    if appeal is None:
        raise Http404
    return appeal


@require_POST
@signed_in
def begin(request: HttpRequest) -> HttpResponse:
    """Begin to write; nothing is filed by it."""
    candidacy = candidacy_of(request.user)
    if candidacy is None:
        raise Http404
    try:
        appealing.begin(candidacy, by=person(request))
    except Refusal as refusal:
        messages.warning(request, str(refusal.sentence))
    return redirect("appeal:home")


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def save(request: HttpRequest) -> HttpResponse:
    """Keep the statement; with the other button, file the appeal. Nothing typed is lost."""
    appeal = own_appeal(request)
    if request.method != "POST":
        return redirect("appeal:home")
    form = StatementForm(request.POST)
    if not form.is_valid():
        return write(request, appeal, form=form, status=422)
    began_from = request.POST.get("began_from")
    words = form.cleaned_data["statement"]
    try:
        appealing.save_statement(appeal, words, began_from=began_from, by=person(request))
    except StaleWriting:
        return write(request, appeal, form=form, is_stale=True, status=409)
    except Refusal as refusal:
        messages.warning(request, str(refusal.sentence))
        return redirect("appeal:home")
    if "file" in request.POST:
        return redirect("appeal:file")
    messages.success(request, _("What you wrote is kept."))
    return redirect("appeal:home")


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def file_it(request: HttpRequest) -> HttpResponse:
    """Read it once more; POST files it."""
    appeal = own_appeal(request)
    if appeal.state != State.DRAFT:
        return redirect("appeal:home")
    if request.method == "POST":
        done(
            request,
            lambda: appealing.file_appeal(appeal, by=person(request)),
            _("Your appeal is filed. A letter confirms it."),
        )
        return redirect("appeal:home")
    findings = appealing.findings_of(appeal, now=timezone.now())
    context = {
        "appeal": appeal,
        "edition": appeal.candidacy.edition,
        "documents": list(appeal.documents.select_related("file")),
        "findings": findings,
        "is_ready": all(item.is_met for item in findings),
        "breadcrumb": [
            {"label": _("Your appeal"), "url": reverse("appeal:home")},
            {"label": _("Read it once more")},
        ],
    }
    return render(request, "review/appeals/file.html", context)


@require_POST
@signed_in
def withdraw(request: HttpRequest) -> HttpResponse:
    """Take it back."""
    appeal = own_appeal(request)
    done(
        request,
        lambda: appealing.withdraw(appeal, by=person(request)),
        _("It is taken back. What you wrote is kept."),
    )
    return redirect("appeal:home")


@require_POST
@signed_in
def add_document(request: HttpRequest) -> HttpResponse:
    """Add a document."""
    appeal = own_appeal(request)
    form = DocumentForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            appealing.add_document(appeal, by=person(request), **form.cleaned_data)
        except (Refusal, Refused) as refusal:
            form.add_error(None, sentence_of(refusal))
        else:
            messages.success(request, _("The document goes with your appeal."))
            return redirect("appeal:home")
    if appeal.state != State.DRAFT:
        return redirect("appeal:home")
    return write(request, appeal, document_form=form, status=422)


def sentence_of(refusal: Refusal | Refused) -> str:
    """What a person reads."""
    return str(refusal.sentence if isinstance(refusal, Refusal) else refusal.message)


def own_document(request: HttpRequest, pk: int) -> AppealDocument:
    """A document of one's own appeal; 404 for everybody else's."""
    rows = AppealDocument.objects.filter(appeal__in=Appeal.objects.filed_by(request.user))
    return get_object_or_404(rows.select_related("file", "appeal__candidacy"), pk=pk)


@require_POST
@signed_in
def remove_document(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a document out; it is destroyed."""
    document = own_document(request, pk)
    done(
        request,
        lambda: appealing.remove_document(document, by=person(request)),
        _("It is taken out, and the file is destroyed."),
    )
    return redirect("appeal:home")


@require_POST
@signed_in
def open_document(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep that it is opened, then hand it over."""
    document = own_document(request, pk)
    if document.file.is_destroyed:
        raise Http404
    hearing.open_document(document, by=person(request))
    return redirect("appeal:document", pk, mint_token(document.file, person(request)))


@require_safe
@signed_in
def document(request: HttpRequest, pk: int, token: str) -> HttpResponseBase:
    """The file."""
    row = own_document(request, pk)
    is_picture = row.file.content_type.startswith("image/")
    return serve(request, row.file, token=token, as_attachment=not is_picture)

"""The office's own pages: finding people, one page per person, files in trouble, checking the log."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from scip.access import role
from scip.accounts.models import Role, User
from scip.audit.services import verify_chain
from scip.console.files import KINDS, MOST, rows_in
from scip.console.people import log_of, person_of, searched


@role(Role.STAFF)
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """People by name or address, forgiving typos and accents."""
    words = request.GET.get("q", "").replace("\x00", "")[:200]
    found = searched(request.user, words)  # type: ignore[arg-type]
    context = {
        **admin.site.each_context(request),
        "title": _("Find people"),
        "words": words,
        "found": found,
    }
    return render(request, "console/people.html", context)


@role(Role.STAFF)
@require_safe
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything about one person; the log pages by ``?before=<entry>``."""
    by: User = request.user  # type: ignore[assignment]
    user = get_object_or_404(User.objects.visible_to(by), pk=pk)
    before = request.GET.get("before", "")
    entries, following = log_of(
        user, by=by, before=int(before) if before.isdecimal() and len(before) < 19 else None
    )
    context = {
        **admin.site.each_context(request),
        "title": str(user),
        "person": person_of(user, by=by, now=timezone.now()),
        "entries": entries,
        "is_first_page": not before,
        "next_url": f"{reverse('admin:person', args=[pk])}?before={following}#log"
        if following
        else "",
    }
    return render(request, "console/person.html", context)


@role(Role.STAFF)
@require_safe
def files(request: HttpRequest) -> HttpResponse:
    """Confidential files that need a hand, one kind by ``?kind=``; never a name of a file."""
    now = timezone.now()
    chosen = next((kind for kind in KINDS if kind.code == request.GET.get("kind")), None)
    found = {kind: rows_in(kind, now=now) for kind in KINDS}
    context = {
        **admin.site.each_context(request),
        "title": _("Files that need a hand"),
        "kinds": [(kind, len(rows)) for kind, rows in found.items()],
        "chosen": chosen,
        "rows": [row for kind in KINDS if chosen in {None, kind} for row in found[kind]],
        "most": MOST,
        "now": now,
    }
    return render(request, "console/files.html", context)


@role(Role.STAFF)
@require_safe
def verify_log(request: HttpRequest) -> HttpResponse:
    """Read the whole chain of the log and name every place where it does not hold."""
    context = {
        **admin.site.each_context(request),
        "title": _("Does the log hold?"),
        "report": verify_chain(),
    }
    return render(request, "console/verify_log.html", context)

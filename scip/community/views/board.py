"""Materials and announcements: read by everybody in the group, brought by facilitators."""

from collections.abc import Callable
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST, require_safe

from cohorts.emails.sessions import addressed
from cohorts.models import Cohort
from scip.access import role, signed_in
from scip.accounts.models import Role, User
from scip.audit.services import record
from scip.community import services
from scip.community.emails import draft_announcement
from scip.community.forms import AnnouncementForm, MaterialForm, MaterialWordsForm
from scip.community.models import Material, members_of
from scip.community.queries.rooms import Room
from scip.community.views.rooms import announcements_of, cohort_room
from scip.requirements import Refusal
from scip.vault.errors import Refused
from scip.vault.serving import mint_token, serve


@require_safe
@signed_in
def materials(request: HttpRequest, pk: int) -> HttpResponse:
    """Files and links, those of the whole group first, then session by session."""
    room = cohort_room(request, pk)
    rows = sorted(
        Material.objects.visible_to(request.user)
        .filter(cohort=pk)
        .select_related("session", "document"),
        key=lambda row: (row.session.number if row.session else 0, row.pk),
    )
    shelves = [
        {"session": session, "rows": list(items)}
        for session, items in groupby(rows, key=lambda row: row.session)
    ]
    return render(
        request,
        "community/material_list.html",
        {"room": room, "shelves": shelves, "breadcrumb": room.crumbs(_("Materials"))},
    )


def led_room(request: HttpRequest, pk: int) -> tuple[Room, Cohort]:
    """The space of a cohort that the person leads; 404 otherwise."""
    led = Cohort.objects.visible_to(request.user).facilitated_by(request.user)
    cohort = get_object_or_404(led, pk=pk)
    return Room(space=cohort, is_leader=True), cohort


def led_material(request: HttpRequest, pk: int) -> Material:
    """A material of a cohort that the person leads; 404 otherwise."""
    led = Cohort.objects.visible_to(request.user).facilitated_by(request.user)
    rows = Material.objects.visible_to(request.user).filter(cohort__in=led)
    return get_object_or_404(rows.select_related("cohort", "session", "document"), pk=pk)


@role(Role.FACILITATOR)
def material_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring a file or a link, as a draft or at once for everybody."""
    room, cohort = led_room(request, pk)
    is_post = request.method == "POST"
    form = MaterialForm(
        request.POST if is_post else None, request.FILES if is_post else None, cohort=cohort
    )
    if is_post and form.is_valid():
        try:
            material = services.add_material(cohort, by=request.user, **form.cleaned_data)
            if "publish" in request.POST:
                material = services.publish_material(material, by=request.user)
        except (Refusal, Refused) as refusal:
            form.add_error(None, str(getattr(refusal, "sentence", refusal)))
        else:
            messages.success(request, said_of(material))
            return redirect("community:materials", pk=pk)
    crumbs = room.crumbs(_("New material"))
    return render(
        request, "community/material_form.html", {"room": room, "form": form, "breadcrumb": crumbs}
    )


def said_of(material: Material) -> str:
    """What just happened to it."""
    if material.state == Material.State.PUBLISHED:
        return _("“{title}” is there for the group.").format(title=material.title)
    return _("“{title}” is kept as a draft.").format(title=material.title)


@role(Role.FACILITATOR)
def material_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the words around a material."""
    material = led_material(request, pk)
    form = MaterialWordsForm(
        request.POST if request.method == "POST" else None,
        cohort=material.cohort,
        initial={"title": material.title, "note": material.note, "session": material.session_id},
    )
    if request.method == "POST" and form.is_valid():
        services.edit_material(material, by=request.user, **form.cleaned_data)
        messages.success(request, _("Your changes are kept."))
        return redirect("community:materials", pk=material.cohort_id)
    room = Room(space=material.cohort, is_leader=True)
    return render(
        request,
        "community/material_form.html",
        {
            "room": room,
            "form": form,
            "material": material,
            "breadcrumb": room.crumbs(_("Change a material")),
        },
    )


@require_POST
@role(Role.FACILITATOR)
def material_publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the group see it."""
    return act(request, pk, services.publish_material, _("The group can see it now."))


@require_POST
@role(Role.FACILITATOR)
def material_unpublish(request: HttpRequest, pk: int) -> HttpResponse:
    """Make it a draft again."""
    return act(request, pk, services.unpublish_material, _("Only facilitators see it now."))


@require_POST
@role(Role.FACILITATOR)
def material_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a draft for good."""
    return act(request, pk, services.remove_material, _("It is removed, and its file destroyed."))


def act(request: HttpRequest, pk: int, verb: Callable[..., Any], done: str) -> HttpResponse:
    """Do one thing with a material and go back to the list."""
    material = led_material(request, pk)
    cohort_id = material.cohort_id
    try:
        verb(material, by=request.user)
        messages.success(request, done)
    except Refusal as refusal:
        messages.error(request, str(refusal.sentence))
    return redirect("community:materials", pk=cohort_id)


@require_POST
@signed_in
def material_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Record who opens a file, then lead to it with a token that lasts two minutes."""
    rows = Material.objects.visible_to(request.user).select_related("document")
    material = get_object_or_404(rows, pk=pk, document__isnull=False)
    if material.document is None or not isinstance(request.user, User):
        raise Http404
    record("document.opened", material.document, by=request.user, material=material.pk)
    token = mint_token(material.document, request.user)
    return redirect("community:material_file", pk=pk, token=token)


@require_GET
@signed_in
def material_file(request: HttpRequest, pk: int, token: str) -> HttpResponseBase:
    """The file itself; pictures are shown, everything else is downloaded."""
    rows = Material.objects.visible_to(request.user).select_related("document")
    material = get_object_or_404(rows, pk=pk, document__isnull=False)
    if material.document is None:
        raise Http404
    is_picture = material.document.content_type.startswith("image/")
    return serve(request, material.document, token=token, as_attachment=not is_picture)


@require_safe
@signed_in
def announcements(request: HttpRequest, pk: int) -> HttpResponse:
    """All letters to the group."""
    room = cohort_room(request, pk)
    rows = announcements_of(request, pk)[:100]
    return render(
        request,
        "community/announcement_list.html",
        {"room": room, "announcements": rows, "breadcrumb": room.crumbs(_("Announcements"))},
    )


@role(Role.FACILITATOR)
def announce(request: HttpRequest, pk: int) -> HttpResponse:
    """Write, look at the letter, then send it; what was typed survives each step."""
    room, cohort = led_room(request, pk)
    form = AnnouncementForm(request.POST if request.method == "POST" else None)
    draft = None
    sender: Any = request.user
    if request.method == "POST" and form.is_valid():
        if "send" in request.POST:
            _row, letters = services.send_announcement(cohort, by=sender, **form.cleaned_data)
            messages.success(request, sent_words(letters))
            return redirect("community:home", pk=pk)
        if "edit" not in request.POST:
            words = {name: form.cleaned_data[name] for name in ("subject", "body")}
            draft = addressed(draft_announcement(cohort, sender=sender, **words), sender.name)
    return render(
        request,
        "community/announcement_form.html",
        {
            "room": room,
            "form": form,
            "draft": draft,
            "readers": members_of(cohort).count(),
            "breadcrumb": room.crumbs(_("Write to the group")),
        },
    )


def sent_words(letters: int) -> str:
    """What became of the letter."""
    if not letters:
        return _("This letter was sent already, so nobody gets it twice.")
    return ngettext(
        "Your letter is on its way to {count} person.",
        "Your letter is on its way to {count} people.",
        letters,
    ).format(count=letters)

"""The pages of a space that are not its discussion: home, people, letters, affinity."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cohorts.models import Cohort, Enrolment, Session
from cohorts.queries.roster import sessions_of
from scip.access import signed_in
from scip.community import services
from scip.community.forms import DigestForm, SharingForm
from scip.community.models import (
    AffinityMember,
    AffinitySpace,
    Announcement,
    DigestChoice,
    Material,
    Sharing,
    spaces_of,
)
from scip.community.queries.rooms import (
    Room,
    affinities_of,
    groups_of,
    name_of,
    people_in,
    resting_for,
    threads_of,
)
from scip.requirements import Refusal

LATEST = 5


def cohort_room(request: HttpRequest, pk: int) -> Room:
    """The space of a cohort that the person is in; 404 for everybody else."""
    mine = Cohort.objects.visible_to(request.user).filter(pk__in=spaces_of(request.user))
    cohort = get_object_or_404(mine, pk=pk)
    return room_of(request, cohort)


def affinity_room(request: HttpRequest, pk: int) -> Room:
    """An affinity space that the person is in; 404 for everybody else."""
    mine = AffinitySpace.objects.visible_to(request.user).entered_by(request.user)
    return room_of(request, get_object_or_404(mine.select_related("host"), pk=pk))


def room_of(request: HttpRequest, space: Cohort | AffinitySpace) -> Room:
    """The space to this person, who is in it."""
    user: Any = request.user
    if isinstance(space, AffinitySpace):
        return Room(space=space, is_leader=space.host_id == user.pk)
    leads = Cohort.objects.facilitated_by(user).filter(pk=space.pk).exists()
    return Room(space=space, is_leader=leads)


@require_safe
@signed_in
def listing(request: HttpRequest) -> HttpResponse:
    """My spaces, the affinity spaces I may join, and whether I want letters."""
    choice = DigestChoice.objects.filter(user_id=request.user.pk or 0).first()
    frequency = choice.frequency if choice else DigestChoice.Frequency.DAILY
    groups, spaces = list(groups_of(request.user)), list(affinities_of(request.user))
    return render(
        request,
        "community/space_list.html",
        {
            "groups": groups,
            "mine": [space for space in spaces if space.is_in],  # type: ignore[attr-defined]
            "others": [space for space in spaces if not space.is_in],  # type: ignore[attr-defined]
            # Whoever is of some group is in every space that they joined.
            "resting": [] if groups else list(resting_for(request.user)),
            "letters": DigestForm(initial={"frequency": frequency}),
        },
    )


@require_POST
@signed_in
def letters(request: HttpRequest) -> HttpResponse:
    """Daily letters, or none."""
    form = DigestForm(request.POST)
    if form.is_valid():
        services.choose_letters(frequency=form.cleaned_data["frequency"], by=request.user)
        messages.success(request, _("Your choice is kept."))
    else:
        messages.error(request, _("Please choose one of the two. Nothing was changed."))
    return redirect("community:list")


@require_safe
@signed_in
def home(request: HttpRequest, pk: int) -> HttpResponse:
    """Next session, announcements, conversations, people."""
    room = cohort_room(request, pk)
    now = timezone.now()
    sessions = sessions_of([pk])[pk]
    place = Enrolment.objects.filter(user_id=request.user.pk or 0, cohort=pk).taking_part().first()
    coming = next_of(sessions, now)
    return render(
        request,
        "community/space_home.html",
        {
            "room": room,
            "cohort": room.space,
            "next": coming,
            "in_group": [{"cohort": room.space, "next": coming}],
            "sessions": sessions,
            "place": place,
            "announcements": announcements_of(request, pk)[:3],
            "threads": threads_of(room, request.user)[:LATEST],
            "materials": Material.objects.visible_to(request.user).filter(cohort=pk).count(),
            "people": people_in(room.space, request.user),  # type: ignore[arg-type]
            "breadcrumb": room.crumbs(),
        },
    )


def next_of(sessions: list[Session], now: Any) -> Session | None:
    """The session that runs or comes next."""
    ahead = [
        session
        for session in sessions
        if session.ends_at > now and session.state == Session.State.PLANNED
    ]
    return min(ahead, key=lambda session: session.starts_at, default=None)


def announcements_of(request: HttpRequest, pk: int) -> Any:
    """The group's announcements, newest first."""
    rows = Announcement.objects.visible_to(request.user).filter(cohort=pk)
    return rows.select_related("sent_by").order_by("-sent_at", "-pk")


@signed_in
def people(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is in, with what each lets the group see; and my own choice."""
    room = cohort_room(request, pk)
    kept = Sharing.objects.visible_to(request.user).filter(cohort=pk, user_id=request.user.pk or 0)
    mine = kept.first()
    form = SharingForm(
        request.POST if request.method == "POST" else None,
        initial={"level": mine.level if mine else Sharing.Level.NAME},
    )
    if request.method == "POST" and form.is_valid():
        services.share(room.space, level=form.cleaned_data["level"], by=request.user)  # type: ignore[arg-type]
        messages.success(request, _("Your choice is kept, and holds from now on."))
        return redirect("community:people", pk=pk)
    found = people_in(room.space, request.user)  # type: ignore[arg-type]
    return render(
        request,
        "community/space_people.html",
        {"room": room, "people": found, "form": form, "breadcrumb": room.crumbs(_("People"))},
    )


@require_safe
@signed_in
def affinity(request: HttpRequest, pk: int) -> HttpResponse:
    """An affinity space: what it is for whoever may join, everything for whoever is in."""
    space = get_object_or_404(affinities_of(request.user), pk=pk)
    room = room_of(request, space)
    is_in = space.is_in  # type: ignore[attr-defined]
    members = AffinityMember.objects.visible_to(request.user).filter(space=space)
    context: dict[str, Any] = {"room": room, "space": space, "is_in": is_in}
    if is_in:
        context |= {
            "threads": threads_of(room, request.user)[:LATEST],
            "members": [name_of(row.user) for row in members.select_related("user").order_by("pk")],
        }
    crumbs = room.crumbs()
    return render(request, "community/affinity_home.html", context | {"breadcrumb": crumbs})


@require_POST
@signed_in
def join(request: HttpRequest, pk: int) -> HttpResponse:
    """Join by one's own decision."""
    offered = AffinitySpace.objects.visible_to(request.user).offered_to(request.user)
    space = get_object_or_404(offered, pk=pk)
    try:
        services.join_space(space, by=request.user)
    except Refusal as refusal:
        messages.error(request, str(refusal.sentence))
    else:
        messages.success(request, _("Welcome. Only the people in this space know that you are."))
    return redirect("community:affinity", pk=pk)


@require_POST
@signed_in
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    """Leave by one's own decision, also while one is of no group."""
    space = get_object_or_404(AffinitySpace.objects.to_leave(request.user), pk=pk)
    services.leave_space(space, by=request.user)
    messages.success(request, _("You have left. Your name no longer stands beside what you wrote."))
    return redirect("community:list")

"""Conversations: list, thread, writing, changing, hiding, reporting."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from scip.access import role, signed_in
from scip.accounts.models import Role
from scip.community import services
from scip.community.forms import HideForm, PostForm, ReportForm, ThreadForm
from scip.community.models import Post, Reading, Thread
from scip.community.queries.rooms import PAGE, Room, page_after, said, threads_of
from scip.community.views.rooms import affinity_room, cohort_room, room_of
from scip.requirements import Refusal

POSTS = 50


@require_safe
@signed_in
def threads(request: HttpRequest, pk: int) -> HttpResponse:
    """The conversations of a cohort's space."""
    return thread_page(request, cohort_room(request, pk))


@require_safe
@signed_in
def affinity_threads(request: HttpRequest, pk: int) -> HttpResponse:
    """The conversations of an affinity space."""
    return thread_page(request, affinity_room(request, pk))


def thread_page(request: HttpRequest, room: Room) -> HttpResponse:
    """One page of conversations, the liveliest first."""
    found = page_after(threads_of(room, request.user), after_of(request))
    shown, has_more = found[:PAGE], len(found) > PAGE
    last = shown[-1] if shown else None
    next_url = f"?{urlencode({'after': key_of(last)})}" if last and has_more else ""
    return render(
        request,
        "community/thread_list.html",
        {
            "room": room,
            "threads": shown,
            "next_url": next_url,
            "first_url": room.threads_url if "after" in request.GET else "",
            "breadcrumb": room.crumbs(_("Conversations")),
        },
    )


def key_of(thread: Thread) -> str:
    """Where the next page begins: moment and number of the last conversation on this one."""
    return f"{thread.last_post_at.isoformat()}~{thread.pk}"


def after_of(request: HttpRequest) -> tuple[datetime, int] | None:
    """Where the page begins, or None for the first one and for what can't be read."""
    moment, _dash, pk = request.GET.get("after", "").rpartition("~")
    if not (pk.isascii() and pk.isdecimal() and len(pk) < 19):
        return None
    try:
        found = parse_datetime(moment)
    except ValueError:
        return None
    return (found, int(pk)) if found is not None and found.tzinfo is not None else None


@signed_in
def new(request: HttpRequest, pk: int) -> HttpResponse:
    """A new conversation in a cohort's space."""
    return write_thread(request, cohort_room(request, pk))


@signed_in
def affinity_new(request: HttpRequest, pk: int) -> HttpResponse:
    """A new conversation in an affinity space."""
    return write_thread(request, affinity_room(request, pk))


def write_thread(request: HttpRequest, room: Room) -> HttpResponse:
    """The form of a new conversation."""
    form = ThreadForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        thread = services.start_thread(room.space, by=request.user, **form.cleaned_data)
        return redirect("community:thread", pk=thread.pk)
    crumbs = room.crumbs(_("A new conversation"))
    return render(
        request, "community/thread_form.html", {"room": room, "form": form, "breadcrumb": crumbs}
    )


def my_thread(request: HttpRequest, pk: int) -> Thread:
    """A conversation in a space that the person is in; 404 otherwise."""
    rows = Thread.objects.visible_to(request.user).select_related("cohort", "affinity__host")
    return get_object_or_404(rows, pk=pk)


def room_around(request: HttpRequest, thread: Thread) -> Room:
    """The space that a conversation belongs to."""
    space = thread.cohort or thread.affinity
    if space is None:
        raise Http404
    return room_of(request, space)


@signed_in
def thread(request: HttpRequest, pk: int) -> HttpResponse:
    """Read a conversation and answer in it."""
    found = my_thread(request, pk)
    form = PostForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        post = services.reply(found, by=request.user, **form.cleaned_data)
        return redirect(place_of(post))
    room = room_around(request, found)
    posts, previous_url, next_url = posts_on_page(request, found)
    reading = Reading.objects.filter(thread=found, user_id=request.user.pk or 0).first()
    shown = said(posts, room=room, user=request.user, read_at=reading.read_at if reading else None)
    return render(
        request,
        "community/thread_detail.html",
        {
            "room": room,
            "thread": found,
            "posts": shown,
            "last": posts[-1] if any(item.is_new for item in shown) else None,
            "previous_url": previous_url,
            "next_url": next_url,
            "form": form,
            "breadcrumb": room.crumbs(found.title),
        },
    )


def place_of(post: Post) -> str:
    """The address where a post stands in its conversation."""
    page = reverse("community:thread", args=[post.thread_id])
    return f"{page}?before={post.pk + 1}#post-{post.pk}"


def posts_on_page(request: HttpRequest, thread: Thread) -> tuple[list[Post], str, str]:
    """One page of posts in their order, with the addresses of the pages around it."""
    rows = Post.objects.visible_to(request.user).filter(thread=thread).select_related("author")
    before, after = number_in(request, "before"), number_in(request, "after")
    if before is not None:
        found = list(rows.filter(pk__lt=before).order_by("-pk")[: POSTS + 1])
        has_earlier, page = len(found) > POSTS, found[:POSTS][::-1]
        has_later = bool(page) and rows.filter(pk__gt=page[-1].pk).exists()
    else:
        found = list(rows.filter(pk__gt=after or 0).order_by("pk")[: POSTS + 1])
        has_later, page = len(found) > POSTS, found[:POSTS]
        has_earlier = bool(after) and bool(page)
    previous_url = f"?before={page[0].pk}" if has_earlier else ""
    next_url = f"?after={page[-1].pk}" if has_later else ""
    return page, previous_url, next_url


def number_in(request: HttpRequest, name: str) -> int | None:
    """A key from the address's query, or None for what is none."""
    value = request.GET.get(name, "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 19 else None


@require_POST
@signed_in
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """What this page showed is not new any more (htmx sends it by itself)."""
    found = my_thread(request, pk)
    value = request.POST.get("until", "")
    number = int(value) if value.isascii() and value.isdecimal() and len(value) < 19 else 0
    post = get_object_or_404(found.posts.select_related("thread"), pk=number)
    services.mark_read(post, by=request.user)
    if getattr(request, "htmx", False):
        return HttpResponse("")
    return redirect(room_around(request, found).threads_url)


def my_post(request: HttpRequest, pk: int) -> Post:
    """One's own post in a space that one is in; 404 otherwise."""
    mine = Post.objects.visible_to(request.user).filter(author_id=request.user.pk)
    found: Post = get_object_or_404(with_room(mine), pk=pk, deleted_at=None)
    return found


def with_room(posts: Any) -> Any:
    return posts.select_related("thread__cohort", "thread__affinity__host", "author")


@signed_in
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one's own words."""
    post = my_post(request, pk)
    form = PostForm(request.POST if request.method == "POST" else None, initial={"body": post.body})
    if request.method == "POST" and form.is_valid():
        try:
            services.edit_post(post, body=form.cleaned_data["body"], by=request.user)
            return redirect(place_of(post))
        except Refusal as refusal:
            form.add_error(None, str(refusal.sentence))
    return post_page(request, post, "community/post_edit.html", form, _("Change your words"))


def post_page(
    request: HttpRequest, post: Post, template: str, form: Any, here: str
) -> HttpResponse:
    """A page about one post."""
    room = room_around(request, post.thread)
    return render(
        request,
        template,
        {
            "room": room,
            "post": post,
            "said": said([post], room=room, user=request.user, read_at=post.written_at)[0],
            "form": form,
            "place": place_of(post),
            "breadcrumb": room.crumbs(here),
        },
    )


@require_POST
@signed_in
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Erase one's own words."""
    post = my_post(request, pk)
    try:
        services.take_back_post(post, by=request.user)
        messages.success(request, _("Your words are gone. Their place in the conversation stays."))
    except Refusal as refusal:
        messages.error(request, str(refusal.sentence))
    return redirect(place_of(post))


@signed_in
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the office to look at somebody's post."""
    rows = with_room(Post.objects.visible_to(request.user).readable())
    post = get_object_or_404(rows, pk=pk)
    form = ReportForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.report_post(post, by=request.user, **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(None, str(refusal.sentence))
        else:
            messages.success(request, _("Thank you. The office looks at it; nobody else knows."))
            return redirect(place_of(post))
    return post_page(request, post, "community/post_report.html", form, _("Report a post"))


def led_post(request: HttpRequest, pk: int) -> Post:
    """A post in a space that the person leads; 404 otherwise."""
    rows = Post.objects.visible_to(request.user).moderated_by(request.user)
    found: Post = get_object_or_404(with_room(rows), pk=pk)
    return found


@role(Role.FACILITATOR)
def hide(request: HttpRequest, pk: int) -> HttpResponse:
    """Hide a post, with a reason that its author reads."""
    post = led_post(request, pk)
    form = HideForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.hide_post(post, by=request.user, **form.cleaned_data)
            messages.success(request, _("It is hidden; its author reads your reason."))
            return redirect(place_of(post))
        except Refusal as refusal:
            form.add_error(None, str(refusal.sentence))
    return post_page(request, post, "community/post_hide.html", form, _("Hide a post"))


@require_POST
@role(Role.FACILITATOR)
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a hidden post again."""
    post = led_post(request, pk)
    try:
        services.restore_post(post, by=request.user)
        messages.success(request, _("It is shown again."))
    except Refusal as refusal:
        messages.error(request, str(refusal.sentence))
    return redirect(place_of(post))

"""Writing, changing, taking back and moderating posts."""

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cohorts.models import Cohort
from scip.audit.services import record
from scip.community.models import AffinitySpace, Post, Reading, Report, Thread
from scip.requirements import Refusal
from scip.states import lock, move


def start_thread(
    space: Cohort | AffinitySpace,
    *,
    title: str,
    body: str,
    by: Any,
    token: uuid.UUID,
    now: datetime | None = None,
) -> Thread:
    """Open a conversation with its first post.

    ``token`` is the form's: the same form sent twice, even at once, opens one conversation.
    """
    now = now or timezone.now()
    place = {"cohort": space} if isinstance(space, Cohort) else {"affinity": space}
    with transaction.atomic():
        thread, is_new = Thread.objects.get_or_create(
            author_id=by.pk,
            token=token,
            defaults={"title": title, "started_at": now, "last_post_at": now, **place},
        )
        if not is_new and not is_same(thread, place, title, body):
            # Somebody went back, wrote something else and sent the old form: nothing is lost.
            return start_thread(space, title=title, body=body, by=by, token=uuid.uuid4(), now=now)
        if is_new:
            Post.objects.create(thread=thread, author_id=by.pk, body=body, written_at=now)
            set_read(thread, by, now)
    return thread


def is_same(thread: Thread, place: dict[str, Any], title: str, body: str) -> bool:
    """Is what is sent what the thread was opened with?"""
    (name, space), *_others = place.items()
    first = thread.posts.first()
    return (
        getattr(thread, f"{name}_id") == space.pk
        and thread.title == title
        and first is not None
        and first.body == body
    )


def reply(
    thread: Thread, *, body: str, by: Any, token: uuid.UUID, now: datetime | None = None
) -> Post:
    """Add a post; the same form sent twice adds one. The writer has read the thread by then."""
    now = now or timezone.now()
    with transaction.atomic():
        thread = lock(thread)
        post, is_new = Post.objects.get_or_create(
            author_id=by.pk,
            token=token,
            defaults={"thread": thread, "body": body, "written_at": now},
        )
        if not is_new and (post.thread_id, post.body) != (thread.pk, body):
            post = Post.objects.create(
                thread=thread, author_id=by.pk, body=body, written_at=now, token=uuid.uuid4()
            )
            is_new = True
        if is_new:
            thread.last_post_at = max(now, thread.last_post_at)
            thread.save(update_fields=["last_post_at"])
            set_read(thread, by, now)
    return post


def set_read(thread: Thread, by: Any, until: datetime) -> None:
    """Remember up to when the person has read; it never goes back."""
    row, is_new = Reading.objects.get_or_create(
        thread=thread, user_id=by.pk, defaults={"read_at": until}
    )
    if not is_new:
        Reading.objects.filter(pk=row.pk, read_at__lt=until).update(read_at=until)


def mark_read(post: Post, *, by: Any) -> None:
    """Everything in the thread up to this post is not new to the person any more."""
    with transaction.atomic():
        set_read(post.thread, by, post.written_at)


def own_post(post: Post, by: Any) -> Post:
    """The post under a lock. Raises Refusal unless it is the person's own and still there."""
    post = lock(post)
    if post.author_id != by.pk:
        raise Refusal(_("Only its author can do that. Nothing was changed."))
    if post.deleted_at is not None:
        raise Refusal(_("This post is taken back already, so there is nothing left to change."))
    return post


def edit_post(post: Post, *, body: str, by: Any, now: datetime | None = None) -> Post:
    """Replace one's own words; the page says that they were edited.

    Raises Refusal for a post of others, one that was taken back, and one that is hidden (what a
    facilitator looked at has to stay what it was until they have answered).
    """
    with transaction.atomic():
        post = own_post(post, by)
        if post.state == Post.State.HIDDEN:
            raise Refusal(
                _(
                    "This post is hidden at the moment, so it can't be changed; you can take it "
                    "back, or write to your facilitator. Nothing was changed."
                )
            )
        if post.body != body:
            post.body, post.edited_at = body, now or timezone.now()
            post.save(update_fields=["body", "edited_at"])
    return post


def take_back_post(post: Post, *, by: Any, now: datetime | None = None) -> Post:
    """Erase one's own words; the place in the conversation stays.

    Raises Refusal as `edit_post` does (a hidden one may be taken back). In an affinity space
    the log says nothing: the office reads it.
    """
    with transaction.atomic():
        post = own_post(post, by)
        post.body, post.deleted_at = "", now or timezone.now()
        post.save(update_fields=["body", "deleted_at"])
        post.reports.exclude(words="").update(words="")
        if not post.thread.affinity_id:
            record("post.taken_back", post, by=by, subject=by)
    return post


def hide_post(post: Post, *, reason: str, by: Any) -> Post:
    """A facilitator (or the office, about a reported post) hides a post; its author reads why.

    Raises Refusal for one that was taken back, IllegalMove for one that is hidden already.
    """
    with transaction.atomic():
        post = lock(post)
        if post.deleted_at is not None:
            raise Refusal(_("Its author took this post back, so there is nothing left to hide."))
        post.hide_reason = reason
        post.save(update_fields=["hide_reason"])
        move(post, Post.State.HIDDEN, by=by)
    return post


def restore_post(post: Post, *, by: Any) -> Post:
    """Show a hidden post again.

    Raises IllegalMove for one that is shown, Refusal for one that the office hid.
    """
    with transaction.atomic():
        post = lock(post)
        if post.reports.filter(state=Report.State.UPHELD).exists():
            raise Refusal(
                _(
                    "The office hid this post after a report, so it stays hidden. Write to the office."
                )
            )
        move(post, Post.State.SHOWN, by=by)
        post.hide_reason = ""
        post.save(update_fields=["hide_reason"])
    return post

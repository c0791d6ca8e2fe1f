"""Reported posts: handed to the office, looked at, kept or hidden."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from scip.community.models import Post, Report
from scip.community.services.discussion import hide_post, restore_post
from scip.requirements import Refusal
from scip.states import lock, move


def report_post(post: Post, *, reason: str, by: Any) -> Report:
    """Ask the office to look at a post; once at a time per person.

    The log says nothing of it (who reports is nobody's business but the office's). Raises
    Refusal for one's own post and for one that was taken back.
    """
    with transaction.atomic():
        post = lock(post)
        if post.author_id == by.pk:
            raise Refusal(_("This is your own post: you can change it or take it back yourself."))
        if post.deleted_at is not None:
            raise Refusal(_("Its author took this post back; there is nothing left to look at."))
        report, _is_new = Report.objects.get_or_create(
            post=post,
            reporter_id=by.pk,
            state=Report.State.OPEN,
            # An author who changes the post meanwhile does not change what troubled somebody.
            defaults={"reason": reason, "words": post.body},
        )
    return report


def keep_post(report: Report, *, by: Any) -> Report:
    """The office looked and leaves the post where it is. Raises IllegalMove when decided."""
    with transaction.atomic():
        report = lock(report)
        move(report, Report.State.KEPT, by=by)
        forget_words(report)
    return report


def uphold_report(report: Report, *, reason: str, by: Any) -> Report:
    """The office hides the post; its author reads the reason. Other reports of it close too.

    Raises IllegalMove when it is decided already, Refusal for a post that was taken back.
    """
    with transaction.atomic():
        post = lock(report.post)
        report = lock(report)
        move(report, Report.State.UPHELD, by=by)
        if post.state == Post.State.SHOWN:
            hide_post(post, reason=reason, by=by)
        others = Report.objects.waiting().filter(post=post).order_by("pk")
        for other in others.select_for_update(no_key=True):
            move(other, Report.State.UPHELD, by=by)
            forget_words(other)
        forget_words(report)
    return report


def forget_words(report: Report) -> None:
    """What the post said when it was reported is not kept beyond the decision."""
    report.words = ""
    report.save(update_fields=["words"])


def release_post(report: Report, *, by: Any) -> Post:
    """The office looked again: what it hid is shown. A post that a facilitator had hidden before
    stays so, and is in their hands again.

    Raises Refusal for a post that was taken back, IllegalMove for a report that is not upheld.
    """
    with transaction.atomic():
        post = lock(report.post)
        report = lock(report)
        if post.deleted_at is not None:
            raise Refusal(_("Its author took this post back; there is nothing left to show."))
        is_ours = post.hidden_by_id == report.upheld_by_id
        move(report, Report.State.RELEASED, by=by)
        others = Report.objects.filter(post=post, state=Report.State.UPHELD).order_by("pk")
        for other in others.select_for_update(no_key=True):
            move(other, Report.State.RELEASED, by=by)
        if is_ours and post.state == Post.State.HIDDEN:
            post = restore_post(post, by=by)
    return post

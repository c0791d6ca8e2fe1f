"""What is new for whom, gathered for everybody at once."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cohorts.models import Cohort
from scip.accounts.models import User
from scip.community.models import DigestChoice, Post, Reading
from scip.community.models.spaces import leaders_of, places_in

# Nobody needs to hear by letter about what is older than a week.
LOOK_BACK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What is new in one group: its conversations, and how many posts in all."""

    cohort: Cohort
    titles: tuple[str, ...]
    posts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Somebody who gets a letter, with what it tells."""

    user: User
    news: tuple[News, ...]


def digests_due(now: datetime, *, until: datetime, hour: int) -> list[Due]:
    """Everybody for whom posts were written since their last letter; seven queries.

    ``until``: posts up to this moment. One letter a day at most, from this ``hour`` (0–23) of the
    person's own morning on. Left out are one's own posts, threads read since, hidden and taken
    back posts, people who chose no letters, and whoever is not in the space any more.
    """
    posts = list(
        Post.objects.readable()
        .filter(
            thread__cohort__in=Cohort.objects.published(),
            written_at__gt=until - LOOK_BACK,
            written_at__lte=until,
        )
        .select_related("thread__cohort")
        .order_by("pk")
    )
    if not posts:
        return []
    by_cohort: dict[int, list[Post]] = defaultdict(list)
    for post in posts:
        by_cohort[post.thread.cohort_id or 0].append(post)
    inside = spaces_by_person(list(by_cohort))
    choices = {row.user_id: row for row in DigestChoice.objects.filter(user__in=inside)}
    readings = {
        (row.thread_id, row.user_id): row.read_at
        for row in Reading.objects.filter(
            user__in=inside, thread__in={post.thread_id for post in posts}
        )
    }
    found = []
    for user in User.objects.filter(pk__in=inside, is_active=True).order_by("pk"):
        choice = choices.get(user.pk)
        if not is_time(user, choice, now, hour):
            continue
        since = (choice.told_until if choice else None) or until - LOOK_BACK
        news = tuple(
            item
            for cohort_id in sorted(inside[user.pk])
            if (item := news_of(user, by_cohort[cohort_id], since, readings)) is not None
        )
        if news:
            found.append(Due(user=user, news=news))
    return found


def spaces_by_person(cohort_ids: list[int]) -> dict[int, set[int]]:
    """Who is in these groups' spaces: person → cohorts. Two queries."""
    inside: dict[int, set[int]] = defaultdict(set)
    cohorts = Cohort.objects.filter(pk__in=cohort_ids)
    rows: tuple[Any, ...] = (
        *places_in(cohorts).values_list("user_id", "cohort_id"),
        *leaders_of(cohorts).values_list("user_id", "cohort_id"),
    )
    for user_id, cohort_id in rows:
        inside[user_id].add(cohort_id)
    return inside


def is_time(user: User, choice: DigestChoice | None, now: datetime, hour: int) -> bool:
    """Letters wanted, none yet on the person's own day, and it is morning there."""
    if choice is not None and choice.frequency == DigestChoice.Frequency.NONE:
        return False
    here = now.astimezone(user.zone)
    told = choice.told_until if choice else None
    return here.hour >= hour and (told is None or told.astimezone(user.zone).date() < here.date())


def news_of(
    user: User, posts: list[Post], since: datetime, readings: dict[tuple[int, int], datetime]
) -> News | None:
    """What of these posts of one group is new to the person, or None."""
    fresh = [
        post
        for post in posts
        if post.author_id != user.pk
        and post.written_at > since
        and (
            (post.thread_id, user.pk) not in readings
            or readings[post.thread_id, user.pk] < post.written_at
        )
    ]
    if not fresh:
        return None
    titles = tuple(dict.fromkeys(post.thread.title for post in fresh))
    cohort = fresh[0].thread.cohort
    return News(cohort=cohort, titles=titles, posts=len(fresh)) if cohort else None

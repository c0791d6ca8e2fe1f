"""A space as its pages show it: whose it is, who is in, what is new."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from cohorts.models import Cohort
from scip.accounts.models import User
from scip.community.models import (
    AffinitySpace,
    Post,
    Reading,
    Sharing,
    Thread,
    members_of,
    spaces_of,
)

PAGE = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A cohort's space or an affinity space, to somebody who is in it."""

    space: Cohort | AffinitySpace
    is_leader: bool

    @property
    def title(self) -> str:
        return str(self.space)

    @property
    def is_affinity(self) -> bool:
        return isinstance(self.space, AffinitySpace)

    @property
    def url(self) -> str:
        """The space's first page."""
        name = "community:affinity" if self.is_affinity else "community:home"
        return reverse(name, args=[self.space.pk])

    @property
    def threads_url(self) -> str:
        """All of its conversations."""
        name = "community:affinity_threads" if self.is_affinity else "community:threads"
        return reverse(name, args=[self.space.pk])

    @property
    def new_url(self) -> str:
        """Where a new conversation begins."""
        name = "community:affinity_new" if self.is_affinity else "community:new"
        return reverse(name, args=[self.space.pk])

    @property
    def key(self) -> dict[str, Any]:
        """Which rows of conversations are this space's."""
        return {"affinity" if self.is_affinity else "cohort": self.space}

    def crumbs(self, *here: str) -> list[dict[str, str]]:
        """Where a page of this space stands."""
        items = [
            {"label": _("Your spaces"), "url": reverse("community:list")},
            {"label": self.title, "url": self.url},
        ]
        return [*items, *({"label": word, "url": ""} for word in here)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody in the space, with what they let it see."""

    name: str
    is_me: bool
    is_leader: bool
    profession: str = ""
    country: str = ""
    email: str = ""


def name_of(user: User) -> str:
    """The name as typed; never the address, which people share or keep to themselves."""
    return user.display_name or _("Somebody without a name yet")


def people_in(cohort: Cohort, user: Any) -> list[Person]:
    """Everybody in a cohort's space, facilitators first; three queries."""
    shared = dict(
        Sharing.objects.visible_to(user).filter(cohort=cohort).values_list("user_id", "level")
    )
    leaders = set(cohort.facilitators.values_list("pk", flat=True))
    found = []
    for person in members_of(cohort).order_by("name", "pk"):
        level = shared.get(person.pk, Sharing.Level.NAME)
        has_work = level != Sharing.Level.NAME
        found.append(
            Person(
                name=name_of(person),
                is_me=person.pk == user.pk,
                is_leader=person.pk in leaders,
                profession=person.profession if has_work else "",
                country=person.country.name if has_work and person.country else "",
                email=person.email if level == Sharing.Level.EMAIL else "",
            )
        )
    return sorted(found, key=lambda item: not item.is_leader)


def inside_ids(room: Room) -> set[int]:
    """Who is in now: names stand beside posts only while their author is."""
    if isinstance(room.space, Cohort):
        return set(members_of(room.space).values_list("pk", flat=True))
    members = set(room.space.members.present().values_list("user_id", flat=True))
    return members | {room.space.host_id}


def threads_of(room: Room, user: Any) -> QuerySet[Thread]:
    """The room's conversations, newest first, with ``is_new`` and ``post_count``."""
    return (
        with_news(Thread.objects.visible_to(user).filter(**room.key), user)
        .select_related("author")
        .annotate(post_count=Count("posts", filter=Q(posts__deleted_at=None)))
        .order_by("-last_post_at", "-pk")
    )


def unread_by(user: Any) -> QuerySet[Post]:
    """What others wrote since this person last read the thread it stands in."""
    read = Reading.objects.filter(
        thread=OuterRef("thread"), user_id=user.pk, read_at__gte=OuterRef("written_at")
    )
    return Post.objects.readable().exclude(author_id=user.pk).filter(~Exists(read))


def with_news(threads: QuerySet[Thread], user: Any) -> QuerySet[Thread]:
    """Adds ``is_new``: something in the thread is new to this person."""
    return threads.annotate(is_new=Exists(unread_by(user).filter(thread=OuterRef("pk"))))


def groups_of(user: Any) -> QuerySet[Cohort]:
    """The cohorts whose space somebody is in, the latest first, with ``is_new``."""
    fresh = unread_by(user).filter(thread__cohort=OuterRef("pk"))
    return spaces_of(user).annotate(is_new=Exists(fresh)).order_by("-starts_on", "-pk")


def affinities_of(user: Any) -> QuerySet[AffinitySpace]:
    """Affinity spaces that somebody may read about, with ``is_in`` and ``is_new``."""
    entered = AffinitySpace.objects.entered_by(user).filter(pk=OuterRef("pk"))
    fresh = unread_by(user).filter(thread__affinity=OuterRef("pk"))
    return (
        AffinitySpace.objects.visible_to(user)
        .offered_to(user)
        .select_related("host")
        .annotate(is_in=Exists(entered), is_new=Exists(fresh))
        .order_by("name")
    )


def resting_for(user: Any) -> QuerySet[AffinitySpace]:
    """Affinity spaces that somebody joined and is not in while they are of no group."""
    entered = AffinitySpace.objects.entered_by(user).values("pk")
    return AffinitySpace.objects.to_leave(user).exclude(pk__in=entered).order_by("name")


def page_after(threads: QuerySet[Thread], after: tuple[datetime, int] | None) -> list[Thread]:
    """One page and one row more (so that the caller knows whether there is a next one)."""
    if after is not None:
        moment, pk = after
        threads = threads.filter(Q(last_post_at__lt=moment) | Q(last_post_at=moment, pk__lt=pk))
    return list(threads[: PAGE + 1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A post as the page shows it to one person."""

    post: Post
    author: str
    is_mine: bool
    is_readable: bool
    is_new: bool
    is_faculty: bool


def said(posts: Iterable[Post], *, room: Room, user: Any, read_at: datetime | None) -> list[Said]:
    """Posts with what this person may see of them. One query for who is in."""
    inside = inside_ids(room)
    space = room.space
    leaders = (
        set(space.facilitators.values_list("pk", flat=True))
        if isinstance(space, Cohort)
        else {space.host_id}
    )
    found = []
    for post in posts:
        is_mine = post.author_id == user.pk
        found.append(
            Said(
                post=post,
                author=author_of(post, inside),
                is_mine=is_mine,
                is_readable=post.may_be_read_by(user, is_leader=room.is_leader),
                is_new=not is_mine and (read_at is None or post.written_at > read_at),
                is_faculty=post.author_id in leaders,
            )
        )
    return found


def author_of(post: Post, inside: set[int]) -> str:
    """The author's name while they are in the space."""
    if post.author is not None and post.author_id in inside:
        return name_of(post.author)
    return _("Somebody who has left")

"""Who reads a submission: every persona, every object, every state of an assignment, from one table."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from certification.portfolio.models import CaseStudy, Excerpt, Opening
from certification.review.models import Assignment, DeclaredTie, Submission
from certification.review.queries import conflicts
from certification.review.services import reading
from scip.accounts.models import RoleGrant, User
from scip.audit.models import Entry
from scip.vault.serving import mint_token
from tests import world
from tests.architecture.candidacies import file_of
from tests.review.room import Room, gives, make_room

pytestmark = pytest.mark.django_db

# What somebody wants, each by the ways that lead to it: method and name of the address.
WAYS: dict[str, tuple[tuple[str, str], ...]] = {
    "room": (("get", "review:room"),),
    "dossier": (("post", "review:dossier_open"), ("get", "review:dossier")),
    "excerpt": (
        ("post", "review:excerpt_open"),
        ("get", "review:excerpt_play"),
        ("get", "review:excerpt_content"),
    ),
    "views": (("get", "review:views"),),
    "notes": (("post", "review:notes"),),
    "view": (("post", "review:view"),),
    "question": (("post", "review:question_ask"),),
    "passing_on": (("post", "review:question_send"), ("post", "review:question_withhold")),
}
READS = frozenset({"room", "dossier", "excerpt", "notes", "question"})
# By the seat and the state of whoever comes through their own door.
TABLE: dict[str, frozenset[str]] = {
    "accepted": READS | {"view"},
    "given": READS | {"views"},
    "chair": READS | {"views", "passing_on"},
    "second": READS | {"views"},
    # Everybody else opens nothing, by whichever door.
    "asked": frozenset(),
    "declared": frozenset(),
    "declined": frozenset(),
    "released": frozenset(),
    "barred_afterwards": frozenset(),
    "tied_afterwards": frozenset(),
    "role_ended": frozenset(),
    "answered": frozenset(),
}
# They have no door of their own, and come through that of somebody who reads.
OTHERS = (
    "other_reviewer", "other_chair", "candidate", "supervisor", "office", "panel",
    "stranger", "anonymous",
)  # fmt: skip
SECRET = b"Presence before practice"


@dataclass
class Stage:
    """A submission, whoever reads it in each state, and everybody around it."""

    room: Room
    seats: dict[str, Assignment] = field(default_factory=dict)
    people: dict[str, Any] = field(default_factory=dict)
    question: Any = None


@pytest.fixture
def stage(settings: Any) -> Stage:
    settings.CACHES = settings.CACHES | {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    }
    room = make_room()
    paper = room.submission.snapshot.dossiers.get(audience="committee")
    paper.document = file_of(room.candidate, "dossier-committee")
    paper.step, paper.made_at, paper.sha256 = "made", timezone.now(), "0" * 64
    paper.save()
    stage = Stage(room)
    for name in TABLE:
        seat = name if name in {"chair", "second"} else "reviewer"
        state = name if name in {"asked", "declared", "declined", "released"} else "accepted"
        stage.seats[name] = room.reader(name.replace("_", "-"), seat, state=state)
    gives(stage.seats["given"])
    stage.question = reading.ask_candidate(
        stage.seats["given"], "Who ended it?", by=stage.seats["given"].member
    )
    for name, kind in (("barred_afterwards", "family"), ("tied_afterwards", "colleague")):
        DeclaredTie.objects.create(
            member=stage.seats[name].member, candidate=room.candidate, kind=kind
        )
    ended = RoleGrant.objects.filter(user=stage.seats["role_ended"].member)
    ended.update(until=timezone.now().date())
    stage.people = {
        "other_reviewer": world.make_user("other-reviewer@example.org", "reviewer"),
        "other_chair": world.make_user("other-chair@example.org", "chair"),
        "candidate": room.candidate,
        "supervisor": room.walker.guide,
        "office": world.make_user("office2@example.org", "staff"),
        "panel": world.make_user("panel@example.org", "panel"),
        "stranger": world.make_user("stranger@example.org"),
        "anonymous": AnonymousUser(),
    }
    return stage


@contextmanager
def answered(stage: Stage, name: str) -> Iterator[None]:
    """For the one persona whose submission was answered; put back afterwards."""
    with transaction.atomic():
        if name == "answered":
            Submission.objects.update(state="certified", certified_at=timezone.now())
        yield
        transaction.set_rollback(True)


def address(stage: Stage, name: str, door: Assignment, user: Any) -> str:
    args: list[Any] = [door.pk]
    excerpt = stage.room.excerpt
    if "excerpt" in name:
        args.append(excerpt.pk)
    if "question_" in name and not name.endswith("ask"):
        args.append(stage.question.pk)
    # Everybody comes with a token of their own, so that the token is not what stops them.
    dossier = stage.room.submission.snapshot.dossiers.get(audience="committee").document
    if name in {"review:excerpt_play", "review:excerpt_content"}:
        args.append(mint_token(excerpt.document, user) if user.pk else "none")
    elif name == "review:dossier":
        args.append(mint_token(dossier, user) if user.pk else "none")
    return reverse(name, args=args)


def data_for(stage: Stage, name: str) -> dict[str, str]:
    prefix = f"q{stage.question.pk}"
    return {
        "review:notes": {"notes": "N", "version": "0"},
        "review:view": {"strengths": "S", "version": "0"},
        "review:question_ask": {"text": "Why?"},
        "review:question_send": {f"{prefix}-text": "Why?"},
        "review:question_withhold": {f"{prefix}-reason": "So."},
    }.get(name, {})


def is_opened(stage: Stage, name: str, answer: Any, before: tuple[int, ...]) -> bool:
    """Was something read, or written? A page counts where the work itself is on it."""
    if name == "review:room":
        return answer.status_code == 200 and SECRET in answer.content
    if name == "review:views":
        return answer.status_code == 200 and b"They wait until the ground holds" in answer.content
    if name.startswith(("review:dossier", "review:excerpt")):
        return answer.status_code in {200, 206} or (
            answer.status_code == 302 and str(answer["Location"]).startswith("/review/")
            and answer["Location"].count("/") > 3
        )  # fmt: skip
    return counted(stage) != before


def counted(stage: Stage) -> tuple[int, ...]:
    """What could have been written."""
    stage.question.refresh_from_db()
    return (
        sum(row.revision for row in reading.ReadingNotes.objects.all()),
        sum(row.revision for row in reading.View.objects.all()),
        reading.Question.objects.count(),
        len(stage.question.sent_text + stage.question.withheld_reason),
    )


def tried(stage: Stage, name: str) -> Iterator[tuple[str, str, bool]]:
    """Every way of one persona through a door: thing, way, and whether it opened."""
    door = stage.seats.get(name, stage.seats["accepted"])
    user = stage.people.get(name, door.member)
    if user.pk:
        user = User.objects.get(pk=user.pk)
    client = Client()
    if user.pk:
        client.force_login(user)
    for thing, ways in WAYS.items():
        for method, view in ways:
            with answered(stage, name):
                before = counted(stage)
                where = address(stage, view, door, user)
                answer = getattr(client, method)(where, data_for(stage, view))
                opened = is_opened(stage, view, answer, before)
            yield thing, view, opened


def test_by_every_door(stage):
    wrong = []
    for name in (*TABLE, *OTHERS):
        with transaction.atomic():
            wrong += [
                f"{name} {view}: {'opened' if opened else 'shut'}"
                for thing, view, opened in tried(stage, name)
                if opened != (thing in TABLE.get(name, frozenset()))
            ]
            transaction.set_rollback(True)
    assert wrong == []


def all_of_it(user: Any) -> Any:
    return Assignment.objects.filter(member=user)


def test_a_guard_that_is_gone_is_noticed(stage, monkeypatch):
    monkeypatch.setattr("certification.review.queries.reading.open_assignments", all_of_it)
    for name in ("asked", "barred_afterwards", "role_ended", "released"):
        assert any(opened for _thing, _view, opened in tried(stage, name)), name


def test_lists_and_searches_agree(stage):
    for name, seat in stage.seats.items():
        member = User.objects.get(pk=seat.member_id)
        is_open = "room" in TABLE[name] or name == "answered"
        assert conflicts.open_assignments(member).exists() == is_open, name


def test_a_reader_sees_nothing_of_the_rows_below(stage):
    """The snapshot is all: the portfolio's own rows stay shut."""
    for name in ("accepted", "given", "chair", "second"):
        member = stage.seats[name].member
        assert not Excerpt.objects.visible_to(member).exists()
        assert not CaseStudy.objects.visible_to(member).exists()
        client = Client()
        client.force_login(member)
        case = stage.room.walker.candidacy.portfolio.cases.first()
        for where in (
            reverse("portfolio:excerpt", args=[stage.room.excerpt.pk]),
            reverse("portfolio:case_read", args=[case.pk]),
            reverse("submission:frozen", args=[stage.room.submission.pk]),
        ):
            assert client.get(where).status_code == 404


def test_an_excerpt_for_supervision_alone_or_removed_opens_to_nobody(stage):
    seat = stage.seats["accepted"]
    client = Client()
    client.force_login(seat.member)
    held_back = reverse("review:excerpt_open", args=[seat.pk, stage.room.held_back.pk])
    assert client.post(held_back).status_code == 404
    assert b"Between us" not in client.get(reverse("review:room", args=[seat.pk])).content
    shown = reverse("review:excerpt_open", args=[seat.pk, stage.room.excerpt.pk])
    assert client.post(shown).status_code == 302
    Excerpt.objects.filter(pk=stage.room.excerpt.pk).update(removed_at=timezone.now())
    assert client.post(shown).status_code == 404


def test_a_recording_plays_in_ranges(stage):
    seat = stage.seats["accepted"]
    client = Client()
    client.force_login(seat.member)
    where = address(stage, "review:excerpt_content", seat, seat.member)
    answer = client.get(where, headers={"Range": "bytes=0-9"})
    assert (answer.status_code, answer["Content-Length"]) == (206, "10")
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    foreign = mint_token(stage.room.excerpt.document, stage.seats["given"].member)
    args = [seat.pk, stage.room.excerpt.pk, foreign]
    assert client.get(reverse("review:excerpt_content", args=args)).status_code == 404


def test_no_reader_is_ever_named_to_the_candidate(stage):
    """Neither on a page, nor beside an opening, nor in the log's lines about the candidate."""
    seat, chair = stage.seats["accepted"], stage.seats["chair"]
    reader = Client()
    reader.force_login(seat.member)
    reader.post(reverse("review:excerpt_open", args=[seat.pk, stage.room.excerpt.pk]))
    reader.post(reverse("review:dossier_open", args=[seat.pk]))
    reading.send_question(stage.question, "How did it end?", by=chair.member)
    opening = Opening.objects.get()
    assert (opening.opened_by, opening.who) == (None, "a member of the committee")
    people = [row.member for row in stage.seats.values()]
    own = Client()
    own.force_login(stage.room.candidate)
    for where in (
        reverse("portfolio:excerpt", args=[stage.room.excerpt.pk]),
        reverse("portfolio:excerpts"),
        reverse("portfolio:openings"),
        reverse("submission:home"),
        reverse("submission:questions"),
        "/pathway/",
    ):
        page = own.get(where).content.decode()
        assert not [person.name for person in people if person.name in page], where
    assert "a member of the committee" in own.get(reverse("portfolio:openings")).content.decode()
    about = Entry.objects.filter(subject_id=stage.room.candidate.pk)
    assert not about.filter(actor_id__in=[person.pk for person in people]).exists()
    # Who it was stands in the log, for the office.
    kept = Entry.objects.filter(action="document.opened", actor_id=seat.member_id)
    assert kept.count() == 2

"""Who may open what: every role, every object, every state, by every way, from one table."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from certification.candidacy.models import Candidacy
from certification.portfolio import services
from certification.portfolio.models import OfficeAccess
from certification.portfolio.models import excerpts as excerpt_models
from certification.portfolio.models import writing as writing_models
from scip.accounts.models import User
from scip.vault.serving import mint_token
from supervision.models import Agreement
from supervision.services import agreements
from tests import world
from tests.portfolio.desk import Author, make_author
from tests.portfolio.test_excerpts import arrived, facts

pytestmark = pytest.mark.django_db

REASON = "A complaint about this recording has to be answered by Friday."
ON_THE_WAY = {"active", "on_leave"}
STATES = ("active", "on_leave", "agreement_ended", "withdrawn", "closed", "certified")
# Who opens what, and in which states. Whoever and whatever is not named opens nothing, ever.
EVER = frozenset(STATES)
TABLE: dict[str, dict[str, frozenset[str]]] = {
    "candidate": {"excerpt": EVER, "shown": EVER, "hidden": EVER, "own": EVER},
    "supervisor": {"excerpt": frozenset(ON_THE_WAY), "shown": frozenset(ON_THE_WAY)},
    "office_with_reason": {"excerpt": EVER, "shown": EVER},
}
PERSONAS = (
    *TABLE,
    "office", "office_whose_time_is_over", "former_supervisor", "supervisor_of_another",
    "other_candidate", "reviewer", "chair", "panel", "facilitator", "aid", "stranger", "anonymous",
)  # fmt: skip
# What is asked: object → ways, each with method, address, and headers.
WAYS: dict[str, tuple[tuple[str, str, dict[str, str]], ...]] = {
    "excerpt": (
        ("get", "excerpt", {}),
        ("post", "excerpt_open", {}),
        ("get", "excerpt_play", {}),
        ("get", "excerpt_content", {}),
        ("get", "excerpt_content", {"Range": "bytes=0-9"}),
        ("head", "excerpt_content", {}),
    ),
    "shown": (("get", "case_read", {}), ("post", "case_open", {})),
    "hidden": (("get", "case_read", {}), ("post", "case_open", {})),
    # What nobody but its author ever reaches, whatever was shown.
    "own": (
        ("get", "write_up_read", {}),
        ("get", "case_pdf", {}),
        ("get", "case_noticed", {}),
        ("get", "session", {}),
        ("get", "client", {}),
    ),
}


@dataclass
class Stage:
    """A portfolio at one state with everybody around it."""

    author: Author
    rows: dict[str, Any]
    people: dict[str, Any] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)


@pytest.fixture
def stage(db: None, settings: Any) -> Stage:
    """Sessions and counters are kept in memory here: two thousand requests are asked."""
    settings.CACHES = settings.CACHES | {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    }
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    author = make_author()
    user, candidacy = author.user, author.candidacy
    shown, hidden = (author.case("Client A", happened="Kanari") for _each in range(2))
    services.show_case(shown, True, by=user)
    write_up = services.begin_write_up(candidacy, "case", by=user, title="Kanari")
    rows = {
        "excerpt": services.hand_in(
            candidacy, by=user, arrival=arrived(user), **facts(title="Kanari")
        ),
        "shown": shown,
        "hidden": hidden,
        "write_up_read": write_up,
        "case_pdf": shown,
        "case_noticed": shown,
        "client": shown.label,
        "session": services.log_session(
            candidacy,
            label=shown.label,
            held_on=shown.created_at.date(),
            minutes=50,
            practice="Kanari",
            by=user,
        ),
    }
    stage = Stage(author, rows)
    invite(stage)
    for name, user in stage.people.items():
        stage.clients[name] = Client()
        if user.pk:
            stage.clients[name].force_login(User.objects.get(pk=user.pk))
        stage.clients[name].get("/healthz")  # the list of one's own sessions is written once
    return stage


@contextmanager
def turned(stage: Stage, state: str) -> Iterator[None]:
    """The stage in another state, for as long as one looks."""
    with transaction.atomic():
        change(stage, state)
        yield
        transaction.set_rollback(True)


def invite(stage: Stage) -> None:
    """Everybody of the table, with what makes them who they are."""
    author, days = stage.author, timedelta(days=3)
    people: dict[str, Any] = {"candidate": author.user, "anonymous": AnonymousUser()}
    for name in ("former_supervisor", "supervisor", "supervisor_of_another"):
        guide = world.make_supervisor(world.make_user(f"{name}@example.com"))
        other = make_author(9).candidacy if name == "supervisor_of_another" else author.candidacy
        agreement = world.make_agreement(other, guide, signed_at=timezone.now() - days)
        if name == "former_supervisor":
            agreements.end_agreement(agreement, by=author.user, reason="A new job", farewell="So")
        people[name] = guide.user
    people["other_candidate"] = make_author(8).user
    for name in ("reviewer", "chair", "panel", "facilitator", "aid"):
        people[name] = world.make_user(f"{name}@example.com", name)
    people["stranger"] = world.make_user("stranger@example.com")
    for name in ("office", "office_with_reason", "office_whose_time_is_over"):
        people[name] = world.make_user(f"{name}@example.com", "staff")
        if name != "office":
            for thing in ("excerpt", "shown"):
                services.open_for_office(stage.rows[thing], by=people[name], reason=REASON)
    past = timezone.now() - timedelta(hours=2)
    OfficeAccess.objects.filter(opened_by=people["office_whose_time_is_over"]).update(
        opened_at=past, until_at=timezone.now()
    )
    stage.people = people


def change(stage: Stage, state: str) -> None:
    candidacy = stage.author.candidacy
    if state == "agreement_ended":
        running = Agreement.objects.filter(candidacy=candidacy, state="active")
        agreements.end_agreement(
            running.get(), by=stage.author.user, reason="A new job", farewell="Thank you"
        )
    elif state != "active":
        fields = {"close_reason": "By agreement."} if state == "closed" else {}
        stamp = {} if state == "on_leave" else {f"{state}_at": timezone.now()}
        Candidacy.objects.filter(pk=candidacy.pk).update(state=state, **fields, **stamp)


def address(stage: Stage, thing: str, name: str, user: Any) -> str:
    row = stage.rows[name if thing == "own" else thing]
    args = [row.pk]
    if name in {"excerpt_play", "excerpt_content"}:
        # Everybody comes with a token of their own, so that the token is not what stops them.
        args.append(mint_token(row.document, user) if user.pk else "none")
    return reverse(f"portfolio:{name}", args=args)


def is_opened(response: Any) -> bool:
    if response.status_code in {200, 206}:
        return True
    return response.status_code == 302 and response["Location"].startswith("/portfolio/")


def differences(stage: Stage, state: str, personas: Sequence[str] = PERSONAS) -> Iterator[str]:
    """Where the site opens otherwise than the table says."""
    for name in personas:
        user, client = stage.people[name], stage.clients[name]
        for thing, ways in WAYS.items():
            wanted = state in TABLE.get(name, {}).get(thing, frozenset())
            for method, view, headers in ways:
                where = address(stage, thing, view, user)
                answer = getattr(client, method)(where, headers=headers)
                if is_opened(answer) != wanted:
                    yield f"{state}: {name} {method} {view} {thing} {headers}: {answer.status_code}"


def test_by_page_token_and_range(stage):
    found = []
    for state in STATES:
        with turned(stage, state):
            found += differences(stage, state)
    assert found == []


def test_by_lists_exports_and_the_console(stage):
    """Pages that name no object show nothing of it to anybody whom the table doesn't name."""
    found = []
    for state in ("active", "certified"):
        with turned(stage, state):
            found += list(told(stage, state))
    assert found == []


def told(stage: Stage, state: str) -> Iterator[str]:
    """Who reads a word of it on a page that is about something else."""
    own = ["home", "map", "cases_paper", "log", "log_csv", "excerpts", "openings", "receipts"]
    candidacy = stage.author.candidacy
    addresses = [
        *(reverse(f"portfolio:{name}") for name in own),
        reverse("admin:index"),
        reverse("admin:person", args=[stage.author.user.pk]),
        reverse("admin:candidacy_candidacy_change", args=[candidacy.pk]),
        reverse("supervision:record", args=[candidacy.pk]),
    ]
    for name in set(PERSONAS) - {"candidate"}:
        client = stage.clients[name]
        for where in addresses:
            answer = client.get(where)
            body = b"".join(answer) if answer.streaming else answer.content
            if b"Kanari" in body:
                yield f"{state}: {name} reads it on {where}"
        shared = b"Kanari" in client.get(reverse("portfolio:shared")).content
        if shared != (name == "supervisor" and state in TABLE[name]["excerpt"]):
            yield f"{state}: {name}, what is shown: {shared}"


def test_the_admin_knows_no_portfolio():
    models = set(apps.get_app_config("portfolio").get_models())
    assert models
    assert not models & set(admin.site._registry)


def all_of_it(rows: Any, user: Any) -> Any:
    return rows


TORN = (
    ((excerpt_models.ExcerptQuerySet, "visible_to"), "stranger get excerpt "),
    ((writing_models.CaseStudyQuerySet, "visible_to"), "office get case_read hidden"),
    ((writing_models.OwnQuerySet, "visible_to"), "reviewer get write_up_read own"),
    ((OfficeAccess.objects._queryset_class, "running"), "office_whose_time_is_over get excerpt "),
)


def test_a_guard_that_is_gone_is_noticed(stage):
    for (owner, name), stays_open in TORN:
        persona = stays_open.split(" ")[0]
        assert list(differences(stage, "active", [persona])) == []
        with pytest.MonkeyPatch.context() as patch, transaction.atomic():
            patch.setattr(owner, name, all_of_it)
            found = list(differences(stage, "active", [persona]))
            transaction.set_rollback(True)
        assert any(stays_open in line for line in found), (name, found[:5])

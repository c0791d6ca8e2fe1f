"""Walking the URLconf, asking each address as each persona, and naming what came of it."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.architecture.places import House, row_of

POLICY = Path(__file__).with_name("policy.toml")
OUTCOMES = {403: "forbidden", 404: "missing", 405: "not_allowed"}
REFUSALS = {"login", "factor", "door", "again", "forbidden", "missing"}


@dataclass(frozen=True)
class Place:
    """One URL pattern of the walk."""

    name: str
    pattern: URLPattern
    route: str

    @property
    def is_unnamed(self) -> bool:
        return self.pattern.name is None


def walk(
    resolver: URLResolver | None = None, prefix: str = "", spaces: tuple[str, ...] = ()
) -> Iterator[Place]:
    """Every URL pattern of the site, admin and allauth included."""
    for item in (resolver or get_resolver()).url_patterns:
        route = prefix + str(item.pattern)
        if isinstance(item, URLResolver):
            inner = (*spaces, item.namespace) if item.namespace else spaces
            yield from walk(item, route, inner)
        else:
            yield Place(":".join((*spaces, item.name or "")), item, route)


@dataclass(frozen=True)
class Rule:
    """What the policy says about one address."""

    name: str
    get: str | None = None
    post: str | None = None
    object: str | None = None
    model: str = ""
    shows: tuple[str, ...] = ()
    post_ok: str = "ok"
    narrowed: str = ""
    within: tuple[str, ...] = ()

    def audience(self, method: str) -> str | None:
        return self.get if method == "GET" else self.post

    @property
    def url_name(self) -> str:
        return self.name.split(" ")[0]


@cache
def policy() -> dict[str, Any]:
    return tomllib.loads(POLICY.read_text())


@cache
def rules() -> dict[str, Rule]:
    """Policy by name; the admin's model pages are spelled out from their one line each."""
    found = {
        name: Rule(
            name=name,
            shows=tuple(spec.get("shows", ())),
            narrowed=spec.get("or", ""),
            **{key: value for key, value in spec.items() if key not in {"shows", "or"}},
        )
        for name, spec in policy()["url"].items()
    }
    for model, spec in policy()["admin"].items():
        for rule in admin_rules(model, **spec):
            found[rule.name] = rule
    return found


def admin_rules(model: str, read: str, **may: Any) -> Iterator[Rule]:
    """The pages that Django's admin has for a model."""
    stem = "admin:" + model.replace(".", "_")
    row: dict[str, Any] = {"object": "row", "model": model}
    adds, changes, deletes = (
        read if may.get(verb) else "nobody" for verb in ("add", "change", "delete")
    )
    yield Rule(f"{stem}_changelist", get=read, post=read)
    yield Rule(f"{stem}_add", get=adds, post=adds)
    # The list is narrowed before anything else here, so others are led away as from no row at all.
    yield Rule(f"{stem}_history", get=read, post=read, narrowed="moved", **row)
    yield Rule(f"{stem}_delete", get=deletes, post=deletes, **row)
    yield Rule(
        f"{stem}_change",
        get=read,
        post=read if may.get("page") else changes,
        narrowed=may.get("or", ""),
        **row,
    )


def rules_of(place: Place) -> list[Rule]:
    """The rules for a pattern (a page may have one for each kind of object)."""
    return [rule for rule in rules().values() if rule.url_name == place.name]


def expected(rule: Rule, method: str, persona: str, whose: str) -> set[str]:
    """The outcomes that the policy allows this persona for this object."""
    name = rule.audience(method)
    if not name:
        other = rule.audience("POST" if method == "GET" else "GET")
        outcome = policy()["audience"][other].get(persona, policy()["audience"][other]["default"])
        return {"not_allowed", outcome} & ({"not_allowed"} | REFUSALS)
    audience = policy()["audience"][name]
    seat = persona
    if whose != "owner" and persona in {"owner", "peer"}:
        seat = "owner" if persona == whose else "peer"
    outcome = audience.get(seat, audience["default"])
    if outcome == "ok" and method == "POST" and rule.post_ok != "ok":
        return {rule.post_ok}
    if whose == "missing" and outcome == "ok":
        return {"missing"}
    if outcome == "forbidden" and rule.narrowed:
        return {outcome, rule.narrowed}
    return {outcome, "moved"} if outcome == "ok" else {outcome}


def address_of(house: House, rule: Rule, persona: str, whose: str) -> str:
    if rule.object is None:
        return reverse(rule.url_name)
    if rule.model:
        return reverse(rule.url_name, args=[row_of(house, rule.model, whose)])
    return reverse(rule.url_name, kwargs=house.kwargs(rule.object, whose, persona))


def outcome_of(response: Any) -> str:
    """A response as the policy names it."""
    if response.status_code in {301, 302, 303}:
        return lead(urlsplit(response["Location"]).path)
    if response.status_code in OUTCOMES:
        return OUTCOMES[response.status_code]
    return "ok" if response.status_code < 500 or response.status_code == 503 else "broken"


def lead(path: str) -> str:
    """Where a redirect leads."""
    known = {
        reverse("account_login"): "login",
        reverse("admin:login"): "door",
        reverse("mfa_index"): "factor",
        reverse("account_reauthenticate"): "again",
        reverse("mfa_reauthenticate"): "again",
    }
    return known.get(path, "moved")


class Memory(LocMemCache):
    """A cache that forgets every counter but not the process guide, which is the same for
    everybody and takes seconds to render."""

    def clear(self) -> None:
        with self._lock:
            for key in [key for key in self._cache if ":process-guide:" not in key]:
                self._delete(key)


def clients(house: House, names: set[str]) -> dict[str, Client]:
    """A signed-in client for each of these personas; each has been seen, so that the list of
    its own sessions needs no writing on the next page."""
    found = {}
    for name in sorted(names):
        person = house.people[name]
        client = found[name] = Client()
        if person.pk:
            client.force_login(person)
        client.get("/healthz")
    return found


def ask(client: Client, method: str, address: str) -> Any:
    """One request that leaves nothing behind. A GET runs in a read-only transaction: the
    sessions and counters of the tests live in memory, so nothing at all may be written."""
    caches["default"].clear()
    key = client.cookies[settings.SESSION_COOKIE_NAME].value if client.cookies else ""
    before = dict(store(key).items())
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    with transaction.atomic():
        if method == "GET":
            with connection.cursor() as cursor:
                cursor.execute("set transaction read only")
        response = client.generic(
            method, address, **({} if method == "GET" else {"content_type": FORM})
        )
        if response.streaming:
            response.drained = b"".join(response.streaming_content)
        transaction.set_rollback(True)
    restore(client, cookies, key, before)
    return response


FORM = "application/x-www-form-urlencoded"


def store(key: str) -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore(key or None)


def restore(client: Client, cookies: dict[str, str], key: str, before: dict[str, Any]) -> None:
    """The client's cookies and session as they were (signing out is one of the things asked)."""
    client.cookies.clear()
    for name, value in cookies.items():
        client.cookies[name] = value
    if key:
        kept = store(key)
        kept.update(before)
        kept._session_key = key
        kept.save(must_create=not kept.exists(key))


def body_of(response: Any) -> str:
    content = response.drained if response.streaming else response.content
    return str(content.decode("utf-8", errors="replace"))

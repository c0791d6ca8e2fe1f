"""Every address × role × method × object, as the policy file says; and nobody reads another's words."""

from collections.abc import Iterator
from typing import Any

import pytest

from scip.access import mark_of
from scip.access.admin import StaffModelAdmin
from scip.accounts.models import User
from tests.architecture.matrix import (
    Place,
    Rule,
    address_of,
    ask,
    body_of,
    clients,
    expected,
    outcome_of,
    policy,
    rules,
    rules_of,
    walk,
)
from tests.architecture.places import PAIR, PERSONAS, House, canary

FOREIGN_APPS = ("allauth.", "django.contrib.")
UNNAMED = {"admin:"}
PLACES = list(walk())


@pytest.fixture
def house(house: House, settings: Any) -> House:
    """Sessions and counters are kept in memory here: the rest of a GET then has no excuse for
    writing."""
    settings.CACHES = settings.CACHES | {
        name: {"BACKEND": "tests.architecture.matrix.Memory", "LOCATION": name}
        for name in ("default", "sessions")
    }
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    settings.SESSION_CACHE_ALIAS = "sessions"
    return house


def is_ours(place: Place) -> bool:
    return not place.pattern.callback.__module__.startswith(FOREIGN_APPS)


def test_every_page_of_ours_carries_its_mark():
    """The admin's pages are guarded by the admin site, which the matrix asks instead."""
    unmarked = [
        place.name
        for place in PLACES
        if is_ours(place)
        and not place.name.startswith("admin:")
        and mark_of(place.pattern.callback) is None
    ]
    assert unmarked == []


def test_the_policy_names_every_address_and_no_other():
    known = {rule.url_name for rule in rules().values()}
    walked = {place.name for place in PLACES}
    extra = {"admin:app_list"}
    assert walked - known - UNNAMED - extra == set()
    assert known - walked == set()


def test_a_mark_and_its_policy_say_the_same():
    """A page marked public is public in the policy, and the other way round."""
    differing = []
    for place in PLACES:
        mark = mark_of(place.pattern.callback)
        if mark is None or place.name.startswith("admin:"):
            continue
        for rule in rules_of(place):
            audiences = {rule.get, rule.post} - {None}
            is_open = all("anonymous" not in policy()["audience"][name] for name in audiences)
            if is_open != (mark == ("public",)):
                differing.append(place.name)
    assert differing == []


def questions(rule: Rule, persona: str) -> Iterator[tuple[str, str]]:
    """Methods × whose object to ask about. Foreign objects follow from the personas; one that
    does not exist is asked about as whoever sees the most."""
    for method in ("GET", "POST"):
        yield method, "owner"
        if rule.object and persona == "owner":
            yield method, "peer"
    if rule.object and not rule.model and rule.object in MISSABLE and persona in {"owner", "staff"}:
        yield ("GET" if rule.get else "POST"), "missing"


MISSABLE = {
    "application", "draft", "submitted", "asked", "offered", "step", "enrolment",
    "session_of_enrolment", "record", "document", "charge", "receipt", "sandbox", "cohort",
    "session_of_cohort", "feed", "code", "leave", "slug", "kind", "user", "credential", "aid",
    "decision", "charge_act", "draft_cohort", "exception", "message",
    "retreat", "retreat_file", "credit_case", "credit_item", "item_file", "rest",
    "retreat_decision", "case_decision", "candidacy_decision",
    "introduction", "supervisor_page", "supervisor_act", "credential_act", "supervisor_application_act",
}  # fmt: skip


def differences(
    house: House, asking: dict[str, Any], rule: Rule, personas: Any = PERSONAS
) -> Iterator[str]:
    """Where the site answers otherwise than the policy says, or with somebody else's words."""
    for persona in personas:
        for method, whose in questions(rule, persona):
            address = address_of(house, rule, persona, whose)
            response = ask(asking[persona], method, address)
            outcome = outcome_of(response)
            wanted = expected(rule, method, persona, whose)
            if outcome not in wanted:
                yield f"{rule.name} {method} as {persona} on {whose}: {outcome}, not {wanted}"
            for leak in leaks(persona, rule, response, whose, method):
                yield f"{rule.name} {method} as {persona} on {whose} shows {leak}"


# What a role may read of the people in the pair, wherever it appears.
READS = {
    "staff": {"statement": False},
    "facilitator": {"name": True, "absence": True, "mail": True},
    "aid": {"name": True, "statement": True, "mail": True},
    "supervisor": {"name": True, "question": True, "between": True, "private": True},
}
# What two people in supervision write to each other or for themselves; what somebody appeals with.
BETWEEN_TWO = {"between", "private", "journal", "appeal", "paper", "reasons"}


def leaks(persona: str, rule: Rule, response: Any, whose: str, method: str) -> list[str]:
    """Words of the pair that this persona may not read but the answer has."""
    body = body_of(response)
    return [
        canary(person, what)
        for person in PAIR
        for what in WORDS
        if person != persona
        and canary(person, what) in body
        and not may_read(persona, rule, what, whose == person)
    ]


WORDS = (
    "mail", "name", "phone", "profession", "motivation", "practice", "experience", "needs",
    "question", "statement", "reference", "receipt", "charge", "file", "licence", "absence",
    "moving", "interest", "message", "subject", "letter", "talk", "report", "refund", "transfer", "payer",
    "retreat", "credit", "rest", "between", "private", "journal", "appeal", "paper", "reasons",
)  # fmt: skip


def may_read(persona: str, rule: Rule, what: str, is_asked_for: bool) -> bool:
    """The office reads all but need statements; roles read what their work needs; a page may
    show what its policy names (a code shows its holder's name). What groups say to each other
    stays with them: the office reads a post only where it was reported."""
    if what == "talk":
        return what in rule.within
    if what in rule.within and policy()["audience"][rule.get or rule.post].get(persona) == "ok":
        return True
    if persona == "staff":
        return what not in {"statement", *BETWEEN_TWO}
    if what in READS.get(persona, {}):
        return True
    return what in rule.shows and is_asked_for and "public" in {rule.get, rule.post}


# The roles of later levels see here what a supervisor sees; asked one by one in the full run.
LATER = {"panel"}


@pytest.mark.parametrize(
    "persona",
    [pytest.param(name, marks=[pytest.mark.soak] if name in LATER else []) for name in PERSONAS],
)
def test_the_site_answers_as_the_policy_says(house, persona):
    asking = clients(house, {persona, *PAIR})
    found = [
        difference
        for rule in rules().values()
        for difference in differences(house, asking, rule, [persona])
    ]
    assert not found, "\n" + "\n".join(found)


# --- Negative control: with any one guard removed the matrix has to fail ------------------------


class Pretender:
    """The view of one pattern without its guard: past the login net, and made for somebody who
    may see it, whoever asks. What mark and ``visible_to`` keep apart is no longer apart."""

    def __init__(self, view: Any, insider: Any) -> None:
        self.view = view
        self.insider = insider
        self.login_required = False

    def __call__(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        insider = type(self.insider).objects.get(pk=self.insider.pk)
        request.user = insider
        request._cached_user = insider
        request._dont_enforce_csrf_checks = True
        return self.view(request, *args, **kwargs)


GUARDED = [
    (place, rule)
    for place in PLACES
    for rule in rules_of(place)
    if any(
        "missing" in policy()["audience"][name].values()
        or policy()["audience"][name].get("anonymous") in {"login", "door"}
        for name in {rule.get, rule.post} - {None, "", "half_signed_in"}
    )
]
SAMPLE = {
    "applications:detail", "applications:step", "enrolments:detail", "payments:receipt",
    "profile:document", "facilitate:roster", "facilitate:mark", "admin:person",
    "admin:cohorts_aidrequest_change", "admin:cohorts_application_decide", "pathway:home",
    "cohorts:detail",
}  # fmt: skip


def insider(rule: Rule) -> str:
    """Somebody whom the policy lets in; where nobody is let in, the office's best key."""
    audience = policy()["audience"][rule.get or rule.post]
    for persona in ("owner", "facilitator", "aid", "staff"):
        if audience.get(persona, audience["default"]) in {"ok", "again"}:
            return persona
    return "staff"


ASKED = ("anonymous", "stranger", "peer", "aid", "staff")


def unguarded(house: House, place: Place, rule: Rule, monkeypatch: Any) -> list[str]:
    """What the matrix says about this address while its guard is gone."""
    pretender = Pretender(place.pattern.callback, house.people[insider(rule)])
    with monkeypatch.context() as patch:
        patch.setattr(place.pattern, "callback", pretender)
        if rule.get == "nobody" or rule.get == "site_nobody":
            patch.setattr(User, "has_perm", lambda *a, **k: True)
            patch.setattr(User, "has_module_perms", lambda *a, **k: True)
            for name in ("view", "add", "change", "delete"):
                patch.setattr(StaffModelAdmin, f"has_{name}_permission", lambda *a, **k: True)
        asking = clients(house, {*ASKED, *PAIR})
        found = []
        for persona in ASKED:
            found += differences(house, asking, rule, [persona])
            if found:
                return found
    return found


@pytest.mark.parametrize("name", sorted(SAMPLE))
def test_a_page_without_its_guard_would_be_noticed(house, monkeypatch, name):
    place, rule = next((p, r) for p, r in GUARDED if r.url_name == name)
    assert unguarded(house, place, rule, monkeypatch)


@pytest.mark.soak
def test_every_single_guard_is_noticed_when_it_is_gone(house, monkeypatch):
    survivors = [
        rule.name for place, rule in GUARDED if not unguarded(house, place, rule, monkeypatch)
    ]
    assert len(GUARDED) > 150
    assert len(survivors) <= len(GUARDED) // 100, survivors

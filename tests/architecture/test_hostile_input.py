"""Whatever somebody types or sends: never a broken page, never their markup in ours."""

import re
from itertools import cycle
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests.architecture import places
from tests.architecture.matrix import Rule, address_of, body_of, rules
from tests.architecture.places import House

MARKUP = '"><script>kanari()</script><img src=x onerror=kanari()>'
NASTY = {
    "long": "x" * 5000,
    "emoji": "👩‍⚕️🧘🏽‍♀️ \U0001f1f5\U0001f1f9",
    "right to left": "\u202eשלום\u202c مرحبا",
    "nul": "a\x00b",
    "markup": MARKUP,
    "template": "{{ 7|add:7 }}{% csrf_token %}${7*7}",
    "huge number": "9" * 40,
    "negative": "-1",
    "not a number": "NaN",
    "superscript": "²",
    "sql": "' or 1=1; drop table accounts_user; --",
    "line breaks": "a\r\nBcc: x@example.com\r\n\r\nb",
    "lone surrogate": "\udfff",
    "date": "99999-99-99",
    "list": "[object Object]",
}
# The quick run fills the fields of a form with these in turn.
TURNS = ("nul", "huge number", "superscript")
IN_TURN = "in turn"
PERSONAS = ("anonymous", "owner", "facilitator", "aid", "staff")
FIELD = re.compile(
    r"""<(?:input|select|textarea|button)\b[^>]*?\bname=["']([^"']+)["'][^>]*>""", re.IGNORECASE
)
CSRF = "csrfmiddlewaretoken"
# Fields that choose what happens are filled in rightly too, or nothing behind them is reached.
CHOICES = {"act": "pay", "verb": "offer"}


@pytest.fixture(scope="module")
def built(built: House, django_db_blocker: Any) -> House:
    """With the process guide rendered and kept, as it is for everybody but the first reader."""
    with django_db_blocker.unblock():
        assert Client().get(reverse("pages:process_guide")).status_code == 200
    return built


@pytest.fixture
def house(house: House) -> House:
    """Everybody of the pair has been here once, so that there are sessions to point at."""
    for whose in places.PAIR:
        signed_in(house, whose).get("/healthz")
    return house


def signed_in(house: House, persona: str) -> Client:
    client = Client(raise_request_exception=False)
    if house.people[persona].pk:
        client.force_login(house.people[persona])
    return client


def fields_on(page: str) -> list[str]:
    return [name for name in dict.fromkeys(FIELD.findall(page)) if name != CSRF]


def send(client: Client, method: str, address: str, data: dict[str, str]) -> Any:
    """One request whose effects are undone. What a browser can't send is left out."""
    with transaction.atomic():
        response = (client.get if method == "GET" else client.post)(address, data)
        if response.streaming:
            response.drained = b"".join(response.streaming_content)
        transaction.set_rollback(True)
    return response


def problem_with(response: Any, what: str) -> str:
    if response.status_code >= 500 and response.status_code != 503:
        return f"{response.status_code}: {getattr(response, 'exc_info', '')!r:.300}"
    if what == "markup" and "text/html" in response.headers.get("Content-Type", ""):
        if "<script>kanari" in body_of(response) or "<img src=x" in body_of(response):
            return "markup came back as markup"
    return ""


def reachable(rule: Rule, persona: str) -> bool:
    """Account pages that end the session, and pages without a form of ours, are left out."""
    return rule.url_name not in {"account_logout", "admin:logout", "healthz", "readyz"}


def hostile(house: House, persona: str, words: dict[str, str]) -> list[str]:
    """Every page of the walk: its fields, and its query, filled with each nasty thing."""
    client = signed_in(house, persona)
    found = []
    for rule in rules().values():
        if not reachable(rule, persona):
            continue
        address = address_of(house, rule, persona, "owner")
        names = ["q", "next", "page", "paper", "before", "about", "o", "e", "code"]
        if rule.get:
            page = client.get(address)
            if page.status_code != 200:
                continue
            if not page.streaming and "html" in page.headers.get("Content-Type", ""):
                names += fields_on(page.content.decode())
        for what, word in words.items():
            data = {name: CHOICES.get(name, word) for name in names}
            if what == IN_TURN:
                turn = cycle(TURNS)
                data = {name: CHOICES.get(name) or NASTY[next(turn)] for name in names}
            for method in [
                name for name, open_ in (("GET", rule.get), ("POST", rule.post)) if open_
            ]:
                problem = problem_with(send(client, method, address, data), what)
                if problem:
                    found.append(f"{rule.name} {method} {what} as {persona}: {problem}")
    return found


QUICK = ("markup", IN_TURN)


@pytest.mark.parametrize("persona", PERSONAS)
def test_no_form_breaks_and_none_gives_markup_back(house, persona):
    found = hostile(house, persona, {name: NASTY.get(name, "") for name in QUICK})
    assert not found, "\n" + "\n".join(found)


@pytest.mark.soak
@pytest.mark.parametrize("persona", PERSONAS)
def test_no_form_breaks_whatever_is_sent(house, persona):
    found = hostile(
        house, persona, {name: NASTY[name] for name in NASTY if name != "lone surrogate"}
    )
    assert not found, "\n" + "\n".join(found)


WORDS_IN_ADDRESSES = [
    "%00",
    "a%00b",
    "%F0%9F%A7%98",
    "..%2f..%2fetc%2fpasswd",
    "9" * 30,
    "%27",
    "%C2%B2",
    "%3Cscript%3E",
]


@pytest.mark.parametrize("word", WORDS_IN_ADDRESSES)
def test_no_address_breaks(house, word):
    staff, owner = signed_in(house, "staff"), signed_in(house, "owner")
    number = word if word.isdecimal() else "1"
    addresses = [
        f"/verify/{word}/",
        f"/credentials/{word}/certificate.pdf",
        f"/calendar/{word}.ics",
        f"/interest/leave/{word}/",
        f"/payments/sandbox/{word}/",
        f"/profile/records/{number}/document/{word}/",
        f"/applications/{number}/{word}/",
        f"/applications/{number}/",
        f"/enrolments/{number}/sessions/{number}/",
        f"/cohorts/{word}/",
        f"/admin/cohorts/application/{word}/change/",
        f"/admin/audit/entry/{word}/change/",
        f"/admin/cohorts/aidrequest/{word}/change/",
        *(
            f"/admin/payments/{model}/{word}/change/"
            for model in ("charge", "payment", "settlement")
        ),
        f"/admin/mail/letter/?q={word}",
        f"/admin/people/?q={word}",
        f"/admin/person/1/?before={word}",
        f"/accounts/password/reset/key/{word}-{word}/",
        f"/accounts/confirm-email/{word}/",
        f"/?q={word}",
    ]
    broken = [
        f"{address}: {response.status_code}"
        for client in (staff, owner, Client(raise_request_exception=False))
        for address in addresses
        if (response := client.get(address)).status_code >= 500 and response.status_code != 503
    ]
    assert not broken, broken


def test_no_form_is_taken_without_its_token(house):
    """Every POST of the policy, signed in, without the token; Stripe signs instead."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(house.people["owner"])
    taken = [
        rule.name
        for rule in rules().values()
        if rule.post
        and rule.url_name != "payments:webhook"
        and not rule.url_name.startswith("admin:")
        and client.post(address_of(house, rule, "owner", "owner")).status_code
        not in {403, 404, 405}
    ]
    assert taken == []


def test_the_office_takes_nothing_without_its_token_either(house):
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(house.people["staff"])
    taken = [
        rule.name
        for rule in rules().values()
        if rule.post
        and rule.url_name.startswith("admin:")
        and client.post(address_of(house, rule, "staff", "owner")).status_code
        not in {403, 404, 405}
    ]
    assert taken == []


def test_a_next_address_elsewhere_is_not_followed(house):
    client = signed_in(house, "owner")
    for target in ("https://evil.example/", "//evil.example/", "javascript:kanari()"):
        for address in (reverse("account_login"), reverse("profile:edit"), reverse("admin:login")):
            response = client.get(address, {"next": target})
            assert "evil" not in response.headers.get("Location", "")
            assert "javascript" not in response.headers.get("Location", "")


def test_an_unescaped_echo_would_be_noticed(rf):
    from django.http import HttpResponse

    assert problem_with(HttpResponse(MARKUP), "markup")
    assert problem_with(HttpResponse(status=500), "nul")

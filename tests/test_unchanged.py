"""Pages that are remembered for visitors: exact after every change, and for nobody else."""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from threading import Thread
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver
from django.utils import timezone, translation

from cohorts.models import Cohort, PriceTier, Seat, Session, SkippedDay
from consultations.models import Group, Topic
from scip.accounts.models import User
from scip.pages.models import FacultyMember, FaqEntry
from scip.policy.models import Edition
from scip.unchanged import Shown, kept_while_unchanged
from tests import world
from tests.cohorts import admission

pytestmark = pytest.mark.django_db
ADDRESSES = {
    "home": "/",
    "program": "/program/",
    "faculty": "/faculty/",
    "fees": "/fees/",
    "faq": "/faq/",
    "certification": "/certification/",
    "cohort_list": "/cohorts/",
    "cohort_detail": "/cohorts/autumn/",
    "topic_list": "/consultations/",
}
HOURS = timedelta(hours=3)
SPOKEN_OF = re.compile(r'(?:FROM|JOIN) "(\w+)"')


def views() -> Iterator[Callable[..., Any]]:
    """The views that are remembered, wherever the URLconf has them."""

    def under(patterns: list[Any]) -> Iterator[Callable[..., Any]]:
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                yield pattern.callback
            else:
                yield from under(pattern.url_patterns)

    yield from (view for view in under(get_resolver().url_patterns) if hasattr(view, "shown"))


@pytest.fixture
def site(edition: Edition) -> Cohort:
    """Something of everything that these pages show."""
    cohort = world.make_cohort(slug="autumn")
    begins = cohort.first_session_at
    Session.objects.create(cohort=cohort, number=1, starts_at=begins, ends_at=begins + HOURS)
    cohort.facilitators.add(world.make_user("lead@example.com", name="Lena Lead"))
    SkippedDay.objects.create(cohort=cohort, day=cohort.starts_on, reason="Holiday")
    FacultyMember.objects.create(name="Fay Faculty")
    FaqEntry.objects.create(topic="money", question="May I?", answer="Yes.", is_on_home=True)
    topic = Topic.objects.create(name="Trauma", slug="trauma")
    group = world.make_cohort(level="B", title="Group", slug="group")
    Group.objects.create(cohort=group, topic=topic)
    return cohort


def tables_of(act: Callable[[], object]) -> set[str]:
    """The tables that something reads."""
    with CaptureQueriesContext(connection) as captured:
        act()
    return {name for query in captured for name in SPOKEN_OF.findall(query["sql"])}


def named_by(shown: Shown) -> set[str]:
    return {rows.model._meta.db_table for rows in shown.querysets()}


def test_every_page_names_all_that_it_reads(site: Cohort) -> None:
    found = {view.__name__: view.shown for view in views()}  # type: ignore[attr-defined]
    assert found.keys() == ADDRESSES.keys()
    for name, shown in found.items():
        # A question after the address is never answered from memory.
        read = tables_of(lambda name=name: Client().get(f"{ADDRESSES[name]}?anew"))
        assert read, name
        assert read <= named_by(shown), name


def test_a_page_that_reads_more_than_it_names_would_be_found(site: Cohort) -> None:
    @kept_while_unchanged(FaqEntry.objects.all)
    def page(_request: HttpRequest) -> HttpResponse:
        return HttpResponse(Cohort.objects.count())

    assert not tables_of(lambda: page(RequestFactory().get("/"))) <= named_by(page.shown)  # type: ignore[attr-defined]


CHANGES: dict[str, tuple[str, Callable[[Cohort], object]]] = {
    "a fee": ("/fees/", lambda _: Edition.objects.update(review_fee_cents=77_700)),
    "a name among the faculty": ("/", lambda _: FacultyMember.objects.update(name="Fay Changed")),
    "a question goes": ("/", lambda _: FaqEntry.objects.all().delete()),
    "a price": ("/cohorts/", lambda c: c.tiers.update(amount_cents=11_100)),
    "a price goes": ("/cohorts/autumn/", lambda c: c.tiers.filter(kind="early_bird").delete()),
    "a session moves": (
        "/cohorts/autumn/",
        lambda c: c.sessions.update(starts_at=timezone.now()),
    ),
    "a week off": (
        "/cohorts/autumn/",
        lambda c: SkippedDay.objects.create(cohort=c, day=date(2031, 1, 7), reason="Snow"),
    ),
    "who leads": ("/cohorts/autumn/", lambda c: c.facilitators.clear()),
    "the name of who leads": (
        "/cohorts/autumn/",
        lambda _: User.objects.filter(name="Lena Lead").update(name="Lena Married"),
    ),
    "a theme": ("/consultations/", lambda _: Topic.objects.update(name="Grief")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen_by_the_next_visitor(site: Cohort, change: str) -> None:
    path, act = CHANGES[change]
    before = Client().get(path).content
    assert Client().get(path).content == before
    act(site)
    after = Client().get(path).content
    assert after != before
    caches["pages"].clear()
    assert Client().get(path).content == after


def test_a_seat_that_is_taken_and_given_back(site: Cohort) -> None:
    before = Client().get("/cohorts/autumn/").content
    Seat.objects.create(cohort=site, number=1, application=admission.sent(site))
    taken = Client().get("/cohorts/autumn/").content
    assert taken != before
    Seat.objects.all().delete()
    assert Client().get("/cohorts/autumn/").content == before


def test_a_price_ends_by_the_clock(site: Cohort, monkeypatch) -> None:
    tier = site.tiers.get(kind=PriceTier.Kind.EARLY_BIRD)
    assert "Early bird" in Client().get("/cohorts/autumn/").content.decode()
    over = timezone.now() + timedelta(days=(tier.until - timezone.localdate()).days + 2)
    monkeypatch.setattr(timezone, "now", lambda: over)
    assert "Early bird" not in Client().get("/cohorts/autumn/").content.decode()


def queries_of(client: Client, path: str, **extra: Any) -> int:
    with CaptureQueriesContext(connection) as captured:
        client.get(path, **extra)
    return len(captured)


def test_only_a_plain_visit_is_answered_from_memory(site: Cohort, as_user) -> None:
    assert queries_of(Client(), "/") == 4
    assert queries_of(Client(), "/") == 1
    assert queries_of(Client(), "/?page=2") == 3
    assert queries_of(Client(), "/", headers={"HX-Request": "true"}) == 3
    told = Client()
    told.cookies["messages"] = "something to say"
    assert queries_of(told, "/") == 3
    somebody = as_user(world.make_user("somebody@example.com"))
    assert "somebody@example.com" not in Client().get("/").content.decode()
    assert "/accounts/logout/" in somebody.get("/").content.decode()
    assert "/accounts/logout/" not in Client().get("/").content.decode()


def test_harmless_cookies_are_no_reason_to_draw_anew(site: Cohort) -> None:
    Client().get("/")
    visitor = Client()
    visitor.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
    assert queries_of(visitor, "/") == 1


def test_zones_and_languages_do_not_mix(site: Cohort) -> None:
    here = Client().get("/cohorts/autumn/").content
    far = Client()
    far.cookies["tz"] = "Asia%2FTokyo"
    assert far.get("/cohorts/autumn/").content != here
    assert Client().get("/cohorts/autumn/").content == here
    factory = RequestFactory()

    @kept_while_unchanged(FaqEntry.objects.all)
    def page(_request: HttpRequest) -> HttpResponse:
        return HttpResponse(translation.get_language())

    for language in ("en", "de", "en"):
        with translation.override(language):
            assert page(factory.get("/")).content.decode() == language


def answers() -> dict[str, Callable[[HttpRequest], HttpResponse]]:
    def with_cookie(_request: HttpRequest) -> HttpResponse:
        response = HttpResponse("x")
        response.set_cookie("mine", "1")
        return response

    return {
        "a form's token": lambda request: HttpResponse(get_token(request)),
        "a cookie": with_cookie,
        "an error": lambda _: HttpResponse("x", status=404),
    }


@pytest.mark.parametrize("name", answers())
def test_what_is_for_one_visitor_is_never_kept(name: str) -> None:
    times = []

    @kept_while_unchanged(FaqEntry.objects.all)
    def page(request: HttpRequest) -> HttpResponse:
        times.append(1)
        return answers()[name](request)

    for _ in range(2):
        page(RequestFactory().get("/"))
    assert len(times) == 2


@pytest.mark.django_db(transaction=True)
def test_a_change_counts_for_others_once_it_is_committed() -> None:
    """Two real connections: what is not committed is neither seen nor remembered as the new."""
    edition = world.make_edition()
    before = Client().get("/fees/").content
    seen: list[bytes] = []

    def visit() -> None:
        try:
            seen.append(Client().get("/fees/").content)
        finally:
            connection.close()

    def in_another_connection() -> bytes:
        thread = Thread(target=visit)
        thread.start()
        thread.join()
        return seen[-1]

    with transaction.atomic():
        edition.review_fee_cents = 77_700
        edition.save()
        assert in_another_connection() == before
        mine = Client().get("/fees/").content
        assert mine != before
        assert in_another_connection() == before
    assert in_another_connection() == mine

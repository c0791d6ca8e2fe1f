"""The one way in for the office: a fresh factor, one thing, a reason, an hour, and everybody is told."""

import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from certification.portfolio import services
from certification.portfolio.models import CaseStudy, Excerpt, OfficeAccess, Opening
from scip.accounts.models import RoleGrant, User
from scip.audit.models import Entry
from scip.mail.models import Letter
from scip.requirements import Refusal
from tests import world
from tests.factors import current_code
from tests.portfolio.desk import Author, make_author
from tests.portfolio.test_excerpts import FILM, arrived, facts, samples_text

pytestmark = pytest.mark.django_db
REASON = "A complaint about this recording has to be answered by Friday."


@pytest.fixture
def author(db: None) -> Author:
    return make_author()


@pytest.fixture
def excerpt(author: Author) -> Excerpt:
    return services.hand_in(
        author.candidacy, by=author.user, arrival=arrived(author.user), **facts(title="Kanari")
    )


def fresh(user: User, *, method: str = "mfa", ago: int = 10) -> Client:
    """Signed in; with this factor shown so many seconds ago."""
    client = Client()
    client.force_login(user)
    if method == "mfa":
        client.post(reverse("mfa_reauthenticate"), {"code": current_code(user)})
    elif method == "password":
        client.post(reverse("account_reauthenticate"), {"password": world.PASSWORD})
    session = client.session
    for record in session.get(AUTHENTICATION_METHODS_SESSION_KEY, []):
        record["at"] = time.time() - ago
    session.save()
    return client


def page_of(author: Author) -> str:
    return reverse("portfolio:office", args=[author.candidacy.pk])


def typed(excerpt: Excerpt, **changes: Any) -> dict[str, Any]:
    return {"thing": f"excerpt-{excerpt.pk}", "reason": REASON, "is_meant": "on"} | changes


def test_the_whole_way(author, excerpt, staff, as_user):
    colleague = world.make_user("second@example.com", "staff", name="Siri Second")
    client = fresh(staff)
    page = client.get(page_of(author)).content.decode()
    assert "Kanari" not in page
    assert "Video recording of" in page
    address = reverse("portfolio:excerpt", args=[excerpt.pk])
    assert client.get(address).status_code == 404
    answer = client.post(page_of(author), typed(excerpt))
    assert answer.url == address
    access = OfficeAccess.objects.get()
    assert access.until_at - access.opened_at == timedelta(minutes=60)
    opened = client.post(reverse("portfolio:excerpt_open", args=[excerpt.pk]), follow=True)
    token = opened.redirect_chain[-1][0].split("/")[-2]
    content = reverse("portfolio:excerpt_content", args=[excerpt.pk, token])
    part = client.get(content, headers={"Range": "bytes=0-9"})
    assert (part.status_code, b"".join(part)) == (206, FILM[:10])
    # Told at once: the candidate and every colleague, never by title.
    letter = Letter.objects.get(to_user=author.user, subject__contains="office opened")
    for words in (staff.name, REASON, "Video recording"):
        assert words in letter.text
    assert "Kanari" not in letter.text + letter.html
    told = Letter.objects.get(to_user=colleague)
    assert REASON in told.text
    assert not Letter.objects.filter(to_user=staff).exists()
    assert Entry.objects.filter(action="portfolio.opened_by_office").count() == 1
    # The candidate reads it wherever openings stand.
    mine = as_user(author.user)
    for name, args in (("excerpt", [excerpt.pk]), ("excerpts", []), ("openings", [])):
        seen = mine.get(reverse(f"portfolio:{name}", args=args)).content.decode()
        assert staff.name in seen
        assert REASON in seen
    assert Opening.objects.get().access == access
    # When the time is over, the player stops in the middle.
    OfficeAccess.objects.update(
        opened_at=timezone.now() - timedelta(hours=2), until_at=timezone.now()
    )
    for way in ({}, {"Range": "bytes=0-9"}):
        assert client.get(content, headers=way).status_code == 404
    assert client.get(address).status_code == 404
    assert REASON in mine.get(reverse("portfolio:openings")).content.decode()


def test_a_case_study_opens_alone(author, excerpt, staff):
    one, other = author.case("Client A", happened="Kanari"), author.case(happened="Kanari")
    client = fresh(staff)
    answer = client.post(page_of(author), typed(excerpt, thing=f"casestudy-{one.pk}"))
    address = reverse("portfolio:case_read", args=[one.pk])
    assert answer.url == address
    assert "Kanari" not in client.get(address).content.decode()
    assert (
        "Kanari"
        in client.post(reverse("portfolio:case_open", args=[one.pk]), follow=True).content.decode()
    )
    closed = [
        reverse("portfolio:case_read", args=[other.pk]),
        reverse("portfolio:case", args=[one.pk]),
        reverse("portfolio:case_pdf", args=[one.pk]),
        reverse("portfolio:excerpt", args=[excerpt.pk]),
    ]
    assert [client.get(url).status_code for url in closed] == [404] * 4
    assert list(CaseStudy.objects.visible_to(staff)) == [one]
    OfficeAccess.objects.update(
        opened_at=timezone.now() - timedelta(hours=2), until_at=timezone.now()
    )
    assert client.get(address).status_code == 404


def test_a_new_act_asks_for_a_new_opening(author, staff):
    row = author.case(happened="Kanari")
    services.open_for_office(row, by=staff, reason=REASON)
    services.read_case(row, by=staff)
    OfficeAccess.objects.update(
        opened_at=timezone.now() - timedelta(hours=2), until_at=timezone.now()
    )
    services.open_for_office(row, by=staff, reason=REASON)
    page = fresh(staff).get(reverse("portfolio:case_read", args=[row.pk])).content.decode()
    assert "Kanari" not in page
    services.read_case(row, by=staff)
    assert Opening.objects.count() == 2


@pytest.mark.parametrize(("method", "ago"), [("password", 10), ("mfa", 3600), (None, 0)])
def test_a_password_or_an_old_factor_does_not_do(author, excerpt, staff, method, ago):
    client = fresh(staff, method=method, ago=ago)
    for answer in (client.get(page_of(author)), client.post(page_of(author), typed(excerpt))):
        assert answer.url.startswith(reverse("mfa_reauthenticate"))
    assert not OfficeAccess.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reason": "Please open"}, "say it in a sentence"),
        ({"reason": " "}, "required"),
        ({"is_meant": ""}, "required"),
        ({"thing": "excerpt-0"}, "valid choice"),
    ],
)
def test_what_is_missing_is_said_and_nothing_opens(author, excerpt, staff, changes, words):
    answer = fresh(staff).post(page_of(author), typed(excerpt, **changes))
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert not OfficeAccess.objects.exists()


@pytest.mark.parametrize(
    "role", [None, "supervisor", "reviewer", "chair", "panel", "facilitator", "aid"]
)
def test_nobody_else_has_this_way(author, excerpt, role):
    user = world.make_user("else@example.com", *([role] if role else []))
    if not role:
        TOTP.activate(user, generate_totp_secret())
    answer = fresh(user).post(page_of(author), typed(excerpt))
    assert answer.status_code == 403
    with pytest.raises(Refusal):
        services.open_for_office(excerpt, by=user, reason=REASON)


def test_nobody_opens_their_own_or_anything_that_is_not_there(author, excerpt, staff):
    RoleGrant.objects.create(user=author.user, role="staff", since=timezone.localdate())
    author.user.__dict__.pop("roles", None)
    with pytest.raises(Refusal):
        services.open_for_office(excerpt, by=author.user, reason=REASON)
    in_person = services.hand_in(author.candidacy, by=author.user, kind="video", **facts())
    services.remove_excerpt(excerpt, by=author.user)
    for gone in (in_person, Excerpt.objects.get(pk=excerpt.pk)):
        with pytest.raises(Refusal):
            services.open_for_office(gone, by=staff, reason=REASON)
    with pytest.raises(Refusal):
        services.open_for_office(author.case(), by=staff, reason="Because I said so")


def test_it_is_for_one_person_of_the_office_while_they_are_there(author, excerpt, staff):
    services.open_for_office(excerpt, by=staff, reason=REASON)
    other = world.make_user("second@example.com", "staff")
    assert not Excerpt.objects.visible_to(other).exists()
    assert Excerpt.objects.visible_to(User.objects.get(pk=staff.pk)).exists()
    RoleGrant.objects.filter(user=staff).update(until=timezone.localdate() - timedelta(days=1))
    assert not Excerpt.objects.visible_to(User.objects.get(pk=staff.pk)).exists()


def test_what_is_removed_closes_for_the_office_too(author, excerpt, staff):
    services.open_for_office(excerpt, by=staff, reason=REASON)
    services.remove_excerpt(excerpt, by=author.user)
    assert not Excerpt.objects.visible_to(staff).exists()


def test_the_same_act_again_changes_nothing(author, excerpt, staff):
    first = services.open_for_office(excerpt, by=staff, reason=REASON)
    assert services.open_for_office(excerpt, by=staff, reason=REASON) == first
    assert Letter.objects.filter(to_user=author.user, subject__contains="office").count() == 1


def test_alone_in_the_office_its_own_address_is_told(author, excerpt, staff, settings):
    services.open_for_office(excerpt, by=staff, reason=REASON)
    assert Letter.objects.get(to_user=None).to_address == settings.STAFF_EMAIL


def test_the_minutes_are_the_editions(author, excerpt, staff):
    type(author.candidacy.edition).objects.update(office_access_minutes=5)
    access = services.open_for_office(Excerpt.objects.get(), by=staff, reason=REASON)
    assert access.until_at - access.opened_at == timedelta(minutes=5)


def test_the_office_changes_nothing(author, excerpt, staff):
    services.open_for_office(excerpt, by=staff, reason=REASON)
    client = fresh(staff)
    for name in ("excerpt_remove", "excerpt_mark"):
        assert client.post(reverse(f"portfolio:{name}", args=[excerpt.pk])).status_code == 404
    client.post(reverse("portfolio:excerpt_seen", args=[excerpt.pk]))
    assert Excerpt.objects.get().seen_at is None


def test_the_database_keeps_an_act_whole(author, excerpt, staff):
    access = services.open_for_office(excerpt, by=staff, reason=REASON)
    for wrong in ({"reason": ""}, {"until_at": access.opened_at}, {"case": author.case()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            OfficeAccess.objects.update(**wrong)


def test_a_case_study_that_is_gone_leaves_the_line(author, staff, as_user):
    row = author.case(happened="So")
    services.open_for_office(row, by=staff, reason=REASON)
    services.remove_case(row, by=author.user)
    seen = as_user(author.user).get(reverse("portfolio:openings")).content.decode()
    assert REASON in seen


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_costs_the_same(author, staff, count, django_assert_num_queries):
    for _each in range(count):
        services.hand_in(author.candidacy, by=author.user, document=samples_text(1), **facts())
        services.open_for_office(author.case(), by=staff, reason=REASON)
    client = fresh(staff)
    client.get(page_of(author))
    with django_assert_num_queries(8):
        client.get(page_of(author))

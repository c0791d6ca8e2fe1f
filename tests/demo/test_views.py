"""The demo's pages: sign-in by one click, the outbox, and nothing of it outside the demo."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from allauth.account.authentication import get_authentication_records
from django.test import Client
from django.urls import reverse

from scip.demo.people import DEMO_PEOPLE
from scip.mail.models import Letter
from scip.mail.services import Attachment, Draft, queue_draft
from tests.world import make_user

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.demo.demo_urls")]


def write(to, number, **fields):
    html = "<html><head><title>.</title></head><body><a href='http://x.test/'>on</a></body></html>"
    draft = Draft(f"Letter {number}", f"Read http://localhost:8000/cohorts/ {number}\n", html)
    queue_draft(draft, to=to, dedupe_key=f"demo-test:{number}", **fields)
    return Letter.objects.get(dedupe_key=f"demo-test:{number}")


def make_staff():
    return make_user("staff@example.org", "staff", name="Samuel Okafor")


def test_one_click_signs_in_with_both_factors_on_record():
    staff = make_staff()
    client = Client()
    response = client.post(reverse("demo:sign_in"), {"email": staff.email})
    assert (response.status_code, response.url) == (302, "/admin/")
    assert client.session["_auth_user_id"] == str(staff.pk)
    request = type("Request", (), {"session": client.session})()
    records = get_authentication_records(request, staff)
    assert [record["method"] for record in records] == ["password", "mfa"]
    assert client.get("/admin/").status_code == 200
    # A page that asks for a fresh sign-in lets them in at once.
    assert client.get(reverse("mfa_view_recovery_codes")).status_code in {200, 404}


def test_switching_people_leaves_nothing_of_the_first():
    staff = make_staff()
    other = make_user("participant@example.org", name="Kofi Mensah")
    client = Client()
    client.post(reverse("demo:sign_in"), {"email": staff.email})
    client.post(reverse("demo:sign_in"), {"email": other.email})
    assert client.session["_auth_user_id"] == str(other.pk)
    request = type("Request", (), {"session": client.session})()
    assert [record["method"] for record in get_authentication_records(request, other)] == [
        "password"
    ]


def test_sign_in_only_by_post_with_a_token_and_only_as_a_demo_person():
    stranger = make_user("stranger@example.com")
    make_staff()
    client = Client()
    assert client.get(reverse("demo:sign_in")).status_code == 405
    assert client.post(reverse("demo:sign_in"), {"email": stranger.email}).status_code == 404
    assert client.post(reverse("demo:sign_in"), {"email": "chair@example.org"}).status_code == 404
    strict = Client(enforce_csrf_checks=True)
    response = strict.post(reverse("demo:sign_in"), {"email": "staff@example.org"})
    assert response.status_code == 403
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("count", [1, 3])
def test_people_page_names_those_who_exist(count, django_assert_num_queries):
    for person in DEMO_PEOPLE[:count]:
        make_user(person.email, name=person.name)
    with django_assert_num_queries(1):
        response = Client().get(reverse("demo:people"))
    assert [user.email for _, user in response.context["cast"]] == [
        person.email for person in DEMO_PEOPLE[:count]
    ]


def test_an_empty_demo_says_so():
    assert "started empty" in Client().get(reverse("demo:people")).content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_outbox_shows_letters_newest_first(count, django_assert_num_queries):
    reader = make_user("reader@example.com", name="Rea Reader")
    for number in range(count):
        write(reader, number)
    with django_assert_num_queries(1):
        response = Client().get(reverse("demo:outbox"))
    subjects = [letter.subject for letter in response.context["letters"]]
    assert subjects == [f"Letter {number}" for number in reversed(range(count))]


def test_outbox_pages_there_and_back_and_filters():
    reader = make_user("reader@example.com", name="Rea Reader")
    other = make_user("other@example.com", name="נועה כהן")
    for number in range(65):
        write(reader, number)
    write(other, "last")
    client = Client()
    seen, url = [], reverse("demo:outbox")
    pages = []
    while url:
        page = client.get(url)
        pages.append(page)
        seen += [letter.subject for letter in page.context["letters"]]
        url = (
            reverse("demo:outbox") + page.context["older_url"] if page.context["older_url"] else ""
        )
    assert seen == ["Letter last", *[f"Letter {number}" for number in reversed(range(65))]]
    assert [len(page.context["letters"]) for page in pages] == [30, 30, 6]
    back = client.get(reverse("demo:outbox") + pages[1].context["newer_url"])
    assert list(back.context["letters"]) == list(pages[0].context["letters"])
    assert back.context["newer_url"] == ""
    found = client.get(reverse("demo:outbox"), {"person": "נועה"})
    assert [letter.subject for letter in found.context["letters"]] == ["Letter last"]
    assert client.get(reverse("demo:outbox"), {"before": "x", "after": "²"}).status_code == 200


def test_letter_page_frames_the_html_in_a_sandbox():
    letter = write(make_user("reader@example.com"), 1)
    client = Client()
    page = client.get(reverse("demo:letter", args=[letter.pk]))
    text = page.content.decode()
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    assert '<a href="http://localhost:8000/cohorts/" rel="nofollow">' in text
    framed = client.get(reverse("demo:letter_html", args=[letter.pk]))
    policy = framed["Content-Security-Policy"]
    assert "sandbox allow-popups allow-top-navigation-by-user-activation" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert framed["X-Frame-Options"] == "SAMEORIGIN"
    assert '<base target="_top">' in framed.content.decode()
    # The frame's freedom does not leak to other pages.
    other = client.get(reverse("demo:outbox"))
    assert "frame-src" not in other["Content-Security-Policy"]
    assert other["X-Frame-Options"] == "DENY"


def test_attachments_are_downloads():
    file = Attachment("session.ics", "text/calendar", b"BEGIN:VCALENDAR")
    letter = write(make_user("reader@example.com"), 1, attachments=[file])
    client = Client()
    response = client.get(reverse("demo:attachment", args=[letter.pk, 1]))
    assert response.content == b"BEGIN:VCALENDAR"
    assert response["Content-Disposition"] == 'attachment; filename="session.ics"'
    assert client.get(reverse("demo:attachment", args=[letter.pk, 2])).status_code == 404
    assert client.get(reverse("demo:attachment", args=[letter.pk, 0])).status_code == 404
    assert client.get(reverse("demo:letter", args=[letter.pk + 1])).status_code == 404


def run_with(code: str, **env: str) -> str:
    """What a fresh process prints; the settings are read anew there."""
    full = {**os.environ, **env}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=full, capture_output=True, text=True, check=True
    )
    return done.stdout.strip().splitlines()[-1]


PROBE = """
import django; django.setup()
import json
from django.apps import apps
from django.core.management import get_commands
from django.template.loader import get_template
from django.urls import Resolver404, resolve
def is_there(path):
    try:
        resolve(path)
    except Resolver404:
        return False
    return True
print(json.dumps([
    is_there("/demo/"), is_there("/demo/outbox/"), is_there("/demo/sign-in/"),
    apps.is_installed("scip.demo"), "seed_demo" in get_commands(),
    "totp_hint" in open(get_template("mfa/authenticate.html").origin.name).read(),
]))
"""


@pytest.mark.parametrize(("demo", "expected"), [("1", [True] * 6), ("0", [False] * 6)])
def test_the_demo_exists_only_while_it_runs(demo, expected):
    assert json.loads(run_with(PROBE, DEMO=demo)) == expected

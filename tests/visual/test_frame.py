"""Constant parts of the frame are rendered once, and never anybody's own."""

import re
from pathlib import Path

import pytest
from django.template import Context, Template

from scip.templatetags import frame

ROOT = Path(__file__).resolve().parents[2]


def test_a_constant_part_is_the_template_itself_and_rendered_once(monkeypatch):
    frame.rendered.cache_clear()
    page = Template('{% load frame %}{% constant "components/site_footer.html" %}')
    first = page.render(Context({"user": "Ana"}))
    assert "Center for Mindful Self-Compassion" in first
    assert page.render(Context({"user": "Paulo"})) == first
    assert frame.rendered.cache_info().misses == 1


def test_with_debug_a_constant_part_is_rendered_anew(settings):
    settings.DEBUG = True
    frame.rendered.cache_clear()
    Template('{% load frame %}{% constant "components/mark.html" %}').render(Context())
    assert frame.rendered.cache_info().misses == 0


MARKED = {
    "/program/": "/program/",
    "/cohorts/": "/cohorts/",
    "/cohorts/spring-2027/": "/cohorts/",
    "/cohortsx/": "",
    "/certification/": "/certification/",
    "/certification/register/": "",
    "/fees/": "/fees/",
    "/faq/": "/faq/",
    "/": "",
    "/directory/somebody/": "",
}


@pytest.mark.parametrize(("path", "marked"), MARKED.items())
def test_the_header_of_visitors_marks_where_they_are_and_is_drawn_once_for_each_mark(path, marked):
    frame.rendered.cache_clear()
    page = Template("{% load frame %}{% visitor_header path %}")
    header = page.render(Context({"path": path, "user": "Ana"}))
    assert re.findall(r'href="([^"]+)" aria-current="page"', header) == [marked] * bool(marked)
    assert "/accounts/login/" in header
    assert "Ana" not in header
    assert "csrf" not in header
    kept = frame.rendered.cache_info().currsize
    assert page.render(Context({"path": marked or "/elsewhere/"})) == header
    assert frame.rendered.cache_info().currsize == kept


def test_nobody_signed_in_gets_the_header_of_visitors_or_the_other_way_round(
    client, edition, applicant
):
    as_visitor = client.get("/fees/").content.decode()
    client.force_login(applicant)
    as_oneself = client.get("/fees/").content.decode()
    assert "Sign out" in as_oneself
    assert "Sign out" not in as_visitor
    client.logout()
    assert "Sign out" not in client.get("/fees/").content.decode()


def test_icons_are_silent_for_screen_readers_and_sized():
    markup = Template('{% load frame %}{% icon "info" "s" %}{% icon "info" %}').render(Context())
    assert re.findall(r'class="(icon[^"]*)"', markup) == ["icon icon-s", "icon"]
    assert markup.count('aria-hidden="true"') == 2


CONSTANT = re.compile(r'{% constant "([^"]+)" %}')


@pytest.mark.parametrize(
    "name",
    sorted(
        {
            name
            for path in (ROOT / "templates").rglob("*.html")
            for name in CONSTANT.findall(path.read_text())
        }
    ),
)
def test_a_constant_part_asks_nothing_of_the_request(name):
    text = re.sub(
        r"{% comment %}.*?{% endcomment %}",
        "",
        (ROOT / "templates" / name).read_text(),
        flags=re.DOTALL,
    )
    assert re.findall(r"{{(?!\s*label)[^}]*}}|csrf_token|request\.|user\b", text) == []

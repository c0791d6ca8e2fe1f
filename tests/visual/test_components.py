"""Components render from their own parameters alone, and no template carries inline style or script."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from scip.requirements import Assessment, Finding, Status
from scip.styleguide import example_context

TEMPLATES = Path(settings.BASE_DIR) / "templates"
COMPONENTS = sorted(path.name for path in (TEMPLATES / "components").glob("*.html"))
# Letters and PDFs carry their styles with them: mail programs and the renderer load nothing.
OWN_STYLES = ("emails", "pdf")
VOID = {
    "area",
    "base",
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "track",
    "wbr",
    "path",
    "rect",
    "circle",
    "line",
    "polyline",
    "polygon",
    "ellipse",
}


class Tree(HTMLParser):
    """Collects ids, references between elements and unclosed tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if names.get("id"):
            self.ids.append(str(names["id"]))
        for attribute in ("for", "aria-labelledby", "aria-describedby", "popovertarget"):
            self.references += (names.get(attribute) or "").split()
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    """No manifest is built for these tests; addresses of files stand as they are."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def parameters(name: str) -> dict[str, Any]:
    """What each component needs; a component without an entry needs nothing."""
    guide = example_context("test")
    return {
        "breadcrumb.html": {"items": guide["crumbs"]},
        "card.html": {"title": "Spring", "text": "Tuesdays"},
        "chart_bars.html": {
            "id": "chart",
            "caption": "People",
            "rows": guide["bars"],
            "max": 120,
            "label_head": "Level",
            "value_head": "People",
        },
        "confirm_dialog.html": {
            "id": "leave",
            "open_label": "Withdraw",
            "title": "Withdraw?",
            "text": "…",
            "action": "/x/",
            "confirm_label": "Yes",
            "csrf_token": "token",
        },
        "copyable.html": {"id": "code", "text": "ABC", "label": "code"},
        "empty.html": {"title": "Nothing yet", "text": "It will come."},
        "error_summary.html": {"form": guide["bound"]},
        "facts.html": {"facts": guide["facts"]},
        "findings.html": {"findings": guide["findings"]},
        "icon.html": {"name": "check"},
        "local_time.html": {"at": guide["moment"]},
        "messages.html": {"messages": guide["notes"]},
        "next_step.html": {"title": "Read", "url": "/x/", "label": "Read"},
        "notice.html": {"text": "Quiet."},
        "pagination.html": {"next_url": "?after=1"},
        "pathway_figure.html": {"levels": guide["levels"]},
        "price_list.html": {"prices": guide["prices"]},
        "progress.html": {"label": "Attended", "value": 9, "max": 12},
        "radio_cards.html": {"name": "tier", "legend": "Price", "options": guide["options"]},
        "role_links.html": {
            "nav_roles": [{"label": "Facilitate", "url": "/facilitate/"}],
            "path": "/facilitate/",
        },
        "roster_cell.html": {
            "state": "present",
            "row": 0,
            "column": 0,
            "label": "Ana, session 1: present",
        },
        "site_header.html": {"path": "/cohorts/"},
        "stat.html": {"value": 7, "label": "wait"},
        "status_page.html": {"title": "Not here", "text": "…"},
        "stepper.html": {"steps": guide["steps"], "position": 3, "count": 5},
        "table.html": {
            "id": "t",
            "caption": "Waiting",
            "columns": guide["columns"],
            "rows": guide["rows"],
        },
        "tag.html": {"text": "Met", "kind": "met"},
        "timeline.html": {"events": guide["events"]},
        "upload.html": {"name": "file", "label": "File", "hint": "PDF"},
    }.get(name, {})


@pytest.mark.parametrize("name", COMPONENTS)
def test_component_renders_well_formed_from_its_parameters(name: str) -> None:
    html = render_to_string(f"components/{name}", parameters(name))
    assert html.strip()
    tree = Tree(html)
    assert tree.faults == []
    assert tree.open == []
    assert len(tree.ids) == len(set(tree.ids))


@pytest.mark.parametrize("name", COMPONENTS)
def test_component_documents_itself(name: str) -> None:
    assert (TEMPLATES / "components" / name).read_text().startswith("{% comment %}")


def test_the_tree_notices_broken_markup() -> None:
    assert Tree("<div><p></div>").faults
    assert Tree("<div>").open == ["div"]


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (Status.MET, "Met"),
        (Status.OPEN, "Still open"),
        (Status.WAITING, "Waiting for the office"),
        (Status.WAIVED, "Waived by Rosa: make-up work"),
        (Status.LATER, "Later"),
    ],
)
def test_findings_say_in_words_where_each_stands(status: Status, says: str) -> None:
    finding = Finding(
        code="msc",
        title="A full MSC programme",
        status=status,
        waiting_for="the office",
        waived_by="Rosa",
        waiver_reason="make-up work",
        next_step="Add it",
        url="/x/",
    )
    html = render_to_string("components/findings.html", {"findings": Assessment((finding,))})
    assert says in html
    assert f"finding-{status.value}" in html
    assert 'href="/x/"' in html


def test_findings_for_onlookers_carry_no_links() -> None:
    finding = Finding(code="a", title="A", status=Status.OPEN, next_step="Add it", url="/x/")
    html = render_to_string("components/findings.html", {"findings": [finding], "plain": True})
    assert "Add it" in html
    assert "href" not in html


def test_what_people_type_is_escaped() -> None:
    html = render_to_string(
        "components/card.html", {"title": "<script>alert(1)</script>", "text": "&"}
    )
    assert "<script>" not in html


def test_error_summary_leads_to_every_field() -> None:
    form = example_context("test")["bound"]
    html = render_to_string("components/error_summary.html", {"form": form})
    targets = set(re.findall(r'href="#([^"]+)"', html))
    page = render_to_string(
        "styleguide_parts.html", {"guide": {**example_context("test"), "bound": form}}
    )
    assert targets
    assert targets <= set(Tree(page).ids)


def test_a_label_that_ends_as_a_sentence_gets_no_colon() -> None:
    class Word(forms.Form):
        said = forms.CharField(label="This is true.")
        name = forms.CharField(label="Your name")

    html = render_to_string("components/error_summary.html", {"form": Word({})})
    assert "This is true.</a> " in html
    assert "Your name</a>: " in html


def test_references_between_elements_lead_somewhere() -> None:
    tree = Tree(render_to_string("styleguide_parts.html", {"guide": example_context("test")}))
    assert len(tree.ids) == len(set(tree.ids))
    assert set(tree.references) - set(tree.ids) == set()


@pytest.mark.parametrize(
    "page", ["400.html", "403.html", "403_csrf.html", "404.html", "500.html", "503.html"]
)
def test_error_pages_render_without_a_request(page: str) -> None:
    html = render_to_string(page)
    assert "<h1>" in html
    assert "!" not in re.sub(r"<[^>]+>", "", html)


def test_no_template_carries_inline_style_or_script() -> None:
    faults = []
    for path in TEMPLATES.rglob("*.html"):
        parts = path.relative_to(TEMPLATES).parts
        if any(part in OWN_STYLES for part in parts):
            continue
        text = re.sub(r"{% comment %}.*?{% endcomment %}", "", path.read_text(), flags=re.DOTALL)
        inline = re.findall(
            r'<style|\sstyle=|\son[a-z]+="|javascript:|https?://(?!www\.w3\.org|schema\.org)', text
        )
        scripts = [
            tag
            for tag in re.findall(r"<script[^>]*>", text)
            if "src=" not in tag and not re.search(r"application/(ld\+)?json", tag)
        ]
        faults += [(str(path), fault) for fault in inline + scripts]
    assert faults == []


def test_letter_has_one_button_and_no_script() -> None:
    html = render_to_string(
        "emails/base.html",
        {
            "button_url": "https://example.org/x",
            "button_label": "Look",
            "site_url": "https://example.org",
        },
    )
    assert html.count('class="button"') == 1
    assert "<script" not in html
    text = render_to_string(
        "emails/base.txt",
        {
            "button_url": "https://example.org/x",
            "button_label": "Look",
            "site_url": "https://example.org",
        },
    )
    assert "https://example.org/x" in text
    assert "<" not in text


def test_style_guide_exists_only_in_debug_and_demo(settings: Any, client: Client) -> None:
    from django.http import Http404

    from scip.styleguide import styleguide

    request = RequestFactory().get("/styleguide/")
    settings.DEBUG, settings.DEMO = False, False
    with pytest.raises(Http404):
        styleguide(request)
    settings.DEMO = True
    assert styleguide(request).status_code == 200

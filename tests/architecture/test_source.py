"""The style of the house, as far as a machine can see it. Each check has a variant that fails."""

import ast
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = ["scip", "cohorts", "consultations", "certification", "supervision", "payments"]
UNWANTED_NAMES = {"utils.py", "helpers.py", "mixins.py", "managers.py", "constants.py"}


def sources() -> list[Path]:
    return sorted(
        path
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts and "__pycache__" not in path.parts
    )


def templates() -> list[Path]:
    return sorted((ROOT / "templates").rglob("*.html"))


def is_document(path: Path) -> bool:
    """Letters and PDFs carry their styles with them; no browser page does."""
    return "emails" in path.parts or "pdf" in path.parts


def test_no_module_is_a_drawer_for_everything():
    assert [path for path in sources() if path.name in UNWANTED_NAMES] == []


def test_no_module_is_longer_than_500_lines():
    long = {path: len(path.read_text().splitlines()) for path in sources()}
    assert {str(path.relative_to(ROOT)): n for path, n in long.items() if n > 500} == {}


def assigned_states(tree: ast.AST) -> Iterator[int]:
    """Lines that set a ``state`` by hand: an assignment, setattr, or a queryset's update."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(t, ast.Attribute) and t.attr == "state" for t in targets):
                yield node.lineno
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            if name in {"update", "bulk_update"} and any(k.arg == "state" for k in node.keywords):
                yield node.lineno


def test_only_the_mover_sets_a_state():
    """A checkout mirrors Stripe's word for it, and the practice checkout plays Stripe."""
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources()
        if ROOT / "scip" / "states" not in path.parents
        for line in assigned_states(ast.parse(path.read_text()))
        if ROOT / "payments" / "sandbox" not in path.parents
    ]
    assert found == []


@pytest.mark.parametrize(
    "code", ["offer.state = 'open'", "Offer.objects.update(state='open')", "offer.state: str = 'x'"]
)
def test_a_state_set_by_hand_would_be_seen(code):
    assert list(assigned_states(ast.parse(code))) == [1]


def broad_handlers(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            name = getattr(node.type, "id", "")
            last = node.body[-1]
            goes_on = isinstance(last, ast.Raise) and last.exc is None
            if (node.type is None or name in {"Exception", "BaseException"}) and not goes_on:
                yield node.lineno


def test_no_exception_is_caught_broadly():
    """Cleaning up on the way out and letting it go on (a bare ``raise`` at the end) is fine."""
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources()
        for line in broad_handlers(ast.parse(path.read_text()))
    ]
    assert found == []
    assert list(broad_handlers(ast.parse("try:\n  x()\nexcept Exception:\n  pass"))) == [3]


INLINE = re.compile(
    r"<style|\sstyle=|<script(?![^>]*(\ssrc=|type=\"application/))|\son[a-z]+=\"", re.IGNORECASE
)


def test_pages_have_no_inline_style_or_script():
    found = [
        f"{path.relative_to(ROOT)}: {match.group(0)}"
        for path in templates()
        if not is_document(path)
        for match in INLINE.finditer(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    "markup", ['<p style="x">', "<style>", "<script>", '<a onclick="x">', "<script type=module>"]
)
def test_inline_style_or_script_would_be_seen(markup):
    assert INLINE.search(markup)


@pytest.mark.parametrize(
    "markup", ['<script src="a.js" defer></script>', '<script type="application/json" id="x">']
)
def test_script_files_and_data_blocks_are_fine(markup):
    assert not INLINE.search(markup)


THIRD_PARTY = re.compile(r"""(?:src|href)=["']https?://(?!\{\{)""")


def test_no_template_loads_anything_from_elsewhere():
    """Links out are fine; what a page loads comes from here."""
    loading = re.compile(r"<(?:script|img|link|iframe|source|video|audio)\b[^>]*https?://")
    found = [
        str(path.relative_to(ROOT))
        for path in templates()
        if loading.search(path.read_text()) and 'rel="canonical"' not in path.read_text()
    ]
    assert found == []


INCLUDE = re.compile(r"{%\s*include\s+\"components/[^%]*%}")


def test_components_are_included_with_only_what_they_name():
    found = [
        f"{path.relative_to(ROOT)}: {tag}"
        for path in templates()
        for tag in INCLUDE.findall(path.read_text())
        if not re.search(r"\bonly\s*%}$", tag)
    ]
    assert found == []


def test_every_letter_has_subject_text_and_html():
    letters: dict[str, set[str]] = {}
    for path in (ROOT / "templates").glob("*/emails/*"):
        name, _, kind = path.name.partition(".")
        if not name.startswith("_"):
            letters.setdefault(f"{path.parent.parent.name}/{name}", set()).add(kind)
    letters = {name: kinds for name, kinds in letters.items() if not name.startswith("emails/")}
    assert len(letters) > 20
    assert {n: k for n, k in letters.items() if k != {"subject.txt", "txt", "html"}} == {}


FIGURES = re.compile(
    r"(2,?595|2,?895|3,?195|1,?295|1,?495|3,?050|\b80 ?%|\b750\b|\b36 contact|\b20 contact)"
)


def test_figures_of_the_programme_are_never_written_into_pages_or_letters():
    """They belong to the Edition or the cohort (the style guide shows invented samples)."""
    found = [
        f"{path.relative_to(ROOT)}: {match.group(0)}"
        for path in (ROOT / "templates").rglob("*")
        if path.is_file() and "styleguide" not in path.name
        for match in FIGURES.finditer(
            re.sub(
                r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", path.read_text(), flags=re.DOTALL
            )
        )
    ]
    assert found == []


def test_tracked_files_name_no_machine_and_no_registry():
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\0")
    # A checkout right below the temporary folder says nothing: containers name that folder too.
    here = ROOT if ROOT.parent == Path(tempfile.gettempdir()) else ROOT.parent
    pattern = re.compile(
        re.escape(str(here)) + "/|index-url|pypi" + r"\.org|registry\.npmjs|pythonhosted"
    )
    found = []
    for name in filter(None, tracked):
        path = ROOT / name
        if path.suffix in {".png", ".ico", ".pdf"} or not path.is_file() or path == Path(__file__):
            continue
        if pattern.search(path.read_text(errors="ignore")):
            found.append(name)
    assert found == []

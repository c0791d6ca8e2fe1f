"""docs/asvs.csv is whole, and what it points at exists."""

import ast
import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KINDS = {"test", "doc", "deploy", "n/a", "open"}
# OWASP ASVS 5.0.0 has so many requirements of levels 1 and 2.
LEVEL_1, LEVEL_2 = 70, 183


def rows() -> list[dict[str, str]]:
    with (ROOT / "docs" / "asvs.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def collected_in(path: Path) -> Iterator[str]:
    """What pytest collects from a file: test functions, and those of Test classes."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef) and inner.name.startswith("test_"):
                    yield f"{node.name}::{inner.name}"


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w-]", "", title.lower().replace(" ", "-")) for title in headings}


def fault_of(row: dict[str, str]) -> str:
    """What is wrong with a row; empty if nothing."""
    kind, _, rest = row["classification"].partition(":")
    if kind not in KINDS or not rest.strip() or not row["gist"].strip():
        return "not classified"
    target, _, part = rest.partition("::" if kind == "test" else "#")
    if kind == "test":
        path = ROOT / target
        return "" if path.is_file() and part in set(collected_in(path)) else "no such test"
    if kind == "doc":
        path = ROOT / target
        return "" if path.is_file() and (not part or part in anchors(path)) else "no such place"
    return ""


def test_every_requirement_of_levels_1_and_2_is_there_once():
    ids = [row["id"] for row in rows()]
    assert len(ids) == len(set(ids))
    levels = [row["level"] for row in rows()]
    assert (levels.count("1"), levels.count("2")) == (LEVEL_1, LEVEL_2)


def test_every_row_is_classified_and_points_at_something():
    assert {row["id"]: fault for row in rows() if (fault := fault_of(row))} == {}


@pytest.mark.parametrize(
    "classification",
    ["", "test:", "maybe:x", "test:tests/nowhere.py::test_x", "doc:docs/nowhere.md",
     "test:tests/architecture/test_asvs.py::test_that_is_not_there", "doc:README.md#no-such-heading"],
)  # fmt: skip
def test_a_row_that_says_nothing_true_would_be_noticed(classification):
    assert fault_of({"classification": classification, "gist": "x"})


def test_at_least_a_hundred_and_twenty_are_shown_by_tests():
    shown = [row for row in rows() if row["classification"].startswith("test:")]
    assert len(shown) >= 120

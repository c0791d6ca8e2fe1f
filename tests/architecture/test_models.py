"""Models: relations point down, state tables are whole, people and moments come in pairs."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

from scip.states import Stateful

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"scip", "cohorts", "consultations", "certification", "supervision", "payments"}
OURS = [model for model in apps.get_models() if model.__module__.split(".")[0] in PACKAGES]
STATEFUL = [model for model in OURS if issubclass(model, Stateful)]


def floors() -> dict[str, int]:
    """Package → floor, 0 at the top, from the import contract itself."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = contracts["contracts"][0]["layers"]
    return {
        name.strip(): height for height, layer in enumerate(layers) for name in layer.split("|")
    }


def floor_of(model: type[models.Model]) -> int:
    known = floors()
    module = model.__module__
    while module not in known:
        module = module.rpartition(".")[0]
    return known[module]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_relations_point_down_or_stay_on_their_floor(model):
    upward = [
        f"{field.name} → {field.related_model._meta.label}"
        for field in model._meta.get_fields(include_parents=False)
        if field.is_relation
        and not field.auto_created
        and field.related_model._meta.label != settings.AUTH_USER_MODEL
        and floor_of(field.related_model) < floor_of(model)
    ]
    assert upward == []


def names_above(height: int) -> set[str]:
    """Relations that only floors above bring to models: whoever asks one by name knows them."""
    above, here = set(), set()
    for model in OURS:
        for field in model._meta.get_fields():
            other = field.related_model if field.related_model in OURS else model
            is_above = field.auto_created and floor_of(other) < height
            (above if is_above else here).add(field.name)
    return above - here


def asked_above(code: str, names: set[str]) -> list[str]:
    """Lookups through one of these relations, as keywords or in quotes."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.keyword):
            found.append(node.arg or "")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
    return [
        lookup
        for lookup in found
        if re.fullmatch(r"[a-z_]+(__[a-z_]+)+", lookup) and names & set(lookup.split("__"))
    ]


@pytest.mark.parametrize("package", floors())
def test_no_query_asks_a_floor_above_by_the_name_of_its_relation(package):
    """Where a lower floor has to know, the upper one says it (`supervision.queries.reading`)."""
    known = floors()
    names = names_above(known[package])
    below = {name for name in known if name.startswith(f"{package}.")}
    found = {}
    for path in sorted(ROOT.joinpath(*package.split(".")).rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if "migrations" in path.parts or any(module.startswith(name) for name in below):
            continue
        if asked := asked_above(path.read_text(), names):
            found[str(path.relative_to(ROOT))] = asked
    assert found == {}


@pytest.mark.parametrize(
    "code", ['rows.filter(submissions__state="submitted")', 'F("candidacy__submissions__state")']
)
def test_a_relation_of_a_floor_above_would_be_seen(code):
    names = names_above(floors()["supervision"])
    assert "submissions" in names
    assert len(asked_above(code, names)) == 1
    assert asked_above('rows.filter(agreements__state="active")', names) == []


def test_there_are_state_machines_to_walk():
    assert len(STATEFUL) >= 8


@pytest.mark.parametrize("model", STATEFUL, ids=lambda model: model._meta.label)
def test_a_state_table_names_only_states_and_every_state_can_be_reached(model):
    states = set(model.State.values)
    table = {
        str(state): {str(to) for to in targets} for state, targets in model.TRANSITIONS.items()
    }
    assert set(table) <= states
    assert set().union(*table.values()) <= states
    start = str(model._meta.get_field("state").default)
    reached, ahead = set(), {start}
    while ahead:
        state = ahead.pop()
        reached.add(state)
        ahead |= table.get(state, set()) - reached
    assert reached == states, f"unreachable from {start}: {states - reached}"


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_who_did_something_is_never_kept_without_when(model):
    names = {field.name for field in model._meta.concrete_fields}
    lonely = [
        field.name
        for field in model._meta.concrete_fields
        if field.is_relation  # `pay_by` and `answer_by` are deadlines, no persons
        and field.name.endswith("_by")
        and field.name != "granted_by"
        and f"{field.name.removesuffix('_by')}_at" not in names
    ]
    assert lonely == []


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_model_has_a_readable_name(model):
    assert model.__str__ is not models.Model.__str__, (
        "admin pages and the log would show a bare number"
    )

"""Models: relations point down, state tables are whole, people and moments come in pairs."""

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

"""The demo's quicker migrating."""

import pytest
from django.db import models
from django.db.migrations.state import ModelState, ProjectState

from scip.management.migrating import light_states


@pytest.fixture
def state() -> ProjectState:
    """Two models that know each other, built as classes."""
    state = ProjectState()
    key = [("id", models.BigAutoField(primary_key=True))]
    state.add_model(ModelState("states", "Group", [*key, ("size", models.IntegerField())]))
    link = models.ForeignKey("states.Group", models.CASCADE)
    state.add_model(ModelState("states", "Member", [*key, ("group", link)]))
    assert state.apps.get_model("states", "Member")
    return state


def positive() -> models.CheckConstraint:
    return models.CheckConstraint(condition=models.Q(size__gt=0), name="positive")


def test_a_constraint_and_an_index_reach_the_model_without_building_it_anew(
    state: ProjectState,
) -> None:
    group = state.apps.get_model("states", "Group")
    before = state.clone()
    with light_states():
        state.add_constraint("states", "group", positive())
        state.add_index("states", "group", models.Index("size", name="by_size"))
    assert state.apps.get_model("states", "Group") is group
    assert [item.name for item in group._meta.constraints] == ["positive"]
    assert [item.name for item in group._meta.indexes] == ["by_size"]
    # And the state tells the next migrations the same, as an older one does not.
    assert [item.name for item in state.models["states", "group"].options["constraints"]]
    assert not before.models["states", "group"].options.get("constraints")


def test_outside_of_it_django_builds_them_anew(state: ProjectState) -> None:
    group = state.apps.get_model("states", "Group")
    with light_states():
        pass
    state.add_constraint("states", "group", positive())
    assert state.apps.get_model("states", "Group") is not group

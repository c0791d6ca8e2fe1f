"""The demo's quicker migrating."""

from typing import Any

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


def test_a_constraint_that_goes_leaves_the_class_and_the_state(state: ProjectState) -> None:
    group = state.apps.get_model("states", "Group")
    with light_states():
        state.add_constraint("states", "group", positive())
        state.add_index("states", "group", models.Index("size", name="by_size"))
        before = state.clone()
        state.remove_constraint("states", "group", "positive")
    assert state.apps.get_model("states", "Group") is group
    assert not group._meta.constraints
    assert not state.models["states", "group"].options["constraints"]
    # The index stays, and so does what an older state tells.
    assert [item.name for item in group._meta.indexes] == ["by_size"]
    assert [item.name for item in before.models["states", "group"].options["constraints"]]


def test_a_new_model_and_a_new_field_find_their_neighbours(state: ProjectState) -> None:
    group = state.apps.get_model("states", "Group")
    fields = [
        ("id", models.BigAutoField(primary_key=True)),
        ("member", models.ForeignKey("states.Member", models.CASCADE, related_name="visits")),
    ]
    with light_states():
        state.add_model(ModelState("states", "Visit", fields))
        link = models.ForeignKey("states.Group", models.CASCADE, null=True, related_name="visits")
        state.add_field("states", "visit", "group", link, True)
        name = models.CharField(max_length=9, default="?")
        state.add_field("states", "group", "name", name, False)
    visit = state.apps.get_model("states", "Visit")
    assert state.apps.get_model("states", "Group") is group
    assert visit._meta.get_field("group").remote_field.model is group
    assert [item.name for item in group._meta.related_objects] == ["member", "visits"]
    assert [item.name for item in group._meta.fields] == ["id", "size", "name"]
    # A default that was for the rows of that day only is not the field's.
    assert not group._meta.get_field("name").has_default()
    assert list(state.models["states", "visit"].fields) == ["id", "member", "group"]
    # A class that has to be built anew finds them all again.
    with light_states():
        state.remove_field("states", "group", "size")
    again = state.apps.get_model("states", "Group")
    assert again is not group
    assert {item.name for item in again._meta.related_objects} == {"member", "visits"}


def test_outside_of_it_django_builds_them_anew(state: ProjectState) -> None:
    group = state.apps.get_model("states", "Group")
    with light_states():
        pass
    state.add_constraint("states", "group", positive())
    assert state.apps.get_model("states", "Group") is not group


def sizes(**options: Any) -> models.IntegerField[Any, Any]:
    return models.IntegerField(choices=[(1, "one"), (2, "two")], **options)


def test_what_the_database_does_not_keep_of_a_field_changes_in_its_place(
    state: ProjectState,
) -> None:
    group = state.apps.get_model("states", "Group")
    with light_states():
        name = models.CharField(max_length=9, default="?")
        state.add_field("states", "group", "name", name, True)
        before = state.clone()
        state.alter_field("states", "group", "size", sizes(), True)
    assert state.apps.get_model("states", "Group") is group
    assert group._meta.get_field("size").choices == [(1, "one"), (2, "two")]
    assert [item.name for item in group._meta.fields] == ["id", "size", "name"]
    assert state.models["states", "group"].fields["size"].choices
    assert not before.models["states", "group"].fields["size"].choices


def test_what_the_database_keeps_of_a_field_changes_between_two_classes(
    state: ProjectState,
) -> None:
    with light_states():
        before = state.clone()
        state.alter_field("states", "group", "size", sizes(null=True), True)
    found = [each.apps.get_model("states", "Group") for each in (before, state)]
    assert [model._meta.get_field("size").null for model in found] == [False, True]
    # Whoever refers to it refers to the new one, at once: no step in Python builds all anew.
    link = state.apps.get_model("states", "Member")._meta.get_field("group")
    assert link.remote_field.model is found[1]
    assert not state.is_delayed

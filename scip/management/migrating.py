"""Migrating an empty database in a fraction of the time, for those who wait for a demo or a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.migrations.state import ModelState, ProjectState


def _is_built(state: ProjectState) -> bool:
    return "apps" in vars(state)


@contextmanager
def light_states() -> Iterator[None]:
    """In here what a migration adds is added to the classes at hand.

    Django builds a model that gains a field, a constraint or an index anew, and with it, as
    with every new model, all that are related to it however remotely: a hundred classes, four
    hundred times, which is nine tenths of the time that migrating takes. What is only added
    needs none of that: a new class finds its neighbours as it does in any module of models.
    What is changed or taken away still goes Django's way. Forwards only: states of before and
    after share their classes. Real sites migrate without this; a test compares the two schemas.
    """
    add_model, add_field = ProjectState.add_model, ProjectState.add_field
    append_option = ProjectState._append_option  # type: ignore[attr-defined]

    def light_model(state: ProjectState, model_state: ModelState) -> None:
        if not _is_built(state):
            add_model(state, model_state)
            return
        key = model_state.app_label, model_state.name_lower
        state.models[key] = model_state
        if state._relations is not None:  # type: ignore[attr-defined]
            state.resolve_model_relations(key)
        state.apps.render_multiple([model_state])

    def light_field(
        state: ProjectState, app_label: str, model_name: str, name: str, *field: Any
    ) -> None:
        # Without the classes it only writes down what they are to have.
        built = vars(state).pop("apps", None)
        add_field(state, app_label, model_name, name, *field)
        if built is not None:
            state.apps = built
            new = state.models[app_label, model_name].fields[name].clone()
            built.get_model(app_label, model_name).add_to_class(name, new)
            built.clear_cache()

    def light_option(
        state: ProjectState, app_label: str, model_name: str, option: str, new: Any
    ) -> None:
        if not _is_built(state):
            append_option(state, app_label, model_name, option, new)
            return
        options = state.models[app_label, model_name].options
        options[option] = [*options.get(option, []), new]
        meta = state.apps.get_model(app_label, model_name)._meta
        setattr(meta, option, [*getattr(meta, option), new])

    light = {"add_model": light_model, "add_field": light_field, "_append_option": light_option}
    whole = {"add_model": add_model, "add_field": add_field, "_append_option": append_option}
    for name, method in light.items():
        setattr(ProjectState, name, method)
    try:
        yield
    finally:
        for name, method in whole.items():
            setattr(ProjectState, name, method)

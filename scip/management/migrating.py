"""Migrating an empty database in a fraction of the time, for those who wait for a demo or a test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db.migrations.state import ModelState, ProjectState
from django.db.models import Field

_LIGHT: dict[str, Callable[..., Any]] = {}
_WHOLE: dict[str, Callable[..., Any]] = {}


@contextmanager
def light_states() -> Iterator[None]:
    """In here what a migration adds is added to the classes at hand.

    Django builds a model that gains a field, a constraint or an index anew, and with it, as
    with every new model, all that are related to it however remotely: a hundred classes, four
    hundred times, which is nine tenths of the time that migrating takes. What is only added
    needs none of that: a new class finds its neighbours as it does in any module of models.
    Neither does a constraint or an index that goes, or a field of which the database keeps what it
    knows (its choices, its words). Other changes still go Django's way, but at once with all that
    they touch: Django puts off a part, and from then on builds every class anew for each step
    that is written in Python.
    Forwards only: states of before and after share their classes. Real sites migrate without
    this; a test compares the two schemas.
    """
    for name, method in _LIGHT.items():
        setattr(ProjectState, name, method)
    try:
        yield
    finally:
        for name, method in _WHOLE.items():
            setattr(ProjectState, name, method)


def _in_place_of(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The function stands in for this method of a state, once its classes are built: until then a
    state only writes down what they are to be."""

    def stand_in(light: Callable[..., Any]) -> Callable[..., Any]:
        whole: Callable[..., Any] = getattr(ProjectState, name)

        def method(state: ProjectState, *given: Any) -> Any:
            return (light if "apps" in vars(state) else whole)(state, *given)

        _WHOLE[name], _LIGHT[name] = whole, method
        return light

    return stand_in


@_in_place_of("add_model")
def _add_model(state: ProjectState, model_state: ModelState) -> None:
    key = model_state.app_label, model_state.name_lower
    state.models[key] = model_state
    if state._relations is not None:  # type: ignore[attr-defined]
        state.resolve_model_relations(key)
    state.apps.render_multiple([model_state])


@_in_place_of("add_field")
def _add_field(
    state: ProjectState, app_label: str, model_name: str, name: str, *field: Any
) -> None:
    # Without the classes it only writes down what they are to have.
    built = vars(state).pop("apps")
    _WHOLE["add_field"](state, app_label, model_name, name, *field)
    state.apps = built
    new = state.models[app_label, model_name].fields[name].clone()
    built.get_model(app_label, model_name).add_to_class(name, new)
    built.clear_cache()


@_in_place_of("_append_option")
def _append_option(
    state: ProjectState, app_label: str, model_name: str, option: str, new: Any
) -> None:
    options = state.models[app_label, model_name].options
    options[option] = [*options.get(option, []), new]
    meta = state.apps.get_model(app_label, model_name)._meta
    setattr(meta, option, [*getattr(meta, option), new])


@_in_place_of("_remove_option")
def _remove_option(
    state: ProjectState, app_label: str, model_name: str, option: str, name: str
) -> None:
    options = state.models[app_label, model_name].options
    options[option] = [item for item in options[option] if item.name != name]
    meta = state.apps.get_model(app_label, model_name)._meta
    setattr(meta, option, [item for item in getattr(meta, option) if item.name != name])


@_in_place_of("alter_field")
def _alter_field(
    state: ProjectState,
    app_label: str,
    model_name: str,
    name: str,
    field: "Field[Any, Any]",
    *rest: Any,
) -> None:
    before = state.models[app_label, model_name].fields[name]
    if field.is_relation or _in_database(before) != _in_database(field):
        _WHOLE["alter_field"](state, app_label, model_name, name, field, *rest)
        return
    built = vars(state).pop("apps")
    _WHOLE["alter_field"](state, app_label, model_name, name, field, *rest)
    state.apps = built
    model = built.get_model(app_label, model_name)
    old, new = model._meta.get_field(name), state.models[app_label, model_name].fields[name].clone()
    # In the old one's place.
    new.creation_counter = old.creation_counter
    model._meta.local_fields.remove(old)
    model.add_to_class(name, new)
    built.clear_cache()


def _in_database(field: "Field[Any, Any]") -> tuple[Any, ...]:
    _name, path, given, options = field.deconstruct()
    return path, given, {key: options[key] for key in options.keys() - set(field.non_db_attrs)}


@_in_place_of("_find_reload_model")
def _find_reload_model(
    state: ProjectState, app_label: str, model_name: str, delay: bool = False
) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = _WHOLE["_find_reload_model"](state, app_label, model_name)
    return found

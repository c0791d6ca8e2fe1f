"""The table of personal data held against the models, by ``manage.py check``.

A new model or field stops the check until somebody has said what it is and what becomes of it.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.apps import AppConfig, apps
from django.core import checks
from django.core.exceptions import FieldDoesNotExist, FieldError, ValidationError
from django.db import models
from django.db.models import CheckConstraint, Field, Model, UniqueConstraint

from scip.accounts.models import User
from scip.privacy.constraints import is_kept
from scip.privacy.rules import About, Entry, Erase, Table, table
from scip.privacy.wording import places_of

# What is made when it happens, and the fields that can take it.
MADE: Mapping[str, type[Field[Any, Any]] | None] = {
    "@now": models.DateTimeField,
    "@nothing": None,
    "@address": models.EmailField,
    "@password": models.CharField,
    "@file": models.FileField,
}
NO_SUCH_FIELD = "the table tells of a field that does not exist."


def problem(number: int, where: str, sentence: str, hint: str | None = None) -> checks.Error:
    return checks.Error(f"{where}: {sentence}", hint=hint, id=f"privacy.E{number:03}")


@checks.register("privacy")
def check_table(
    app_configs: Iterable[AppConfig] | None = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """All that is missing in the table of personal data or contradicts the models."""
    return list(problems_of(table()))


def problems_of(found: Table) -> Iterator[checks.CheckMessage]:
    """Everything that is wrong with a table, each by the name of its model or field."""
    known = {model._meta.label: model for model in apps.get_models(include_auto_created=True)}
    for label in sorted(known.keys() - found.entries.keys()):
        yield problem(
            1,
            label,
            "nobody has said what personal data it holds and what becomes of it.",
            f"Add it to scip/privacy/table/{label.split('.')[0]}.toml; scip/privacy/rules.py says how.",
        )
    for label in sorted(found.entries.keys() - known.keys()):
        yield problem(2, label, "the table tells of a model that does not exist.")
    for label in sorted(known.keys() & found.entries.keys()):
        entry = found.entries[label]
        yield from problems_of_fields(entry)
        yield from problems_of_kind(entry, found)
        yield from problems_of_export(entry)
        for about in entry.about:
            yield from problems_of_about(entry, about, found)
        for timed in entry.timed:
            if not leads_to_moment(entry.model, timed.since):
                yield problem(
                    5, label, f"no moment stands at “{timed.since}”, so no days can be counted."
                )
            yield from problems_of_blank(entry, timed.blank, is_wanted=not timed.is_deleted)
            yield from problems_of_where(entry, timed.where)
    for kind in found.kinds.values():
        yield from problems_of_words(kind.lasts, f"kinds.toml, {kind.key}", found)


def problems_of_fields(entry: Entry) -> Iterator[checks.CheckMessage]:
    lists = {name: getattr(entry, name) for name in ("personal", "people", "secret", "context")}
    said = [name for names in lists.values() for name in names]
    real = {field.name: field for field in entry.model._meta.concrete_fields}
    for name in real.keys() - set(said):
        yield problem(
            3,
            f"{entry.label}.{name}",
            "nobody has said what this field is.",
            "Name it in one of the four lists personal, people, secret, context of its model in "
            f"scip/privacy/table/{entry.label.split('.')[0]}.toml.",
        )
    for name in sorted(set(said) - real.keys()):
        yield problem(4, f"{entry.label}.{name}", NO_SUCH_FIELD)
    for name in sorted({name for name in said if said.count(name) > 1}):
        yield problem(4, f"{entry.label}.{name}", "stands in two lists.")
    for name, sentence in entry.kept.items():
        if name not in entry.personal:
            yield problem(4, f"{entry.label}.{name}", "is kept, and is no personal field of it.")
        elif not sentence.strip():
            yield problem(8, f"{entry.label}.{name}", "it is kept, and no sentence says why.")
    for name in entry.personal:
        if entry.about and name not in entry.kept and not loses(entry, name):
            yield problem(
                9, f"{entry.label}.{name}", "no rule says what becomes of this personal field."
            )


def loses(entry: Entry, name: str) -> bool:
    """Does some rule take the field's words away, or keep the row with a reason?"""
    return any(
        about.erase in {Erase.DELETE, Erase.DESTROY, Erase.KEEP} or name in about.blank
        for about in entry.about
    )


def problems_of_export(entry: Entry) -> Iterator[checks.CheckMessage]:
    """Words of an author have to lead to them, and “as seen” needs something that says what is."""
    for name, way in entry.alone.items():
        if name not in entry.personal:
            yield problem(
                12, f"{entry.label}.{name}", "belongs to somebody alone, and is no personal field."
            )
        if way != "nobody" and (":" in way or not leads_to_person(entry.model, way)):
            yield problem(12, f"{entry.label}.{name}", f"“{way}” does not lead to its author.")
    for name in sorted(set(entry.unnamed) - set(entry.people)):
        yield problem(12, f"{entry.label}.{name}", "is unnamed, and no field of people.")
    if any(about.is_as_seen for about in entry.about):
        if not hasattr(entry.model._default_manager, "visible_to"):
            yield problem(12, entry.label, "nothing says which of its rows somebody sees.")
    for field in entry.model._meta.concrete_fields:
        is_plain = field.name in entry.context or field.name in entry.personal
        if is_plain and getattr(field.related_model, "_meta", None) is User._meta:
            yield problem(
                12, f"{entry.label}.{field.name}", "points to a person; it belongs into people."
            )


def problems_of_kind(entry: Entry, found: Table) -> Iterator[checks.CheckMessage]:
    if entry.about and entry.kind not in found.kinds:
        yield problem(6, entry.label, f"“{entry.kind}” is no kind of kinds.toml.")
    if not entry.about and not entry.nobody:
        yield problem(
            6, entry.label, "it is about nobody, and no sentence says why (nobody = “…”)."
        )
    if entry.about and entry.nobody:
        yield problem(6, entry.label, "it is about somebody and about nobody.")
    if not entry.about and entry.personal and not entry.timed:
        yield problem(6, entry.label, "it has personal fields and is about nobody.")


def problems_of_about(entry: Entry, about: About, found: Table) -> Iterator[checks.CheckMessage]:
    if not leads_to_person(entry.model, about.person):
        yield problem(5, entry.label, f"“{about.person}” does not lead to a person.")
    if about.erase == Erase.KEEP and not about.because:
        yield problem(8, entry.label, f"rows of “{about.person}” stay, and no sentence says why.")
    yield from problems_of_blank(entry, about.blank, is_wanted=about.erase == Erase.BLANK)
    for where in (about.where, about.where_not):
        yield from problems_of_where(entry, where)
    if about.erase == Erase.DELETE:
        yield from problems_of_what_hangs_on(entry, found)


def problems_of_what_hangs_on(entry: Entry, found: Table) -> Iterator[checks.CheckMessage]:
    """What points to a row that goes has to go along, or to let go of it."""
    for relation in entry.model._meta.related_objects:
        field = relation.field
        child = field.model._meta.label
        if getattr(field.remote_field, "on_delete", None) is models.SET_NULL or not field.concrete:
            continue
        other = found.entries.get(child)
        if other is not None and not any(a.erase == Erase.DELETE for a in other.about):
            yield problem(
                10, entry.label, f"its rows go, and {child}.{field.name}, which stays, needs them."
            )


def problems_of_where(entry: Entry, where: Mapping[str, Any]) -> Iterator[checks.CheckMessage]:
    try:
        entry.model._base_manager.filter(**where)
    except (FieldError, ValueError, ValidationError) as error:
        yield problem(5, entry.label, f"“{dict(where)}” can’t be asked of its rows: {error}")


def problems_of_blank(
    entry: Entry, blank: Mapping[str, Any], *, is_wanted: bool
) -> Iterator[checks.CheckMessage]:
    if bool(blank) != is_wanted:
        wrong = "no field is blanked" if is_wanted else "fields are blanked in rows that go or stay"
        yield problem(7, entry.label, f"{wrong}.")
    for path, value in blank.items():
        name, _dot, key = path.partition(".")
        try:
            field = entry.model._meta.get_field(name)
        except FieldDoesNotExist:
            yield problem(4, f"{entry.label}.{path}", NO_SUCH_FIELD)
            continue
        if sentence := refusal_within(field, value) if key else refusal_of(field, value):
            yield problem(7, f"{entry.label}.{path}", sentence)
    yield from problems_of_constraints(entry, blank)


def problems_of_constraints(
    entry: Entry, blank: Mapping[str, Any]
) -> Iterator[checks.CheckMessage]:
    for constraint in entry.model._meta.constraints:
        if isinstance(constraint, CheckConstraint) and not is_kept(constraint.condition, blank):
            yield problem(
                7, entry.label, f"the rule “{constraint.name}” does not take what is blanked."
            )
        if isinstance(constraint, UniqueConstraint) and constraint.fields:
            if set(constraint.fields) <= blank.keys():
                yield problem(7, entry.label, f"“{constraint.name}” asks for different values.")


def refusal_within(field: Any, value: Any) -> str:
    """Why a single word within a field can't be blanked; empty if it can."""
    if isinstance(field, models.JSONField) and isinstance(value, str):
        return ""
    return "only words of a JSON field can be blanked one by one."


def refusal_of(field: Any, value: Any) -> str:
    """Why a field can't take a value; empty if it can."""
    if isinstance(value, str) and value.startswith("@"):
        if value not in MADE:
            return f"“{value}” is nothing that can be made."
        kind = MADE[value]
        fits = field.null if kind is None else isinstance(field, kind)
        return "" if fits else f"it can’t take {value}."
    if field.unique:
        return "every row needs another value here."
    if isinstance(field, models.BooleanField) != isinstance(value, bool):
        return f"it can’t take “{value}”."
    if isinstance(field, (models.CharField, models.TextField)) and not isinstance(value, str):
        return f"it can’t take “{value}”."
    try:
        if value not in ("", [], {}):
            field.clean(value, None)
        elif not isinstance(field.get_prep_value(value), type(value)):
            return f"it can’t take “{value}”."
    except (ValidationError, TypeError, ValueError) as error:
        return f"it can’t take “{value}”: {error}"
    return ""


def walk(model: type[Model], path: str) -> Any:
    """The field at the end of a path of relations, or None if there is no such way."""
    field: Any = None
    here: type[Model] | None = model
    for step in path.split("__"):
        if here is None:
            return None
        try:
            field = here._meta.get_field(step)
        except FieldDoesNotExist:
            return None
        if not field.concrete:
            return None
        here = field.related_model if field.is_relation else None
    return field


def leads_to_moment(model: type[Model], path: str) -> bool:
    return isinstance(walk(model, path), (models.DateTimeField, models.DateField))


def leads_to_person(model: type[Model], person: str) -> bool:
    """Does this way end at a person, their address, their number or words?"""
    manner, _colon, names = person.rpartition(":")
    fields = [walk(model, name) for name in names.split()]
    if person == "self":
        return model._meta.label == "accounts.User"
    wanted: dict[str, tuple[type[Field[Any, Any]], ...]] = {
        "address": (models.EmailField,),
        "number": (models.BigIntegerField,),
        "mentions": (models.CharField, models.TextField),
    }
    if manner:
        kinds = wanted.get(manner)
        return kinds is not None and bool(fields) and all(isinstance(f, kinds) for f in fields)
    end = fields[0] if fields else None
    return end is not None and end.is_relation and end.related_model._meta.label == "accounts.User"


def problems_of_words(words: str, where: str, found: Table) -> Iterator[checks.CheckMessage]:
    """Numbers of days in the plain words have to be those of a rule."""
    for label, since in places_of(words):
        try:
            found.days(label, since)
        except KeyError:
            yield problem(11, where, f"no timed rule counts days of {label} from {since}.")

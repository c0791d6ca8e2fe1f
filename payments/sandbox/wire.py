"""Stripe's form encoding: ``a[b][0][c]=d``."""

from typing import Any
from urllib.parse import parse_qsl


def parse_form(encoded: str) -> dict[str, Any]:
    """Nested mappings and lists of strings from Stripe's form encoding."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        keys = name.replace("]", "").split("[")
        branch = tree
        for key in keys[:-1]:
            branch = branch.setdefault(key, {})
        branch[keys[-1]] = value
    return {key: _with_lists(value) for key, value in tree.items()}


def _with_lists(value: Any) -> Any:
    """Mappings whose keys are 0, 1, 2 … were lists."""
    if not isinstance(value, dict):
        return value
    plain = {key: _with_lists(item) for key, item in value.items()}
    if all(key.isdigit() or not key for key in plain):
        return list(plain.values())
    return plain

"""A config as plain values: what stands under a dotted key, all dotted keys, and what differs between two configs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from nntrain.config.yaml_writer import flow
from nntrain.files.plain_values import Plain


def find_value(values: Plain, path: str) -> Plain:
    """What stands under a dotted path, items of a list by number or by name (`architecture.dense_1.units`).

    Raises KeyError.
    """
    for part in path.split("."):
        if isinstance(values, list):
            if not part.isdigit():
                names = _names(values)
                part = str(names.index(part)) if part in names else "-"
            if not part.isdigit() or int(part) >= len(values):
                raise KeyError(path)
            values = values[int(part)]
        elif isinstance(values, dict) and part in values:
            values = values[part]
        else:
            raise KeyError(path)
    return values


def _names(items: Sequence[Plain]) -> list[str]:
    from nntrain.components import item_names  # a listing of runs asks by number

    known = [item if isinstance(item, dict) else {} for item in items]
    return item_names((item.get("type", "?"), str(item.get("name") or "")) for item in known)


def differences(before: Mapping[str, Plain], now: Mapping[str, Plain]) -> list[tuple[str, str]]:
    """Every dotted key in which two plain configs differ, each with a line that shows both values."""
    found = _differing(before, now, "")
    return [(key, f"{key}: was {_said(old)}, is {_said(new)}") for key, old, new in found]


class _Nothing:
    """What stands where one of two configs has no such key."""


_NOTHING = _Nothing()
_Value: TypeAlias = "Plain | _Nothing"


def _said(value: _Value) -> str:
    return "nothing" if isinstance(value, _Nothing) else flow(value)


def _differing(old: _Value, new: _Value, path: str) -> list[tuple[str, _Value, _Value]]:
    """Key by key as far as both have keys; a whole section beside a value that has none, such as null."""
    sides = [_below(value) for value in (old, new)]
    if not all(below or value is _NOTHING for below, value in zip(sides, (old, new), strict=True)):
        return [] if old is not _NOTHING and new is not _NOTHING and _same(old, new) else [(path, old, new)]
    found = []
    for key in dict.fromkeys([*sides[0], *sides[1]]):
        a, b = (side.get(key, _NOTHING) for side in sides)
        found += _differing(a, b, f"{path}.{key}" if path else key)
    return found


def _below(value: _Value) -> Mapping[str, Plain]:
    if isinstance(value, list):
        return {str(i): item for i, item in enumerate(value)}
    return value if isinstance(value, dict) else {}


def _same(a: object, b: object) -> bool:
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)


def leaves(value: Plain, path: str = "") -> list[tuple[str, Plain]]:
    """Every dotted key of a plain config with its value."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not below:
        return [(path, value)]
    return [leaf for key, item in below for leaf in leaves(item, f"{path}.{key}" if path else str(key))]

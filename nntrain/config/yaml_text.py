"""Components -> plain values -> YAML; and what differs between two configs."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nntrain.components import Component
from nntrain.config.scalars import scalar
from nntrain.config.types import fields

_WIDTH = 100
_PLAIN = re.compile(r"[A-Za-z_/$.][A-Za-z0-9_/$.+-]*")
_ESCAPED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def plain(value: Any) -> Any:
    """As JSON has it.  A component: {"type": name, every argument}; a layer that has no name of its own lists none."""
    if isinstance(value, Component):
        arguments = {key: getattr(value, key) for key in fields(type(value))}
        if value.kind == "layer" and arguments["name"] is None:
            del arguments["name"]
        return {"type": value.type, **plain(arguments)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {key: plain(getattr(value, key)) for key in fields(type(value))}
    if isinstance(value, Path):
        value = os.fspath(value)
    if isinstance(value, str) and value.startswith("$"):
        return f"${value}"  # a text, not a reference
    return value


def to_yaml(value: dict[str, Any]) -> str:
    """The plain config as YAML: one line for what fits in one."""
    return "".join(f"{line}\n" for line in _block(value))


def _block(value: Any) -> list[str]:
    lines = []
    if isinstance(value, dict):
        for key, item in value.items():
            body = _lines(item)
            if body == [flow(item)]:
                lines.append(f"{_word(key)}: {body[0]}")
            else:
                lines += [f"{_word(key)}:", *(f"  {line}" for line in body)]
    else:
        for item in value:
            first, *rest = _lines(item)
            lines += [f"- {first}", *(f"  {line}" for line in rest)]
    return lines


def _lines(value: Any) -> list[str]:
    """A value in one line, or in several where it holds layers or is long."""
    line = flow(value)
    components = [value] if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
    several = any(isinstance(item, list) and any(isinstance(i, dict) for i in item) for item in components)
    return _block(value) if several or (isinstance(value, (list, dict)) and value and len(line) > _WIDTH) else [line]


def flow(value: Any) -> str:
    """A plain value as one line of YAML."""
    if isinstance(value, dict):
        if value.keys() == {"type"}:
            return _word(value["type"])
        return "{" + ", ".join(f"{_word(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str):
        return _word(value)
    if isinstance(value, float):
        return re.sub(r"^(-?\d+)e", r"\1.0e", repr(value))  # 1.0e-08 is a number to other readers of YAML too
    return "null" if value is None else str(value).lower()


def _word(text: str) -> str:
    if _PLAIN.fullmatch(text) and isinstance(scalar(text), str):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _ESCAPED.sub(lambda c: f"\\x{ord(c[0]):02x}" if ord(c[0]) < 256 else f"\\u{ord(c[0]):04x}", quoted)


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[tuple[str, str]]:
    """Every dotted key in which two plain configs differ, each with a line that shows both values."""
    found = _differing(before, now, "")
    return [(key, f"{key}: was {_said(old)}, is {_said(new)}") for key, old, new in found]


_NOTHING: Any = object()


def _said(value: Any) -> str:
    return "nothing" if value is _NOTHING else flow(value)


def _differing(old: Any, new: Any, path: str) -> list[tuple[str, Any, Any]]:
    """Key by key as far as both have keys; a whole section beside a value that has none, such as null."""
    sides = [_below(value) for value in (old, new)]
    if not all(below or value is _NOTHING for below, value in zip(sides, (old, new), strict=True)):
        return [] if old is not _NOTHING and new is not _NOTHING and _same(old, new) else [(path, old, new)]
    keys = dict.fromkeys([*sides[0], *sides[1]])
    pairs = [(f"{path}.{key}" if path else key, *(side.get(key, _NOTHING) for side in sides)) for key in keys]
    return [found for key, a, b in pairs for found in _differing(a, b, key)]


def _below(value: Any) -> dict[str, Any]:
    return (
        value
        if isinstance(value, dict)
        else {str(i): v for i, v in enumerate(value)}
        if isinstance(value, list)
        else {}
    )


def _same(a: Any, b: Any) -> bool:
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)


def leaves(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Every dotted key of a plain config with its value."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not below:
        return [(path, value)]
    return [leaf for key, item in below for leaf in leaves(item, f"{path}.{key}" if path else str(key))]

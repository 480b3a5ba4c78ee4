"""Plain values -> YAML: one line for what fits in one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from nntrain.files.plain_values import Plain, yaml_word

_WIDTH = 100


def to_yaml(value: Mapping[str, Plain]) -> str:
    """The plain config as YAML: one line for what fits in one."""
    return "".join(f"{line}\n" for line in _block(value))


def _block(value: Mapping[str, Plain] | Sequence[Plain]) -> list[str]:
    lines = []
    if isinstance(value, Mapping):
        for key, item in value.items():
            body = _lines(item)
            if body == [flow(item)]:
                lines.append(f"{yaml_word(key)}: {body[0]}")
            else:
                lines += [f"{yaml_word(key)}:", *(f"  {line}" for line in body)]
    else:
        for item in value:
            first, *rest = _lines(item)
            lines += [f"- {first}", *(f"  {line}" for line in rest)]
    return lines


def _lines(value: Plain) -> list[str]:
    """A value in one line, or in several where it holds layers or is long."""
    line = flow(value)
    if not isinstance(value, (list, dict)) or not value:
        return [line]
    lists = [value] if isinstance(value, list) else [item for item in value.values() if isinstance(item, list)]
    several = any(isinstance(item, dict) for items in lists for item in items)
    return _block(value) if several or len(line) > _WIDTH else [line]


def flow(value: Plain) -> str:
    """A plain value as one line of YAML."""
    if isinstance(value, dict):
        if value.keys() == {"type"}:
            return yaml_word(value["type"])
        return "{" + ", ".join(f"{yaml_word(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str):
        return yaml_word(value)
    if isinstance(value, float):
        return re.sub(r"^(-?\d+)e", r"\1.0e", repr(value))  # 1.0e-08 is a number to other readers of YAML too
    return "null" if value is None else str(value).lower()

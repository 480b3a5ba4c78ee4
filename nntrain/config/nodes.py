"""The tree that YAML text or a Python mapping becomes: plain values, each with its mark."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TypeAlias

from nntrain.components import Component
from nntrain.config.plain_config import plain
from nntrain.config.problems import Mark, Problems, Source
from nntrain.files.plain_values import Json, Plain, Scalar
from nntrain.messages import show

MAX_DEPTH = 50
MAX_VALUES = 20_000  # with every alias counted as often as it is used

Value: TypeAlias = "Scalar | list[Node] | dict[str, Node]"


class Node:
    """One value.

    text   of a scalar: as it was written, for arguments that are strings (`name: 007`)
    keys   of a mapping: the marks of its keys
    """

    __slots__ = ("keys", "mark", "text", "value")

    def __init__(self, mark: Mark, value: Value, text: str = "", keys: dict[str, Mark] | None = None):
        self.mark = mark
        self.value = value
        self.text = text
        self.keys = keys or {}


def node_of(value: Scalar | list[Json] | tuple[Json, ...], mark: Mark) -> Node:
    """The node of a plain value that is known to be good."""
    if isinstance(value, (list, tuple)):
        return Node(mark, [node_of(item, mark) for item in value])
    return Node(mark, value, value if isinstance(value, str) else show(value) if value is not None else "")


def from_python(value: Json, source: Source, problems: Problems) -> Node:
    """The tree of a mapping that a Python program or a checkpoint hands in."""
    mark = Mark(source)
    count = 0

    def convert(value: Json, path: str, depth: int) -> Node:
        nonlocal count
        count += 1
        if depth > MAX_DEPTH or count > MAX_VALUES:
            problems.stop(mark, "", f"more than {MAX_DEPTH} levels or {MAX_VALUES:,} values is not a config")
        if isinstance(value, Component):
            value = plain(value)
        if isinstance(value, Mapping):
            entries = {}
            for key, item in value.items():
                if not isinstance(key, (str, int)) or isinstance(key, bool):
                    problems.add(mark, path, f"expected words for keys, got {_type_of(key)}")
                    continue
                entries[str(key)] = convert(item, f"{path}.{key}" if path else str(key), depth + 1)
            return Node(mark, entries, keys=dict.fromkeys(entries, mark))
        if isinstance(value, (list, tuple)):
            return Node(mark, [convert(v, f"{path}.{i}" if path else str(i), depth + 1) for i, v in enumerate(value)])
        if isinstance(value, os.PathLike):
            value = os.fspath(value)
        elif hasattr(value, "item") and getattr(value, "shape", None) == ():
            value = value.item()  # NumPy's scalars
        if value is not None and not isinstance(value, (bool, int, float, str)):
            problems.add(mark, path, f"expected a value as YAML has them, got {_type_of(value)}")
            value = None
        return node_of(value, mark)

    return convert(value, "", 0)


def plain_node(node: Node) -> Plain:
    """The plain value of a tree."""
    if isinstance(node.value, dict):
        return {key: plain_node(item) for key, item in node.value.items()}
    if isinstance(node.value, list):
        return [plain_node(item) for item in node.value]
    return node.value


def _type_of(value: object) -> str:
    return f"a value of type {type(value).__name__}"

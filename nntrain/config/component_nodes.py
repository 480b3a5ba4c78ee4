"""Nodes that name a component: with today's names of its arguments, or with what is wrong about the name."""

from __future__ import annotations

from collections.abc import Mapping

from nntrain.components import KINDS, find
from nntrain.config.field_types import main_argument
from nntrain.config.nodes import Node
from nntrain.messages import a, by_door, escape, show, suggest


def todays(node: Node, renamed: Mapping[str, str]) -> Node:
    """A component's mapping with today's names of the arguments that had others before."""
    if not isinstance(node.value, dict) or not any(old in node.value for old in renamed):
        return node
    names = {key: new if (new := renamed.get(key)) and new not in node.value else key for key in node.value}
    value = {names[key]: item for key, item in node.value.items()}
    return Node(node.mark, value, node.text, {names[key]: mark for key, mark in node.keys.items()})


def no_component(node: Node, kind: str) -> tuple[Node, str]:
    """Why a respelled node is no component of the kind: the place, and what to write instead."""
    known = find(kind)
    value = node.value
    if isinstance(value, dict):
        if (named := value.get("type")) is not None:
            node, value = named, named.value
        elif len(value) == 1:
            value = next(iter(value))
            node = Node(node.keys[value], value)
            if value in known:
                return node, f"{value} has no main argument; write {{type: {value}, …}}"
        elif both := [key for key in value if key in known]:
            main = main_argument(known[both[0]])
            others = [f"{key}: …" for key in value if key != both[0]]
            whole = ", ".join([f"type: {both[0]}", *([f"{main.name}: …"] if main else []), *others])
            return node, f"arguments stand beside {show(both[0])}; write {{{escape(whole, 200)}}}"
        else:
            return node, f"expected {a(kind)}, got a mapping without 'type'; write {{type: …, …}}"
    if not isinstance(value, str):
        return node, f"expected {a(kind)}, got {show(value)}"
    for other in KINDS:
        if other != kind and value in find(other):
            return node, f"{show(value)} is {a(other)}, not {a(kind)}"
    from nntrain.config.other_words import meant_name  # needed where a config is wrong

    hint = (
        meant_name(value, kind, known)
        or suggest(value, known)
        or f"; {a(kind)} of your own comes with {by_door('--import FILE.py', 'the import of its module')}"
    )
    return node, f"no {kind} {show(value)}{hint}"

"""The four spellings of a component become one, {type: name, argument: value, …}; and one config is laid over another.

Only what the schema knows is respelled.  What it does not know is left as it stands, for binding to complain about.
"""

from __future__ import annotations

from typing import Any

from nntrain.components import Arg, find, item_names
from nntrain.config.nodes import Node
from nntrain.config.types import (
    Either,
    Field,
    Fixed,
    Kind,
    Many,
    PerNetwork,
    Section,
    Table,
    fields,
    main_argument,
    networks,
)


def merge(base: Node | None, over: Node, type_: Any) -> Node:
    """`over`, respelled, laid over the respelled `base`: mappings merge, lists replace, a changed `type` replaces its
    whole mapping."""
    type_ = _option(type_, over)
    over = _respell(over, type_)
    if isinstance(over.value, list):
        items = [merge(None, node, _item(type_, i)) for i, node in enumerate(over.value)]
        return Node(over.mark, items)
    if not isinstance(over.value, dict):
        return over
    old = base if base is not None and isinstance(base.value, dict) else None
    if old and (name := type_name(over)) is not None and name != type_name(old):
        old = None
    if old and isinstance(type_, Section) and getattr(type_.cls, "exclusive", False):
        old = None
    known: dict[str, Field] = {}
    # numbers alone have one spelling: then the class, whose module would be imported, need not be asked
    if not isinstance(type_, Kind) or any(_has_spellings(node) for key, node in over.value.items() if key != "type"):
        known = _below(type_, type_name(over) or (type_name(old) if old else None))
    values: dict[str, Node] = {**old.value} if old else {}  # type: ignore[dict-item]
    for key, node in over.value.items():
        item = type_.item if isinstance(type_, Table) else known[key].type if key in known else None
        values[key] = merge(values.get(key), node, item)
    mark = old.mark if old and over.mark.source.override is not None else over.mark
    return Node(mark, values, keys={**(old.keys if old else {}), **over.keys})


def _has_spellings(node: Node) -> bool:
    return isinstance(node.value, (str, list, dict))


def type_name(node: Node) -> str | None:
    """The name of a respelled component."""
    named = node.value.get("type") if isinstance(node.value, dict) else None
    return named.value if named is not None and isinstance(named.value, str) else None


def child(node: Node, part: str) -> Node | None:
    """What stands under a part of a dotted path: a key, an item's number, or a layer's name."""
    if isinstance(node.value, dict):
        return node.value.get(part)
    if isinstance(node.value, list) and (index := position(node.value, part)) is not None:
        return node.value[index]
    return None


def position(items: list[Node], part: str) -> int | None:
    """An item of a list by its number or its layer's name."""
    if part.isascii() and part.isdigit() and len(part) < 10:
        return int(part) if int(part) < len(items) else None
    names = names_of(items)
    return names.index(part) if part in names else None


def names_of(items: list[Node]) -> list[str]:
    """The names of a list's items, layers or others."""
    return item_names(
        (type_name(node) or "?", given.text if (given := child(node, "name")) else None) for node in items
    )


def _option(type_: Any, node: Node) -> Any:
    """The member of a union, or of a value per network, that the node's form speaks for."""
    if isinstance(type_, Either):
        forms: Any = (Many, Fixed, Kind) if isinstance(node.value, list) else (Kind, Section, Table)
        return next((option for option in type_.options if isinstance(option, forms)), None)
    if isinstance(type_, PerNetwork):
        known = find(type_.item.kind) if isinstance(type_.item, Kind) else {}
        if not isinstance(node.value, dict) or ({"type"} | known.keys()) & node.value.keys():
            return type_.item
        several = isinstance(type_.item, Many) or networks() & node.value.keys()
        return Table(False, type_.item) if several else type_.item
    return type_


def _respell(node: Node, type_: Any) -> Node:
    if not isinstance(type_, Kind):
        return node
    known = find(type_.kind)
    value = node.value
    if isinstance(value, str) and value in known:
        return Node(node.mark, {"type": node}, keys={"type": node.mark})
    if isinstance(value, list) and type_.kind == "layer":
        name = Node(node.mark, "sequential", "sequential")
        return Node(node.mark, {"type": name, "layers": node}, keys={"type": node.mark, "layers": node.mark})
    if not isinstance(value, dict) or len(value) != 1 or next(iter(value)) not in known:
        return node
    (key, inner), mark = next(iter(value.items())), next(iter(node.keys.values()))
    name = Node(mark, key, key)
    known_arguments = fields(known[key])
    if inner.value is None:  # `- relu:`
        return Node(mark, {"type": name}, keys={"type": mark})
    main = main_argument(known[key])
    if isinstance(inner.value, dict) and not (_takes_mapping(main) and not known_arguments.keys() & inner.value.keys()):
        return Node(mark, {"type": name, **inner.value}, keys={"type": mark, **inner.keys})
    if main is None:
        return node
    return Node(mark, {"type": name, main.name: inner}, keys={"type": mark, main.name: inner.mark})


def _takes_mapping(main: Any) -> bool:
    """Whether the main argument itself can be a mapping: another component, or a table."""
    options = main.type.options if main and isinstance(main.type, Either) else [main.type] if main else []
    return any(isinstance(option, (Kind, Section, Table)) for option in options)


def _item(type_: Any, index: int) -> Any:
    if isinstance(type_, Many):
        return type_.item
    return type_.items[index] if isinstance(type_, Fixed) and index < len(type_.items) else None


def below(node: Node, type_: Any) -> dict[str, Field]:
    """The fields that may stand under a respelled node, by the part of a dotted path that names them."""
    type_ = _option(type_, node)
    if isinstance(type_, Table) and isinstance(node.value, dict):
        return {key: _unnamed(type_.item) for key in node.value}
    if isinstance(node.value, list):
        names = names_of(node.value)
        by_number = {str(i): _unnamed(_item(type_, i)) for i in range(len(names))}
        return by_number | {name: by_number[str(i)] for i, name in reversed(list(enumerate(names)))}
    return _below(type_, type_name(node))


def _unnamed(type_: Any) -> Field:
    return Field("", type_, Arg(""))


def _below(type_: Any, name: str | None) -> dict[str, Field]:
    if isinstance(type_, Section):
        return fields(type_.cls)
    cls = find(type_.kind).get(name) if isinstance(type_, Kind) and name is not None else None
    return fields(cls) if cls else {}

"""What stands under a dotted path of a tree, `architecture.dense_1.units`, and what the schema knows of it."""

from __future__ import annotations

from nntrain.components import Arg, find, item_names
from nntrain.config.field_types import (
    UNKNOWN,
    Either,
    Field,
    FieldType,
    Fixed,
    Kind,
    Many,
    PerNetwork,
    Section,
    Table,
    fields,
    networks,
)
from nntrain.config.nodes import Node


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


def below(node: Node, type_: FieldType) -> dict[str, Field]:
    """The fields that may stand under a respelled node, by the part of a dotted path that names them."""
    type_ = option_of(type_, node)
    if isinstance(type_, Table) and isinstance(node.value, dict):
        return {key: _unnamed(type_.item) for key in node.value}
    if isinstance(node.value, list):
        names = names_of(node.value)
        by_number = {str(i): _unnamed(item_type(type_, i)) for i in range(len(names))}
        return by_number | {name: by_number[str(i)] for i, name in reversed(list(enumerate(names)))}
    return arguments_of(type_, type_name(node))


def _unnamed(type_: FieldType) -> Field:
    return Field("", type_, Arg(""))


def item_type(type_: FieldType, index: int) -> FieldType:
    """The type of an item of a list."""
    if isinstance(type_, Many):
        return type_.item
    return type_.items[index] if isinstance(type_, Fixed) and index < len(type_.items) else UNKNOWN


def arguments_of(type_: FieldType, name: str | None) -> dict[str, Field]:
    """The keys of a section, or the arguments of the component of this name; of all else none."""
    if isinstance(type_, Section):
        return fields(type_.cls)
    cls = find(type_.kind).get(name) if isinstance(type_, Kind) and name is not None else None
    return fields(cls) if cls else {}


def option_of(type_: FieldType, node: Node) -> FieldType:
    """The member of a union, or of a value per network, that the node's form speaks for."""
    if isinstance(type_, Either):
        forms = (Many, Fixed, Kind) if isinstance(node.value, list) else (Kind, Section, Table)
        return next((option for option in type_.options if isinstance(option, forms)), UNKNOWN)
    if isinstance(type_, PerNetwork):
        if not isinstance(node.value, dict) or "type" in node.value:
            return type_.item
        several = isinstance(type_.item, Many) or networks() & node.value.keys()
        return Table(False, type_.item) if several else type_.item
    return type_

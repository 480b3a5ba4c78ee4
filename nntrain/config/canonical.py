"""The four spellings of a component become one, {type: name, argument: value, …}; and one config is laid over another.

Only what the schema knows is respelled.  What it does not know is left as it stands, for the constructor to report.
"""

from __future__ import annotations

from nntrain.components import find
from nntrain.config.dotted_paths import arguments_of, item_type, option_of, type_name
from nntrain.config.field_types import UNKNOWN, Either, Field, FieldType, Kind, Section, Table, fields, main_argument
from nntrain.config.nodes import Node


def merge(base: Node | None, over: Node, type_: FieldType) -> Node:
    """`over`, respelled, laid over the respelled `base`: mappings merge, lists replace, a changed `type` replaces its
    whole mapping."""
    type_ = option_of(type_, over)
    over = _respell(over, type_)
    if isinstance(over.value, list):
        items = [merge(None, node, item_type(type_, i)) for i, node in enumerate(over.value)]
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
        known = arguments_of(type_, type_name(over) or (type_name(old) if old else None))
    values = dict(old.value) if old and isinstance(old.value, dict) else {}
    for key, node in over.value.items():
        item = type_.item if isinstance(type_, Table) else known[key].type if key in known else UNKNOWN
        values[key] = merge(values.get(key), node, item)
    mark = old.mark if old and over.mark.source.override is not None else over.mark
    return Node(mark, values, keys={**(old.keys if old else {}), **over.keys})


def _has_spellings(node: Node) -> bool:
    return isinstance(node.value, (str, list, dict))


def _respell(node: Node, type_: FieldType) -> Node:
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


def _takes_mapping(main: Field | None) -> bool:
    """Whether the main argument itself can be a mapping: another component, or a table."""
    options = () if main is None else main.type.options if isinstance(main.type, Either) else (main.type,)
    return any(isinstance(option, (Kind, Section, Table)) for option in options)

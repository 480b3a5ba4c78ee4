"""Nodes -> the frozen dataclasses they declare.  Every value is checked against its field: type, choice, range."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from nntrain.components import Arg, find, item_names
from nntrain.config.coercion import Wrong, choose, coerce, remedy
from nntrain.config.component_nodes import no_component, todays
from nntrain.config.dotted_paths import child, type_name
from nntrain.config.field_types import (
    Either,
    Field,
    FieldType,
    Fixed,
    Kind,
    Many,
    PerNetwork,
    Section,
    Table,
    attribute_of,
    fields,
    words,
)
from nntrain.config.nodes import MAX_DEPTH, MAX_VALUES, Node
from nntrain.config.problems import Place, Placed, Problems
from nntrain.config.references import References, Unknown, reference
from nntrain.files.plain_values import scalar
from nntrain.messages import join, show, suggest

Values: TypeAlias = dict[str, Any]  # of fields, by name: a value is whatever its field holds
HOLE: Any = object()  # a value that is wrong (and reported), or not known before the data are loaded
EARLY = ("name", "seed", "dtype", "dataset")  # needed to load the data, so they cannot refer to them
_NO_ARG = Arg("")
_LAYER_NAME = re.compile(r"(?![0-9]+$)[A-Za-z0-9_-]{1,100}")


class Constructor:
    """Makes the values of one tree.  `places` remembers where every component and every section stood, by identity."""

    def __init__(self, references: References, problems: Problems):
        self.problems = problems
        self.places: Placed = {}
        self.networks: Sequence[str] | None = ()  # of the loop; None where that is not known
        self.one_optimizer = False  # whether the loop has one for all of them
        self._references = references
        self._followed: list[str] = []
        self._depth = 0
        self._count = 0

    def value(self, node: Node, type_: FieldType, path: str, arg: Arg = _NO_ARG) -> object:
        """The value, or HOLE."""
        self._count += 1
        if self._count > MAX_VALUES or self._depth > 2 * MAX_DEPTH:
            self.problems.stop(node.mark, path, "references make this config too large or too deep")
        if (target := reference(node)) is not None:
            return self._follow(node, target, type_, path, arg)
        match type_:
            case Kind(kind):
                return self._component(node, kind, path)
            case Section(cls):
                return self._section(node, cls, path)
            case Either(options):
                return self._either(node, options, path, arg)
            case PerNetwork(item):
                return self._per_network(node, item, path, arg)
            case Many() | Fixed():
                return self._list(node, type_, path, arg)
            case Table():
                return self._table(node, type_, path, arg)
        try:
            return coerce(node, type_, arg)
        except Wrong as wrong:
            return self._wrong(node, path, str(wrong))

    def _wrong(self, node: Node, path: str, message: str) -> object:
        self.problems.add(node.mark, path, message)
        return HOLE

    def _expected(self, node: Node, type_: FieldType, path: str, arg: Arg = _NO_ARG, hint: str = "") -> object:
        return self._wrong(node, path, f"expected {words(type_, arg)}, got {show(node.value)}{hint}")

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        self._depth += 1
        yield
        self._depth -= 1

    def _follow(self, node: Node, target: str, type_: FieldType, path: str, arg: Arg) -> object:
        if target in self._followed:
            return self._wrong(node, path, f"references go in a circle: {join([*self._followed, target], '->')}")
        try:
            found = self._references.find(target)
        except Unknown as unknown:
            if unknown.later and path.partition(".")[0] not in EARLY:
                return HOLE
            return self._wrong(node, path, str(unknown))
        self._followed.append(target)
        with self._deeper():
            # what does not fit here is a problem of the place that refers to it
            here = Node(node.mark, found.value, found.text, found.keys)
            value = self.value(here, type_, path, arg)
        self._followed.pop()
        return value

    # components and sections

    def _component(self, node: Node, kind: str, path: str) -> object:
        known = find(kind)
        name = type_name(node)
        if name is None or name not in known:
            wrong, message = no_component(node, kind)
            return self._wrong(wrong, path, message)
        cls = known[name]
        values = self.fields(todays(node, cls.renamed), fields(cls), path, name)
        if kind == "layer" and isinstance(given := values.get("name"), str) and not _LAYER_NAME.fullmatch(given):
            at = child(node, "name") or node
            self._wrong(at, f"{path}.name", f"expected letters, digits, _ and -, not digits alone, got {show(given)}")
        return self._construct(node, cls, values, path, f"{name}: ")

    def _section(self, node: Node, cls: type, path: str) -> object:
        if not isinstance(node.value, dict):
            return self._expected(node, Section(cls), path)
        return self._construct(node, cls, self.fields(node, fields(cls), path), path, "")

    def fields(self, node: Node, known: dict[str, Field], path: str, owner: str = "") -> Values:
        """The values of a mapping with these keys.  A key that is left out is missing here, or a HOLE if required."""
        assert isinstance(node.value, dict)
        values = {}
        for key, item in node.value.items():
            if key == "type" and owner:
                continue
            if key in known:
                field = known[key]
                if item.value is None and field.default and isinstance(field.type, (Kind, Many, Section)):
                    continue  # `metrics:` with nothing behind it
                with self._deeper():
                    values[key] = self.value(item, field.type, f"{path}.{key}" if path else key, field.arg)
            else:
                from nntrain.config.other_words import meant_key  # needed where a config is wrong

                said = f"{owner} has no {show(key)}" if owner else f"unknown key {show(key)}"
                hint = meant_key(key, path, known)
                if not hint:
                    hint = f"; {owner} takes no arguments" if owner and not known else suggest(key, known)
                self.problems.add(node.keys[key], path, said + hint)
                values[""] = HOLE
        for key, field in known.items():
            if field.default is None and key not in values:
                said = f"{owner} needs {show(key)}" if owner else f"needs {show(key)}"
                self.problems.add(node.mark, path, f"{said}: {field.arg.help}")
                values[key] = HOLE
        return values

    def _construct(self, node: Node, cls: Callable[..., object], values: Values, path: str, prefix: str) -> object:
        if any(value is HOLE for value in values.values()):
            return HOLE
        try:
            built = cls(**{attribute_of(key): value for key, value in values.items()})
        except ValueError as error:
            return self._wrong(node, path, f"{prefix}{error}")
        self.places[id(built)] = (built, Place(node.mark, path))
        return built

    def _per_network(self, node: Node, item: FieldType, path: str, arg: Arg) -> object:
        names = () if self.one_optimizer and item == Kind("optimizer") else self.networks
        if names is None:  # the loop is wrong: the form says what was meant
            names = tuple(node.value) if isinstance(node.value, dict) and type_name(node) is None else ()
        if not names:
            if isinstance(node.value, dict) and isinstance(item, Many):
                return self._expected(node, item, path, hint="; only a loop such as gan takes one for each network")
            return self.value(node, item, path, arg)
        if not isinstance(node.value, dict) or type_name(node) is not None:
            what = "a list of layers" if isinstance(item, Many) else words(item)
            return self._wrong(
                node, path, f"expected a mapping of {join(names, 'and')}: the loop needs {what} for each"
            )
        known = {name: Field(name, item, Arg(f"the loop trains {join(names, 'and')}")) for name in names}
        values = self.fields(node, known, path)
        return HOLE if any(value is HOLE for value in values.values()) else {name: values[name] for name in names}

    # lists, tables, unions

    def _list(self, node: Node, type_: Many | Fixed, path: str, arg: Arg) -> object:
        if not isinstance(node.value, list):
            return self._expected(node, type_, path, arg)
        if isinstance(type_, Many) and len(node.value) < type_.at_least:
            return self._expected(node, type_, path, arg, f"; it needs {type_.at_least} or more")
        items = [type_.item] * len(node.value) if isinstance(type_, Many) else type_.items
        if len(items) != len(node.value):
            return self._expected(node, type_, path, arg)
        with self._deeper():
            values = [
                self.value(n, t, f"{path}.{i}", arg) for i, (n, t) in enumerate(zip(node.value, items, strict=True))
            ]
        if any(value is HOLE for value in values):
            return HOLE
        if isinstance(type_, Many) and type_.item == Kind("layer"):
            return self._named_apart(tuple(values))
        return tuple(values)

    def _named_apart(self, layers: tuple[Any, ...]) -> object:
        names = item_names((layer.type, layer.name) for layer in layers)
        if len(set(names)) == len(names):
            return layers
        first: dict[str, Place] = {}
        for i, name in enumerate(names):
            _, place = self.places[id(layers[i])]
            if name in first:
                line = f" in line {first[name].line}" if first[name].line else ""
                self.problems.add(place.mark, place.path, f"the name {name!r} is taken by {first[name].path}{line}")
            first.setdefault(name, place)
        return HOLE

    def _table(self, node: Node, type_: Table, path: str, arg: Arg) -> object:
        if not isinstance(node.value, dict):
            return self._expected(node, type_, path, arg)
        values = {}
        for key, item in node.value.items():
            number = scalar(key) if type_.integer_keys else key
            with self._deeper():
                values[number if isinstance(number, int) else key] = self.value(item, type_.item, f"{path}.{key}", arg)
        return HOLE if any(value is HOLE for value in values.values()) else values

    def _either(self, node: Node, options: tuple[FieldType, ...], path: str, arg: Arg) -> object:
        option = choose(node, options)
        if option is None:
            return self._expected(node, Either(options), path, arg, remedy(node.value, options, arg))
        return self.value(node, option, path, arg)

"""Nodes -> the frozen dataclasses they declare.  Every value is checked against its field: type, choice, range."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nntrain.components import KINDS, Arg, find
from nntrain.config.nodes import MAX_DEPTH, MAX_VALUES, Node, scalar
from nntrain.config.places import Place, Problems, a, escape, join, show, suggest
from nntrain.config.references import References, Unknown, literal, reference
from nntrain.config.spelling import type_name
from nntrain.config.types import (
    Choice,
    Either,
    Field,
    Fixed,
    Kind,
    Many,
    PerNetwork,
    Section,
    Table,
    fields,
    within,
    words,
)
from nntrain.layers.base import layer_names

HOLE: Any = object()  # a value that is wrong (and reported), or not known before the data are loaded
EARLY = ("name", "seed", "dtype", "dataset")  # needed to load the data, so they cannot refer to them
_NO_ARG = Arg("")


class Binder:
    """Binds one tree.  `places` remembers where every component and every section stood, by identity."""

    def __init__(self, references: References, problems: Problems):
        self.problems = problems
        self.places: dict[int, Place] = {}
        self.networks: Sequence[str] | None = ()  # of the loop; None where that is not known
        self._references = references
        self._followed: list[str] = []
        self._depth = 0
        self._count = 0

    def bind(self, node: Node, type_: Any, path: str, arg: Arg = _NO_ARG) -> Any:
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
        return self._scalar(node, type_, path, arg)

    def _wrong(self, node: Node, path: str, message: str) -> Any:
        self.problems.add(node.mark, path, message)
        return HOLE

    def _expected(self, node: Node, type_: Any, path: str, arg: Arg = _NO_ARG, hint: str = "") -> Any:
        return self._wrong(node, path, f"expected {words(type_, arg)}, got {show(node.value)}{hint}")

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        self._depth += 1
        yield
        self._depth -= 1

    def _follow(self, node: Node, target: str, type_: Any, path: str, arg: Arg) -> Any:
        if target in self._followed:
            return self._wrong(node, path, f"references go in a circle: {join([*self._followed, target], '->')}")
        try:
            found = self._references.find(target, node.mark)
        except Unknown as unknown:
            if unknown.later and path.partition(".")[0] not in EARLY:
                return HOLE
            return self._wrong(node, path, str(unknown))
        self._followed.append(target)
        with self._deeper():
            # what does not fit here is a problem of the place that refers to it
            here = Node(node.mark, found.value, found.text, found.keys)
            value = self.bind(here, type_, path, arg)
        self._followed.pop()
        return value

    # components and sections

    def _component(self, node: Node, kind: str, path: str) -> Any:
        known = find(kind)
        name = type_name(node)
        if name is None or name not in known:
            return self._wrong(*self._no_component(node, kind, path, known))
        cls = known[name]
        values = self.fields(node, fields(cls), path, name)
        return self._construct(node, cls, values, path, f"{name}: ")

    def _section(self, node: Node, cls: type, path: str) -> Any:
        if not isinstance(node.value, dict):
            known = join(fields(cls), "and")
            return self._wrong(node, path, f"expected a mapping of {known}, got {show(node.value)}")
        return self._construct(node, cls, self.fields(node, fields(cls), path), path, "")

    def fields(self, node: Node, known: dict[str, Field], path: str, owner: str = "") -> dict[str, Any]:
        """The values of a mapping with these keys.  A key that is left out is missing here, or a HOLE if required."""
        assert isinstance(node.value, dict)
        values = {}
        for key, item in node.value.items():
            if key == "type" and owner:
                continue
            if key in known:
                with self._deeper():
                    field = known[key]
                    values[key] = self.bind(item, field.type, f"{path}.{key}" if path else key, field.arg)
            else:
                said = f"{owner} has no {show(key)}" if owner else f"unknown key {show(key)}"
                hint = f"; {owner} takes no arguments" if owner and not known else suggest(key, known)
                self.problems.add(node.keys[key], path, said + hint)
                values[""] = HOLE
        for key, field in known.items():
            if field.default is None and key not in values:
                said = f"{owner} needs {show(key)}" if owner else f"needs {show(key)}"
                self.problems.add(node.mark, path, f"{said}: {field.arg.help}")
                values[key] = HOLE
        return values

    def _construct(self, node: Node, cls: type, values: dict[str, Any], path: str, prefix: str) -> Any:
        if any(value is HOLE for value in values.values()):
            return HOLE
        try:
            built = cls(**values)
        except ValueError as error:
            return self._wrong(node, path, f"{prefix}{error}")
        self.places[id(built)] = Place(node.mark, path)
        return built

    def _no_component(self, node: Node, kind: str, path: str, known: dict[str, Any]) -> tuple[Node, str, str]:
        value = node.value
        if isinstance(value, dict):
            if (named := value.get("type")) is not None:
                value = named.value
                node = named
            elif len(value) == 1:
                value = next(iter(value))
                node = Node(node.keys[value], value)
            elif both := [key for key in value if key in known]:
                main = next(iter(fields(known[both[0]])), "")
                others = [f"{key}: …" for key in value if key != both[0]]
                whole = ", ".join([f"type: {both[0]}", *([f"{main}: …"] if main else []), *others])
                return node, path, f"arguments stand beside {show(both[0])}; write {{{escape(whole, 200)}}}"
            else:
                return node, path, f"expected {a(kind)}, got a mapping without 'type'; write {{type: …, …}}"
        if not isinstance(value, str):
            return node, path, f"expected {a(kind)}, got {show(value)}"
        for other in KINDS:
            if other != kind and value in find(other):
                return node, path, f"{show(value)} is {a(other)}, not {a(kind)}"
        return node, path, f"no {kind} {show(value)}{suggest(value, known)}"

    def _per_network(self, node: Node, item: Any, path: str, arg: Arg) -> Any:
        names = self.networks
        if names is None:  # the loop is wrong: the form says what was meant
            names = tuple(node.value) if isinstance(node.value, dict) and type_name(node) is None else ()
        if not names:
            if isinstance(node.value, dict) and isinstance(item, Many):
                return self._expected(node, item, path, hint="; only a loop such as gan takes one for each network")
            return self.bind(node, item, path, arg)
        if not isinstance(node.value, dict) or type_name(node) is not None:
            what = "a list of layers" if isinstance(item, Many) else words(item)
            return self._wrong(
                node, path, f"expected a mapping of {join(names, 'and')}: the loop needs {what} for each"
            )
        known = {name: Field(name, item, Arg(f"the loop trains {join(names, 'and')}"), None) for name in names}
        values = self.fields(node, known, path)
        return HOLE if any(value is HOLE for value in values.values()) else {name: values[name] for name in names}

    # lists, tables, unions

    def _list(self, node: Node, type_: Many | Fixed, path: str, arg: Arg) -> Any:
        if not isinstance(node.value, list):
            return self._expected(node, type_, path, arg)
        items = [type_.item] * len(node.value) if isinstance(type_, Many) else type_.items
        if len(items) != len(node.value):
            return self._expected(node, type_, path, arg)
        with self._deeper():
            values = [
                self.bind(n, t, f"{path}.{i}", arg) for i, (n, t) in enumerate(zip(node.value, items, strict=True))
            ]
        if any(value is HOLE for value in values):
            return HOLE
        if isinstance(type_, Many) and type_.item == Kind("layer"):
            return self._named_apart(tuple(values), node, path)
        return tuple(values)

    def _named_apart(self, layers: tuple[Any, ...], node: Node, path: str) -> Any:
        names = layer_names(layers)
        if len(set(names)) == len(names):
            return layers
        for i, name in enumerate(names):
            if (first := names.index(name)) != i:
                place = self.places[id(layers[first])]
                line = f" in line {place.line}" if place.line else ""
                self.problems.add(
                    self.places[id(layers[i])].mark, f"{path}.{i}", f"the name {name!r} is taken by {place.path}{line}"
                )
        return HOLE

    def _table(self, node: Node, type_: Table, path: str, arg: Arg) -> Any:
        if not isinstance(node.value, dict):
            return self._expected(node, type_, path, arg)
        values = {}
        for key, item in node.value.items():
            number = scalar(key) if type_.integer_keys else key
            with self._deeper():
                values[number if isinstance(number, int) else key] = self.bind(item, type_.item, f"{path}.{key}", arg)
        return HOLE if any(value is HOLE for value in values.values()) else values

    def _either(self, node: Node, options: tuple[Any, ...], path: str, arg: Arg) -> Any:
        rank = [option for option in options if _fits(node, option)]
        if not rank and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
            rank = [option for option in options if option in (str, Path)]  # name: 007
        if rank:
            return self.bind(node, min(rank, key=lambda option: _PREFERENCE.get(type(option), 1)), path, arg)
        choices = [str(v) for option in options if isinstance(option, Choice) for v in option.values]
        hint = suggest(str(node.value), choices) if choices and isinstance(node.value, str) else ""
        return self._expected(node, Either(options), path, arg, hint if "mean" in hint else "")

    # scalars

    def _scalar(self, node: Node, type_: Any, path: str, arg: Arg) -> Any:
        value = node.value
        if isinstance(type_, Choice):
            if value in type_.values and not isinstance(value, bool):
                return value
            hint = suggest(value, map(str, type_.values)) if isinstance(value, str) else ""
            return self._expected(node, type_, path, arg, hint if "mean" in hint else "")
        if isinstance(value, (list, dict)):
            return self._expected(node, type_, path, arg)
        if type_ in (int, float):
            return self._number(node, type_, path, arg)
        if type_ is str and value is not None and not isinstance(value, bool):
            return literal(node.text)
        if type_ is Path and value is not None and not isinstance(value, bool):
            return self._path(node, path)
        if (type_ is bool and isinstance(value, bool)) or (type_ is type(None) and value is None):
            return value
        hint = ""
        if type_ is bool and isinstance(value, str) and value.lower() in ("yes", "on", "no", "off"):
            hint = f"; write {'true' if value.lower() in ('yes', 'on') else 'false'}"
        elif type_ is str and isinstance(value, bool):
            hint = "; put it in quotes"
        return self._expected(node, type_, path, arg, hint)

    def _number(self, node: Node, type_: type, path: str, arg: Arg) -> Any:
        value = node.value
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            digits = value.replace("_", "").replace(",", "") if isinstance(value, str) else ""
            hint = f"; write {digits}" if digits != value and isinstance(scalar(digits or "x"), (int, float)) else ""
            return self._expected(node, type_, path, arg, hint)
        if isinstance(value, float) and not math.isfinite(value):
            return self._wrong(
                node, path, f"expected {words(type_, arg)}, got {escape(node.text)}, which is not finite"
            )
        if isinstance(value, int) and abs(value) >= 2**63:
            return self._wrong(
                node, path, f"expected {words(type_, arg)}, got {escape(node.text)}, which is beyond 2^63"
            )
        if type_ is int and isinstance(value, float):
            return self._expected(node, type_, path, arg, f"; write {int(value)}" if value == int(value) else "")
        return type_(value) if within(value, arg) else self._expected(node, type_, path, arg)

    def _path(self, node: Node, path: str) -> Any:
        text = literal(node.text)
        if not text or "\0" in text:
            return self._wrong(node, path, f"expected a path, got {show(text)}")
        return Path(os.path.abspath(node.mark.source.directory / os.path.expanduser(text)))


_PREFERENCE: dict[type, int] = {Choice: 0, Fixed: 0}


def _fits(node: Node, type_: Any) -> bool:
    """Whether this member of a union is what the value looks like."""
    value = node.value
    if value is None:
        return type_ is type(None)
    if isinstance(value, list):
        return isinstance(type_, Many) or (isinstance(type_, Fixed) and len(type_.items) == len(value))
    if isinstance(value, dict):
        return isinstance(type_, (Kind, Section, Table))
    if isinstance(type_, Choice):
        return value in type_.values and not isinstance(value, bool)
    if isinstance(value, bool):
        return type_ is bool
    if isinstance(value, int):
        return type_ in (int, float)
    if isinstance(value, float):
        return type_ is float
    return type_ in (str, Path) or isinstance(type_, Kind)

"""Type hints of dataclass fields as the config understands them.  Binding, JSON Schema and help all read these."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from keyword import iskeyword
from pathlib import Path
from typing import Any, Literal, TypeAlias

from nntrain.components import Arg, Component, arguments, find, frozen
from nntrain.messages import a, join


@frozen
class Kind:
    """A component of this kind, in any of the four spellings."""

    kind: str


@frozen
class Many:
    """A list of any length, or of at least so many items: tuple[T, ...]."""

    item: FieldType
    at_least: int = 0


@frozen
class Fixed:
    """A list of fixed length: tuple[int, int]."""

    items: tuple[FieldType, ...]


@frozen
class Choice:
    """One of some words or numbers: Literal."""

    values: tuple[str | int, ...]


@frozen
class Table:
    """A mapping with free keys: dict[str, T], dict[int | str, T]."""

    integer_keys: bool
    item: FieldType


@frozen
class Section:
    """A mapping with fixed keys: a plain dataclass whose fields are `arg`s."""

    cls: type


@frozen
class Either:
    """One of several types: a union."""

    options: tuple[FieldType, ...]


@frozen
class PerNetwork:
    """One value, or a mapping with a value for each network where the loop trains several (a GAN)."""

    item: FieldType


FieldType: TypeAlias = "Kind | Many | Fixed | Choice | Table | Section | Either | PerNetwork | type[object]"
UNKNOWN: FieldType = object  # of what the schema does not know


@dataclass(frozen=True)
class Field:
    """One argument or key.

    default   is called to get it; None where the argument is required
    main      whether `name: value` gives this argument
    """

    name: str
    type: FieldType
    arg: Arg
    default: Callable[[], Any] | None = None
    main: bool = False


SCALARS = (bool, int, float, str, Path, type(None))


def understand(hint: Any) -> FieldType:
    """A type hint in the terms above."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint in SCALARS:
        scalar: type[object] = hint
        return scalar
    if hint is None:
        return type(None)
    if isinstance(hint, type) and issubclass(hint, Component):
        return Kind(hint.kind)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return Section(hint)
    if origin is typing.Annotated and isinstance(args[1], (Kind, Many, PerNetwork)):
        return args[1]
    if origin in (typing.Union, types.UnionType):
        return Either(tuple(understand(option) for option in args))
    if origin is Literal:
        return Choice(args)
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        return Many(understand(args[0]))
    if origin is tuple:
        return Fixed(tuple(understand(item) for item in args))
    if origin is dict:
        return Table(args[0] is not str, understand(args[1]))
    raise TypeError(f"a config cannot hold a {hint}")


def fields(cls: type) -> dict[str, Field]:
    """The arguments of a component or the keys of a section, the main argument first."""
    return _fields(cls)


@functools.cache
def _fields(cls: type) -> dict[str, Field]:
    hints = typing.get_type_hints(cls, include_extras=True)
    return {
        key_of(f.name): Field(
            key_of(f.name), understand(hints[f.name]), f.metadata["arg"], _default(f), i == 0 and not f.kw_only
        )
        for i, f in enumerate(arguments(cls))
    }


def key_of(attribute: str) -> str:
    """The key in a config: `from`, which no field of Python can be called, is from_."""
    return attribute.removesuffix("_") if attribute.endswith("_") and iskeyword(attribute[:-1]) else attribute


def attribute_of(key: str) -> str:
    """The name of the field of a key."""
    return f"{key}_" if iskeyword(key) else key


def main_argument(cls: type) -> Field | None:
    """The argument that `name: value` gives."""
    return next((field for field in fields(cls).values() if field.main), None)


def _default(field: dataclasses.Field[Any]) -> Callable[[], Any] | None:
    if field.default is not dataclasses.MISSING:
        return lambda: field.default
    return field.default_factory if field.default_factory is not dataclasses.MISSING else None


def networks() -> set[str]:
    """Names of the networks that any loop at hand trains side by side."""
    loops = find("loop")
    return {name for loop in loops.at_hand() for name in getattr(loops[loop], "networks", ())}


def words(type_: FieldType, arg: Arg | None = None) -> str:
    """What is expected, for a message: `a whole number >= 1`."""
    match type_:
        case Kind(kind):
            return a(kind)
        case Many(Kind(kind)):
            return f"a list of {kind}s"
        case Many(item):
            return f"a list, each {words(item, arg)}"
        case Fixed(items):
            same = len(set(items)) == 1
            return f"a list of {len(items)} values, {'each ' if same else ''}" + join(
                [words(items[0], arg)] if same else [words(item, arg) for item in items], "and"
            )
        case Choice(values):
            return join(str(value) for value in values)
        case Either(options):
            said = [[*map(str, o.values)] if isinstance(o, Choice) else [words(o, arg)] for o in options]
            return join(dict.fromkeys(word for one in said for word in one if word != words(type(None))))
        case PerNetwork(item):
            return words(item, arg)
        case Table():
            return "a mapping"
        case Section(cls):
            keys = list(fields(cls))
            return f"a mapping of {join(keys, 'and')}" if len(keys) > 1 else f"{{{keys[0]}: N}}"
    scalars: dict[object, str] = {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        str: "a text",
        Path: "a path",
        type(None): "nothing",
    }
    return scalars[type_] + (limits(arg) if arg and type_ in (int, float) else "")


def limits(arg: Arg) -> str:
    """The range of a number: ` > 0 and <= 1`."""
    bounds = (("> ", arg.gt), (">= ", arg.ge), ("< ", arg.lt), ("<= ", arg.le))
    return "".join(
        f" {'and ' if i else ''}{sign}{bound:g}"
        for i, (sign, bound) in enumerate(b for b in bounds if b[1] is not None)
    )


def within(value: float, arg: Arg) -> bool:
    """Whether a number lies in the argument's range."""
    return (
        (arg.gt is None or value > arg.gt)
        and (arg.ge is None or value >= arg.ge)
        and (arg.lt is None or value < arg.lt)
        and (arg.le is None or value <= arg.le)
    )

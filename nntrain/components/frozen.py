"""Frozen dataclasses whose methods are written once.

`dataclass(frozen=True)` writes and compiles six methods for every class.  Of the classes that each start of nntrain
meets this took a seventh of the start; here they share those below, which look at the fields when they are called.
What is made by the thousand, or in every step, stays an ordinary dataclass.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast, dataclass_transform

if TYPE_CHECKING:
    import inspect

C = TypeVar("C", bound=type[object])


class _Signature:
    """The arguments of a class, for `inspect.signature` and `help`."""

    def __get__(self, instance: object, owner: type) -> inspect.Signature:
        import inspect

        none = inspect.Parameter.empty
        return inspect.Signature(
            [
                inspect.Parameter(
                    field.name,
                    inspect.Parameter.KEYWORD_ONLY if field.kw_only else inspect.Parameter.POSITIONAL_OR_KEYWORD,
                    # a default that is made stands as what makes it: dataclass asks, where a class has no docstring
                    default=next((d for d in (field.default, field.default_factory) if d is not MISSING), none),
                    annotation=field.type,
                )
                for field in sorted(fields_of(owner), key=lambda field: field.kw_only is True)
            ]
        )


def fields_of(cls: type) -> tuple[dataclasses.Field[Any], ...]:
    """The fields of a dataclass, in the order of their declaration."""
    return dataclasses.fields(cast(Any, cls))


def _init(self: object, *given: object, **named: object) -> None:
    vars(self).update(_bound(type(self), given, named))
    if after := getattr(self, "__post_init__", None):
        after()


# As in every frozen dataclass: a plain subclass may keep attributes of its own beside the fields.
def _set(self: object, name: str, value: object) -> None:
    if _is_declared(self, name):
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
    object.__setattr__(self, name, value)


def _delete(self: object, name: str) -> None:
    if _is_declared(self, name):
        raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
    object.__delattr__(self, name)


def _is_declared(self: object, name: str) -> bool:
    cls = type(self)
    return "__dataclass_fields__" in vars(cls) or any(name == field.name for field in fields_of(cls))


def _equal(self: object, other: object) -> bool:
    return type(self) is type(other) and _compared(self) == _compared(other)


def _hash(self: object) -> int:
    return hash((type(self), *map(_hashable, _compared(self))))


def _repr(self: object) -> str:
    shown = [f"{field.name}={getattr(self, field.name)!r}" for field in fields_of(type(self)) if field.repr]
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _compared(self: object) -> list[object]:
    return [getattr(self, field.name) for field in fields_of(type(self)) if field.compare]


def _hashable(value: Any) -> Any:
    """Tables and lists as values that can be hashed, equal where they are equal."""
    if isinstance(value, Mapping):
        return frozenset((key, _hashable(item)) for key, item in value.items())
    return tuple(map(_hashable, value)) if isinstance(value, (list, tuple)) else value


def _bound(cls: type, given: tuple[object, ...], named: dict[str, object]) -> dict[str, object]:
    """The values of the fields from the arguments of the class, as Python binds them."""
    fields = fields_of(cls)
    positional = [field.name for field in fields if not field.kw_only]
    if len(given) > len(positional):
        raise TypeError(f"{cls.__name__}() takes {len(positional)} arguments by position, but {len(given)} were given")
    bound: dict[str, object] = dict(zip(positional, given, strict=False))
    for name in named:
        if name in bound:
            raise TypeError(f"{cls.__name__}() got two values for the argument {name!r}")
    bound |= named
    values: dict[str, object] = {}
    for field in fields:
        if field.name in bound:
            values[field.name] = bound.pop(field.name)
        else:
            values[field.name] = field.default if field.default_factory is MISSING else field.default_factory()
    if bound:
        raise TypeError(f"{cls.__name__}() has no argument {next(iter(bound))!r}")
    for name, value in values.items():
        if value is MISSING:
            raise TypeError(f"{cls.__name__}() needs the argument {name!r}")
    return values


_METHODS: dict[str, object] = {
    "__init__": _init,
    "__setattr__": _set,
    "__delattr__": _delete,
    "__eq__": _equal,
    "__hash__": _hash,
    "__repr__": _repr,
    "__signature__": _Signature(),
}


@dataclass(frozen=True)
class Arg:
    """What a config needs to know about one argument besides its type and default.

    listed   whether a resolved config says it where it is not given
    """

    help: str
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    listed: bool = True


def arg(
    help: str,
    *,
    default: Any = MISSING,
    kw_only: bool = False,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    listed: bool = True,
) -> Any:
    """A field of a component: its meaning, its default (none: required) and its range.

    In a tuple the range holds for every element.  A choice of words is a Literal type.  What is not `listed` stands in
    a resolved config only where it is given: so that an argument that few need changes no config without it.
    """
    metadata = {"arg": Arg(help, ge, gt, le, lt, listed)}
    return dataclasses.field(default=default, kw_only=kw_only, metadata=metadata)


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field, arg))
def frozen(cls: C) -> C:
    """`dataclass(frozen=True)` with the methods above; those that the class has itself stay."""
    for name, method in _METHODS.items():
        if name not in vars(cls) or (name == "__hash__" and vars(cls)[name] is None):
            setattr(cls, name, method)
    declare(cls)
    return cls


def declare(cls: type, kw_only: bool = False) -> None:
    """Make the class a dataclass, in place, with nothing generated for it."""
    make: Callable[[type], type] = dataclass(init=False, eq=False, repr=False, kw_only=kw_only)
    make(cls)

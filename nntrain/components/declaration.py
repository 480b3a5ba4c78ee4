"""What a component is: a name and a dataclass, nothing else.

The fields of the dataclass are the schema, the validation, the help text and the JSON Schema:

    @component("dense")
    class Dense(Layer):
        units: int = arg("number of outputs n_y", ge=1)
        bias: bool = arg("add b", default=True)

The first field is the main argument (`dense: 64`).  The kind (layer, loss, …) is the `kind` of the base class.  What a
single field cannot say is checked in `__post_init__`, which raises ValueError; the config reports it at the
component's place.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast, dataclass_transform

if TYPE_CHECKING:
    import inspect


class _Signature:
    """The arguments of a component's class, for `inspect.signature` and `help`."""

    def __get__(self, instance: object, owner: type[Component]) -> inspect.Signature:
        import inspect

        return inspect.Signature(
            [
                inspect.Parameter(
                    field.name,
                    inspect.Parameter.KEYWORD_ONLY if field.kw_only else inspect.Parameter.POSITIONAL_OR_KEYWORD,
                    default=inspect.Parameter.empty if field.default is MISSING else field.default,
                    annotation=field.type,
                )
                for field in sorted(_fields(owner), key=lambda field: field.kw_only is True)
            ]
        )


def _fields(cls: type[Component]) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(cast(Any, cls))


class Component:
    """Base of all kinds.  Instances are frozen dataclasses that hold what the config says and nothing else."""

    kind: ClassVar[str]
    type: ClassVar[str]  # the name in configs, set by @component
    renamed: ClassVar[Mapping[str, str]] = {}  # arguments by the names that they had in earlier configs and checkpoints
    __signature__ = _Signature()

    # Written once here instead of generated for every class, as a hundred classes make that felt at every start.  Only
    # fields count: what a component works out for itself and keeps (functools.cached_property) is no part of its value.
    def __init__(self, *given: object, **named: object) -> None:
        vars(self).update(_bound(type(self), given, named))
        self.__post_init__()

    def __post_init__(self) -> None:
        """Raise ValueError where the arguments do not fit together."""

    # As in every frozen dataclass: a plain subclass may keep attributes of its own beside the fields.
    def __setattr__(self, name: str, value: object) -> None:
        if self._is_declared(name):
            raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        if self._is_declared(name):
            raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
        super().__delattr__(name)

    def _is_declared(self, name: str) -> bool:
        return "__dataclass_fields__" in vars(type(self)) or any(name == field.name for field in _fields(type(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Component) and type(self) is type(other) and values(self) == values(other)

    def __hash__(self) -> int:
        return hash((type(self), *map(_hashable, values(self).values())))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in values(self).items())})"

    def __getstate__(self) -> dict[str, Any]:
        return values(self)


dataclass(init=False, eq=False, repr=False)(
    Component
)  # a call: to type checkers components are frozen, as @component says


def _bound(cls: type[Component], given: tuple[object, ...], named: dict[str, object]) -> dict[str, object]:
    """The values of a component's fields from the arguments of its class, as Python binds them."""
    fields = _fields(cls)
    positional = [field.name for field in fields if not field.kw_only]
    if len(given) > len(positional):
        raise TypeError(f"{cls.__name__}() takes {len(positional)} arguments by position, but {len(given)} were given")
    bound: dict[str, object] = dict(zip(positional, given, strict=False))
    for name in named:
        if name in bound:
            raise TypeError(f"{cls.__name__}() got two values for the argument {name!r}")
    bound |= named
    values = {field.name: bound.pop(field.name, field.default) for field in fields}
    if bound:
        raise TypeError(f"{cls.__name__}() has no argument {next(iter(bound))!r}")
    for name, value in values.items():
        if value is MISSING:
            raise TypeError(f"{cls.__name__}() needs the argument {name!r}")
    return values


def values(component: Component) -> dict[str, Any]:
    """The component's fields with their values, in the order of their declaration."""
    return {field.name: getattr(component, field.name) for field in _fields(type(component))}


def _hashable(value: Any) -> Any:
    """Tables and lists as values that can be hashed, equal where they are equal."""
    if isinstance(value, Mapping):
        return frozenset((key, _hashable(item)) for key, item in value.items())
    return tuple(map(_hashable, value)) if isinstance(value, (list, tuple)) else value


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


T = TypeVar("T", bound=type[Component])


@dataclass_transform(frozen_default=True, field_specifiers=(arg,))
def component_base(*, kw_only: bool = False) -> Callable[[T], T]:
    """Make the class a frozen dataclass that components extend: its fields are theirs too.

    No method is generated for it, nor for a component: those of `Component` are for all.
    """

    def declare(cls: T) -> T:
        dataclass(init=False, eq=False, repr=False, kw_only=kw_only)(cls)  # changes cls in place
        return cls

    return declare


def item_names(items: Iterable[tuple[str, str | None]]) -> list[str]:
    """Names of the components of a list, from type and given name: as given, else the type and its count from 1."""
    counts: dict[str, int] = {}
    names = []
    for type_, given in items:
        counts[type_] = counts.get(type_, 0) + 1
        names.append(given or f"{type_}_{counts[type_]}")
    return names


def arguments(cls: type[Component]) -> Iterator[dataclasses.Field[Any]]:
    """The arguments a config may give, the main argument first."""
    fields = [f for f in _fields(cls) if "arg" in f.metadata]
    return iter([f for f in fields if not f.kw_only] + [f for f in fields if f.kw_only])

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
from typing import Any, ClassVar, TypeVar, dataclass_transform

from nntrain.components.frozen import arg, declare, fields_of, frozen


@frozen
class Component:
    """Base of all kinds.  Instances are frozen dataclasses that hold what the config says and nothing else."""

    kind: ClassVar[str]
    type: ClassVar[str]  # the name in configs, set by @component
    renamed: ClassVar[Mapping[str, str]] = {}  # arguments by the names that they had in earlier configs and checkpoints

    def __post_init__(self) -> None:
        """Raise ValueError where the arguments do not fit together."""

    def __getstate__(self) -> dict[str, Any]:
        return values(self)


def values(component: Component) -> dict[str, Any]:
    """The component's fields with their values, in the order of their declaration."""
    return {field.name: getattr(component, field.name) for field in fields_of(type(component))}


T = TypeVar("T", bound=type[Component])


@dataclass_transform(frozen_default=True, field_specifiers=(arg,))
def component_base(*, kw_only: bool = False) -> Callable[[T], T]:
    """Make the class a frozen dataclass that components extend: its fields are theirs too.

    No method is generated for it, nor for a component: those of `Component` are for all.
    """

    def make(cls: T) -> T:
        declare(cls, kw_only)
        return cls

    return make


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
    fields = [f for f in fields_of(cls) if "arg" in f.metadata]
    return iter([f for f in fields if not f.kw_only] + [f for f in fields if f.kw_only])

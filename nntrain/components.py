"""The registry of everything a config can declare: a name and a dataclass, nothing else.

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
import importlib
from collections.abc import Callable, Iterator
from dataclasses import MISSING, dataclass
from typing import Any, ClassVar, TypeVar, dataclass_transform

# where the components of a kind are defined: imported when they are first asked for
_MODULES = {
    "layer": "nntrain.layers",
    "initializer": "nntrain.initializers",
    "loss": "nntrain.losses",
    "metric": "nntrain.metrics",
    "optimizer": "nntrain.optimizers",
    "schedule": "nntrain.schedules",
    "dataset": "nntrain.data",
    "augmentation": "nntrain.data.augmentation",
    "loop": "nntrain.training",
}
KINDS = tuple(_MODULES)


class Component:
    """Base of all kinds.  Instances are frozen dataclasses that hold what the config says and nothing else."""

    kind: ClassVar[str]
    type: ClassVar[str]  # the name in configs, set by @component

    # Written once here instead of generated for every class: a hundred classes make that 30 ms of every start.
    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


@dataclass(frozen=True)
class Arg:
    """What a config needs to know about one argument besides its type and default."""

    help: str
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None


def arg(
    help: str,
    *,
    default: Any = MISSING,
    kw_only: bool = False,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
) -> Any:
    """A field of a component: its meaning, its default (none: required) and its range.

    In a tuple the range holds for every element.  A choice of words is a Literal type.
    """
    metadata = {"arg": Arg(help, ge, gt, le, lt)}
    return dataclasses.field(default=default, kw_only=kw_only, metadata=metadata)


_registry: dict[str, dict[str, type[Component]]] = {kind: {} for kind in KINDS}
T = TypeVar("T", bound=type[Component])


@dataclass_transform(frozen_default=True, field_specifiers=(arg,))
def component(name: str) -> Callable[[T], T]:
    """Make the class a frozen dataclass and let configs declare it as `name`."""

    def register(cls: T) -> T:
        dataclass(frozen=True, eq=False, repr=False)(cls)  # changes cls in place
        cls.type = name
        if name in _registry[cls.kind]:
            raise TypeError(f"two components of kind {cls.kind} are called {name}")
        _registry[cls.kind][name] = cls
        return cls

    return register


def find(kind: str) -> dict[str, type[Component]]:
    """Every component of the kind by name, in the order of definition."""
    importlib.import_module(_MODULES[kind])
    return _registry[kind]


def arguments(cls: type[Component]) -> Iterator[dataclasses.Field[Any]]:
    """The arguments a config may give, the main argument first."""
    fields = [f for f in dataclasses.fields(cls) if "arg" in f.metadata]  # type: ignore[arg-type]
    return iter([f for f in fields if not f.kw_only] + [f for f in fields if f.kw_only])

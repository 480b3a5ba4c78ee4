"""The registry of everything a config can declare: a name and a dataclass, nothing else.

The fields of the dataclass are the schema, the validation, the help text and the JSON Schema:

    @component("dense")
    class Dense(Layer):
        units: int = arg("number of outputs n_y", ge=1)
        bias: bool = arg("add b", default=True)

The first field is the main argument (`dense: 64`).  The kind (layer, loss, …) is the `kind` of the base class.  What a
single field cannot say is checked in `__post_init__`, which raises ValueError; the config reports it at the
component's place.  A component of nntrain also has a line in its package's table; one of another program only has to
be imported: by that program, by --import (nntrain.plugins), or as an entry point of an installed package.
"""

from __future__ import annotations

import dataclasses
import importlib
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass
from functools import cache, cached_property
from typing import Any, ClassVar, TypeVar, dataclass_transform

from nntrain.errors import ConfigError

# The package of each kind, in the order of lists and help.  Its `__init__` imports no NumPy and holds the kind's table,
# a line a name: COMPONENTS = {"layer": {"dense": "nntrain.layers.dense:Dense", …}}.
# A package is imported when its kind is first asked for, a component's module when the component is: all of them take a
# third of the time of a small run.
PACKAGES = {
    "layer": "nntrain.layers",
    "initializer": "nntrain.model",
    "loss": "nntrain.losses",
    "metric": "nntrain.metrics",
    "optimizer": "nntrain.optimizers",
    "schedule": "nntrain.schedules",
    "dataset": "nntrain.data",
    "augmentation": "nntrain.data",
    "loop": "nntrain.training",
}
KINDS = tuple(PACKAGES)
# Installed packages offer components so:  [project.entry-points."nntrain.components"]  anything = "module"
ENTRY_POINTS = "nntrain.components"


@dataclass(frozen=True, eq=False, repr=False)
class Component:
    """Base of all kinds.  Instances are frozen dataclasses that hold what the config says and nothing else."""

    kind: ClassVar[str]
    type: ClassVar[str]  # the name in configs, set by @component
    renamed: ClassVar[Mapping[str, str]] = {}  # arguments by the names that they had in earlier configs and checkpoints

    # Written once here instead of generated for every class, as a hundred classes make that felt at every start.  Only
    # fields count: what a component works out for itself and keeps (functools.cached_property) is no part of its value.
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Component) and type(self) is type(other) and values(self) == values(other)

    def __hash__(self) -> int:
        return hash((type(self), *map(_hashable, values(self).values())))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in values(self).items())})"

    def __getstate__(self) -> dict[str, Any]:
        return values(self)


def values(component: Component) -> dict[str, Any]:
    """The component's fields with their values, in the order of their declaration."""
    return {field.name: getattr(component, field.name) for field in dataclasses.fields(component)}


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
def component(name: str) -> Callable[[T], T]:
    """Make the class a frozen dataclass and let configs declare it as `name`."""

    def register(cls: T) -> T:
        dataclass(frozen=True, eq=False, repr=False)(cls)  # changes cls in place
        cls.type = name
        known = find(cls.kind)
        if name in known.registered or known.module(name) not in (None, cls.__module__):
            raise TypeError(f"two components of kind {cls.kind} are called {name}")
        known.registered[name] = cls
        return cls

    return register


class Known(Mapping[str, type[Component]]):
    """Every component of a kind by name: those of its package's table, then those that a program has registered itself.

    Installed packages are asked for theirs when a name is not known, or when all are listed.

    registered  the classes whose modules have been imported so far
    """

    def __init__(self, kind: str, package: str):
        self.registered: dict[str, type[Component]] = {}
        self._kind, self._package = kind, package

    @cached_property
    def _table(self) -> dict[str, str]:
        table: dict[str, str] = importlib.import_module(self._package).COMPONENTS[self._kind]
        return table

    def module(self, name: str) -> str | None:
        """The module that the table gives for a name."""
        return self._table[name].partition(":")[0] if name in self._table else None

    def __getitem__(self, name: str) -> type[Component]:
        if name not in self.registered and (module := self.module(name)):
            importlib.import_module(module)
        if name not in self.registered:
            _ask_installed_packages()
        return self.registered[name]

    def __contains__(self, name: object) -> bool:
        if name not in self._table and name not in self.registered:
            _ask_installed_packages()
        return name in self._table or name in self.registered

    def __iter__(self) -> Iterator[str]:
        _ask_installed_packages()
        return iter(self.at_hand())

    def __len__(self) -> int:
        _ask_installed_packages()
        return len(self.at_hand())

    def forget(self, module: str) -> None:
        """Take out what a module has registered."""
        for name in [name for name, cls in self.registered.items() if cls.__module__ == module]:
            del self.registered[name]

    def at_hand(self) -> list[str]:
        """The names that are known without a look at installed packages, which costs some 30 ms."""
        return [*{**self._table, **self.registered}]


_KNOWN = {kind: Known(kind, package) for kind, package in PACKAGES.items()}


@cache
def _ask_installed_packages() -> None:
    """Import, once, what installed packages offer.  Raises ConfigError for one that is broken."""
    from importlib.metadata import entry_points

    for found in entry_points(group=ENTRY_POINTS):
        try:
            found.load()
        except Exception as error:
            owner = f"package {found.dist.name}" if found.dist else "an installed package"
            what = f"{type(error).__name__}: {error}".replace("\n", " ")
            raise ConfigError(
                f"{owner}: error: its components cannot be imported: {found.value}: {what}; repair or uninstall it"
            ) from error


def find(kind: str) -> Known:
    """Every component of the kind by name.  To look at a class imports its module; to look at names imports nothing."""
    return _KNOWN[kind]


def lazy(
    package: str, tables: Mapping[str, Mapping[str, str]], others: Collection[str] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """`__getattr__`, `__dir__` and `__all__` of a package: its components' classes, and other names ("module:name").

    A name's module is imported when the name is first asked for.
    """
    places = [
        place.partition(":") for place in (*others, *(place for table in tables.values() for place in table.values()))
    ]
    modules = {name: module for module, _, name in places}

    def find_name(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(modules[name]), name)

    return find_name, lambda: sorted({*vars(sys.modules[package]), *modules}), sorted(modules)


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
    fields = [f for f in dataclasses.fields(cls) if "arg" in f.metadata]
    return iter([f for f in fields if not f.kw_only] + [f for f in fields if f.kw_only])

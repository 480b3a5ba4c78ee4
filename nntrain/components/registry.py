"""Every component by kind and name.

A component of nntrain has a line in its package's table; one of another program only has to be imported: by that
program, by --import (nntrain.plugins), or as an entry point of an installed package.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property
from typing import dataclass_transform

from nntrain.components.declaration import Component, T, component_base
from nntrain.components.frozen import arg
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


@dataclass_transform(frozen_default=True, field_specifiers=(arg,))
def component(name: str) -> Callable[[T], T]:
    """Make the class a frozen dataclass and let configs declare it as `name`."""

    def register(cls: T) -> T:
        component_base()(cls)
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

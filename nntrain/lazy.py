"""Packages whose names are imported when they are first asked for, as what a command does not need costs it time."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Collection, Mapping
from typing import Any


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
        value = getattr(importlib.import_module(modules[name]), name)
        setattr(sys.modules[package], name, value)  # not asked for again
        return value

    return find_name, lambda: sorted({*vars(sys.modules[package]), *modules}), sorted(modules)

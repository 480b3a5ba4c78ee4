"""Tab completion beyond commands and options: config keys and values in overrides, names of components.

Switched on by `eval "$(_NNTRAIN_COMPLETE=bash_source nntrain)"`, or zsh_source, or fish_source.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pathlib import Path


def overrides(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """`optimizer.m` -> `optimizer.momentum=`; `optimizer=a` -> `optimizer=adam`."""
    from pathlib import Path

    path = ctx.params.get("config") or ctx.params.get("path") or ctx.params.get("run") or _written()
    try:
        return list(_overrides(Path(str(path)), incomplete))
    except Exception:  # half a line is often half wrong: then there is nothing to propose
        return []


def _written() -> str | None:
    """The config on the line: behind an option that wants its value the line is not parsed."""
    words = os.environ.get("COMP_WORDS", "").split()
    return next((word for word in words if word.endswith((".yaml", ".yml")) and os.path.exists(word)), None)


def _overrides(path: Path, incomplete: str) -> Iterator[str]:
    from pathlib import Path

    from nntrain.config.config import Config
    from nntrain.config.dotted_paths import below, child
    from nntrain.config.field_types import Section
    from nntrain.config.nodes import Node, from_python
    from nntrain.config.overlay import read_tree
    from nntrain.config.plain_config import plain
    from nntrain.config.problems import Mark, Problems, Source

    file = path / "config.yaml" if path.is_dir() else path
    key, equals, value = incomplete.partition("=")
    *before, last = key.split(".")
    node: Any = read_tree(file, Config, Problems())
    type_: Any = Section(Config)
    for part in before:
        field = below(node, type_)[part]
        type_ = field.type
        node = child(node, part)
        if node is None or node.value is None:
            default = plain(field.default()) if field.default else {}
            node = from_python(default, Source(Path()), Problems()) if default else Node(Mark(Source(Path())), {})
    known = below(node, type_)
    if equals:
        yield from (f"{key}={text}" for text in _values(known[last].type) if text.startswith(value))
        return
    prefix = "".join(f"{part}." for part in before)
    for name, field in known.items():
        if name.startswith(last):
            inner = child(node, name)
            nested = _is_nested(field.type) or (inner is not None and isinstance(inner.value, dict | list))
            if nested:
                yield f"{prefix}{name}."
            if not nested or _values(field.type):
                yield f"{prefix}{name}="


def _options(type_: Any) -> tuple[Any, ...]:
    from nntrain.config.field_types import Either, PerNetwork

    if isinstance(type_, PerNetwork):
        return _options(type_.item)
    return (
        tuple(inner for option in type_.options for inner in _options(option))
        if isinstance(type_, Either)
        else (type_,)
    )


def _is_nested(type_: Any) -> bool:
    from nntrain.config.field_types import Section

    return any(isinstance(option, Section) for option in _options(type_))


def _values(type_: Any) -> list[str]:
    """What a value can be, where that is a choice."""
    from nntrain.components import find
    from nntrain.config.field_types import Choice, Kind

    found: list[str] = []
    for option in _options(type_):
        if isinstance(option, Kind):
            found += find(option.kind)
        elif isinstance(option, Choice):
            found += [str(value) for value in option.values]
        elif option is bool:
            found += ["true", "false"]
        elif option is type(None):
            found.append("null")
    return found


def kinds(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Kinds of components, and names of all."""
    from nntrain.components import KINDS, find

    names = [name for kind in KINDS for name in find(kind)]
    return [name for name in dict.fromkeys([*KINDS, "training", *names]) if name.startswith(incomplete)]


def names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of the components of the kind before."""
    from nntrain.components import KINDS, find

    kind = ctx.params.get("kind")
    return [name for name in (find(kind) if kind in KINDS else ()) if name.startswith(incomplete)]

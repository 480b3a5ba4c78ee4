"""The plain values of a config.yaml that nntrain wrote, without building anything: for lists of thousands of runs."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from nntrain.config.written_lines import read_lines
from nntrain.errors import ConfigError
from nntrain.files.plain_values import Plain

if TYPE_CHECKING:
    from nntrain.config.nodes import Node

_TOP = re.compile(r"^(?=[A-Za-z_])", re.MULTILINE)


def written(text: str, sections: Collection[str] | None = None) -> dict[str, Plain]:
    """The values, components as {"type": …}; only these top-level keys, or all.  Raises ConfigError for broken YAML."""
    values: dict[str, Plain] = {}
    for block in _TOP.split(text):
        name = block.partition(":")[0]
        if name and (sections is None or name in sections):
            values.update(_block(block))
    return values


def written_unlike(texts: Sequence[str], as_spelled: bool = False) -> list[dict[str, Plain]]:
    """The values of several configs, without the sections that are the same in all; of broken YAML none.

    What all have in common is not read: runs of a sweep are told apart without a look at most of their components.
    as_spelled   as they are written, which for the configs that runs keep is the whole of it: no component is asked
                 how else a value may be spelled, so that none is imported
    """
    read = spelled if as_spelled else written
    blocks = [dict.fromkeys(_TOP.split(text)) for text in texts]
    common = set.intersection(*map(set, blocks)) if blocks else set()
    found: list[dict[str, Plain] | None] = []
    for text in texts:
        try:
            found.append(read("".join(block for block in _TOP.split(text) if block not in common)))
        except ConfigError:
            found.append(None)
    if None in found and common:  # it has nothing in common with the others
        kept = ["" if values is None else text for text, values in zip(texts, found, strict=True)]
        return written_unlike(kept, as_spelled)
    return [values or {} for values in found]


def spelled(text: str) -> dict[str, Plain]:
    """The values as they are written.  Raises ConfigError for broken YAML."""
    values: dict[str, Plain] = {}
    for block in _TOP.split(text):
        values.update(_spelled_block(block))
    return values


@functools.lru_cache(maxsize=20_000)
def _spelled_block(text: str) -> dict[str, Plain]:
    if (values := read_lines(text)) is not None:
        return values
    from nntrain.config.nodes import plain_node  # a person wrote it, or a text stands in quotes

    value = plain_node(_tree(text))
    return value if isinstance(value, dict) else {}


@functools.lru_cache(maxsize=20_000)  # the runs of a sweep share most of their sections
def _block(text: str) -> dict[str, Plain]:
    # all that knows components; to read values as they are spelled needs none of it
    from nntrain.config.canonical import merge
    from nntrain.config.config import Config
    from nntrain.config.field_types import Section
    from nntrain.config.nodes import plain_node

    value = plain_node(merge(None, _tree(text), Section(Config)))
    return value if isinstance(value, dict) else {}


def _tree(text: str) -> Node:
    from pathlib import Path

    from nntrain.config.problems import Problems, Source
    from nntrain.config.yaml_reader import parse

    return parse(text, Source(Path(), file="config.yaml"), Problems())

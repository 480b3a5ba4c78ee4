"""File, what it extends, and overrides -> one tree in one spelling."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from nntrain.components import Component, find
from nntrain.config.canonical import merge
from nntrain.config.dotted_paths import below, child, names_of, position, type_name
from nntrain.config.field_types import UNKNOWN, FieldType, Section, fields, networks
from nntrain.config.nodes import Node, from_python, node_of
from nntrain.config.plain_config import plain
from nntrain.config.problems import Mark, Problems, Source
from nntrain.config.yaml_reader import parse, read_file
from nntrain.files.plain_values import Json
from nntrain.messages import show, suggest

MAX_EXTENDS = 20


def read_tree(source: str | Path | Mapping[str, Json], cls: type, problems: Problems) -> Node:
    """The tree of a config without overrides, respelled; a problem of its form is raised, others are collected."""
    if isinstance(source, Mapping):
        root = from_python(source, Source(Path.cwd()), problems)
    else:
        root = read_file(_file(os.fspath(source), 0), problems)
    return _extend(root, Section(cls), problems, [])


def override(tree: Node, overrides: Sequence[str], cls: type, problems: Problems) -> Node:
    """A new tree with the overrides laid over `tree`, which stays as it is."""
    parsed = [_parse_override(text, 1000 + i, problems) for i, text in enumerate(overrides)]
    # the shorter key first, so that `optimizer.lr=0.1 optimizer=adam` means the same in either order
    for parts, value in sorted((p for p in parsed if p), key=lambda p: len(p[0]) - (p[0][-1] == "type")):
        tree = _assign(tree, Section(cls), parts, value, problems)
    return tree


def with_dataset(tree: Node, dataset: Mapping[str, str], problems: Problems) -> Node:
    """The tree with another dataset, to which those arguments of its own go over that every dataset has."""
    assert isinstance(tree.value, dict)
    old = tree.value.get("dataset")
    new = from_python(dataset, Source(Path.cwd()), problems)
    if old is not None and isinstance(old.value, dict) and isinstance(new.value, dict):
        known = find("dataset")[dataset["type"]].__mro__
        common = {name for base in known if base.__dict__.get("kind") == "dataset" for name in fields(base)}
        kept = {key: node for key, node in old.value.items() if key in common}
        new = Node(old.mark, {**kept, **new.value}, keys={**{key: old.keys[key] for key in kept}, **new.keys})
    keys = {"dataset": tree.mark, **tree.keys}
    return Node(tree.mark, {**tree.value, "dataset": new}, keys=keys)


def _file(path: str, order: int) -> Source:
    return Source(Path(os.path.abspath(path)).parent, file=path, order=order)


def _extend(root: Node, type_: Section, problems: Problems, chain: list[str]) -> Node:
    """`root` laid over the file that it extends, and that over what it extends."""
    if not isinstance(root.value, dict):
        got = "an empty file" if root.value is None else show(root.value)
        problems.stop(
            root.mark, "", f"expected a mapping with dataset, architecture, loss, optimizer, training; got {got}"
        )
    if "config" in root.value and "architecture" not in root.value:
        problems.stop(root.keys["config"], "", "this is a sweep, not a config; nntrain sweep takes it")
    entries = dict(root.value)
    wanted = entries.pop("extends", None)
    own = Node(root.mark, entries, keys=root.keys)
    if wanted is None or wanted.value is None:
        return merge(None, own, type_)
    mark = wanted.mark
    if not isinstance(wanted.value, str) or "\0" in wanted.value:
        problems.stop(mark, "extends", f"expected the path of one config, got {show(wanted.value)}")
    source = mark.source
    chain = [*chain, os.path.realpath(source.file)] if source.file else chain
    beside = os.path.dirname(source.file) if source.file else ""
    path = os.path.normpath(os.path.join(beside, os.path.expanduser(wanted.value)))
    if os.path.realpath(path) in chain:
        problems.stop(mark, "extends", f"{show(path)} extends this file itself")
    if len(chain) > MAX_EXTENDS:
        problems.stop(mark, "extends", f"more than {MAX_EXTENDS} files extend each other")
    base = read_file(_file(path, source.order + 1), problems, (mark, "extends"))
    return merge(_extend(base, type_, problems, chain), own, type_)


def _parse_override(text: str, order: int, problems: Problems) -> tuple[list[str], Node] | None:
    key, equals, value = text.partition("=")
    source = Source(Path.cwd(), override=key, order=order)
    parts = key.split(".")
    if not equals or not all(parts):
        problems.add(Mark(source), key, "expected KEY=VALUE, such as optimizer.lr=0.1, without spaces")
        return None
    if key == "extends":
        problems.add(Mark(source), key, "only a file can extend another")
        return None
    if len(value) == 1 and not value.isalnum() and value != "~":  # dataset.decimal=, which is no YAML, means a text
        return parts, node_of(value, Mark(source))
    return parts, parse(value, source, problems)


def _assign(node: Node, type_: FieldType, parts: list[str], value: Node, problems: Problems) -> Node:
    """The tree with `value` laid over what stands under the dotted path."""
    part, mark = parts[0], value.mark
    known = below(node, type_)
    if isinstance(node.value, list):
        index = position(node.value, part)
        if index is None:
            names = names_of(node.value)
            hint = suggest(part, names) if not part.isdigit() else f"; there are {len(names)}, counted from 0"
            problems.add(mark, mark.source.override or "", f"no item {show(part)}{hint}")
            return node
        items = list(node.value)
        item_type = known[str(index)].type
        items[index] = _assign(items[index], item_type, parts[1:], value, problems) if parts[1:] else value
        return merge(None, Node(node.mark, items), type_) if not parts[1:] else Node(node.mark, items)
    if not parts[1:]:
        entries = {part: value}
        if isinstance(node.value, dict) and type_name(node) is not None and part not in networks():
            # with its type beside it `architecture.1.dropout` is an argument of that layer, not another layer
            entries = {"type": node.value["type"], **entries}
        return merge(node, Node(mark, entries, keys={part: mark}), type_)
    old = child(node, part)
    field = known.get(part)
    if old is None or old.value is None:
        default = field.default() if field and field.default else None
        old = from_python(plain(default), mark.source, problems) if isinstance(default, Component) else Node(mark, {})
    new = _assign(old, field.type if field else UNKNOWN, parts[1:], value, problems)
    entries = dict(node.value) if isinstance(node.value, dict) else {}
    return Node(node.mark, {**entries, part: new}, keys={**node.keys, part: node.keys.get(part, mark)})

"""YAML text -> nodes.  PyYAML scans and parses; what its events mean is decided here.

Differences from PyYAML's own loader: scalars as a person means them (plain_values.scalar), duplicate keys are errors,
tags are refused, every value keeps its place, and no file can take more than a bounded time and memory.  The tree is
made here from events, as yaml.compose would lose the place of an alias, and recurse as deep as a file nests.
"""

from __future__ import annotations

import os
import re
from typing import Any

import yaml

from nntrain.config.nodes import MAX_DEPTH, MAX_VALUES, Node
from nntrain.config.problems import Mark, Problems, Source
from nntrain.errors import StorageError
from nntrain.files.plain_values import scalar
from nntrain.messages import did_you_mean, escape, show, suggest

MAX_BYTES = 500_000
# the same events from libyaml, thirty times as fast, where PyYAML was built with it
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


def read_file(source: Source, problems: Problems, wanted_at: tuple[Mark, str] | None = None) -> Node:
    """The tree of a file.  `wanted_at`: the `extends` that names it."""
    assert source.file is not None
    start = Mark(source, 1, 1)
    try:
        with open(source.file, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError) as error:
        reason = "no such file"
        if isinstance(error, IsADirectoryError):
            inside = os.path.join(source.file, "config.yaml")
            reason = "is a directory, not a config"
            reason += f"; in it is {escape(inside, 300)}" if os.path.isfile(inside) else ""
        message = f"{escape(source.file, 500)}: error: {reason}{_similar_files(source.file)}"
        if wanted_at:
            problems.stop(*wanted_at, f"{show(source.file, 300)}: {reason}{_similar_files(source.file)}")
        problems.stop_plain(message)
    except OSError as error:
        raise StorageError(f"{escape(source.file, 500)}: error: cannot read: {error.strerror}") from None
    if data.startswith(b"PK\x03\x04"):
        problems.stop_plain(f"{escape(source.file, 500)}: error: is a checkpoint or another archive, not a config")
    if len(data) > MAX_BYTES:
        problems.stop(start, "", f"the file is larger than {MAX_BYTES:,} bytes; a config is not")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        problems.stop(
            _mark_at(source, before), "", f"byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8"
        )
    return parse(text, source, problems)


def parse(text: str, source: Source, problems: Problems) -> Node:
    """The tree of one YAML document."""
    if wrong := _UNPRINTABLE.search(text):
        mark = _mark_at(source, text[: wrong.start()])
        problems.stop(mark, "", f"control character {wrong[0]!r} is not allowed")
    composer = _Composer(source, problems)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            composer.take(event)
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        mark = _of(source, at) if at else Mark(source, 1, 1)
        if "nesting depth" in str(error.problem):  # libyaml's own limit, far beyond ours, in what it reads ahead
            problems.stop(mark, "", f"nested deeper than {MAX_DEPTH} levels")
        lines = text.splitlines()
        line = lines[mark.line - 1] if 0 < mark.line <= len(lines) else ""
        hint = "; a tab stands in the indentation, YAML wants spaces" if "\t" in line[: mark.column] else ""
        problems.stop(mark, "", f"not valid YAML: {error.problem}{f' {error.context}' if error.context else ''}{hint}")
    except yaml.YAMLError as error:
        problems.stop(Mark(source, 1, 1), "", f"not valid YAML: {escape(str(error), 200)}")
    return composer.root or Node(Mark(source, 1, 1), None)


class _Open:
    """A list or mapping whose end has not come yet."""

    def __init__(self, mark: Mark, anchor: str | None, mapping: bool):
        self.mark = mark
        self.anchor = anchor
        self.items: list[Node] | None = None if mapping else []
        self.entries: dict[str, Node] = {}
        self.keys: dict[str, Mark] = {}
        self.key: str | None = None
        self.merging = False  # the key is <<
        self.merged: list[Node] = []
        self.size = 1
        self.height = 1


class _Composer:
    """Builds the tree from events with a stack of its own, so that depth costs nothing and is limited."""

    def __init__(self, source: Source, problems: Problems):
        self.root: Node | None = None
        self._source = source
        self._problems = problems
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int, int]] = {}  # with number of values and height
        self._total = 0
        self._merge = False  # the scalar at hand is a plain <<

    def take(self, event: Any) -> None:
        mark = _of(self._source, event.start_mark) if event.start_mark else Mark(self._source, 1, 1)
        if isinstance(event, yaml.DocumentStartEvent):
            if self.root is not None:
                self._problems.stop(mark, "", "a second document begins here; a config is one")
        elif isinstance(event, yaml.AliasEvent):
            self._merge = False
            self._alias(str(event.anchor), mark)
        elif isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)):
            if event.tag is not None:
                self._problems.add(mark, "", f"tag {show(event.tag)} is not allowed; a config is plain values")
            if isinstance(event, yaml.ScalarEvent):
                value = scalar(event.value) if event.implicit[0] else event.value
                self._merge = event.implicit[0] and event.value == "<<"
                self._add(Node(mark, value, event.value), 1, 1, event.anchor)
            else:
                if len(self._stack) >= MAX_DEPTH:
                    self._problems.stop(mark, "", f"nested deeper than {MAX_DEPTH} levels")
                self._stack.append(_Open(mark, event.anchor, isinstance(event, yaml.MappingStartEvent)))
        elif isinstance(event, yaml.CollectionEndEvent):
            closed = self._stack.pop()
            node = Node(closed.mark, closed.items) if closed.items is not None else self._mapping(closed)
            self._add(node, closed.size, closed.height, closed.anchor)

    def _alias(self, name: str, mark: Mark) -> None:
        if any(o.anchor == name for o in self._stack):
            self._problems.stop(mark, "", f"alias *{escape(name)} stands inside what it stands for")
        if name not in self._anchors:
            self._problems.stop(mark, "", f"no anchor &{escape(name)} before this alias{suggest(name, self._anchors)}")
        node, size, height = self._anchors[name]
        if len(self._stack) + height > MAX_DEPTH:
            self._problems.stop(mark, "", f"aliases nest deeper than {MAX_DEPTH} levels")
        self._add(node, size, height, None, mark)

    def _add(self, node: Node, size: int, height: int, anchor: str | None, mark: Mark | None = None) -> None:
        mark = mark or node.mark
        if mark is not node.mark or not isinstance(node.value, (list, dict)):  # those were counted value by value
            self._total += size
        if self._total > MAX_VALUES:
            self._problems.stop(mark, "", f"more than {MAX_VALUES:,} values, aliases counted as often as they are used")
        if anchor is not None:
            self._anchors[anchor] = (node, size, height)
        if not self._stack:
            self.root = node
            return
        top = self._stack[-1]
        top.size += size
        top.height = max(top.height, height + 1)
        if top.items is not None:
            top.items.append(node)
        elif top.key is None:
            top.key = self._new_key(top, node, mark)
        elif top.merging:
            top.merged.append(node)
            top.key, top.merging = None, False
        else:
            top.entries.setdefault(top.key, node)
            top.key = None

    def _new_key(self, top: _Open, node: Node, mark: Mark) -> str:
        if isinstance(node.value, (list, dict)) or node.value is None:
            self._problems.stop(mark, "", f"expected a word before ':', got {show(node.value)}")
        top.merging = self._merge
        if top.merging:
            return node.text
        if first := top.keys.get(node.text):
            self._problems.add(mark, "", f"key {show(node.text)} stands here a second time; first in line {first.line}")
        top.keys.setdefault(node.text, mark)
        return node.text

    def _mapping(self, closed: _Open) -> Node:
        for node in closed.merged:
            for part in node.value if isinstance(node.value, list) else [node]:
                if not isinstance(part.value, dict):
                    self._problems.stop(closed.mark, "", f"<< takes the alias of a mapping, got {show(part.value)}")
                for key, value in part.value.items():
                    closed.entries.setdefault(key, value)
                    closed.keys.setdefault(key, part.keys[key])
        return Node(closed.mark, closed.entries, keys=closed.keys)


def _of(source: Source, mark: yaml.Mark) -> Mark:
    return Mark(source, mark.line + 1, mark.column + 1)


def _mark_at(source: Source, before: str) -> Mark:
    return Mark(source, before.count("\n") + 1, len(before) - before.rfind("\n"))


def _similar_files(file: str) -> str:
    folder, name = os.path.split(file)
    try:
        names = [n for n in os.listdir(folder or ".")[:1000] if n.endswith((".yaml", ".yml"))]
    except (OSError, ValueError):
        return ""
    return did_you_mean(name, names)

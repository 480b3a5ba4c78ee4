"""A sweep as a YAML file, which says what the flags say:

config: digits_mlp.yaml
overrides: {training.epochs: 5}
grid: {optimizer.momentum: [0.5, 0.9]}
random: {optimizer.lr: "log:1e-3:1", architecture.1.units: "int:16:128"}
n: 20
seeds: 0-4
halving: true
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from nntrain.config.nodes import Node, plain_node
from nntrain.config.problems import Problems, Source
from nntrain.config.yaml_reader import parse, read_file
from nntrain.config.yaml_writer import flow
from nntrain.errors import ConfigError
from nntrain.files.plain_values import yaml_word
from nntrain.messages import show, suggest
from nntrain.sweep import space
from nntrain.sweep.plan import Settings
from nntrain.sweep.ranges import Range, parse_range, split_values
from nntrain.sweep.search import SEARCHES

T = TypeVar("T", str, int, bool)
KEYS = ("config", "overrides", "grid", "random", "n", "seeds", "folds", "halving", "search", "batch")


def read(path: Path) -> Settings | None:
    """The sweep in a file; None where the file is a config.  Raises ConfigError, each problem with its place."""
    problems = Problems()
    beside = os.path.dirname(os.path.abspath(path))
    return _settings(read_file(Source(Path(beside), file=os.fspath(path)), problems), beside, problems)


def normalized(settings: Settings) -> Settings:
    """The same as read from a file: values as YAML has them, however a person spelled them."""
    problems, beside = Problems(), os.getcwd()
    read = _settings(parse(as_text(settings), Source(Path(beside)), problems), beside, problems)
    assert read is not None
    return read


def _settings(tree: Node, beside: str, problems: Problems) -> Settings | None:
    values = tree.value
    if not isinstance(values, dict) or not values.keys() & set(KEYS) or values.keys() & {"architecture", "extends"}:
        return None
    if "config" not in values:
        problems.add(tree.mark, "", "a sweep needs 'config': the path of the config that is varied")
    for key in values:
        if key not in KEYS:
            problems.add(tree.keys[key], "", f"a sweep has no {show(key)}{suggest(key, KEYS)}")
    reader = _Reader(values, problems)
    config = reader.scalar("config", str, "the path of a config", "")
    if "n" in values and not reader.mapping("random"):
        problems.add(tree.keys["n"], "n", "says how many random combinations; give random with it")
    settings = Settings(
        config=Path(os.path.relpath(os.path.join(beside, os.path.expanduser(config)))),
        overrides=tuple(f"{key}={flow(plain_node(node))}" for key, node in reader.mapping("overrides")),
        grid={key: reader.axis(key, node) for key, node in reader.mapping("grid")},
        random={key: reader.range(key, node) for key, node in reader.mapping("random")},
        count=reader.scalar("n", int, "a whole number >= 1", 10),
        seeds=reader.seeds(),
        folds=reader.scalar("folds", int, "a whole number >= 2", 0),
        halving=reader.halving(),
        search=reader.word("search", SEARCHES),
        batch=reader.scalar("batch", int, "a whole number >= 1", 4),
    )
    problems.check()
    return settings


def as_text(settings: Settings) -> str:
    """The sweep as a file that `read` takes, wherever it lies."""
    given = dict(text.partition("=")[::2] for text in settings.overrides)
    grid = {
        key: [f"[{v}]" if "," in key and len(split_values(v, "")) > 1 else v for v in values]
        for key, values in settings.grid.items()
    }
    lines = [
        f"config: {yaml_word(os.path.abspath(settings.config))}",
        *_section("overrides", given),
        *_section("grid", {key: f"[{', '.join(values)}]" for key, values in grid.items()}),
        *_section("random", {name: yaml_word(drawn_from.text) for name, drawn_from in settings.random.items()}),
        *([f"n: {settings.count}"] if settings.random else []),
        *([f"seeds: {list(settings.seeds)}"] if settings.seeds else []),
        *([f"folds: {settings.folds}"] if settings.folds else []),
        *([f"halving: {settings.halving}"] if settings.halving else []),
        *([f"search: {settings.search}"] if settings.search else []),
        f"batch: {settings.batch}",
    ]
    return "".join(f"{line}\n" for line in lines)


def _section(name: str, values: Mapping[str, str]) -> list[str]:
    return [f"{name}:", *(f"  {yaml_word(key)}: {value}" for key, value in values.items())] if values else []


class _Reader:
    """Takes the file's values, each checked."""

    def __init__(self, values: dict[str, Node], problems: Problems):
        self._values = values
        self._problems = problems

    def scalar(self, key: str, type_: type[T], words: str, default: T) -> T:
        node = self._values.get(key)
        if node is None:
            return default
        value = node.value
        if type(value) is type_ and isinstance(value, type_) and not (type(value) is int and value < 1):
            return value
        self._problems.add(node.mark, key, f"expected {words}, got {show(value)}")
        return default

    def mapping(self, key: str) -> list[tuple[str, Node]]:
        node = self._values.get(key)
        if node is None or node.value is None:
            return []
        if not isinstance(node.value, dict):
            self._problems.add(node.mark, key, f"expected a mapping of config keys, got {show(node.value)}")
            return []
        return list(node.value.items())

    def axis(self, key: str, node: Node) -> list[str]:
        if not isinstance(node.value, list) or not node.value:
            got = "an empty list" if node.value == [] else show(node.value)
            self._problems.add(node.mark, f"grid.{key}", f"expected a list of values, got {got}")
            return []
        return [flow(plain_node(item)) for item in node.value]

    def range(self, key: str, node: Node) -> Range:
        if isinstance(node.value, dict | list):
            said = f"expected a range such as log:1e-4:1e-1, got {show(node.value)}"
            self._problems.add(node.mark, f"random.{key}", said)
            return Range("choice")
        try:
            return parse_range(node.text, f"random.{key}")
        except ConfigError as error:
            self._problems.add(node.mark, "", str(error))
            return Range("choice")

    def word(self, key: str, words: Sequence[str]) -> str:
        """One of these words; nothing where it is not given."""
        node = self._values.get(key)
        if node is None or node.value in words:
            return "" if node is None else str(node.value)
        self._problems.add(node.mark, key, f"expected {', '.join(words)}, got {show(node.value)}")
        return ""

    def halving(self) -> str:
        node = self._values.get("halving")
        if node is not None and isinstance(node.value, bool):
            return "async" if node.value else ""
        return self.word("halving", ("async", "sync", "true", "false"))

    def seeds(self) -> list[int]:
        node = self._values.get("seeds")
        if node is None or node.value is None:
            return []
        items = node.value if isinstance(node.value, list) else [node]
        try:
            return space.parse_seeds(",".join(item.text for item in items), "seeds:")
        except ConfigError as error:
            self._problems.add(node.mark, "", str(error))
            return []

"""Values of runs by name, conditions on them, and runs that differ in their seed alone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

from nntrain.errors import ConfigError, NNTrainError
from nntrain.files.plain_values import Json, JsonObject, scalar
from nntrain.metrics import COMPONENTS, MORE_IS_BETTER
from nntrain.runs.rows import Row, row, scan
from nntrain.runs.run_files import RunFiles

PARTS = ("train", "validation", "test")
_CONDITION = r"([\w.-]+?)\s*(!=|<=|>=|==?|<|>)\s*([^=<>].*|)"


def metrics_of(row: Mapping[str, Json]) -> dict[str, float]:
    """`validation.accuracy` -> number, of the best checkpoint where there is one, else of the last."""
    measured = row.get("best") or row.get("final") or {}
    return {
        f"{part}.{name}": value
        for part in PARTS
        for name, value in measured.get(part, {}).items()
        if isinstance(value, float | int)
    }


def more_is_better(metric: str) -> bool:
    """Whether a metric such as validation.accuracy says so; what is unknown is a loss."""
    name = metric.rpartition(".")[2]
    if name in COMPONENTS["metric"] or name in ("loss", "cost", "naive_loss"):
        return name in MORE_IS_BETTER
    from nntrain.components import find  # somebody's own; a listing of ours needs none

    cls: Any = find("metric").get(name)
    return cls is not None and cls.better == "more"


def rank(value: float | None, metric: str) -> tuple[bool, float]:
    """A key that sorts the best first and what has no value last."""
    if value is None or value != value:
        return True, 0.0
    return False, -value if more_is_better(metric) else value


def config_of(row: Mapping[str, Json], sections: Iterable[str] | None = None) -> JsonObject:
    """The run's config as plain values, of these top-level keys or whole; empty where it has none that can be read."""
    from nntrain.config import written  # a list of runs needs no config

    try:
        return written(config_text(row), None if sections is None else set(sections))
    except NNTrainError:
        return {}


def config_text(row: Mapping[str, Json]) -> str:
    """As the run keeps it; nothing where it cannot be read."""
    if isinstance(row, Row):
        return row.config
    try:
        return RunFiles(row["run"]).read_config()
    except NNTrainError:
        return ""


def lookup(row: Mapping[str, Json], key: str) -> Json:
    """The value of a metric, of the status or summary, or of a config key, in this order.  Raises KeyError."""
    metrics = metrics_of(row)
    if key in metrics:
        return metrics[key]
    if "." not in key and key in row:
        return row[key]
    from nntrain.config import find_value

    return find_value(config_of(row, [key.partition(".")[0]]), key)


class Condition:
    """`optimizer.lr=0.1`, `status!=done`, `validation.accuracy>=0.9`: a run without the value fulfils none but !=."""

    def __init__(self, text: str):
        found = re.fullmatch(_CONDITION, text.strip(), re.DOTALL)
        if not found:
            raise ConfigError(f"--where {text}: expected KEY=VALUE (or !=, <, <=, >, >=), such as optimizer.lr=0.1")
        self.key, self.sign, self.wanted = found[1], found[2].replace("==", "="), scalar(found[3].strip())
        if self.sign in ("<", "<=", ">", ">=") and not _is_number(self.wanted):
            raise ConfigError(f"--where {text}: {self.sign} compares numbers, not '{self.wanted}'")
        self.known = False  # whether any run had the value

    def __call__(self, row: Mapping[str, Json]) -> bool:
        try:
            value = lookup(row, self.key)
        except KeyError:
            return self.sign == "!="
        self.known = True
        if isinstance(value, dict) and "type" in value:  # optimizer=adam
            value = value["type"]
        if self.sign in ("=", "!="):
            return (value == self.wanted and isinstance(value, bool) == isinstance(self.wanted, bool)) == (
                self.sign == "="
            )
        if not (_is_number(value) and _is_number(self.wanted)):
            return False
        difference = value - self.wanted
        return bool({"<": difference < 0, "<=": difference <= 0, ">": difference > 0, ">=": difference >= 0}[self.sign])


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def collect(paths: Iterable[str | os.PathLike[str]], logs: bool = False) -> list[JsonObject]:
    """The rows of run directories, and of all runs in directories that are none; `logs` as in `rows.row`.

    Raises ConfigError.
    """
    from pathlib import Path

    found: dict[str, JsonObject] = {}
    for path in map(Path, paths):
        if not path.is_dir():
            raise ConfigError(RunFiles(path).no_directory())
        rows = [row(RunFiles(path), logs)] if RunFiles(path).is_run() else scan(path, logs)
        if not rows:
            raise ConfigError(f"{path}: no run directory, and there is none in it")
        found.update({row["run"]: row for row in rows})
    return list(found.values())

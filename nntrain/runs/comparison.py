"""Runs beside each other: what differs, and which differ in their seed alone."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from math import fsum, hypot, sqrt
from typing import TYPE_CHECKING, NamedTuple

from nntrain.files.plain_values import Json, JsonObject
from nntrain.runs.query import config_text, metrics_of

if TYPE_CHECKING:
    from nntrain.runs.significance import Difference

_NOT_COMPARED = ("seed", "name", "dataset.fold")  # runs that differ in these alone are one experiment


def configs_unlike(rows: Sequence[Mapping[str, Json]], as_spelled: bool = False) -> list[JsonObject]:
    """The runs' configs as plain values, without the sections that are the same in all; see config.written_unlike."""
    texts = [config_text(row) for row in rows]
    if len(set(texts)) <= 1:
        return [{} for _ in texts]  # what reads configs takes as long to import as the rest of a listing
    from nntrain.config import written_unlike

    return written_unlike(texts, as_spelled)


def _flat(config: Mapping[str, Json]) -> dict[str, Json]:
    """Values by dotted key."""
    if not config:
        return {}
    from nntrain.config import leaves

    return dict(leaves(dict(config)))


def differing(configs: Sequence[Mapping[str, Json]]) -> list[str]:
    """Dotted keys that have not the same value in all configs, in the order of the first that has them."""
    flat = [_flat(config) for config in configs]
    keys = dict.fromkeys(key for one in flat for key in one)
    missing = object()
    return [key for key in keys if any(not _same(one.get(key, missing), flat[0].get(key, missing)) for one in flat)]


def _same(a: Json, b: Json) -> bool:
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)


def groups(configs: Sequence[Mapping[str, Json]]) -> list[list[int]]:
    """Numbers of the runs that are the same but for seed and name, in the order of the first of each."""
    found: dict[str, list[int]] = {}
    for i, config in enumerate(configs):
        rest = [(key, repr(value)) for key, value in _flat(config).items() if key not in _NOT_COMPARED]
        found.setdefault(repr(rest), []).append(i)
    return list(found.values())


def mean_and_deviation(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean, and the sample's standard deviation (n − 1) where there are two or more."""
    # not by `statistics`: the decimals and fractions behind it take an eighth of a listing's time to import
    if len(values) == 1:
        return values[0], None
    if min(values) == max(values):
        return values[0], 0.0  # no 1e-16 that comes from rounding the mean
    mean = fsum(values) / len(values)
    return mean, hypot(*(value - mean for value in values)) / sqrt(len(values) - 1)


class Experiment(NamedTuple):
    """Runs that differ in their seed alone.

    runs          numbers of its runs
    rows, names   of its runs
    config        the keys in which experiments differ, with its values
    metrics       mean and standard deviation (n − 1; None of one run) of each; None where no run has it
    """

    runs: list[int]
    rows: list[Mapping[str, Json]]
    names: list[str]
    config: dict[str, Json]
    metrics: dict[str, tuple[float, float | None] | None]

    def as_json(self) -> JsonObject:
        """What --json says of it."""
        measured = {name: value for name, value in self.metrics.items() if value is not None}
        return {
            "runs": [row["run"] for row in self.rows],
            "config": self.config,
            "metrics": {name: {"mean": mean, "sd": deviation} for name, (mean, deviation) in measured.items()},
        }


class Compared:
    """Runs, what differs between them, and which of them are one experiment.

    Those that are damaged are rows without values: nothing is compared with them, and they are of no experiment.

    configs  without the sections that are the same in all
    keys     config keys in which runs differ
    groups   numbers of the runs that differ in their seed alone
    varied   config keys in which the groups differ
    """

    def __init__(self, rows: Sequence[Mapping[str, Json]], as_spelled: bool = False):
        self.rows = list(rows)
        whole = [i for i, row in enumerate(self.rows) if "damage" not in row]
        configs = configs_unlike([self.rows[i] for i in whole], as_spelled)
        self.configs: list[JsonObject] = [{} for _ in self.rows]
        for i, config in zip(whole, configs, strict=True):
            self.configs[i] = config
        self.measured = [metrics_of(row) for row in self.rows]
        self.names = [os.path.basename(row["run"]) for row in self.rows]
        self.metrics = sorted({name for found in self.measured for name in found})
        self.keys = [key for key in differing(configs) if key != "name"]
        self.groups = [[whole[i] for i in group] for group in groups(configs)]
        different = differing([self.configs[group[0]] for group in self.groups])
        self.varied = [key for key in different if key not in _NOT_COMPARED]

    def value(self, run: int, key: str) -> Json:
        """What the config of a run has under a dotted key; None where it has nothing there."""
        return _value(self.configs[run], key)

    def values(self) -> list[list[Json]]:
        """A row a run: what differs, then the metrics."""
        return [
            [*(_value(config, key) for key in self.keys), *map(found.get, self.metrics)]
            for config, found in zip(self.configs, self.measured, strict=True)
        ]

    def experiments(self) -> list[Experiment]:
        """The runs by experiment, in the order of the first of each."""
        return [
            Experiment(
                group,
                [self.rows[i] for i in group],
                [self.names[i] for i in group],
                {key: _value(self.configs[group[0]], key) for key in self.varied},
                {metric: self._spread(group, metric) for metric in self.metrics},
            )
            for group in self.groups
        ]

    def differences(self) -> list[tuple[int, int, str, Difference]]:
        """Experiments i and j, a metric, and how j differs from i in it over the seeds and folds that both have."""
        from nntrain.runs.significance import corrected_t

        found = []
        for i, j in itertools.combinations(range(len(self.groups)), 2):
            first, second = (self._by_replica(self.groups[k]) for k in (i, j))
            shared = [replica for replica in first if replica in second]
            folds = {str(fold).partition("/")[2] for _, fold in shared if fold is not None}
            for metric in self.metrics:
                pairs = [(self.measured[first[r]].get(metric), self.measured[second[r]].get(metric)) for r in shared]
                values = [b - a for a, b in pairs if a is not None and b is not None]
                if (difference := corrected_t(values, int(max(folds, default="0")))) is not None:
                    found.append((i, j, metric, difference))
        return found

    def _by_replica(self, group: Sequence[int]) -> dict[tuple[Json, Json], int]:
        """The runs of an experiment by seed and fold."""
        return {(_value(self.configs[i], "seed"), _value(self.configs[i], "dataset.fold")): i for i in group}

    def _spread(self, group: Sequence[int], metric: str) -> tuple[float, float | None] | None:
        values = [self.measured[i][metric] for i in group if metric in self.measured[i]]
        return mean_and_deviation(values) if values else None


def _value(config: Mapping[str, Json], key: str) -> Json:
    from nntrain.config import find_value

    try:
        return find_value(config, key)
    except KeyError:
        return None

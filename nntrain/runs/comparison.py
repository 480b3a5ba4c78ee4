"""Runs beside each other: what differs, and which differ in their seed alone."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from nntrain.config import leaves, written_unlike
from nntrain.files.plain_values import Json, JsonObject
from nntrain.runs.query import config_text

_NOT_COMPARED = ("seed", "name")  # runs that differ in these alone are one experiment


def configs_unlike(rows: Sequence[Mapping[str, Json]]) -> list[JsonObject]:
    """The runs' configs as plain values, without the sections that are the same in all."""
    return written_unlike([config_text(row) for row in rows])


def differing(configs: Sequence[Mapping[str, Json]]) -> list[str]:
    """Dotted keys that have not the same value in all configs, in the order of the first that has them."""
    flat = [dict(leaves(dict(config))) for config in configs]
    keys = dict.fromkeys(key for one in flat for key in one)
    missing = object()
    order = list(keys)
    return [key for key in order if any(not _same(one.get(key, missing), flat[0].get(key, missing)) for one in flat)]


def _same(a: Json, b: Json) -> bool:
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)


def groups(configs: Sequence[Mapping[str, Json]]) -> list[list[int]]:
    """Numbers of the runs that are the same but for seed and name, in the order of the first of each."""
    found: dict[str, list[int]] = {}
    for i, config in enumerate(configs):
        rest = [(key, repr(value)) for key, value in leaves(dict(config)) if key not in _NOT_COMPARED]
        found.setdefault(repr(rest), []).append(i)
    return list(found.values())


def mean_and_deviation(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean, and the sample's standard deviation (n − 1) where there are two or more."""
    return statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else None

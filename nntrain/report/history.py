"""The logs of runs as series to draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from nntrain.files.plain_values import Json, JsonObject
from nntrain.messages import Warn, unheard
from nntrain.runs.log_reader import count_lines
from nntrain.runs.run_files import RunFiles

MOST_POINTS = 20_000  # in one page; beyond that every k-th line of the logs is drawn


@dataclass(frozen=True)
class Series:
    """One curve: y over x.  `run` is the number of its run, `part` train, validation, or the name of a network's lr."""

    run: int
    part: str
    x: list[float]
    y: list[float | None]


def read(rows: Sequence[Mapping[str, Json]], warn: Warn = unheard) -> list[list[JsonObject]]:
    """The metrics log of every run, as far as it is good; thinned where it is too long to draw."""
    runs = [RunFiles(row["run"]) for row in rows]
    every = max(1, -(-sum(count_lines(run.metrics_path) for run in runs) // MOST_POINTS))
    logs = []
    for run in runs:
        lines, problem = run.good_metrics(every)
        if problem:
            warn(f"{problem}: its curves end there" if lines else f"{problem}: it has no curves")
        logs.append(lines)
    return logs


def place(logs: Sequence[Sequence[Mapping[str, Json]]]) -> str:
    """What the lines are counted by: epoch, or step where an epoch has several lines."""
    doubled = any(a["epoch"] == b["epoch"] for log in logs for a, b in pairwise(log))
    return "step" if doubled else "epoch"


def best_place(row: Mapping[str, Json], x_name: str) -> float | None:
    """Where on the x axis a run's best checkpoint stands; None where it has none."""
    best = row.get("best")
    at = best.get(x_name) if isinstance(best, dict) else None
    return at if isinstance(at, int) else None


def charts(logs: Sequence[Sequence[Mapping[str, Json]]]) -> dict[str, list[Series]]:
    """Series by metric, loss first and lr last."""
    x_name = place(logs)
    found: dict[str, dict[tuple[int, str], tuple[list[float], list[float | None]]]] = {"loss": {}}
    rates: dict[tuple[int, str], tuple[list[float], list[float | None]]] = {}
    for number, log in enumerate(logs):
        for line in log:
            for part in ("train", "validation"):
                for metric, value in (line.get(part) or {}).items():
                    if not isinstance(value, list | dict):
                        # a forecast's naive rival is a curve beside its own
                        kind = part
                        for rival in ("naive_season", "naive"):
                            if metric.startswith(f"{rival}_"):
                                metric, kind = metric[len(rival) + 1 :], rival
                                break
                        _add(found.setdefault(metric, {}), (number, kind), line[x_name], value)
            lr = line.get("lr")
            for network, value in lr.items() if isinstance(lr, dict) else [("lr", lr)]:
                _add(rates, (number, network), line[x_name], value)
    found["lr"] = rates
    return {
        metric: [Series(run, part, x, y) for (run, part), (x, y) in series.items()]
        for metric, series in found.items()
        if series
    }


def _add(series: dict[tuple[int, str], Any], key: tuple[int, str], x: float, y: Json) -> None:
    xs, ys = series.setdefault(key, ([], []))
    xs.append(x)
    ys.append(y if isinstance(y, int | float) else None)

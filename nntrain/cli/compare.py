"""nntrain compare."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from nntrain.cli import options
from nntrain.cli.tables import cell, csv_text, number, simple
from nntrain.cli.terminal import room

_SIDE_BY_SIDE = 4  # so many runs are columns; of more each is a line


@click.command
@options.run_directories
@options.as_json
@options.as_csv
def compare(run: tuple[Path, ...], as_json: bool, as_csv: bool) -> None:
    """Config differences and metrics of runs side by side.

    RUN is a run directory, or a directory of them.  Runs that differ in nothing but their seed are one experiment:
    where there are any, a second table has mean and standard deviation (n - 1) of each.  --csv gives the first table.
    """
    options.check_one_format(as_json, as_csv)
    found = _Compared(run)
    if as_json:
        click.echo(json.dumps({"runs": found.runs(), "experiments": found.experiments()}))
    elif as_csv:
        rows = [
            [name, row["status"], *values]
            for name, row, values in zip(found.names, found.rows, found.values(), strict=True)
        ]
        click.echo(csv_text(["run", "status", *found.keys, *found.metrics], rows), nl=False)
    else:
        body = [[name, *map(cell, values)] for name, values in zip(found.names, found.values(), strict=True)]
        click.echo(_turned(["", *found.keys, *found.metrics], body))
        if any(len(group) > 1 for group in found.groups):
            click.echo("\nmean ± standard deviation over seeds")
            click.echo(_turned(["", *found.varied, *found.metrics], found.spreads()))


@dataclass(frozen=True)
class _Spread:
    """Mean and standard deviation of a metric over the runs of an experiment; of one run no deviation."""

    mean: float
    deviation: float | None

    def __str__(self) -> str:
        return number(float(self.mean)) + ("" if self.deviation is None else f" ± {self.deviation:.2g}")


class _Compared:
    """Runs, what differs between them, and which of them are one experiment.

    configs  without the sections that are the same in all
    keys     config keys in which runs differ
    groups   numbers of the runs that differ in their seed alone
    varied   config keys in which the groups differ
    """

    def __init__(self, paths: Sequence[Path]):
        from nntrain.runs import comparison, query

        self.rows = query.collect(paths)
        self.configs = comparison.configs_unlike(self.rows)
        self.measured = [query.metrics_of(row) for row in self.rows]
        self.names = [Path(row["run"]).name for row in self.rows]
        self.metrics = sorted({name for found in self.measured for name in found})
        self.keys = [key for key in comparison.differing(self.configs) if key != "name"]
        self.groups = comparison.groups(self.configs)
        different = comparison.differing([self.configs[group[0]] for group in self.groups])
        self.varied = [key for key in different if key not in ("seed", "name")]

    def values(self) -> list[list[Any]]:
        """A row a run: what differs, then the metrics."""
        return [
            [*(_value(config, key) for key in self.keys), *map(found.get, self.metrics)]
            for config, found in zip(self.configs, self.measured, strict=True)
        ]

    def _spreads(self, group: Sequence[int]) -> dict[str, _Spread]:
        from nntrain.runs import comparison

        found = {}
        for metric in self.metrics:
            if values := [self.measured[i][metric] for i in group if metric in self.measured[i]]:
                found[metric] = _Spread(*comparison.mean_and_deviation(values))
        return found

    def spreads(self) -> list[list[str]]:
        """A row an experiment for people."""
        body = []
        for group in self.groups:
            first, spreads = group[0], self._spreads(group)
            label = self.names[first] + (f" … ({len(group)})" if len(group) > 1 else "")
            told = [cell(_value(self.configs[first], key)) for key in self.varied]
            body.append([label, *told, *(str(spreads.get(metric, "")) for metric in self.metrics)])
        return body

    def runs(self) -> list[dict[str, Any]]:
        """What --json says of each run."""
        return [
            {
                "run": row["run"],
                "status": row["status"],
                "config": {key: _value(config, key) for key in self.keys},
                "metrics": {metric: found.get(metric) for metric in self.metrics},
            }
            for row, config, found in zip(self.rows, self.configs, self.measured, strict=True)
        ]

    def experiments(self) -> list[dict[str, Any]]:
        """What --json says of each experiment."""
        return [
            {
                "runs": [self.rows[i]["run"] for i in group],
                "config": {key: _value(self.configs[group[0]], key) for key in self.varied},
                "metrics": {m: {"mean": s.mean, "sd": s.deviation} for m, s in self._spreads(group).items()},
            }
            for group in self.groups
        ]


def _value(config: Mapping[str, Any], key: str) -> Any:
    from nntrain.config import find_value

    try:
        return find_value(config, key)
    except KeyError:
        return None


def _turned(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """A few runs side by side where there is room, else a line a run; in a narrow window several tables."""
    width = room(sys.stdout)
    if len(body) <= _SIDE_BY_SIDE:
        lines = [list(line) for line in zip(head, *body, strict=True)]
        beside = simple(lines[0], lines[1:], "l" + "r" * len(body))
        if width is None or len(beside.partition("\n")[0]) <= width:
            return beside
    return simple(head, body, "l" + "r" * (len(head) - 1), width)

"""nntrain compare."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nntrain.cli import options
from nntrain.cli.best_lines import say_best
from nntrain.cli.tables import cell, csv_text, number, simple, spread
from nntrain.cli.terminal import broken, print_data, room
from nntrain.files.plain_values import JsonObject

if TYPE_CHECKING:
    from nntrain.runs.comparison import Compared, Experiment

_SIDE_BY_SIDE = 4  # so many runs are columns; of more each is a line


@click.command
@options.run_directories
@options.as_json
@options.as_csv
def compare(run: tuple[Path, ...], as_json: bool, as_csv: bool) -> None:
    """Config differences and metrics of runs side by side.

    RUN is a run directory, or a directory of them.  Runs that differ in nothing but their seed are one experiment:
    where there are any, a second table has mean and standard deviation (n - 1) of each, over seeds and the folds of a
    cross-validation, and a third says which differ by more than noise.  --csv gives the first table.
    """
    options.check_one_format(as_json, as_csv)
    from nntrain.runs import query
    from nntrain.runs.comparison import Compared

    rows = query.collect(run, logs=True)
    options.tell_damage(rows)
    found = Compared(rows)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "runs": _runs(found),
                    "experiments": [one.as_json() for one in found.experiments()],
                    "differences": _differences(found),
                }
            )
        )
    elif as_csv:
        lines = [
            [name, row["status"], *values]
            for name, row, values in zip(found.names, found.rows, found.values(), strict=True)
        ]
        print_data(csv_text(["run", "status", *found.keys, *found.metrics], lines), nl=False)
    else:
        body = [[name, *map(cell, values)] for name, values in zip(found.names, found.values(), strict=True)]
        head = ["", *found.keys, *found.metrics]
        if any("damage" in row for row in found.rows):
            head.insert(1, "status")
            body = [[name, row["status"], *cells] for row, (name, *cells) in zip(found.rows, body, strict=True)]
        click.echo(_turned(head, body))
        if any(len(group) > 1 for group in found.groups):
            folds = " and folds" if "dataset.fold" in found.keys else ""
            click.echo(f"\nmean ± standard deviation over seeds{folds}")
            click.echo(_turned(["", *found.varied, *found.metrics], [_spread(one) for one in found.experiments()]))
            _print_differences(found)
        say_best(found)


def _print_differences(found: Compared) -> None:
    """Which pairs of experiments differ by more than noise; of many pairs nothing is said."""
    lines = [one for one in found.differences() if one[2].startswith("validation.") or one[2].startswith("test.")]
    if not lines or len(found.groups) > _SIDE_BY_SIDE:
        return
    told = "differences, paired by seed and fold (corrected t test; p < 0.05: more than noise)"
    click.echo(f"\n{broken(told, room(sys.stdout))}")
    names = [found.names[group[0]] for group in found.groups]
    body = [
        [f"{names[j]} − {names[i]}", metric, number(float(d.mean)), f"{d.t:.2f}", f"{d.p:.3f}"]
        for i, j, metric, d in lines
    ]
    click.echo(simple(["", "metric", "difference", "t", "p"], body, "llrrr", room(sys.stdout)))


def _differences(found: Compared) -> list[JsonObject]:
    """What --json says of pairs of experiments, by their places in its list."""
    return [
        {"experiments": [i, j], "metric": metric, "mean": d.mean, "t": d.t if isfinite(d.t) else None, "p": d.p}
        for i, j, metric, d in found.differences()
    ]


def _runs(found: Compared) -> list[JsonObject]:
    """What --json says of each run."""
    return [
        {
            "run": row["run"],
            "status": row["status"],
            "config": dict(zip(found.keys, values, strict=False)),
            "metrics": dict(zip(found.metrics, values[len(found.keys) :], strict=True)),
            **({"damage": row["damage"]} if "damage" in row else {}),
        }
        for row, values in zip(found.rows, found.values(), strict=True)
    ]


def _spread(one: Experiment) -> list[str]:
    """An experiment's line for people."""
    label = one.names[0] + (f" … ({len(one.names)})" if len(one.names) > 1 else "")
    return [label, *map(cell, one.config.values()), *map(spread, one.metrics.values())]


def _turned(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """A few runs side by side where there is room, else a line a run; in a narrow window several tables."""
    width = room(sys.stdout)
    if len(body) <= _SIDE_BY_SIDE:
        lines = [list(line) for line in zip(head, *body, strict=True)]
        beside = simple(lines[0], lines[1:], "l" + "r" * len(body))
        if width is None or len(beside.partition("\n")[0]) <= width:
            return beside
    return simple(head, body, "l" + "r" * (len(head) - 1), width)

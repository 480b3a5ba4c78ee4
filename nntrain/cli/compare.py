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
from nntrain.cli.runs_table import Values, fitted, say_left_out
from nntrain.cli.tables import Column, csv_text, elided, simple, table
from nntrain.cli.terminal import broken, print_data, room
from nntrain.cli.value_texts import cell, number, spread
from nntrain.files.plain_values import JsonObject

if TYPE_CHECKING:
    from nntrain.runs.comparison import Compared, Experiment

_SIDE_BY_SIDE = 4  # so many runs are columns; of more each is a line
_NUMBERS = 16  # columns that numbers and short words take


@click.command
@options.run_directories
@options.as_json
@options.as_csv
@options.spreadsheet
def compare(run: tuple[Path, ...], as_json: bool, as_csv: bool, spreadsheet: bool) -> None:
    """Config differences and metrics of runs side by side.

    RUN is a run directory, or a directory of them.  Runs that differ in nothing but their seed are one experiment:
    where there are any, a second table has mean and standard deviation (n - 1) of each, over seeds and the folds of a
    cross-validation, and a third says which differ by more than noise.  --csv gives the first table.
    """
    options.check_one_format(as_json, as_csv, spreadsheet)
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
        print_data(csv_text(["run", "status", *found.keys, *found.metrics], lines, spreadsheet), nl=False)
    else:
        _print_runs(found)
        if any(len(group) > 1 for group in found.groups):
            folds = " and folds" if "dataset.fold" in found.keys else ""
            told = f"mean ± standard deviation over seeds{folds}"
            click.echo(f"\n{broken(told, room(sys.stdout))}")
            _print_experiments(found)
            _print_differences(found)
        say_best(found)


def _print_runs(found: Compared) -> None:
    """A few runs side by side, of more a line a run."""
    body = [[name, *map(cell, values)] for name, values in zip(found.names, found.values(), strict=True)]
    head = ["", *found.keys, *found.metrics]
    damaged = any("damage" in row for row in found.rows)
    if damaged:
        head.insert(1, "status")
        body = [[name, row["status"], *cells] for row, (name, *cells) in zip(found.rows, body, strict=True)]
    if _print_beside(head, body):
        return
    first = [Column("", found.names, right=False)]
    if damaged:
        first.append(Column("status", [row["status"] for row in found.rows], right=False))
    values = Values(found, found.keys)
    _print_lines(values, first, values.of_runs())


def _print_experiments(found: Compared) -> None:
    """The same of experiments; of several tasks those of several runs."""
    experiments = found.experiments()
    if _print_beside(["", *found.varied, *found.metrics], [_spread(one) for one in experiments]):
        return
    values = Values(found, found.varied)
    if values.lacking:
        experiments = [one for one in experiments if len(one.names) > 1]
    first = [Column("", [_label(one) for one in experiments], right=False)]
    _print_lines(values, first, values.of_experiments(experiments))


def _print_beside(head: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """A column for each of a few; in a narrow window tables below each other."""
    if len(body) > _SIDE_BY_SIDE:
        return False
    width = room(sys.stdout)
    names, *lines = zip(head, *body, strict=True)
    if width is not None:
        names = tuple(elided(name, max(_NUMBERS, width // 2)) for name in names)
    keys = Column(names[0], [line[0] for line in lines], right=False)
    columns = [Column(name, cells) for name, *cells in zip(names[1:], *(line[1:] for line in lines), strict=True)]
    columns = [column._replace(right=column.width <= _NUMBERS) for column in columns]  # longer text can be shortened
    click.echo(table([keys, *columns], width, split=True)[0])
    return True


def _print_lines(values: Values, first: Sequence[Column], columns: Sequence[Column]) -> None:
    """A line for each; in a narrow window several tables."""
    shown, left_out = fitted(first, columns)
    click.echo(shown)
    say_left_out(left_out, values.lacking)


def _print_differences(found: Compared) -> None:
    """Which pairs of experiments differ by more than noise; of many pairs nothing is said."""
    lines = [one for one in found.differences() if one[2].startswith("validation.") or one[2].startswith("test.")]
    if not lines or len(found.groups) > _SIDE_BY_SIDE:
        return
    told = "differences, paired by seed and fold (corrected t test; p < 0.05: more than noise)"
    click.echo(f"\n{broken(told, room(sys.stdout))}")
    for i, j in dict.fromkeys(one[:2] for one in lines):
        first, second = (found.names[found.groups[k][0]] for k in (i, j))
        click.echo(broken(f"{second} − {first}", room(sys.stdout)))
        body = [
            [metric, number(float(d.mean)), f"{d.t:.2f}", f"{d.p:.3f}"] for *pair, metric, d in lines if pair == [i, j]
        ]
        click.echo(simple(["", "difference", "t", "p"], body, "lrrr", room(sys.stdout)))


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


def _label(one: Experiment) -> str:
    return one.names[0] + (f" ({len(one.names)} runs)" if len(one.names) > 1 else "")


def _spread(one: Experiment) -> list[str]:
    """An experiment's column for people."""
    return [_label(one), *map(cell, one.config.values()), *map(spread, one.metrics.values())]

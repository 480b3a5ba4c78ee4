"""nntrain plot."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nntrain.cli import options
from nntrain.cli.best_lines import say_best
from nntrain.cli.tables import Column, table, width_of_columns
from nntrain.cli.terminal import print_path, room, warn
from nntrain.cli.value_texts import fixed, sparkline
from nntrain.errors import ConfigError

if TYPE_CHECKING:
    from nntrain.report.history import Series

_MOST, _LEAST = 40, 8  # columns of a curve
_NUMBER = 7  # columns of a number
_NARROW = 64


@click.command
@options.run_directories
@click.option("-o", "--output", type=options.OUTPUT, help="Write here: .svg, or .png (needs nntrain[plot]).")
@click.option("--metric", "metrics", multiple=True, metavar="METRIC", help="Only this: loss, accuracy, lr, …")
def plot(run: tuple[Path, ...], output: Path | None, metrics: tuple[str, ...]) -> None:
    """Learning curves of runs: as sparklines here, or with -o as a picture.

    RUN is a run directory, or a directory of them.  Which run is best is told as `nntrain report` tells it; a ring
    stands at each run's best epoch.
    """
    from nntrain.files.storage import write_atomic
    from nntrain.report import history, plots
    from nntrain.runs import query
    from nntrain.runs.best_runs import rankings
    from nntrain.runs.comparison import Compared

    if output is not None:
        options.check_suffix(output, ".svg", ".png")
    rows = options.whole_runs(query.collect(run))
    logs = history.read(rows, warn)
    drawn = plots.chosen(history.charts(logs), metrics)
    if not drawn:
        raise ConfigError("plot: these runs have logged nothing yet")
    compared, x_name = Compared(rows), history.place(logs)
    if output is None:
        click.echo(_sparklines(drawn, compared.names))
        say_best(compared)
        return
    best = [one.best for one in rankings(compared) if one.best is not None]
    places = ((i, history.best_place(row, x_name)) for i, row in enumerate(rows))
    marked = {i: place for i, place in places if place is not None}
    picture = plots.Plot(drawn, compared.names, x_name, best, marked)
    content = plots.svg(picture).encode() if output.suffix.lower() == ".svg" else plots.png(picture)
    write_atomic(output, [content], durable=False)
    print_path(output)


def _sparklines(drawn: Mapping[str, Sequence[Series]], names: Sequence[str]) -> str:
    """A line a curve: its first, last, lowest and highest value; a narrow window shortens and then lacks the latter."""
    rows = [(metric, one) for metric, series in drawn.items() for one in series]
    ends: list[list[str]] = [[], [], [], []]
    for _, one in rows:
        finite = [float(value) for value in one.y if value is not None] or [float("nan")]
        for cells, value in zip(ends, (finite[0], finite[-1], min(finite), max(finite)), strict=True):
            cells.append(fixed(value, _NUMBER))
    first, last, lowest, highest = ends
    width = room(sys.stdout)
    parts = [metric if one.part == metric else f"{one.part} {metric}" for metric, one in rows]
    if width is not None and width < _NARROW:
        parts = [part.replace("validation ", "valid ") for part in parts]
    columns = [
        Column("run", [names[one.run] for _, one in rows], right=False),
        Column("metric", parts, right=False, least=max(map(len, parts))),
        Column("first", first, rank=2),
        Column("last", last, rank=1),
        Column("lowest", lowest, rank=3),
        Column("highest", highest, rank=3),
    ]
    longest = _MOST if width is None else max(_LEAST, min(_MOST, width - width_of_columns(columns) - 2))
    curves = [sparkline(one.y, longest) for _, one in rows]
    columns.insert(2, Column("", curves, right=False, least=longest))
    return table(columns, width)[0]

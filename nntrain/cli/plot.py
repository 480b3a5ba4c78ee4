"""nntrain plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nntrain.cli import options
from nntrain.cli.terminal import number, sparkline, table
from nntrain.errors import ConfigError

if TYPE_CHECKING:
    from nntrain.report.history import Series


@click.command
@options.run_directories
@click.option("-o", "--output", type=options.PATH, help="Write here: .svg, or .png (needs nntrain[plot]).")
@click.option("--metric", "metrics", multiple=True, metavar="METRIC", help="Only this: loss, accuracy, lr, …")
def plot(run: tuple[Path, ...], output: Path | None, metrics: tuple[str, ...]) -> None:
    """Learning curves of runs: as sparklines here, or with -o as a picture.

    RUN is a run directory, or a directory of them.
    """
    from nntrain.files.storage import write_atomic
    from nntrain.report import history, plots
    from nntrain.runs import query

    if output is not None:
        options.check_suffix(output, ".svg", ".png")
    rows = query.collect(run)
    logs = history.read(rows)
    drawn = plots.chosen(history.charts(logs), metrics)
    if not drawn:
        raise ConfigError("plot: these runs have logged nothing yet")
    names, x_name = [Path(row["run"]).name for row in rows], history.place(logs)
    if output is None:
        click.echo(_sparklines(drawn, names))
        return
    content = (
        plots.svg(drawn, names, x_name).encode() if output.suffix.lower() == ".svg" else plots.png(drawn, names, x_name)
    )
    write_atomic(output, [content], durable=False)
    click.echo(output)


def _sparklines(drawn: Mapping[str, Sequence[Series]], names: Sequence[str]) -> str:
    cells = []
    for metric, series in drawn.items():
        for one in series:
            finite = [value for value in one.y if value is not None] or [float("nan")]
            ends = [number(float(value)) for value in (finite[0], finite[-1], min(finite), max(finite))]
            part = metric if one.part == metric else f"{one.part} {metric}"
            cells.append([names[one.run], part, sparkline(one.y), *ends])
    return table(["run", "metric", "", "first", "last", "lowest", "highest"], cells, "lllrrrr")

"""nntrain report, nntrain plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nntrain.cli.common import number, start, table

if TYPE_CHECKING:
    from nntrain.report.history import Series

_runs = click.argument("run", nargs=-1, required=True, type=click.Path(path_type=Path))
_metric = click.option(
    "--metric", metavar="PART.METRIC", help="What decides which run is best (default: the monitored)."
)


@click.command(short_help="Runs as one HTML page.")
@_runs
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default="report.html", show_default=True, help="Write here."
)
@_metric
def report(run: tuple[Path, ...], output: Path, metric: str | None) -> None:
    """One self-contained HTML page about runs: curves, confusion, the examples it gets most wrong, weights, samples.

    RUN is a run directory, or a directory of them.  The page opens from the disk, without network or server; it prints
    its own path.  Of more than four runs the best one is shown in detail.
    """
    start(1)
    from nntrain.errors import ConfigError
    from nntrain.files.storage import write_atomic
    from nntrain.report.page import page
    from nntrain.runs import query

    if output.suffix.lower() not in (".html", ".htm"):
        raise ConfigError(f"--output {output}: .html, not {output.suffix or 'a name without a suffix'}")
    rows = query.collect(run)
    if metric is not None and not any(metric in query.metrics_of(row) for row in rows):
        raise ConfigError(f"--metric {metric}: no run has it")
    write_atomic(output, [page(rows, metric).encode()], durable=False)
    click.echo(output)


@click.command(short_help="Learning curves of runs.")
@_runs
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write here: .svg, or .png (needs nntrain[plot])."
)
@click.option("--metric", "metrics", multiple=True, metavar="METRIC", help="Only this: loss, accuracy, lr, …")
def plot(run: tuple[Path, ...], output: Path | None, metrics: tuple[str, ...]) -> None:
    """Learning curves of runs: as sparklines here, or with -o as a picture.

    RUN is a run directory, or a directory of them.
    """
    start(1)
    from nntrain.errors import ConfigError
    from nntrain.files.storage import write_atomic
    from nntrain.report import history, plots
    from nntrain.runs import query

    if output is not None and output.suffix not in (".svg", ".png"):
        raise ConfigError(f"--output {output}: .svg or .png, not {output.suffix or 'a name without a suffix'}")
    rows = query.collect(run)
    logs = history.read(rows)
    drawn = plots.chosen(history.charts(logs), metrics)
    if not drawn:
        raise ConfigError("plot: these runs have logged nothing yet")
    names, x_name = [Path(row["run"]).name for row in rows], history.place(logs)
    if output is None:
        click.echo(_sparklines(drawn, names))
        return
    picture = plots.svg if output.suffix == ".svg" else plots.png
    content = picture(drawn, names, x_name)
    write_atomic(output, [content.encode() if isinstance(content, str) else content], durable=False)
    click.echo(output)


def _sparklines(drawn: Mapping[str, Sequence[Series]], names: Sequence[str]) -> str:
    from nntrain.report.plots import sparkline

    cells = []
    for metric, series in drawn.items():
        for one in series:
            finite = [value for value in one.y if value is not None] or [float("nan")]
            ends = [number(float(value)) for value in (finite[0], finite[-1], min(finite), max(finite))]
            part = metric if one.part == metric else f"{one.part} {metric}"
            cells.append([names[one.run], part, sparkline(one.y), *ends])
    return table(["run", "metric", "", "first", "last", "lowest", "highest"], cells, "lllrrrr")

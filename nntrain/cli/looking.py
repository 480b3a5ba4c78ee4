"""nntrain report, nntrain plot."""

from __future__ import annotations

from pathlib import Path

import click

from nntrain.cli.common import start

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
    from nntrain.report.page import page
    from nntrain.runs import query
    from nntrain.storage import write_atomic

    rows = query.collect(run)
    if metric is not None and not any(metric in query.metrics_of(row) for row in rows):
        raise ConfigError(f"--metric {metric}: no run has it")
    write_atomic(output, [page(rows, metric).encode()], durable=False)
    click.echo(output)

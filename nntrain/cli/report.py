"""nntrain report."""

from __future__ import annotations

from pathlib import Path

import click

from nntrain.cli import options
from nntrain.cli.terminal import print_path
from nntrain.errors import ConfigError


@click.command
@options.run_directories
@click.option("-o", "--output", type=options.OUTPUT, default="report.html", show_default=True, help="Write here.")
@click.option("--metric", metavar="PART.METRIC", help="What decides which run is best (default: the monitored).")
def report(run: tuple[Path, ...], output: Path, metric: str | None) -> None:
    """One self-contained HTML page about runs: curves, confusion, the examples it gets most wrong, weights, samples.

    RUN is a run directory, or a directory of them.  The page opens from the disk, without network or server; it prints
    its own path.  Of more than four runs the best one is shown in detail; runs of several tasks stand task by task.
    """
    options.start(1)
    from nntrain.files.storage import write_atomic
    from nntrain.report.page import page
    from nntrain.runs import query

    if output.suffix.lower() != ".htm":
        options.check_suffix(output, ".html")
    rows = options.whole_runs(query.collect(run, logs=True))
    if metric is not None and not any(metric in query.metrics_of(row) for row in rows):
        raise ConfigError(f"--metric {metric}: no run has it")
    write_atomic(output, [page(rows, metric).encode()], durable=False)
    print_path(output)

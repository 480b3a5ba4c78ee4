"""nntrain runs."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import click

from nntrain.cli.common import number, table


@click.command(short_help="List runs with status and metrics.")
@click.argument("directory", type=click.Path(path_type=Path), default="runs", envvar="NNTRAIN_RUNS")
@click.option("--sort", metavar="METRIC", help="Best first, as validation.accuracy.")
@click.option("--json", "as_json", is_flag=True, help="One array of objects.")
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated values with a header.")
def runs(directory: Path, sort: str | None, as_json: bool, as_csv: bool) -> None:
    """List the runs in DIRECTORY (default: runs) with status, epochs and best metrics."""
    from nntrain.errors import ConfigError
    from nntrain.runs import scan

    found = scan(directory)
    metrics = sorted({name for run in found for name in _values(run)})
    if sort is not None:
        if found and sort not in metrics:
            raise ConfigError(f"--sort {sort}: no run has it; there are {', '.join(metrics) or 'no metrics'}")
        found.sort(key=lambda run: _rank(_values(run).get(sort), sort))
    if as_json:
        click.echo(json.dumps(found))
        return
    head = ["run", "status", "epochs", *metrics]
    rows = []
    for run in found:
        values = _values(run)
        rows.append([Path(run["run"]).name, run["status"], run.get("epoch"), *(values.get(m) for m in metrics)])
    if as_csv:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(head)
        writer.writerows([["" if cell is None else cell for cell in row] for row in rows])
        click.echo(text.getvalue(), nl=False)
    elif not found:
        click.echo(f"no runs in {directory}", err=True)
    else:
        shown = [["" if cell is None else number(cell) for cell in row] for row in rows]
        click.echo(table(head, shown, "llr" + "r" * len(metrics)))


def _values(run: dict[str, Any]) -> dict[str, float]:
    """`validation.accuracy` -> number, of the best checkpoint where there is one, else the last."""
    metrics = run.get("best") or run.get("final") or {}
    return {
        f"{part}.{name}": value
        for part in ("train", "validation", "test")
        for name, value in (metrics.get(part) or {}).items()
        if isinstance(value, float | int)
    }


def _rank(value: float | None, metric: str) -> tuple[bool, float]:
    """Runs without the value last; more is better for the metrics that say so."""
    from nntrain.components import find

    if value is None:
        return True, 0.0
    cls: Any = find("metric").get(metric.partition(".")[2])
    return False, -value if cls is not None and cls.better == "more" else value

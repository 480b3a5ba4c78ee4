"""nntrain runs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from nntrain.cli import options
from nntrain.cli.tables import cell, csv_text, simple
from nntrain.cli.terminal import room, say
from nntrain.errors import ConfigError


@click.command
@click.argument("directory", type=options.PATH, default="runs", envvar="NNTRAIN_RUNS")
@click.option("--sort", metavar="KEY", help="Best metric first, as validation.accuracy; of other keys the smallest.")
@click.option(
    "--where",
    multiple=True,
    metavar="KEY=VALUE",
    help="Only runs of which this is so: optimizer.lr=0.1, status!=done, validation.accuracy>=0.9.  All must hold.",
)
@click.option("--columns", metavar="KEY,KEY", help="Show these: metrics, config keys, seconds, parameters, …")
@options.as_json
@options.as_csv
def runs(
    directory: Path, sort: str | None, where: tuple[str, ...], columns: str | None, as_json: bool, as_csv: bool
) -> None:
    """List the runs in DIRECTORY (default: NNTRAIN_RUNS, else runs) with status, epochs and best metrics."""
    options.check_one_format(as_json, as_csv)
    from nntrain.runs import query, scan

    found = _fulfilling(scan(directory), where)
    keys = None
    if columns is not None:  # each once; run and status stand there anyway
        named = dict.fromkeys(key.strip() for key in columns.split(","))
        keys = [key for key in named if key not in ("", "run", "status")]
    for option, key in [("--sort", sort), *(("--columns", key) for key in keys or [])]:
        if key is not None and found and all(_value(row, key) is None for row in found):
            raise ConfigError(f"{option} {key}: no run has it{_there(found)}")
    if sort is not None:
        found.sort(key=lambda row: _rank(_value(row, sort), sort))
    if as_json:
        rows = found if keys is None else [_chosen(row, keys) for row in found]
        click.echo(json.dumps(rows))
        return
    metrics = sorted({name for row in found for name in query.metrics_of(row)}) if keys is None else keys
    head = ["run", "status", *(["epochs"] if keys is None else []), *metrics]
    cells = []
    for row in found:
        epochs = [row.get("epoch")] if keys is None else []
        cells.append([Path(row["run"]).name, row["status"], *epochs, *(_value(row, key) for key in metrics)])
    if as_csv:
        click.echo(csv_text(head, cells), nl=False)
    elif not found:
        say(f"no runs in {directory}" + (" for which that is so" if where else ""))
    else:
        body = [[cell(value) for value in row] for row in cells]
        click.echo(simple(head, body, "ll" + "r" * (len(head) - 2), room(sys.stdout)))


def _fulfilling(rows: list[dict[str, Any]], where: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of which all conditions hold.  Raises ConfigError where no run has what one asks for."""
    from nntrain.runs import query

    for condition in [query.Condition(text) for text in where]:
        kept = [row for row in rows if condition(row)]
        if rows and not condition.known and condition.sign != "!=":
            raise ConfigError(f"--where {condition.key}: no run has it{_there(rows)}")
        rows = kept
    return rows


def _there(rows: Sequence[Mapping[str, Any]]) -> str:
    from nntrain.runs import query

    metrics = sorted({name for row in rows for name in query.metrics_of(row)})
    return f"; there are {', '.join(metrics) or 'no metrics'}, and the keys of the configs, such as optimizer.lr"


def _value(row: Mapping[str, Any], key: str) -> Any:
    from nntrain.runs import query

    try:
        return query.lookup(row, key)
    except KeyError:
        return None


def _chosen(row: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    return {"run": row["run"], "status": row["status"], **{key: _value(row, key) for key in keys}}


def _rank(value: object, key: str) -> tuple[bool, float | str]:
    from nntrain.runs import query

    if isinstance(value, int | float):
        return query.rank(value, key)
    return True, str(value or "")

"""nntrain runs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from math import inf
from typing import TYPE_CHECKING

import click

from nntrain.cli import options
from nntrain.cli.best_lines import say_best
from nntrain.cli.tables import Column, cell, csv_text, simple, spread, table
from nntrain.cli.terminal import print_data, room, say, width_of
from nntrain.errors import ConfigError

if TYPE_CHECKING:
    from nntrain.files.plain_values import Json, JsonObject
    from nntrain.runs.comparison import Compared
_FEW = 6  # config keys that are shown in any window; runs of other networks differ in dozens


@click.command
@click.argument("directory", type=click.Path(), default="runs", envvar="NNTRAIN_RUNS")
@click.option("--sort", metavar="KEY", help="Best metric first, as validation.accuracy; of other keys the smallest.")
@click.option(
    "--where",
    multiple=True,
    metavar="KEY=VALUE",
    help="Only runs of which this is so: optimizer.lr=0.1, status!=done, validation.accuracy>=0.9.  All must hold.",
)
@click.option("--columns", metavar="KEY,KEY", help="Show these: metrics, config keys, seconds, parameters, …")
@click.option(
    "--group", is_flag=True, help="A line an experiment: runs that differ in their seed alone, mean ± deviation."
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N; with --sort the N best.")
@options.as_json
@options.as_csv
def runs(
    directory: str,
    sort: str | None,
    where: tuple[str, ...],
    columns: str | None,
    group: bool,
    limit: int | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """List the runs in DIRECTORY (default: NNTRAIN_RUNS, else runs) with status, epochs and best metrics.

    The table also has the epoch of the best checkpoint, and the config keys in which the runs differ.  Below it stands
    which run is best by what they monitor.
    """
    options.check_one_format(as_json, as_csv)
    from nntrain.runs import query, scan

    found = _fulfilling(scan(directory), where)
    options.tell_damage(found)
    keys = None
    if columns is not None:  # each once; run and status stand there anyway
        named = dict.fromkeys(key.strip() for key in columns.split(","))
        keys = [key for key in named if key not in ("", "run", "status")]
    for option, key in [("--sort", sort), *(("--columns", key) for key in keys or [])]:
        if key is not None and found and all(_value(row, key) is None for row in found):
            raise ConfigError(f"{option} {key}: no run has it{_there(found)}")
    if group:
        if keys is not None:
            raise ConfigError("--group and --columns: one of them")
        _print_experiments(found, sort, limit, as_json, as_csv)
        return
    if sort is not None:
        found.sort(key=lambda row: _rank(_value(row, sort), sort))
    found = found[:limit]
    if as_json:
        rows = found if keys is None else [_chosen(row, keys) for row in found]
        click.echo(json.dumps(rows))
    elif as_csv:
        metrics = sorted({name for row in found for name in query.metrics_of(row)}) if keys is None else keys
        head = ["run", "status", *(["epochs"] if keys is None else []), *metrics]
        cells = [
            [os.path.basename(row["run"]), row["status"], *([row.get("epoch")] if keys is None else [])]
            + [_value(row, key) for key in metrics]
            for row in found
        ]
        print_data(csv_text(head, cells), nl=False)
    elif not found:
        say(f"no runs in {directory}" + (" for which that is so" if where else ""))
    elif keys is not None:
        chosen = [Column(key, [cell(_value(row, key)) for row in found]) for key in keys]
        click.echo(table([*_named(found), *chosen], room(sys.stdout), split=True)[0])
    else:
        from nntrain.runs.comparison import Compared

        compared = Compared(found, as_spelled=True)
        click.echo(_listing(compared))
        say_best(compared)


def _named(rows: Sequence[Mapping[str, Json]]) -> list[Column]:
    """The columns that every table of runs begins with."""
    names = Column("run", [os.path.basename(row["run"]) for row in rows], right=False)
    return [names, Column("status", [row["status"] for row in rows], right=False)]


def _listing(compared: Compared) -> str:
    """The table for people: status, epochs, what differs, and metrics."""
    found, texts = compared.rows, _named(compared.rows)
    epochs = [Column("epochs", [cell(row.get("epoch")) for row in found])]
    if any(row.get("best") for row in found):
        epochs.append(Column("best epoch", [cell((row.get("best") or {}).get("epoch")) for row in found], rank=1))
    named = [*compared.keys, *compared.metrics]
    values = zip(*compared.values(), strict=True) if named else iter(())
    differing = len(compared.keys)
    others = [
        Column(key, [cell(value) for value in column], rank=2 if i < differing else 0)
        for i, (key, column) in enumerate(zip(named, values, strict=True))
    ]
    width = room(sys.stdout)
    if differing <= _FEW:
        return table([*texts, *epochs, *others], width, split=True)[0]
    shown, left_out = table([*texts, *epochs, *others], width)
    if any(width_of(line) > (width or inf) for line in shown.split("\n")):
        return table([*texts, *epochs, *others[differing:]], width, split=True)[0]
    return shown + (f"\nleft out: {', '.join(left_out)}" if left_out else "")


def _print_experiments(
    found: list[JsonObject], sort: str | None, limit: int | None, as_json: bool, as_csv: bool
) -> None:
    """The runs by experiment, the best mean first where they are sorted."""
    from nntrain.runs.comparison import Compared

    compared = Compared(found)
    groups = compared.experiments()
    if sort is not None:
        groups.sort(key=lambda one: _rank((one.metrics.get(sort) or (one.config.get(sort),))[0], sort))
    groups = groups[:limit]
    if as_json:
        click.echo(json.dumps([one.as_json() for one in groups]))
        return
    if as_csv:
        head = ["run", "runs", *compared.varied]
        head += [name for metric in compared.metrics for name in (metric, f"{metric} deviation")]
        body = [
            [one.names[0], len(one.names), *one.config.values()]
            + [value for found in one.metrics.values() for value in (found or (None, None))]
            for one in groups
        ]
        print_data(csv_text(head, body), nl=False)
        return
    rows = [
        [one.names[0], str(len(one.names)), *map(cell, one.config.values()), *map(spread, one.metrics.values())]
        for one in groups
    ]
    head = ["run", "runs", *compared.varied, *compared.metrics]
    click.echo(simple(head, rows, "l" + "r" * (len(head) - 1), room(sys.stdout)))
    say_best(compared)


def _fulfilling(rows: list[JsonObject], where: Sequence[str]) -> list[JsonObject]:
    """The rows of which all conditions hold.  Raises ConfigError where no run has what one asks for."""
    from nntrain.runs import query

    for condition in [query.Condition(text) for text in where]:
        kept = [row for row in rows if condition(row)]
        if rows and not condition.known and condition.sign != "!=":
            raise ConfigError(f"--where {condition.key}: no run has it{_there(rows)}")
        rows = kept
    return rows


def _there(rows: Sequence[JsonObject]) -> str:
    from nntrain.runs import query

    metrics = sorted({name for row in rows for name in query.metrics_of(row)})
    return f"; there are {', '.join(metrics) or 'no metrics'}, and the keys of the configs, such as optimizer.lr"


def _value(row: JsonObject, key: str) -> Json:
    from nntrain.runs import query

    try:
        return query.lookup(row, key)
    except KeyError:
        return None


def _chosen(row: JsonObject, keys: Sequence[str]) -> JsonObject:
    return {"run": row["run"], "status": row["status"], **{key: _value(row, key) for key in keys}}


def _rank(value: object, key: str) -> tuple[bool, float | str]:
    from nntrain.runs import query

    if isinstance(value, int | float):
        return query.rank(value, key)
    return True, str(value or "")

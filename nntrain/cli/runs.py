"""nntrain runs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from nntrain.cli import options
from nntrain.cli.best_lines import say_best
from nntrain.cli.runs_table import Values, fitted, named, print_listing, say_left_out
from nntrain.cli.tables import Column, csv_text, table
from nntrain.cli.terminal import print_data, room, say
from nntrain.cli.value_texts import cell
from nntrain.errors import ConfigError

if TYPE_CHECKING:
    from nntrain.files.plain_values import Json, JsonObject


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
@options.spreadsheet
def runs(
    directory: str,
    sort: str | None,
    where: tuple[str, ...],
    columns: str | None,
    group: bool,
    limit: int | None,
    as_json: bool,
    as_csv: bool,
    spreadsheet: bool,
) -> None:
    """List the runs in DIRECTORY (default: NNTRAIN_RUNS, else runs) with status, epochs and best metrics.

    The table also has the epoch of the best checkpoint, and the config keys in which the runs differ.  Below it stands
    which run is best by what they monitor.
    """
    options.check_one_format(as_json, as_csv, spreadsheet)
    from nntrain.runs import query, scan

    found = _fulfilling(scan(directory), where)
    options.tell_damage(found)
    keys = None
    if columns is not None:  # each once; run and status stand there anyway
        asked = dict.fromkeys(key.strip() for key in columns.split(","))
        keys = [key for key in asked if key not in ("", "run", "status")]
    for option, key in [("--sort", sort), *(("--columns", key) for key in keys or [])]:
        if key is not None and found and all(_value(row, key) is None for row in found):
            raise ConfigError(f"{option} {key}: no run has it{_there(found)}")
    if group:
        if keys is not None:
            raise ConfigError("--group and --columns: one of them")
        _print_experiments(found, sort, limit, as_json, as_csv, spreadsheet)
        return
    if sort is not None:
        found.sort(key=lambda row: _rank(_value(row, sort), sort))
    every, found = found, found[:limit]
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
        print_data(csv_text(head, cells, spreadsheet), nl=False)
    elif not found:
        say(f"no runs in {directory}" + (" for which that is so" if where else ""))
    elif keys is not None:
        chosen = [Column(key, [cell(_value(row, key)) for row in found]) for key in keys]
        click.echo(table([*named(found), *chosen], room(sys.stdout), split=True)[0])
    else:
        from nntrain.runs.comparison import Compared

        compared = Compared(found, as_spelled=True)
        print_listing(compared, click.echo)
        _say_cut(len(found), len(every), "runs")
        say_best(compared if len(found) == len(every) else Compared(every, as_spelled=True))


def _print_experiments(
    found: list[JsonObject], sort: str | None, limit: int | None, as_json: bool, as_csv: bool, spreadsheet: bool
) -> None:
    """The runs by experiment, the best mean first where they are sorted."""
    from nntrain.runs.comparison import Compared

    compared = Compared(found)
    groups = compared.experiments()
    if sort is not None:
        groups.sort(key=lambda one: _rank((one.metrics.get(sort) or (one.config.get(sort),))[0], sort))
    every, groups = len(groups), groups[:limit]
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
        print_data(csv_text(head, body, spreadsheet), nl=False)
        return
    values = Values(compared, compared.varied)
    first = [
        Column("run", [one.names[0] for one in groups], right=False),
        Column("runs", [str(len(one.names)) for one in groups]),
    ]
    shown, left_out = fitted(first, values.of_experiments(groups))
    click.echo(shown)
    say_left_out(left_out, values.lacking)
    _say_cut(len(groups), every, "experiments")
    say_best(compared)


def _say_cut(shown: int, every: int, what: str) -> None:
    """That --limit left some out; which is best is said of all."""
    if shown < every:
        say(f"{shown:,} of {every:,} {what}")


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

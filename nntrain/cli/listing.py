"""nntrain runs, nntrain compare."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from nntrain.cli.common import number, say, table
from nntrain.errors import ConfigError

_as_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")
_as_csv = click.option("--csv", "as_csv", is_flag=True, help="Comma-separated values with a header.")


@click.command(short_help="List runs with status and metrics.")
@click.argument("directory", type=click.Path(path_type=Path), default="runs", envvar="NNTRAIN_RUNS")
@click.option("--sort", metavar="KEY", help="Best metric first, as validation.accuracy; of other keys the smallest.")
@click.option(
    "--where",
    multiple=True,
    metavar="KEY=VALUE",
    help="Only runs of which this is so: optimizer.lr=0.1, status!=done, validation.accuracy>=0.9.  All must hold.",
)
@click.option("--columns", metavar="KEY,KEY", help="Show these: metrics, config keys, seconds, parameters, …")
@_as_json
@_as_csv
def runs(
    directory: Path, sort: str | None, where: tuple[str, ...], columns: str | None, as_json: bool, as_csv: bool
) -> None:
    """List the runs in DIRECTORY (default: NNTRAIN_RUNS, else runs) with status, epochs and best metrics."""
    from nntrain.runs import query, scan

    _check_one(as_json, as_csv)
    found = scan(directory)
    for condition in [query.Condition(text) for text in where]:
        kept = [row for row in found if condition(row)]
        if found and not condition.known and condition.sign != "!=":
            raise ConfigError(f"--where {condition.key}: no run has it{_there(found)}")
        found = kept
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
        _write_csv(head, cells)
    elif not found:
        say(f"no runs in {directory}" + (" for which that is so" if where else ""))
    else:
        click.echo(table(head, [[_cell(cell) for cell in row] for row in cells], "ll" + "r" * (len(head) - 2)))


def _check_one(as_json: bool, as_csv: bool) -> None:
    if as_json and as_csv:
        raise ConfigError("--json and --csv: one of them")


def _there(rows: Sequence[dict[str, Any]]) -> str:
    from nntrain.runs import query

    metrics = sorted({name for row in rows for name in query.metrics_of(row)})
    return f"; there are {', '.join(metrics) or 'no metrics'}, and the keys of the configs, such as optimizer.lr"


def _value(row: dict[str, Any], key: str) -> Any:
    from nntrain.runs import query

    try:
        return query.lookup(row, key)
    except KeyError:
        return None


def _chosen(row: dict[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    return {"run": row["run"], "status": row["status"], **{key: _value(row, key) for key in keys}}


def _rank(value: Any, key: str) -> tuple[bool, Any]:
    from nntrain.runs import query

    if isinstance(value, int | float):
        return query.rank(value, key)
    return True, str(value or "")


def _cell(value: Any) -> str:
    from nntrain.config import flow

    if value is None:
        return ""
    if isinstance(value, dict) and "type" in value:
        return str(value["type"])  # of a component the name; its arguments are keys of their own
    return flow(value) if isinstance(value, list | dict) else number(value)


def _write_csv(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    import csv

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow(["" if c is None else json.dumps(c) if isinstance(c, dict | list | bool) else c for c in row])
    click.echo(text.getvalue(), nl=False)


@click.command(short_help="What differs between runs.")
@click.argument("run", nargs=-1, required=True, type=click.Path(path_type=Path))
@_as_json
@_as_csv
def compare(run: tuple[Path, ...], as_json: bool, as_csv: bool) -> None:
    """Config differences and metrics of runs side by side.

    RUN is a run directory, or a directory of them.  Runs that differ in nothing but their seed are one experiment:
    where there are any, a second table has mean and standard deviation (n - 1) of each.  --csv gives the first table.
    """
    from nntrain.runs import query

    _check_one(as_json, as_csv)
    rows = query.collect(run)
    configs = [query.config_of(row) for row in rows]
    metrics = sorted({name for row in rows for name in query.metrics_of(row)})
    keys = [key for key in query.differing(configs) if key != "name"]
    single = [
        [*(_of(config, key) for key in keys), *map(query.metrics_of(row).get, metrics)]
        for row, config in zip(rows, configs, strict=True)
    ]
    names = [Path(row["run"]).name for row in rows]
    groups = query.groups(configs)
    varied = [key for key in query.differing([configs[group[0]] for group in groups]) if key not in ("seed", "name")]
    means: list[list[tuple[float, float | None] | None]] = []
    for group in groups:
        values = [[v for i in group if (v := query.metrics_of(rows[i]).get(m)) is not None] for m in metrics]
        means.append([query.mean_and_deviation(v) if v else None for v in values])
    if as_json:
        click.echo(json.dumps(_json(rows, keys, metrics, single, groups, varied, configs, means)))
        return
    if as_csv:
        _write_csv(
            ["run", "status", *keys, *metrics],
            [[n, r["status"], *v] for n, r, v in zip(names, rows, single, strict=True)],
        )
        return
    head = ["", *keys, *metrics]
    body = [[name, *(_cell(cell) for cell in values)] for name, values in zip(names, single, strict=True)]
    click.echo(_turned(head, body))
    if any(len(group) > 1 for group in groups):
        click.echo("\nmean ± standard deviation over seeds")
        body = []
        for group, found in zip(groups, means, strict=True):
            label = f"{names[group[0]]}" + (f" … ({len(group)})" if len(group) > 1 else "")
            body.append([label, *(_cell(_of(configs[group[0]], key)) for key in varied), *map(_spread, found)])
        click.echo(_turned(["", *varied, *metrics], body))


def _of(config: dict[str, Any], key: str) -> Any:
    from nntrain.config import find_value

    try:
        return find_value(config, key)
    except KeyError:
        return None


def _turned(head: list[str], body: list[list[str]]) -> str:
    """Runs side by side where a few fit, else a line a run."""
    if len(body) > 4:
        return table(head, body, "l" + "r" * (len(head) - 1))
    lines = [list(line) for line in zip(head, *body, strict=True)]
    return table(lines[0], lines[1:], "l" + "r" * len(body))


def _spread(found: tuple[float, float | None] | None) -> str:
    if found is None:
        return ""
    mean, deviation = found
    return number(float(mean)) + ("" if deviation is None else f" ± {deviation:.2g}")


def _json(
    rows: Any, keys: Any, metrics: Any, single: Any, groups: Any, varied: Any, configs: Any, means: Any
) -> dict[str, Any]:
    runs = [
        {
            "run": row["run"],
            "status": row["status"],
            "config": dict(zip(keys, values, strict=False)),
            "metrics": dict(zip(metrics, values[len(keys) :], strict=True)),
        }
        for row, values in zip(rows, single, strict=True)
    ]
    experiments = [
        {
            "runs": [rows[i]["run"] for i in group],
            "config": {key: _of(configs[group[0]], key) for key in varied},
            "metrics": {m: {"mean": f[0], "sd": f[1]} for m, f in zip(metrics, found, strict=True) if f is not None},
        }
        for group, found in zip(groups, means, strict=True)
    ]
    return {"runs": runs, "experiments": experiments}

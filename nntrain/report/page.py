"""One self-contained HTML file about some runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources
from math import isfinite
from pathlib import Path
from typing import Any

from nntrain.config import find_value
from nntrain.files.plain_values import Json, JsonObject
from nntrain.report import attention_maps, charts, findings, history, sections
from nntrain.report.axes import word
from nntrain.runs import Run, comparison, query

MOST_DETAILED = 4  # runs that get a section of their own; of more, the best alone


def page(rows: Sequence[Mapping[str, Json]], metric: str | None = None) -> str:
    """The page for rows of `runs.query.collect`; `metric` decides which run is best."""
    configs = [query.config_of(row) for row in rows]
    measured = [query.metrics_of(row) for row in rows]
    names = [Path(row["run"]).name for row in rows]
    metric = metric or main_metric(rows, configs, measured)
    order = sorted(range(len(rows)), key=lambda i: query.rank(measured[i].get(metric), metric))
    best = order[0]
    figures = sections.Charts()
    keys = [key for key in comparison.differing(configs) if key != "name"]
    title = names[0] if len(rows) == 1 else f"{len(rows)} runs of {configs[0].get('name', names[0])}"
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="soft">{escape(_headline(rows, measured, names, metric, best))}</p>',
    ]
    told = order if len(rows) > MOST_DETAILED else range(len(rows))
    body.append(_overview([(rows[i], configs[i], measured[i], names[i]) for i in told], keys, metric, names[best]))
    body.append(_curves(rows, names, best, figures))
    if len(rows) >= 3 and keys:
        body.append(_sweep(configs, measured, names, keys, metric, order, figures))
    detailed = range(len(rows)) if len(rows) <= MOST_DETAILED else [best]
    for i in detailed:
        body.append(_details(Path(rows[i]["run"]), names[i] if len(rows) > 1 else "", figures))
    return _whole(title, "\n".join(body), figures.data)


def main_metric(
    rows: Sequence[Mapping[str, Json]], configs: Sequence[Mapping[str, Json]], measured: Sequence[Mapping[str, float]]
) -> str:
    """What the first config says to watch, or the cost where that is watched by default, if all runs have it; else the
    first of accuracy and loss over the last part there is."""
    known = [m for m in measured if m]
    names = [name for name in (known[0] if known else {}) if all(name in m for m in known)]
    try:
        monitor = find_value(configs[0], "training.monitor")
    except KeyError:
        monitor = None
    if monitor is None and str(rows[0].get("monitor")).endswith(".cost"):
        monitor = rows[0]["monitor"]
    if monitor in names:
        return str(monitor)
    for end in ("validation.accuracy", "validation.loss", "test.loss", "train.loss"):
        if end in names:
            return end
    return names[0] if names else "validation.loss"


def _headline(
    rows: Sequence[Mapping[str, Json]],
    measured: Sequence[Mapping[str, float]],
    names: Sequence[str],
    metric: str,
    best: int,
) -> str:
    if len(rows) == 1:
        row = rows[0]
        facts = [str(row["status"])]
        facts += [f"{row[key]:,} {key}" for key in ("parameters", "epochs", "steps") if isinstance(row.get(key), int)]
        if isinstance(row.get("seconds"), int | float):
            facts.append(f"{row['seconds']:.3g} seconds")
        return " · ".join(facts)
    value = measured[best].get(metric)
    return f"best by {metric}: {names[best]}" + (f", {value:.5g}" if value is not None else "")


def _overview(runs: Sequence[tuple[Any, Any, Any, str]], keys: Sequence[str], metric: str, best: str) -> str:
    """A line a run: row, config, metrics, name."""
    known = {name for _, _, found, _ in runs for name in found}
    metrics = sorted(known, key=lambda name: (name != metric, not name.startswith("test."), name))
    body = []
    for row, config, found, name in runs:
        told = [word(value) if (value := _value(config, key)) is not None else "" for key in keys]
        body.append([name, str(row["status"]), str(row.get("epoch", "")), *sections.values(metrics, found), *told])
    marked = next((i for i, run in enumerate(runs) if run[3] == best), None) if len(runs) > 1 else None
    said = "metrics of the best checkpoint, where there is one"
    return sections.table(["run", "status", "epoch", *metrics, *keys], body, marked, said)


def _value(config: Mapping[str, Json], key: str) -> Json:
    try:
        return find_value(config, key)
    except KeyError:
        return None


def _curves(rows: Sequence[Mapping[str, Json]], names: Sequence[str], best: int, figures: sections.Charts) -> str:
    logs = history.read(rows)
    drawn = history.charts(logs)
    if not drawn:
        return ""
    x_name = history.place(logs)
    many = len(rows) > charts.COLOURS
    parts = any(one.part == "validation" for series in drawn.values() for one in series)
    figs = [figures.figure(name, charts.lines(series, names, x_name, best)) for name, series in drawn.items()]
    legend = sections.legend(names, best, many, parts)
    return f'<h2>Learning curves</h2>{legend}<div class="charts">{"".join(figs)}</div>'


def _sweep(
    configs: Any,
    measured: Any,
    names: Any,
    keys: Sequence[str],
    metric: str,
    order: Sequence[int],
    figures: sections.Charts,
) -> str:
    """Parallel coordinates, and the metric against each hyperparameter."""
    there = [i for i in order if metric in measured[i] and isfinite(measured[i][metric])]
    keys = [key for key in keys if not isinstance(_value(configs[0], key), dict) and not key.endswith(".name")]
    if len(there) < 3 or not keys:
        return ""
    axes: dict[str, list[Json]] = {key: [_value(configs[i], key) for i in there] for key in keys}
    ys = [measured[i][metric] for i in there]
    labels = [names[i] for i in there]
    parts = [figures.figure("All runs", charts.parallel({**axes, metric: ys}, labels, range(len(there))), wide=True)]
    parts += [
        figures.figure(f"{metric} against {key}", charts.points(values, ys, labels, key, metric, 0))
        for key, values in axes.items()
    ]
    said = f"Each line is a run; the stronger its colour, the better its {metric}. The best is orange."
    return f'<h2>Hyperparameters</h2><p class="soft">{escape(said)}</p><div class="charts">{"".join(parts)}</div>'


def _details(run_dir: Path, name: str, figures: sections.Charts) -> str:
    found = findings.find(run_dir)
    parts = [f"<h2>{escape(name) if name else 'The run'}</h2>"]
    if found.problem:
        parts.append(f'<p class="soft">Not judged anew: {escape(found.problem)}</p>')
    pair = [sections.weights(found)]
    if found.confusion is not None:
        pair.insert(0, f"<h3>Confusion</h3>{sections.confusion(found)}")
    parts.append('<div class="pair">' + "".join(f"<div>{part}</div>" for part in pair if part) + "</div>")
    if found.truth:
        numbers = [f"example {i}" for i in range(len(found.truth))]
        drawn = charts.points(found.truth, found.predicted, numbers, "truth", "prediction", diagonal=True)
        parts.append(f'<div class="charts">{figures.figure(f"Prediction against truth ({found.part})", drawn)}</div>')
    parts.append(sections.wrongs(found))
    parts.append(sections.texts(found))
    parts.append(attention_maps.section(found.attention))
    parts.append(sections.samples(findings.samples(run_dir)))
    parts.append(f"<h3>Again</h3>{sections.repeat(Run(run_dir))}")
    return "".join(parts)


def _whole(title: str, body: str, data: list[JsonObject]) -> str:
    files = resources.files("nntrain.report")
    style, script = (files.joinpath(f"page.{kind}").read_text("utf-8") for kind in ("css", "js"))
    numbers = json.dumps(data, allow_nan=False, separators=(",", ":")).replace("</", "<\\/")
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
        '<link rel="icon" href="data:,">\n'
        f"<style>\n{style}</style>\n</head>\n<body>\n{body}\n"
        f'<script type="application/json" id="data">{numbers}</script>\n<script>\n{script}</script>\n</body>\n</html>\n'
    )

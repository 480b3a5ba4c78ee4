"""One self-contained HTML file about some runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

import numpy as np

from nntrain.files.plain_values import Json, JsonObject
from nntrain.messages import in_html, in_script
from nntrain.report import (
    again,
    attention_maps,
    boundary,
    confusions,
    drawn,
    figures,
    filters,
    findings,
    importance,
    overview,
    reconstructions,
    saliency,
    thresholds,
    value_charts,
    wrong_examples,
)
from nntrain.runs import Run
from nntrain.runs.best_runs import Ranking, rankings
from nntrain.runs.comparison import Compared

MOST_DETAILED = 4  # runs that get a section of their own, folded but for the best; of more, the best of each task
MOST_OPEN = 4  # tasks that are shown whole; of more each is folded, with two charts
_STYLE, _SCRIPTS = "page.css", ("page.js", "curves.js", "brush.js", "moments.js", "table.js")


def page(rows: Sequence[Mapping[str, Json]], metric: str | None = None) -> str:
    """The page for rows of `runs.query.collect`; `metric` decides which run is best."""
    compared = Compared(rows)
    tasks = rankings(compared, metric)
    charts = figures.Charts()
    if len(rows) == 1:
        title = compared.names[0]
    elif len(tasks) == 1:
        title = f"{len(rows)} runs of {rows[0].get('name') or compared.names[0]}"
    else:
        title = f"{len(rows)} runs of {len(tasks)} kinds"
    body = [f"<h1>{in_html(title)}</h1>"]
    damaged = [f"{name}: {row['damage']}" for name, row in zip(compared.names, rows, strict=True) if "damage" in row]
    body += [figures.soft(f"damaged, and compared with none: {text}") for text in damaged]
    if len(tasks) > 1:
        body.append(_contents(compared, tasks))
    for number, task in enumerate(tasks):
        body.append(_task(compared, task, number, len(tasks), charts))
    shown = [_shown(task) for task in tasks]
    detailed = [i for task in tasks for i in task.order] if len(rows) <= MOST_DETAILED else shown
    if len(detailed) <= MOST_DETAILED:
        for i in detailed:
            name = compared.names[i] if len(rows) > 1 else ""
            body.append(_details(Path(rows[i]["run"]), name, charts, folded=i not in shown))
    else:
        body.append(figures.soft("nntrain report RUN shows one of them in detail."))
    return _whole(title, "\n".join(body), charts.data)


def _shown(task: Ranking) -> int:
    """The run of a task that is looked at: the best, or where there is none the first."""
    return task.order[0] if task.best is None else task.best


def _contents(compared: Compared, tasks: Sequence[Ranking]) -> str:
    """A line a task, which leads to it."""
    lines = []
    for number, task in enumerate(tasks):
        name = in_html(task.name(compared))
        said = task.told(compared) or f"{len(task.order)} run{'s' * (len(task.order) != 1)}"
        lines.append(f'<li><a href="#task-{number}">{name}</a> <span class="soft">{in_html(said)}</span></li>')
    return f"<ol>{''.join(lines)}</ol>"


def _task(compared: Compared, task: Ranking, number: int, tasks: int, charts: figures.Charts) -> str:
    """Best run, table, curves, hyperparameters."""
    folded = tasks > MOST_OPEN
    only = ("loss", (task.metric or "").partition(".")[2]) if folded else ()
    parts = [
        f'<p class="best-run">{in_html(overview.headline(compared, task))}</p>',
        overview.why(compared, task),
        overview.experiments(compared, task),
        overview.table(compared, task),
        overview.curves(compared, task, charts, only),
        overview.hyperparameters(compared, task, charts),
    ]
    if tasks == 1:
        return f"<section>{''.join(parts).replace('h3>', 'h2>')}</section>"
    title = f"{in_html(task.name(compared))}: {len(task.order)} run{'s' * (len(task.order) != 1)}"
    if folded:
        return f'<details class="task" id="task-{number}"><summary><h2>{title}</h2></summary>{"".join(parts)}</details>'
    return f'<section id="task-{number}"><h2>{title}</h2>{"".join(parts)}</section>'


def _details(run_dir: Path, name: str, charts: figures.Charts, folded: bool) -> str:
    """One run from its best checkpoint.  A network that diverges says what it says, without a word of NumPy's."""
    with np.errstate(all="ignore"):
        parts = _parts(findings.find(run_dir), charts)
    title = f"<h2>{in_html(name) if name else 'The run'}</h2>"
    if folded:
        return f'<details class="task"><summary>{title}</summary>{parts}</details>'
    return f"<section>{title}{parts}</section>"


def _parts(found: findings.Findings, charts: figures.Charts) -> str:
    parts = []
    if found.problem:
        parts.append(figures.soft(f"Not judged anew: {found.problem}"))
    parts += [
        confusions.section(found),
        thresholds.section(found, charts),
        value_charts.section(found, charts),
        reconstructions.section(found),
        boundary.section(found),
        wrong_examples.section(found),
        saliency.section(found),
        importance.section(found),
        filters.section(found),
    ]
    if found.loaded is not None and found.data is not None:
        parts.append(attention_maps.section(attention_maps.look(found.loaded, found.data)))
    parts += [drawn.section(found), again.section(Run(found.run_dir))]
    return "".join(parts)


def _whole(title: str, body: str, data: list[JsonObject]) -> str:
    files = resources.files("nntrain.report")
    style = files.joinpath(_STYLE).read_text("utf-8")
    script = "\n".join(files.joinpath(name).read_text("utf-8") for name in _SCRIPTS)
    numbers = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{in_html(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
        '<link rel="icon" href="data:,">\n'
        f"<style>\n{style}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n"
        f'<script type="application/json" id="data">{in_script(numbers)}</script>\n'
        f"<script>\n{script}</script>\n</body>\n</html>\n"
    )

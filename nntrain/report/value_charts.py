"""Predicted values beside the true ones: every output, and along time where the data are a series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nntrain.data.facts import Facts
from nntrain.inference.load import Loaded
from nntrain.messages import in_html
from nntrain.metrics.explained import R2
from nntrain.metrics.value_metrics import MeanAbsoluteError, RootMeanSquaredError
from nntrain.model.shapes import Array
from nntrain.report import charts, figures
from nntrain.report.findings import Findings
from nntrain.report.history import Series

MOST_POINTS = 3000  # in all charts together
MOST_OUTPUTS = 24
OPEN = 6  # outputs whose charts are open from the beginning
MOST_ROWS = 300  # of a series, the last


def section(found: Findings, drawn: figures.Charts) -> str:
    """Nothing where the targets are classes, or the examples themselves."""
    judged, loaded = found.judged, found.loaded
    if judged is None or loaded is None or loaded.facts.target != "values" or "per_class" in judged.results:
        return ""
    if loaded.config.dataset.reconstruct:
        return ""
    predicted = np.asarray(loaded.facts.to_units(loaded.config.loss.predict(judged.Z)), np.float64)
    truth = np.asarray(loaded.facts.to_units(judged.Y), np.float64)
    names = _names(loaded.facts, len(truth))
    numbers = judged.numbers if judged.numbers is not None else np.arange(truth.shape[1])
    along = _forecasts(found, loaded, predicted, truth, drawn)
    measured = _measured(loaded.facts, predicted, truth, names, judged.weights, found.part)
    return along + measured + _scattered(names, numbers, predicted, truth, found.part, drawn)


def _names(facts: Facts, outputs: int) -> tuple[str, ...]:
    """Of the outputs: the targets' columns, where they are known."""
    if facts.output_names is not None:
        return facts.output_names
    layout = facts.preparation.layout
    if layout is not None and len(layout.targets) == outputs:
        return tuple(target.name for target in layout.targets)
    return ("value",) if outputs == 1 else tuple(map(str, range(outputs)))


def _measured(
    facts: Facts, predicted: Array, truth: Array, names: Sequence[str], weights: Array | None, part: str
) -> str:
    """Mean absolute error, root of the mean square and R² of every output for itself."""
    alone = replace(facts, outputs=1)
    rows = []
    for k, name in enumerate(names):
        cells = [name]
        for metric in (MeanAbsoluteError(), RootMeanSquaredError(), R2()):
            state = metric.start(alone)
            metric.update(state, predicted[k : k + 1], truth[k : k + 1], weights=weights)
            cells.append(f"{metric.value(state):.4g}")
        rows.append(cells)
    said = f"the {part} part, {truth.shape[1]:,} values each, in the data's units"
    return f"<h3>Each output</h3>{figures.table(['output', 'mae', 'rmse', 'r2'], rows, caption=said)}"


def _scattered(
    names: Sequence[str], numbers: Array, predicted: Array, truth: Array, part: str, drawn: figures.Charts
) -> str:
    """Prediction against truth, a chart an output."""
    most = max(50, MOST_POINTS // min(len(names), MOST_OUTPUTS))
    shown = np.arange(0, truth.shape[1], max(1, -(-truth.shape[1] // most)))
    labels = [f"example {i}" for i in numbers[shown]]
    found = []
    for k, name in enumerate(names[:MOST_OUTPUTS]):
        title = f"{name}, {part} part" if len(names) == 1 else name
        chart = charts.points(
            truth[k, shown].tolist(), predicted[k, shown].tolist(), labels, "truth", "prediction", diagonal=True
        )
        found.append(drawn.figure(title, chart))
    parts = ["<h3>Prediction against truth</h3>", figures.side_by_side(found[:OPEN])]
    if len(found) > OPEN:
        others = figures.side_by_side(found[OPEN:])
        parts.append(f"<details><summary>{len(found) - OPEN} more outputs</summary>{others}</details>")
    if len(names) > MOST_OUTPUTS:
        parts.append(figures.soft(f"{len(names) - MOST_OUTPUTS} further outputs are in the table alone."))
    return "".join(parts)


def _forecasts(found: Findings, loaded: Loaded, predicted: Array, truth: Array, drawn: figures.Charts) -> str:
    """The last rows of the part as they were and as they were forecast, the nearest and the farthest step ahead."""
    layout = loaded.facts.preparation.series
    if layout is None or found.judged is None or found.judged.numbers is None:
        return ""
    targets, count = layout.targets, truth.shape[1]
    horizon = len(truth) // len(targets)
    shown = np.arange(max(0, count - MOST_ROWS), count)
    steps = [0] if horizon == 1 else [0, horizon - 1]
    found_charts = []
    for k, name in enumerate(targets):
        series = [Series(0, "as it was", shown.tolist(), truth[k, shown].tolist())]
        for h in steps:
            rows = shown[shown + h < count]
            said = predicted[h * len(targets) + k, rows].tolist()
            title = "forecast" if horizon == 1 else f"forecast {h + 1} step{'s' if h else ''} ahead"
            series.append(Series(1 + steps.index(h), title, (rows + h).tolist(), said))
        chart = charts.lines(series, ["", "", ""], "row of the part")
        for one, told in zip(series, chart[1]["series"], strict=True):
            told["name"] = one.part
        found_charts.append(drawn.figure(name, chart, size="broad"))
    items = ["as it was", *(["forecast"] if horizon == 1 else ["forecast 1 step ahead", f"{horizon} steps ahead"])]
    legend = "".join(f'<li><i class="k{k}"></i>{in_html(item)}</li>' for k, item in enumerate(items))
    said = f"The {found.part} part" + (f", its last {MOST_ROWS} rows." if count > MOST_ROWS else ".")
    if layout.group is not None:
        said += " Its series stand one after another."
    return (
        f'<h3>Forecast against time</h3>{figures.soft(said)}<ul class="legend">{legend}</ul>'
        f"{figures.side_by_side(found_charts)}"
    )

"""The runs of one task: which is best, a line for each, their curves, what each hyperparameter does."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from nntrain.files.plain_values import Json
from nntrain.messages import in_html
from nntrain.report import charts, figures, history
from nntrain.report.axes import word
from nntrain.report.parallel_axes import parallel
from nntrain.runs import effects
from nntrain.runs.best_runs import Ranking, best_epoch, two_digits
from nntrain.runs.comparison import Compared, differing

_REPLICAS = ("seed", "dataset.fold")  # in which runs of one experiment differ
MOST_AXES = 12  # hyperparameters that get an axis


def keys_of(compared: Compared, runs: Sequence[int]) -> list[str]:
    """The hyperparameters in which these runs differ."""
    return [key for key in differing([compared.configs[i] for i in runs]) if key != "name"]


def headline(compared: Compared, ranking: Ranking) -> str:
    """One run's state and size; of several which is best, and the experiment behind it."""
    runs = ranking.order
    if len(runs) == 1:
        row = compared.rows[runs[0]]
        facts = [str(row["status"])]
        for key in ("parameters", "epochs", "steps"):
            if isinstance(count := row.get(key), int):
                facts.append(f"{count:,} {key[:-1] if count == 1 else key}")
        if isinstance(row.get("seconds"), int | float):
            facts.append(f"{row['seconds']:.3g} seconds")
        if ranking.best is not None and (epoch := best_epoch(row)) is not None:
            facts.append(f"best epoch {epoch}, by {row.get('monitor')}")
        return " · ".join(facts)
    if ranking.best is None:
        return "nothing that they monitor says which is best"
    keys = [key for key in keys_of(compared, runs) if key not in _REPLICAS]
    what = [f"{key} {word(compared.value(ranking.best, key))}" for key in keys]
    return ranking.told(compared) + (f"  ({', '.join(what[:6])})" if what else "")


def why(compared: Compared, ranking: Ranking) -> str:
    """What made the difference, where there are runs enough to say so."""
    shares = effects.told(effects.effects(compared, ranking)) if len(ranking.order) > 1 else ""
    return figures.soft(f"Of the variance of the ranks, each explains by itself: {shares}.") if shares else ""


def table(compared: Compared, ranking: Ranking) -> str:
    """A line a run, the best first: hyperparameters, then how far it came, then metrics, the compared one first."""
    runs = ranking.order
    keys = keys_of(compared, runs)
    known = {name for i in runs for name in compared.measured[i]}
    metrics = sorted(known, key=lambda name: (name != ranking.metric, not name.startswith("test."), name))
    body = []
    for i in runs:
        row, found = compared.rows[i], compared.measured[i]
        told = [word(value) if (value := compared.value(i, key)) is not None else "" for key in keys]
        epochs = [str(row.get("epoch", "")), str(best_epoch(row) or "")]
        values = [f"{found[key]:.5g}" if key in found else "" for key in metrics]
        body.append([compared.names[i], *told, str(row["status"]), *epochs, *values])
    best = 0 if ranking.best is not None and len(runs) > 1 else None
    said = "metrics of the best checkpoint, where there is one"
    if runs and all("best" not in compared.rows[i] for i in runs):
        said = "measured at the end; the curves are means over each epoch"
    made = figures.table(["run", *keys, "status", "epochs", "best epoch", *metrics], body, best, said, runs)
    return f"<h3>Each run</h3>{made}" if _means_are_told(ranking) else made


def _means_are_told(ranking: Ranking) -> bool:
    return ranking.metric is not None and any(len(group.runs) > 1 for group in ranking.groups)


def experiments(compared: Compared, ranking: Ranking) -> str:
    """Where runs differ in their seed alone: a line an experiment, the best mean first."""
    if not _means_are_told(ranking):
        return ""
    keys = [key for key in keys_of(compared, ranking.order) if key not in _REPLICAS]
    body = []
    for group in ranking.groups:
        told = [word(value) if (value := compared.value(group.runs[0], key)) is not None else "" for key in keys]
        mean = "" if group.mean is None else f"{group.mean:.5g}"
        body.append([compared.names[group.runs[0]], *told, str(len(group.runs)), mean])
        body[-1].append("" if group.deviation is None else two_digits(group.deviation))
    head = ["best run", *keys, "runs", f"mean {ranking.metric}", "deviation"]
    said = "over seeds and folds; the best mean first"
    return f"<h3>Means</h3>{figures.table(head, body, 0, said)}"


def curves(compared: Compared, ranking: Ranking, drawn: figures.Charts, only: Sequence[str] = ()) -> str:
    """Learning curves, with a ring at each run's best checkpoint; `only` these metrics, or all."""
    runs = ranking.order
    logs = history.read([compared.rows[i] for i in runs])
    found = history.charts(logs)
    if not found:
        return ""
    x_name = history.place(logs)
    marked = {k: at for k, i in enumerate(runs) if (at := history.best_place(compared.rows[i], x_name)) is not None}
    best = [0] if ranking.best is not None else []
    names = [compared.names[i] for i in runs]
    shown = {name: series for name, series in found.items() if not only or name in only} or found
    figs = [drawn.figure(name, charts.lines(series, names, x_name, best, marked)) for name, series in shown.items()]
    parts = any(one.part == "validation" for series in found.values() for one in series)
    legend = _legend(names, parts, bool(marked))
    return f'<h3>Learning curves</h3>{legend}<div class="curves">{figures.side_by_side(figs)}</div>'


def _legend(names: Sequence[str], parts: bool, marked: bool) -> str:
    """What colours, dashes and rings mean."""
    if len(names) > charts.COLOURS:
        items = [("kbest", f"{names[0]}, the best"), ("krest", f"{len(names) - 1} others")]
    else:
        items = [(f"k{i}", name) for i, name in enumerate(names)] if len(names) > 1 else []
        if parts:
            items += [("solid", "validation"), ("dash", "train")]
    if marked:
        items.append(("ring", "best epoch"))
    entries = "".join(f'<li><i class="{kind}"></i>{in_html(name)}</li>' for kind, name in items)
    return f'<ul class="legend">{entries}</ul>' if entries else ""


def hyperparameters(compared: Compared, ranking: Ranking, drawn: figures.Charts) -> str:
    """Parallel coordinates, and the metric against each hyperparameter; of fewer than three runs, or where nothing
    but seeds and folds differs, nothing."""
    metric = ranking.metric
    there = [i for i in ranking.order if isfinite(compared.measured[i].get(metric or "", float("nan")))]
    keys = [key for key in keys_of(compared, ranking.order) if not key.endswith(".name")]
    axes: dict[str, list[Json]] = {key: [compared.value(i, key) for i in there] for key in keys}
    # what some runs have not, as the units of a layer that others lack, is no scale to place them on
    axes = {k: values for k, values in axes.items() if not any(v is None or isinstance(v, dict) for v in values)}
    if len(there) < 3 or set(axes) <= set(_REPLICAS) or metric is None:
        return ""
    axes = dict(list(axes.items())[:MOST_AXES])
    ys = [compared.measured[i][metric] for i in there]
    labels = [compared.names[i] for i in there]
    parts = [drawn.figure("All runs", parallel({**axes, metric: ys}, labels, there), size="wide")]
    parts += [
        drawn.figure(f"{metric} against {key}", charts.points(values, ys, labels, key, metric, 0))
        for key, values in axes.items()
    ]
    said = f"Each line is a run; the stronger its colour, the better its {metric}. The best is orange."
    hint = " Drag along an axis to keep the runs that pass there, here and in the table; a click on it lets all back."
    return f'<h3>Hyperparameters</h3>{figures.soft(said + hint)}<div class="charts">{"".join(parts)}</div>'

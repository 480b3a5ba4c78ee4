"""Which run is best: the one answer of report, runs, compare, plot and sweep.

Runs of one task stand against each other: same data, same kind of training, same monitored value.  Experiments come by
their means over seeds and folds first, and within an experiment its runs by their own values: the luckiest seed of a
worse experiment says nothing of the next.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from nntrain.files.plain_values import Json
from nntrain.runs.comparison import Compared, mean_and_deviation
from nntrain.runs.query import rank

FALLBACKS = ("validation.accuracy", "validation.loss", "test.loss", "train.loss")
_WHERE = ("type", "path", "inputs", "targets", "target", "root", "text", "reconstruct")  # which data it is
_FAILED = ("diverged", "failed")


class Group(NamedTuple):
    """An experiment's runs by number, the best first; mean and deviation (n − 1) of what they are compared by."""

    runs: list[int]
    mean: float | None
    deviation: float | None


class Ranking(NamedTuple):
    """The runs of one task.

    metric   what they are compared by, such as validation.accuracy; None where nothing says which is better (a GAN)
    groups   the best experiment first
    """

    metric: str | None
    groups: list[Group]

    @property
    def order(self) -> list[int]:
        """Numbers of all runs, the best first."""
        return [run for group in self.groups for run in group.runs]

    @property
    def best(self) -> int | None:
        """The number of the best run; None where no run has the value."""
        first = self.groups[0]
        return None if first.mean is None else first.runs[0]

    def name(self, compared: Compared) -> str:
        """What the runs are called in their configs: `iris`, or `iris and 2 more` where they have several names."""
        names = list(dict.fromkeys(str(compared.rows[i].get("name") or compared.names[i]) for i in self.order))
        return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"

    def told(self, compared: Compared) -> str:
        """`best by validation.accuracy: digits-003, 0.975 at epoch 4; mean 0.972 ± 0.004 over 3 runs`; or nothing."""
        if self.best is None or self.metric is None:
            return ""
        value = compared.measured[self.best][self.metric]
        epoch = best_epoch(compared.rows[self.best])
        text = f"best by {self.metric}: {compared.names[self.best]}, {value:.4g}"
        text += f" at epoch {epoch}" if epoch is not None else ""
        group = self.groups[0]
        if group.deviation is not None:
            text += f"; mean {group.mean:.4g} ± {two_digits(group.deviation)} over its {len(group.runs)} runs"
        return text


def two_digits(deviation: float) -> str:
    """A deviation with two digits that count: 0.0042, 140, never 1.4e+02."""
    text = f"{deviation:.2g}"
    return f"{float(text):.0f}" if "e+" in text and abs(deviation) < 1e6 else text


def best_epoch(row: Mapping[str, Json]) -> int | None:
    """The epoch that the best checkpoint stands at; None where there is none."""
    best = row.get("best")
    epoch = best.get("epoch") if isinstance(best, dict) else None
    return epoch if isinstance(epoch, int) else None


def rankings(compared: Compared, metric: str | None = None) -> list[Ranking]:
    """The runs by task, in the order of the first run of each; `metric` takes the place of what they monitor.

    Those that are damaged are of no task.
    """
    tasks: dict[str, list[int]] = {}
    for i in sorted(run for group in compared.groups for run in group):
        tasks.setdefault(_task(compared, i, metric), []).append(i)
    return [_ranking(compared, runs, metric or _metric(compared, runs)) for runs in tasks.values()]


def _ranking(compared: Compared, runs: list[int], metric: str | None) -> Ranking:
    there = set(runs)
    groups = [_group(compared, [i for i in group if i in there], metric) for group in compared.groups]
    groups = [group for group in groups if group.runs]
    if metric is not None:
        groups.sort(key=lambda group: rank(group.mean, metric))
    return Ranking(metric, groups)


def _group(compared: Compared, runs: list[int], metric: str | None) -> Group:
    def value(i: int) -> float | None:
        return None if compared.rows[i]["status"] in _FAILED else compared.measured[i].get(metric or "")

    if metric is None:
        return Group(runs, None, None)
    runs = sorted(runs, key=lambda i: rank(value(i), metric))
    values = [found for i in runs if (found := value(i)) is not None]
    return Group(runs, *(mean_and_deviation(values) if values else (None, None)))


def _task(compared: Compared, i: int, metric: str | None) -> str:
    """What must be the same for a comparison to mean something."""
    config = compared.configs[i]
    dataset, training, loss = (config.get(key) or {} for key in ("dataset", "training", "loss"))
    data = [dataset.get(key) for key in _WHERE] if isinstance(dataset, dict) else [dataset]
    loop = training.get("loop") if isinstance(training, dict) else None
    kind = loop.get("type") if isinstance(loop, dict) else loop
    watched = metric or _monitor(compared, i)
    of_loss = watched is None or watched.endswith((".loss", ".cost"))
    measure = (loss.get("type") if isinstance(loss, dict) else loss) if of_loss else None
    return repr([data, kind, None if metric else watched, measure])


def _monitor(compared: Compared, i: int) -> str | None:
    """What a run watches, as far as its summary or its config say."""
    named = compared.rows[i].get("monitor")
    if isinstance(named, str):
        return named
    training = compared.configs[i].get("training")
    named = training.get("monitor") if isinstance(training, dict) else None
    return named if isinstance(named, str) else None


def _metric(compared: Compared, runs: list[int]) -> str | None:
    """What these runs monitor, where one has it; else the first of accuracy and loss over the last part there is."""
    known = {name for i in runs for name in compared.measured[i]}
    watched = Counter(named for i in runs if (named := _monitor(compared, i)) is not None)
    for named, _ in watched.most_common():
        if named in known:
            return named
    return next((name for name in FALLBACKS if name in known), None)

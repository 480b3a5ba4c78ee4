"""How much the value of a config key says about how good a run becomes."""

from __future__ import annotations

from collections.abc import Sequence

from nntrain.files.plain_values import Json
from nntrain.runs.best_runs import Ranking
from nntrain.runs.comparison import Compared

FEWEST = 8  # experiments below which nothing is said
_MOST_LEVELS = 4
_LIMITS = ("training.epochs", "training.steps")


def effects(compared: Compared, ranking: Ranking) -> list[tuple[str, float]]:
    """The keys in which experiments differ, and what share of the variance of their ranks each explains by itself, the
    most first; nothing of fewer than 8 experiments.

    ε² = (SS_between − (k − 1) MS_within) / SS_total over k levels of the key: 0 for one without influence, whatever the
    number of levels (Kelley 1935).  Numbers that differ much are cut into levels of as many experiments.  Experiments
    count by their means over seeds and folds; what two keys do only together is not seen.
    """
    groups = [group for group in ranking.groups if group.mean is not None]
    if len(groups) < FEWEST:
        return []
    ranks = _ranks([group.mean or 0.0 for group in groups])
    found = []
    halved = any(str(row["status"]).startswith("rung ") for row in compared.rows)
    for key in compared.varied:
        if halved and key in _LIMITS:
            continue  # how long a run was trained came of how good it was
        levels = _levels([compared.value(group.runs[0], key) for group in groups])
        if levels is not None:
            found.append((key, _explained(ranks, levels)))
    return sorted(found, key=lambda one: -one[1])


def told(found: Sequence[tuple[str, float]]) -> str:
    """`optimizer.lr 62 %, architecture.0.units 8 %`: those that explain a hundredth or more."""
    return ", ".join(f"{key} {share:.0%}".replace("%", " %") for key, share in found if share >= 0.005)


def _levels(values: Sequence[Json]) -> list[str] | None:
    """The level of each value; None of mappings and lists, whose parts are keys of their own."""
    if any(isinstance(value, dict | list) for value in values):
        return None
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(set(numbers)) <= _MOST_LEVELS:
        return [repr(value) for value in values]
    count = min(_MOST_LEVELS, len(numbers) // 4)
    place = {value: i for i, value in enumerate(sorted(set(numbers)))}
    return [str(place[v] * count // len(place)) if v in numbers else repr(v) for v in values]


def _ranks(values: Sequence[float]) -> list[float]:
    """The rank of each; equals share theirs."""
    order = sorted(values)
    return [order.index(value) + (order.count(value) - 1) / 2 for value in values]


def _explained(ranks: Sequence[float], levels: Sequence[str]) -> float:
    of_level: dict[str, list[float]] = {}
    for rank, level in zip(ranks, levels, strict=True):
        of_level.setdefault(level, []).append(rank)
    mean, n, k = sum(ranks) / len(ranks), len(ranks), len(of_level)
    total = sum((rank - mean) ** 2 for rank in ranks)
    between = sum(len(each) * (sum(each) / len(each) - mean) ** 2 for each in of_level.values())
    if k < 2 or k >= n or total == 0:
        return 0.0
    within = (total - between) / (n - k)
    return min(1.0, max(0.0, (between - (k - 1) * within) / total))

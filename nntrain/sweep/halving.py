"""Successive halving: train all a little, the best third three times as long, and so on (Jamieson, Talwalkar 2016).

A run's log and checkpoint after a short rung are those of the whole training cut there, so that a promoted run,
resumed, is to the bit the one that was never stopped.  Hence rungs end where the config evaluates, and schedules have
the horizon of the longest rung.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf

from nntrain.config import Config
from nntrain.errors import ConfigError, NNTrainError
from nntrain.files.plain_values import JsonObject
from nntrain.runs import Run, told
from nntrain.runs.query import more_is_better
from nntrain.sweep.plan import Planned

FACTOR = 3


def unit(config: Config) -> tuple[str, int]:
    """What rungs are counted in, "epochs" or "steps", and the cadence of evaluation, in that unit."""
    cadence = config.training.evaluate
    return ("steps", cadence.steps) if cadence.steps is not None else ("epochs", cadence.epochs or 1)


def whole_length(config: Config, total: int) -> int:
    """The whole training of `total` steps, in the config's unit.  Raises ConfigError where it has none."""
    whole = total if unit(config)[0] == "steps" else config.training.epochs
    if whole is None:
        raise ConfigError("--halving: counts its rungs in epochs; give training.epochs, or training.evaluate.steps")
    return whole


def rungs(config: Config, total: int, runs: int) -> list[int | None]:
    """The lengths of the rungs in the config's unit, shortest first; None is the whole training, of `total` steps.

    Each is a third of the next, rounded down to the cadence of evaluation.  There are as many as the length allows and
    the runs can be cut to a third.
    """
    cadence, whole = unit(config)[1], whole_length(config, total)
    lengths: list[int | None] = [None]
    while runs >= FACTOR and (whole := whole // FACTOR // cadence * cadence) > 0:
        lengths.insert(0, whole)
        runs //= FACTOR
    return lengths


def next_bracket(before: Sequence[int], rungs: int) -> int:
    """The rung, from 0, that a new trial goes to at once, after those `before` it.

    Hyperband's brackets (Li et al. 2018, arXiv:1603.06560): of R rungs, R/(s + 1) · 3ˢ trials begin s rungs before the
    last, so that all brackets take about as long.  They come mixed, each when it is the furthest behind its share.
    """
    shares = [rungs / (rungs - first) * FACTOR ** (rungs - 1 - first) for first in range(rungs)]
    return min(range(rungs), key=lambda first: (before.count(first) + 1) / shares[first])


def limit(config: Config, length: int | None) -> tuple[str, ...]:
    """The overrides that end a run at a rung."""
    return () if length is None else (f"training.{unit(config)[0]}={length}",)


def steps(planned: Planned, length: int | None) -> int:
    """The steps of a training up to a rung."""
    if length is None or unit(planned.config)[0] == "steps":
        return planned.total if length is None else length
    return planned.total * length // whole_length(planned.config, planned.total)


def best_third(runs: Iterable[Planned], length: int | None) -> list[Planned]:
    """Those to promote, in the order of the plan: by the best monitored value up to the rung, of equals the first."""
    runs = list(runs)
    ranked = sorted(runs, key=lambda planned: score(planned, length))
    kept = {planned.run_dir for planned in ranked[: max(1, len(ranked) // FACTOR)]}
    return [planned for planned in runs if planned.run_dir in kept]


def score(planned: Planned, length: int | None = None) -> float:
    """The best monitored value in the log up to a rung, or what was told of the run; less is better, infinity where
    there is none."""
    said = told.read(Run(planned.run_dir))
    if said is not None and length is None:
        return inf if said.value is None else sign(planned, said) * said.value
    if not _monitors(planned.config):
        return inf
    name, sign_of_it = monitored(planned.config)
    part, _, metric = name.partition(".")
    place = unit(planned.config)[0].removesuffix("s")
    try:
        lines: list[JsonObject] = Run(planned.run_dir).read_metrics()
    except NNTrainError:
        return inf
    values = [line.get(part, {}).get(metric) for line in lines if length is None or line[place] <= length]
    return min((sign_of_it * value for value in values if isinstance(value, int | float)), default=inf)


def sign(planned: Planned, said: told.Told | None) -> float:
    """1 where less of a run's value is better, −1 where more is."""
    if said is not None and said.better is not None:
        return 1.0 if said.better == "less" else -1.0
    return monitored(planned.config)[1] if _monitors(planned.config) else 1.0


def monitored(config: Config) -> tuple[str, float]:
    """The name of the monitored value, and the sign that makes less better.  Raises ConfigError where there is none."""
    if not _monitors(config):
        raise ConfigError(f"--halving: the loop {config.training.loop.type} has no value to compare runs by")
    name = config.monitored(bool(config.dataset.validation))
    return name, -1.0 if more_is_better(name) else 1.0


def _monitors(config: Config) -> bool:
    return config.training.loop.monitors

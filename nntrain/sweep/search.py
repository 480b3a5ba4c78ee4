"""What comes next: points of the space, drawn ahead or suggested by Optuna from what was found so far.

Reproducible: suggestion `number` is a function of the sweep's seed, its number and the trials told.  A fresh sampler is
made for each, and a fresh study in memory is told everything again; the run directories are the only store.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any

from nntrain.errors import ConfigError
from nntrain.runtime import streams
from nntrain.sweep import space
from nntrain.sweep.plan import Planned
from nntrain.sweep.ranges import Range

if TYPE_CHECKING:
    import optuna

_ENOUGH = 10  # trials that a model is made from; TPE draws as many at random before
SEARCHES = ("random", "tpe", "gp")
Params = dict[str, float | int | str]


@dataclass
class Trial:
    """A point of the space, with a run for each seed.

    params   what was suggested, by the names of the ranges
    first    the rung that it goes to at once
    values   the mean monitored value over the seeds after each rung that all have reached, less is better; infinity
             where one of them has failed
    """

    number: int
    point: space.Point
    params: Params = field(default_factory=dict)
    runs: Sequence[Planned] = ()
    first: int = 0
    values: list[float] = field(default_factory=list)


Suggest = Callable[[int, Sequence[Trial]], tuple[space.Point, Params]]


def listed(points: Sequence[space.Point]) -> Suggest:
    """Points that are known from the beginning."""
    return lambda number, trials: (points[number], {})


def by_optuna(kind: str, ranges: Mapping[str, Range], seed: int, known: Mapping[str, str]) -> Suggest:
    """TPE (Bergstra et al. 2011) or a Gaussian process, as Optuna has them.  Raises ConfigError without Optuna."""
    try:
        import optuna
    except ImportError:
        raise ConfigError(f"--search {kind} needs optuna: pip install 'nntrain[optuna]'") from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def suggest(number: int, trials: Sequence[Trial]) -> tuple[space.Point, Params]:
        key = int(streams.stream(seed, streams.SWEEP, streams.key("search"), number).bits(1)[0] % 2**31)
        study = optuna.create_study(sampler=_sampler(optuna, kind, key))
        reached = [rung for rung in range(_rungs(trials)) if sum(len(t.values) > rung for t in trials) >= _ENOUGH]
        for trial in trials:
            study.add_trial(_told(optuna, trial, ranges, max(reached, default=0), _worst(trials)))
        asked = study.ask()
        params: Params = {}
        found: dict[str, str] = {}
        for name, drawn_from in ranges.items():
            if space.holds(name, {**known, **found}):
                params[name] = share = _suggested(asked, name, drawn_from)
                set_here = space.keys_of(name)[0]
                found[set_here] = (
                    drawn_from.fixed({**known, **found}).at(float(share)) if drawn_from.keys else str(share)
                )
        return tuple(f"{key}={value}" for key, value in found.items()), params

    return suggest


def _sampler(optuna: Any, kind: str, seed: int) -> optuna.samplers.BaseSampler:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # constant_liar is called experimental
        if kind == "gp":
            try:
                return optuna.samplers.GPSampler(seed=seed, deterministic_objective=False)
            except ImportError as error:
                raise ConfigError(f"--search gp: {error}") from None
        return optuna.samplers.TPESampler(seed=seed, constant_liar=True)


def _suggested(asked: optuna.Trial, name: str, drawn_from: Range) -> float | int | str:
    if drawn_from.keys:
        return float(asked.suggest_float(name, 0.0, 1.0))  # the share of a range that differs from trial to trial
    low, high = drawn_from.low, drawn_from.high
    if drawn_from.kind == "choice":
        return str(asked.suggest_categorical(name, drawn_from.choices))
    if drawn_from.kind == "int":
        return asked.suggest_int(name, int(low), int(high))
    value = asked.suggest_float(name, low, high, log=drawn_from.kind == "log")
    return min(max(float(f"{value:.4g}"), low), high)


def _distribution(optuna: Any, drawn_from: Range) -> optuna.distributions.BaseDistribution:
    d = optuna.distributions
    if drawn_from.keys:
        return d.FloatDistribution(0.0, 1.0)
    if drawn_from.kind == "choice":
        return d.CategoricalDistribution(drawn_from.choices)
    if drawn_from.kind == "int":
        return d.IntDistribution(int(drawn_from.low), int(drawn_from.high))
    return d.FloatDistribution(drawn_from.low, drawn_from.high, log=drawn_from.kind == "log")


def _rungs(trials: Sequence[Trial]) -> int:
    return max((len(trial.values) for trial in trials), default=0)


def _worst(trials: Sequence[Trial]) -> float:
    """What a trial counts that has failed: nothing is learned from it otherwise, and it would be suggested again."""
    return max((value for trial in trials for value in trial.values if isfinite(value)), default=0.0)


def _told(optuna: Any, trial: Trial, ranges: Mapping[str, Range], rung: int, worst: float) -> optuna.trial.FrozenTrial:
    """A trial as Optuna sees it, by its value after a rung; one that was cut before is a pruned one.

    Trials are compared after the highest rung that enough have reached, as BOHB does (Falkner et al. 2018,
    arXiv:1807.01774): whole trainings are too few, and good by what they were chosen for.
    """
    states = optuna.trial.TrialState
    given = {
        "params": trial.params,
        "distributions": {name: _distribution(optuna, ranges[name]) for name in trial.params},
    }
    if not trial.values:
        return optuna.trial.create_trial(state=states.RUNNING, **given)
    if not isfinite(trial.values[-1]):
        return optuna.trial.create_trial(state=states.COMPLETE, value=worst, **given)
    if len(trial.values) > rung:
        return optuna.trial.create_trial(state=states.COMPLETE, value=trial.values[rung], **given)
    values = dict(enumerate(trial.values))
    return optuna.trial.create_trial(state=states.PRUNED, intermediate_values=values, **given)

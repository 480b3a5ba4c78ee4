"""Trials one after another, with or without asynchronous successive halving, in an order that can be repeated.

ASHA (Li et al. 2020, arXiv:1810.05934) starts a new trial, or goes on with one that is among the best third of its
rung, whenever a worker is free.  Which of them comes next would depend on how fast the machines are; here the workers
that decide are imagined ones: there are `batch` of them, and a run takes them as long as it is.  What they do is a
function of the results alone.  The processes follow, as many at a time as there are jobs; they wait where a decision
needs a result that is not there yet.  Without halving, all runs take as long, so that the trials come in batches, and
each is suggested from the batches before.

A search that learns begins some of its trials at longer rungs, in the brackets of Hyperband: one that begins all at the
shortest rung learns what is fast at first, and not what is good in the end.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, isfinite
from pathlib import Path
from statistics import fmean

from nntrain.errors import ConfigError
from nntrain.sweep import halving
from nntrain.sweep.halving import FACTOR, score
from nntrain.sweep.plan import Planned, Planner, Settings
from nntrain.sweep.search import Suggest, Trial, by_optuna, listed
from nntrain.sweep.space import Point, without_seed

Length = int | None  # epochs or steps; None: the whole training


@dataclass(frozen=True, order=True)
class _End:
    """When an imagined worker ends a trial's rung."""

    time: int
    number: int
    rung: int


@dataclass
class Trials:
    """Which runs come next.

    suggest   the point of a trial, from those before it
    planned   its runs, one a seed
    lengths   the rungs, shortest first; the last is None
    whole     the length of the whole training, in their unit
    """

    suggest: Suggest
    planned: Callable[[Point], Sequence[Planned]]
    lengths: Sequence[Length]
    whole: int
    count: int
    batch: int
    hedged: bool = False  # trials begin in the brackets of Hyperband, not all at the shortest rung
    trials: list[Trial] = field(default_factory=list)
    _ends: list[_End] = field(default_factory=list)
    _now: int = 0

    def more(self, ended: Mapping[tuple[Path, Length], bool]) -> list[tuple[Planned, Length]]:
        """The runs to start now.  `ended`: those that have ended, up to a rung, and whether they came to its end."""
        started: list[tuple[Planned, Length]] = []
        while True:
            while len(self._ends) < self.batch and (chosen := self._next()) is not None:
                trial, rung = chosen
                heapq.heappush(self._ends, _End(self._now + self._duration(trial, rung), trial.number, rung))
                started += [(run, self.lengths[rung]) for run in trial.runs]
            if not self._ends:
                return started
            together = [end for end in self._ends if end.time == self._ends[0].time]
            if not all(self._has_ended(end, ended) for end in together):
                return started
            for _ in together:
                self._take(heapq.heappop(self._ends), ended)

    def _has_ended(self, end: _End, ended: Mapping[tuple[Path, Length], bool]) -> bool:
        return all((run.run_dir, self.lengths[end.rung]) in ended for run in self.trials[end.number].runs)

    def _take(self, end: _End, ended: Mapping[tuple[Path, Length], bool]) -> None:
        trial, length = self.trials[end.number], self.lengths[end.rung]
        good = all(ended[run.run_dir, length] for run in trial.runs)
        for passed in self.lengths[len(trial.values) : end.rung + 1]:
            trial.values.append(fmean(score(run, passed) for run in trial.runs) if good else inf)
        self._now = end.time

    def _next(self) -> tuple[Trial, int] | None:
        """The trial to go on with, or a new one, and the rung that it goes to."""
        busy = {end.number for end in self._ends}
        for rung in range(len(self.lengths) - 2, -1, -1):
            for first in range(rung + 1):
                reached = [t for t in self.trials if len(t.values) > rung and t.first == first]
                reached.sort(key=lambda t: (t.values[rung], t.number))
                for trial in reached[: len(reached) // FACTOR]:
                    if len(trial.values) == rung + 1 and trial.number not in busy and isfinite(trial.values[rung]):
                        return trial, rung + 1
        if len(self.trials) == self.count:
            return None
        point, params = self.suggest(len(self.trials), self.trials)
        first = halving.next_bracket([t.first for t in self.trials], len(self.lengths)) if self.hedged else 0
        trial = Trial(len(self.trials), point, params, self.planned(point), first)
        self.trials.append(trial)
        return trial, first

    def _duration(self, trial: Trial, rung: int) -> int:
        before = (self.lengths[len(trial.values) - 1] or 0) if trial.values else 0
        length = self.lengths[rung]
        return (self.whole if length is None else length) - before


def trials_of(settings: Settings, planner: Planner, told: bool = False) -> Trials:
    """What a search, or asynchronous halving, goes through.  `told`: the values need not be those of the log.

    Raises ConfigError, DataError.
    """
    suggest: Suggest
    if settings.search in ("tpe", "gp"):
        if settings.grid or not settings.random:
            raise ConfigError(
                f"--search {settings.search}: searches the ranges of -r, and no grid: use -r KEY=choice:A,B"
            )
        example = planner.planned(planner.ends())[0]
        suggest, count = by_optuna(settings.search, settings.random, planner.seed, planner.known), settings.count
    else:
        points = list(dict.fromkeys(without_seed(point) for point in planner.points()))
        example = planner.planned(planner.points())[0]  # all of them are checked
        suggest, count = listed(points), len(points)
    lengths: list[int | None] = [None]
    if settings.halving:
        halving.monitored(example.config)
        lengths = halving.rungs(example.config, example.total, count)
    whole = halving.whole_length(example.config, example.total) if settings.halving else 1
    hedged = settings.search in ("tpe", "gp")
    return Trials(suggest, planner.of_point, lengths, whole, count, settings.batch, hedged)

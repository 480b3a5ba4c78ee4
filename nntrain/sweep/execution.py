"""Runs what a plan says and is not there yet, several at a time; one that fails does not stop the others."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import nntrain
from nntrain import plugins
from nntrain.data import held
from nntrain.errors import NNTrainError
from nntrain.runs import rungs
from nntrain.sweep import children, forks, halving, outcomes
from nntrain.sweep.asynchronous import Trials
from nntrain.sweep.forks import Program
from nntrain.sweep.outcomes import Outcome, own_data
from nntrain.sweep.plan import Planned, Settings


class Watcher:
    """What a person may want to see of a sweep.  This one sees nothing."""

    def rung(self, runs: Sequence[Planned], length: int | None, unit: str) -> None:
        """These runs come next; with halving, up to `length` epochs or steps (None: to the end)."""

    def more(self, tasks: Sequence[tuple[Planned, int | None]]) -> None:
        """These runs come too, each up to its rung."""

    def started(self, planned: Planned) -> None:
        """A process was started."""

    def placed(self, planned: Planned, where: str) -> None:
        """Which worker of a cluster has a run now."""

    def ended(self, outcome: Outcome) -> None:
        """A run has ended, or had ended before the sweep came to it."""

    def again(self, planned: Planned) -> None:
        """Its process was killed, or another had it; it is started again."""

    def tick(self) -> None:
        """Some time has passed."""


MOST_TRIES = 2  # of one run more, then a sweep leaves it: what takes too much memory is killed each time
_PAUSE = 0.3  # seconds, for a process of a sweep that was killed to be gone
Task = tuple[Planned, int | None]  # a run, and the rung that it goes to


class Execute(Protocol):
    """What runs tasks: `children.run_all`, or a cluster."""

    def __call__(
        self,
        more: Callable[[], Sequence[Task]],
        command: Callable[[Task], Sequence[str]],
        *,
        started: Callable[[Task], None],
        placed: Callable[[Task, str], None],
        ended: Callable[[Task, int, str], None],
        tick: Callable[[], None],
        stop: Callable[[], int | None],
    ) -> None: ...


def here(jobs: int, program: Program | None = None) -> Execute:
    """So many processes at a time on this machine: copies of this one that run `program`, where one is given and copies
    can be made (forks); else from nothing.
    """

    def start(command: Sequence[str]) -> children.Process:
        if program is not None and forks.possible():
            with suppress(OSError):  # too little memory for a copy
                return forks.start(command, program)
        return children.start(command)

    return lambda more, command, **how: children.run_all(more, jobs, command, **how, start=start)


def on_dask(where: str, runs_dir: Path) -> tuple[Execute, int]:
    """The workers of a Dask cluster, and how many runs at a time.  Raises ConfigError."""
    from nntrain.sweep import dask_cluster

    client = dask_cluster.connect(where)
    at_once = dask_cluster.check_files(client, runs_dir)
    return lambda more, command, **how: dask_cluster.run_all(client, more, command, **how), at_once


class Execution:
    """Runs what is missing of a sweep.

    What a kill has cut is gone on with, a few times.  Where it is cut all the same, or another process has it, nothing
    that depends on it is decided: the sweep ends as if interrupted, and the same command goes on to what an undisturbed
    one finds.

    outcomes   the last of every run
    """

    def __init__(
        self,
        settings: Settings,
        execute: Execute,
        watcher: Watcher,
        stop: Callable[[], int | None] = lambda: None,
    ):
        self.settings, self.execute, self.watcher, self.stop = settings, execute, watcher, stop
        self.outcomes: dict[Path, Outcome] = {}
        self._ended: dict[tuple[Path, int | None], bool] = {}
        self._given: set[tuple[Path, int | None]] = set()
        self._tries: Counter[Path] = Counter()
        self._again: list[Task] = []
        self._lengths: Sequence[int | None] = [None]

    def all(self, planned: Sequence[Planned]) -> list[Outcome]:
        """Every run of the plan to its end, or rung after rung the best third; outcomes in the order of the plan."""
        lengths: list[int | None] = [None]
        kind = halving.unit(planned[0].config)[0]
        if self.settings.halving:
            halving.monitored(planned[0].config)
            lengths = halving.rungs(planned[0].config, planned[0].total, len(planned))
        current, self._lengths = list(planned), lengths
        for length in lengths:
            self.watcher.rung(current, length, kind)
            self._run(iter([[(one, length) for one in current]]))
            good = [one for one in current if one.run_dir in self.outcomes and self.outcomes[one.run_dir].good]
            if self.stop() is not None or not good or any(self.outcomes[one.run_dir].open for one in current):
                break
            if length is not None:
                current = halving.best_third(good, length)
        return [self.outcomes[one.run_dir] for one in planned if one.run_dir in self.outcomes]

    def trials(self, trials: Trials) -> list[Outcome]:
        """One trial after another; outcomes in the order of the trials."""

        def coming() -> Iterator[Sequence[Task]]:
            while True:
                tasks = trials.more(self._ended)
                self.watcher.more(tasks)
                yield tasks

        self._lengths = trials.lengths
        self._run(coming())
        runs = dict.fromkeys(run.run_dir for trial in trials.trials for run in trial.runs)
        return [self.outcomes[run_dir] for run_dir in runs if run_dir in self.outcomes]

    def _run(self, coming: Iterator[Sequence[Task]]) -> None:
        self.execute(
            lambda: self._missing(coming),
            self._command,
            started=lambda task: self.watcher.started(task[0]),
            placed=lambda task, where: self.watcher.placed(task[0], where),
            ended=self._process_ended,
            tick=self.watcher.tick,
            stop=self.stop,
        )

    def _command(self, task: Task) -> list[str]:
        one, length = task
        if held.holding():
            with suppress(NNTrainError):  # the run will say what is wrong
                own_data(one)  # here, so that copies of this process find them in memory that they share
        return [*_python(), *command(one, self.settings.config, length)[1:]]

    def _missing(self, coming: Iterator[Sequence[Task]]) -> list[Task]:
        """What can be started now and is not there yet."""
        missing, self._again = self._again, []
        while tasks := next(coming, None):
            for one, length in tasks:
                if (one.run_dir, length) in self._given:  # another point that comes to the same run
                    continue
                self._given.add((one.run_dir, length))
                if (found := outcomes.finished(one, length)) is not None:
                    self._note((one, length), found)
                else:
                    missing.append((one, length))
        return missing

    def _process_ended(self, task: Task, code: int, words: str) -> None:
        one, held = task[0], outcomes.is_held(code, words)
        again = held or outcomes.was_killed(code, words)
        self._tries[one.run_dir] += again
        if again and self._tries[one.run_dir] <= MOST_TRIES and self.stop() is None:
            if held:
                time.sleep(_PAUSE)
            self._again.append(task)
            self.watcher.again(one)
        else:
            self._note(task, outcomes.ended(one, code, words))

    def _note(self, task: Task, outcome: Outcome) -> None:
        one, length = task
        self.outcomes[one.run_dir] = outcome
        if length is not None:
            rung = self._lengths.index(length) + 1
            rungs.write(one.run_dir, rung, len(self._lengths), halving.unit(one.config)[0], length)
        if not outcome.open:
            self._ended[one.run_dir, length] = outcome.good
        self.watcher.ended(outcome)


def command(planned: Planned, config: Path, length: int | None = None) -> list[str]:
    """The `nntrain fit` that does the run, or what is left of it, to the end or up to a rung."""
    overrides = [*planned.overrides, *halving.limit(planned.config, length)]
    where = ["--run-dir", _as_argument(planned.run_dir), "--on-exist", "resume"]
    where += [*plugins.arguments(), "--threads", "1", "--quiet"]
    return ["nntrain", "fit", _as_argument(config), *overrides, *where]


def _as_argument(path: Path) -> str:
    """A path that no command takes for an option."""
    return f"./{path}" if str(path).startswith("-") else str(path)


def _python() -> list[str]:
    """This nntrain as a command.  The current directory is no place to import from, unless we came from there."""
    home = Path(nntrain.__file__).resolve().parents[1]
    from_here = home == Path.cwd().resolve() or str(home) in os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return [sys.executable, *([] if from_here else ["-P"]), "-m", "nntrain"]

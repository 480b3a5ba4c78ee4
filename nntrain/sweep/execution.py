"""Runs what a plan says and is not there yet, several at a time; one that fails does not stop the others."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

import nntrain
from nntrain import plugins
from nntrain.data import held
from nntrain.data.parts import Data
from nntrain.errors import CheckpointError, ConfigError, NNTrainError
from nntrain.runs import FINISHED, Run, told
from nntrain.runs.rows import row
from nntrain.sweep import children, forks, halving
from nntrain.sweep.asynchronous import Trials
from nntrain.sweep.forks import Program
from nntrain.sweep.plan import Planned, Settings

# a diverged run would diverge again: it is reported, not repeated
_NOT_REPEATED = (*FINISHED, "diverged")
_BY_CODE = {4: "diverged", 130: "interrupted", 143: "interrupted"}


@dataclass(frozen=True)
class Outcome:
    """How a run stands.  `code`: what `nntrain fit` returned or would return; `message`: what it said, if it failed."""

    planned: Planned
    status: str
    code: int
    message: str = ""
    fresh: bool = True  # run now, not found done

    @property
    def good(self) -> bool:
        """Whether the run came to its end."""
        return self.status in (*FINISHED, "told")


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

    def tick(self) -> None:
        """Some time has passed."""


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

    def all(self, planned: Sequence[Planned]) -> list[Outcome]:
        """Every run of the plan to its end, or rung after rung the best third; outcomes in the order of the plan."""
        lengths: list[int | None] = [None]
        kind = halving.unit(planned[0].config)[0]
        if self.settings.halving:
            halving.monitored(planned[0].config)
            lengths = halving.rungs(planned[0].config, planned[0].total, len(planned))
        current = list(planned)
        for length in lengths:
            self.watcher.rung(current, length, kind)
            self._run(iter([[(one, length) for one in current]]))
            good = [one for one in current if one.run_dir in self.outcomes and self.outcomes[one.run_dir].good]
            if self.stop() is not None or not good:
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

        self._run(coming())
        runs = dict.fromkeys(run.run_dir for trial in trials.trials for run in trial.runs)
        return [self.outcomes[run_dir] for run_dir in runs if run_dir in self.outcomes]

    def _run(self, coming: Iterator[Sequence[Task]]) -> None:
        self.execute(
            lambda: self._missing(coming),
            self._command,
            started=lambda task: self.watcher.started(task[0]),
            placed=lambda task, where: self.watcher.placed(task[0], where),
            ended=lambda task, code, words: self._note(task, _outcome(task[0], code, words)),
            tick=self.watcher.tick,
            stop=self.stop,
        )

    def _command(self, task: Task) -> list[str]:
        one, length = task
        if held.holding():
            with suppress(NNTrainError):  # the run will say what is wrong
                _own_data(one)  # here, so that copies of this process find them in memory that they share
        return [*_python(), *command(one, self.settings.config, length)[1:]]

    def _missing(self, coming: Iterator[Sequence[Task]]) -> list[Task]:
        """What can be started now and is not there yet."""
        missing: list[Task] = []
        while tasks := next(coming, None):
            for one, length in tasks:
                if (one.run_dir, length) in self._given:  # another point that comes to the same run
                    continue
                self._given.add((one.run_dir, length))
                if (found := finished(one, length)) is not None:
                    self._note((one, length), found)
                else:
                    missing.append((one, length))
        return missing

    def _note(self, task: Task, outcome: Outcome) -> None:
        one, length = task
        self.outcomes[one.run_dir] = outcome
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


def finished(planned: Planned, length: int | None = None) -> Outcome | None:
    """How a run ended that needs no more training, at least up to a rung; None where it does."""
    run = Run(planned.run_dir)
    if length is None and (said := told.read(run)) is not None:
        if said.value is None:
            return Outcome(planned, "failed", ConfigError.exit_code, "as was told", fresh=False)
        return Outcome(planned, "told", 0, fresh=False)
    status = run.read_status()
    state = status.get("status")
    if state not in _NOT_REPEATED:
        return None
    trained_on = run.read_meta().get("data_sha256")
    same = not planned.sha256 or trained_on in (None, planned.sha256) or trained_on == _own_data(planned).sha256
    if not same:
        message = (
            f"the data have changed since: SHA-256 was {str(trained_on)[:16]}…, is {planned.sha256[:16]}…; "
            f"remove {planned.run_dir} to train it anew"
        )
        return Outcome(planned, "failed", ConfigError.exit_code, message, fresh=False)
    if state in FINISHED and (damage := row(run).get("damage") or run.good_metrics()[1]):
        return Outcome(planned, "failed", CheckpointError.exit_code, str(damage), fresh=False)
    if state == "done":
        kind, wanted = ("steps", planned.total) if length is None else (halving.unit(planned.config)[0], length)
        if status.get(kind.removesuffix("s"), 0) < wanted:
            return None
    return Outcome(planned, state, 4 if state == "diverged" else 0, status.get("message", ""), fresh=False)


def _own_data(planned: Planned) -> Data:
    """The run's own data: the sweep has loaded those of one seed."""
    config = planned.config
    return config.dataset.load(config.seed, np.dtype(config.dtype))


def _outcome(planned: Planned, code: int, words: str) -> Outcome:
    status = Run(planned.run_dir).read_status()
    if code == 0:
        return Outcome(planned, status.get("status", "done"), code)
    lines = [line for line in words.splitlines() if line.strip() and not line.startswith("warning:")]
    told = next((line for line in lines if "error: " in line), lines[-1] if lines else "")
    if any(line.startswith("Traceback") for line in lines):
        told = lines[-1]
    message = told.removeprefix("error: ") or status.get("message", "")
    if not message:
        message = f"killed by signal {code - 128}" if code > 128 else f"ended with exit code {code}"
    return Outcome(planned, _BY_CODE.get(code, "failed"), code, message)


def _python() -> list[str]:
    """This nntrain as a command.  The current directory is no place to import from, unless we came from there."""
    home = Path(nntrain.__file__).resolve().parents[1]
    from_here = home == Path.cwd().resolve() or str(home) in os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return [sys.executable, *([] if from_here else ["-P"]), "-m", "nntrain"]

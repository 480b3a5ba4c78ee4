"""One trial after another for a loop of one's own: what `nntrain ask` gives.

The definition of the sweep lies in its directory, as sweep.yaml; all that has happened is in the run directories: one
that was given is there with its config, and what came of it is its log or what `nntrain tell` has written.  So any
number of programs may ask, each run is given once, and nothing else has to be kept.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nntrain import runs
from nntrain.errors import ConfigError, RunDirectoryError
from nntrain.files import storage
from nntrain.files.plain_values import JsonObject
from nntrain.files.regular_files import is_regular
from nntrain.messages import Warn
from nntrain.parallel.launcher import launched
from nntrain.runs import Run, told
from nntrain.runs.environment import environment
from nntrain.sweep import file, halving
from nntrain.sweep.asynchronous import Length, trials_of
from nntrain.sweep.outcomes import finished
from nntrain.sweep.plan import Planned, Planner, Settings

DEFINITION = "sweep.yaml"


@dataclass(frozen=True)
class Answer:
    """given   the run that comes next, and the number of its trial; None where none can be given now
    ended, count   trials of which all runs have ended, and all that there will be
    out     runs that were given and have not ended
    """

    given: Planned | None
    trial: int
    ended: int
    count: int
    out: Sequence[Path] = ()

    @property
    def over(self) -> bool:
        """Whether every trial has ended."""
        return self.ended == self.count


def define(folder: Path, settings: Settings | None) -> Settings:
    """The sweep of a directory; given settings define it where it has none yet, and may have more trials than before.

    Raises ConfigError.
    """
    path = folder / DEFINITION
    exists = os.path.lexists(path)
    if exists and not is_regular(path):
        raise ConfigError(f"{path}: is no regular file; take another directory")
    there = file.read(path) if exists else None
    if there is None and exists:
        raise ConfigError(f"{path}: is there and is no sweep; take another directory")
    if settings is None:
        if there is None:
            raise ConfigError(f"{path}: not there; the first time say what is searched: nntrain ask DIR CONFIG -r …")
        return there
    if settings.halving:
        raise ConfigError("ask: a loop of one's own says itself how long it trains; leave halving to nntrain sweep")
    settings = file.normalized(settings)
    text = file.as_text(settings)
    if there is None or file.as_text(replace(there, count=settings.count)) == text:
        if there is None or there.count < settings.count:
            folder.mkdir(parents=True, exist_ok=True)
            storage.write_atomic(path, [text.encode()])
        return settings
    raise ConfigError(f"{path}: defines another search; leave CONFIG and the flags out, or take another directory")


def ask(settings: Settings, folder: Path, warn: Warn) -> Answer:
    """The run that comes next, claimed.  Raises ConfigError, DataError, StorageError."""
    planner = Planner(settings, folder, warn)
    trials = trials_of(settings, planner, told=True)
    if settings.search not in ("tpe", "gp"):
        trials.batch = trials.count  # known from the beginning: none waits for another
    ended: dict[tuple[Path, Length], bool] = {}
    open_runs: list[tuple[int, Planned]] = []
    while more := trials.more(ended):
        number = {run.run_dir: trial.number for trial in trials.trials for run in trial.runs}
        for one, _ in more:
            if (good := _ended_well(one)) is None:
                open_runs.append((number[one.run_dir], one))
            else:
                ended[one.run_dir, None] = good
    _check_directions([run for trial in trials.trials for run in trial.runs if ended.get((run.run_dir, None))])
    done = sum(all((run.run_dir, None) in ended for run in trial.runs) for trial in trials.trials)
    for trial, one in open_runs:
        if _claim(one):
            return Answer(one, trial, done, trials.count)
    return Answer(None, -1, done, trials.count, [one.run_dir for _, one in open_runs])


def _check_directions(ended: Sequence[Planned]) -> None:
    """Raise ConfigError where more is better of one run, and less of another: they cannot be compared."""
    less_first = sorted(ended, key=lambda one: -halving.sign(one, told.read(Run(one.run_dir))))
    if ended and len({halving.sign(one, told.read(Run(one.run_dir))) for one in ended}) > 1:
        raise ConfigError(
            f"{less_first[0].run_dir}: less is better, and {less_first[-1].run_dir}: more is; tell all alike: "
            "nntrain tell RUN VALUE --better more"
        )


def _ended_well(one: Planned) -> bool | None:
    """Whether a run came to a value; None where it has not ended."""
    if Run(one.run_dir).read_status().get("status") == "failed":
        return False
    outcome = finished(one)
    return None if outcome is None else outcome.good


def _claim(one: Planned) -> bool:
    """Make the run's directory, or take one whose process was killed; False where another has it."""
    if Run(one.run_dir).read_status().get("status") == "asked":
        return False
    try:
        run = runs.open_exact(one.run_dir, "resume")
    except RunDirectoryError:
        if Run(one.run_dir).is_live():
            return False
        raise
    with run:
        status = run.read_status()
        if run.origin == "resumed" and status.get("status") == "asked":
            return False
        if run.origin == "new":
            made = {**environment(), **({"data_sha256": one.sha256} if one.sha256 else {})}
            run.write_meta({**made, **({"imports": one.config.imports} if one.config.imports else {})})
            run.write_config(one.config.to_yaml())
        # of several that a launcher has started, each asks for a run of its own: `resume` is not to wait for the others
        alone: JsonObject = {"alone": True} if launched() else {}
        run.write_status("asked", epoch=status.get("epoch", 0), step=status.get("step", 0), **alone)
    return True

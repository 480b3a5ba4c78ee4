"""A sweep as waves of runs, each decided on when the one before has ended: rungs of halving, batches of a search.

What a wave holds is a function of the definition and of the run directories, so that each task of a Slurm array finds
out by itself what it has to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nntrain import plugins
from nntrain.errors import ConfigError
from nntrain.messages import shell_command
from nntrain.runs import Run, rungs
from nntrain.sweep import halving
from nntrain.sweep.asynchronous import Length, trials_of
from nntrain.sweep.execution import Task
from nntrain.sweep.outcomes import finished
from nntrain.sweep.plan import Planned, Planner, Settings


def sizes(settings: Settings, planner: Planner) -> list[int]:
    """The number of runs in each wave, or the most that there may be.  Raises ConfigError, DataError."""
    if settings.search in ("tpe", "gp"):
        count, batch, each = settings.count, settings.batch, len(planner.replicas())
        return [min(batch, count - first) * each for first in range(0, count, batch)]
    planned = planner.planned(planner.points())
    found, size = [], len(planned)
    for _ in halving.rungs(planned[0].config, planned[0].total, size):
        found.append(size)
        size = max(1, size // halving.FACTOR)
    return found


def of_wave(settings: Settings, planner: Planner, number: int) -> list[Task]:
    """The runs of a wave, and how far they go.

    Raises ConfigError where a wave before has not ended, as what comes then depends on it; DataError.
    """
    if settings.search in ("tpe", "gp"):
        return _batch(settings, planner, number)
    current = planner.planned(planner.points())
    halving.monitored(current[0].config)
    lengths = halving.rungs(current[0].config, current[0].total, len(current))
    for wave, length in enumerate(lengths[:number]):
        good = [one for one in current if _ended_well(one, length, wave)]
        if length is not None:
            for one in good:
                rungs.write(one.run_dir, wave + 1, len(lengths), halving.unit(one.config)[0], length)
        current = halving.best_third(good, length) if good else []
    return [(one, lengths[number]) for one in current]


def missing(tasks: Sequence[Task]) -> list[int]:
    """The places of those that have still to be trained."""
    return [i for i, (one, length) in enumerate(tasks) if _ended(one, length) is None]


def flags(settings: Settings, runs_dir: Path) -> str:
    """The `nntrain sweep` of these settings as a line of a shell."""
    words = ["nntrain", "sweep", str(settings.config), *settings.overrides]
    for key, values in settings.grid.items():
        bar = "|" if "," in key else ","
        words += ["-g", f"{key}={bar.join(v[1:-1] if bar == '|' and v.startswith('[') else v for v in values)}"]
    for name, drawn_from in settings.random.items():
        words += ["-r", f"{name}={drawn_from.text}"]
    words += ["-n", str(settings.count)] if settings.random else []
    words += ["--seeds", ",".join(map(str, settings.seeds))] if settings.seeds else []
    words += ["--folds", str(settings.folds)] if settings.folds else []
    words += ["--halving=sync"] if settings.halving else []
    words += ["--search", settings.search, "--batch", str(settings.batch)] if settings.search else []
    return shell_command(*words, "--runs", str(runs_dir), *plugins.arguments())


def _batch(settings: Settings, planner: Planner, number: int) -> list[Task]:
    trials = trials_of(settings, planner)
    ended: dict[tuple[Path, Length], bool] = {}
    first = number * settings.batch
    while len(trials.trials) <= first and (more := trials.more(ended)):
        if len(trials.trials) <= first:
            ended |= {(one.run_dir, length): _ended_well(one, length, number - 1) for one, length in more}
    return [(run, None) for trial in trials.trials[first : first + settings.batch] for run in trial.runs]


def _ended_well(one: Planned, length: Length, wave: int) -> bool:
    good = _ended(one, length)
    if good is None:
        raise ConfigError(
            f"{one.run_dir}: has not ended, and the runs after wave {wave} depend on it; submit what --slurm prints"
        )
    return good


def _ended(one: Planned, length: Length) -> bool | None:
    """Whether a run came to the end of its rung; None where it has still to be trained."""
    if Run(one.run_dir).read_status().get("status") == "failed":
        return False
    outcome = finished(one, length)
    return None if outcome is None else outcome.good

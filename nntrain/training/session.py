"""Whole runs: fit and resume, which the command line and Python programs call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nntrain import config, runs
from nntrain.builder import Built, build
from nntrain.errors import (
    CheckpointError,
    ConfigError,
    DivergedError,
    Interrupted,
    NNTrainError,
    StorageError,
)
from nntrain.files import checkpoint
from nntrain.files.json_fields import Fields
from nntrain.files.plain_values import Json, JsonObject
from nntrain.inference.load import check_arrays, reading
from nntrain.parallel import team
from nntrain.plugins import missing
from nntrain.runs import Run
from nntrain.runs.environment import environment
from nntrain.runtime import signals
from nntrain.training import summary
from nntrain.training.engine import Engine, Observer
from nntrain.training.horizon import moved, vanishing
from nntrain.training.monitor import Monitor
from nntrain.training.run_checks import check_last, check_same_run, check_team, is_done, is_whole, last_is_good
from nntrain.training.run_opening import opened, passed_over, tell_other_data

if TYPE_CHECKING:
    from nntrain.inference.transfer import Taken


@dataclass
class Result:
    """What a run left behind.  `history` is metrics.jsonl, a dict a line; `summary` is summary.json.

    trained   steps that were trained now; 0 where the run was finished already, or was passed over
    """

    run_dir: Path
    status: str
    history: list[JsonObject]
    summary: JsonObject
    trained: int = 0


def fit(
    source: str | Path | Mapping[str, Json],
    overrides: Sequence[str] = (),
    *,
    run_dir: str | Path | None = None,
    runs_dir: str | Path = "runs",
    on_exist: str = "error",
    observer: Observer | None = None,
    stop: Callable[[], int | None] = lambda: None,
    command: Sequence[str] = (),
    dataset: Mapping[str, str] | None = None,
) -> Result:
    """Train what a config (a YAML file's path, or the same as a dict) declares, into a fresh run directory.

    overrides   "optimizer.lr=0.01", as on the command line
    run_dir     exactly this directory; else a fresh one under `runs_dir`
    on_exist    where `run_dir` exists: "error", "resume", "skip" or "replace"
    observer    sees steps, lines of the log and warnings; default: nobody
    stop        asked before every step: the number of a signal ends the run with its state saved
    command     for meta.json: the command line that was given
    dataset     in place of the config's

    Raises the errors of nntrain.errors.  The bits of a run do not depend on nntrain.runtime.threads.set_threads as long
    as BLAS runs with one thread: the command line sets OPENBLAS_NUM_THREADS=1 and its like before NumPy is imported; a
    program that imports NumPy first has to do that itself.
    """
    observer = observer or Observer()
    draft = config.read(source, overrides, dataset)
    if on_exist == "skip" and run_dir is not None and team.current().from_first(Run(run_dir).is_run):
        tell_other_data(draft, Run(run_dir), observer.warning)
        passed_over(Run(run_dir), observer.warning)
        return result(Run(run_dir))
    with np.errstate(all="ignore"):
        built = build(draft, observer.warning)
        resumes = on_exist == "resume" and run_dir is not None and Run(run_dir).is_run()
        taken = None if resumes else _begin(built, observer)
    check_team(built)
    if resumes and run_dir is not None and team.current().from_first(lambda: is_done(Run(run_dir), built)):
        return result(Run(run_dir))
    # From the first trace on disk on, a signal lets the last finished step be saved.
    with signals.saved_first(), np.errstate(all="ignore"):
        name = built.config.name
        with opened(
            lambda: runs.create(runs_dir, name) if run_dir is None else runs.open_exact(run_dir, on_exist)
        ) as run:
            _pass_on(run.warnings, observer)
            if run.origin == "skipped":
                passed_over(run, observer.warning)
                return result(run)
            if run.origin == "resumed":
                return _go_on(built, run, observer, stop)
            try:
                run.write_config(built.config.to_yaml())
                told: JsonObject = {"imports": built.config.imports} if built.config.imports else {}
                made = {"command": list(command), **environment(), "data_sha256": built.data.sha256}
                told |= {} if taken is None else {"start": taken.as_json()}
                run.write_meta({**made, **told})
            except BaseException:
                run.discard()
                raise
            return _train(built, run, None, observer, stop)


def resume(
    run_dir: str | Path,
    overrides: Sequence[str] = (),
    *,
    observer: Observer | None = None,
    stop: Callable[[], int | None] = lambda: None,
) -> Result:
    """Go on where the newest good checkpoint of a run stands, or from step 0 where there is none.

    The result is what the uninterrupted run would have left, to the bit.  Only limits may change (run_checks).
    """
    observer = observer or Observer()
    found = Run(run_dir)
    if not overrides and team.current().from_first(lambda: is_whole(found) and not found.is_live()):
        check_last(found)  # without a lock: it may lie where nothing can be written
        return result(found)
    with opened(lambda: Run.open(run_dir)) as run, np.errstate(all="ignore"):
        _pass_on(run.warnings, observer)
        if text := missing(run.read_meta().get("imports") or {}):
            raise ConfigError(f"{run.path}: error: {text}")
        built = build(config.read(run.config_path, overrides), observer.warning)
        check_team(built)
        with signals.saved_first():
            return _go_on(built, run, observer, stop)


def _go_on(built: Built, run: Run, observer: Observer, stop: Callable[[], int | None]) -> Result:
    saved, warnings = team.current().from_first(run.newest_checkpoint)
    _pass_on(warnings, observer)
    if saved is not None:
        with reading(run.path):
            manifest = Fields(saved.manifest, "manifest")
            before, data_before = manifest.mapping("config"), manifest.text("data_sha256")
        check_same_run(before, data_before, built)
    else:
        team.current().from_first(run.read_config)  # nothing else says what it was
        before = config.read(run.config_path).resolve(built.data.facts).as_dict()
        check_same_run(before, run.read_meta().get("data_sha256") or built.data.sha256, built)
        _begin(built, observer)
    return _train(built, run, saved, observer, stop)


def _begin(built: Built, observer: Observer) -> Taken | None:
    """Take the initial values that `start` names, and say which."""
    if built.config.start is None:
        return None
    from nntrain.inference.transfer import begin

    taken = begin(built)
    if taken is not None:
        observer.begins_from(taken)
    return taken


def _train(
    built: Built,
    run: Run,
    saved: checkpoint.Checkpoint | None,
    observer: Observer,
    stop: Callable[[], int | None],
) -> Result:
    trainer = built.loop.trainer(built)
    engine = Engine(built, trainer, make_monitor(built), run, observer, stop)
    if saved is not None:
        check_arrays(saved, engine.arrays(), run.last)
        with reading(run.path):
            engine.restore(saved)
        whole = team.current().from_first(lambda: is_whole(run) and last_is_good(run))
        if engine.finished and whole:
            return result(run)
        if text := moved(saved.manifest["config"], built, engine.step):
            observer.warning(text)
    elif text := vanishing(built):
        observer.warning(text)
    begun = engine.step
    run.go_back(engine.lines, engine.log_sha256, epoch=engine.epoch, step=engine.step)
    if run.origin == "resumed":
        run.write_config(built.config.to_yaml())
    try:
        if saved is None and built.config.start is not None:
            engine.save()  # so that the run needs what it began from no more
        engine.train()
        status = "stopped early" if engine.step < engine.total else "done"
        run.write_summary(summary.measured(engine, status))
        run.write_status(status, epoch=engine.epoch, step=engine.step)
    except BaseException as error:
        state = "interrupted" if isinstance(error, Interrupted | KeyboardInterrupt) else "failed"
        state = "diverged" if isinstance(error, DivergedError) else state
        message = str(error) if isinstance(error, NNTrainError) else f"{type(error).__name__}: {error}"
        # the error itself says more than one about these files
        if state == "diverged":
            with suppress(StorageError, CheckpointError):
                run.write_summary(summary.logged(engine, state))
        with suppress(StorageError):
            run.write_status(state, epoch=engine.epoch, step=engine.step, message=message)
        raise
    return replace(result(run), trained=engine.step - begun)


def _pass_on(warnings: Iterable[str], observer: Observer) -> None:
    for message in warnings:
        observer.warning(message)


def make_monitor(built: Built) -> Monitor | None:
    """The monitor that the config asks for; None where the loop has nothing that says which network is the best."""
    training = built.config.training
    if not training.loop.monitors:
        return None
    name = built.config.monitored("validation" in built.data.parts)
    metric = name.partition(".")[2]
    better = {m.type: m.better for m in built.config.metrics}.get(metric) or "less"
    stopping = training.early_stopping
    if stopping is None:
        return Monitor(name, better)
    return Monitor(name, better, stopping.patience, stopping.min_delta)


def result(run: Run) -> Result:
    """What lies in a run directory."""
    return Result(run.path, run.read_status().get("status", ""), run.read_metrics(), run.read_summary())

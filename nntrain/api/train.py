"""`nntrain.fit` and `nntrain.resume` for Python programs and notebooks."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from nntrain.api.arguments import Overrides, override_texts, rows_of
from nntrain.api.trained_run import TrainedRun
from nntrain.errors import ConfigError, Interrupted
from nntrain.files.plain_values import Json
from nntrain.messages import from_python, is_terminal
from nntrain.runtime import threads as pool
from nntrain.runtime.blas import one_blas_thread
from nntrain.training import session
from nntrain.training.engine import Observer

Stop = Callable[[], int | None]
ON_EXIST = ("error", "resume", "skip", "replace")


def fit(
    config: str | Path | Mapping[str, Json],
    overrides: Overrides = (),
    *,
    X: object = None,
    Y: object = None,
    quiet: bool = False,
    run_dir: str | Path | None = None,
    runs_dir: str | Path = "runs",
    on_exist: str = "error",
    threads: int | None = None,
    observer: Observer | None = None,
    stop: Stop = lambda: None,
) -> TrainedRun:
    """Train what a config (a YAML file's path, or the same as a mapping) declares; the run, as nntrain.load gives it.

    overrides   ["optimizer.lr=0.01"] as on the command line, or {"optimizer.lr": 0.01}
    X, Y        arrays, examples first, in place of the config's data; of its `dataset` the keys that every dataset has
                stay (batch_size, validation, standardize, …)
    quiet       no progress; it shows on a terminal and in a notebook alone
    run_dir     exactly this directory; else a fresh one under `runs_dir`
    on_exist    where `run_dir` exists: "error", "resume", "skip" or "replace"
    threads     to compute with; None: one a core.  Changes speed, never results
    observer    sees steps, lines of the log and warnings, in place of the progress
    stop        asked before every step: the number of a signal ends the run with its state saved

    KeyboardInterrupt (the stop button of a notebook) is raised when the last finished step is saved; a second one at
    once.  Raises the errors of nntrain.errors.
    """
    if not isinstance(config, str | os.PathLike | Mapping):
        raise ConfigError(f"fit: config: error: expected a path or a mapping, not {type(config).__name__}")
    if on_exist not in ON_EXIST:
        raise ConfigError(f"fit: on_exist: {', '.join(ON_EXIST[:-1])} or {ON_EXIST[-1]}, not {on_exist!r}")
    return _run(
        lambda watcher, asked, dataset: session.fit(
            config,
            override_texts(overrides),
            run_dir=run_dir,
            runs_dir=runs_dir,
            on_exist=on_exist,
            observer=watcher,
            stop=asked,
            dataset=dataset,
        ),
        X,
        Y,
        quiet,
        threads,
        observer,
        stop,
    )


def resume(
    run_dir: str | Path,
    overrides: Overrides = (),
    *,
    X: object = None,
    Y: object = None,
    quiet: bool = False,
    threads: int | None = None,
    observer: Observer | None = None,
    stop: Stop = lambda: None,
) -> TrainedRun:
    """Go on where the newest good checkpoint of a run stands, or from step 0 where there is none.

    The result is what the uninterrupted run would have left, to the bit.  Only limits may change.  A run on arrays
    wants them again.
    """
    return _run(
        lambda watcher, asked, _: session.resume(run_dir, override_texts(overrides), observer=watcher, stop=asked),
        X,
        Y,
        quiet,
        threads,
        observer,
        stop,
    )


def _run(
    train: Callable[[Observer, Stop, Mapping[str, str] | None], session.Result],
    X: object,
    Y: object,
    quiet: bool,
    threads: int | None,
    observer: Observer | None,
    stop: Stop,
) -> TrainedRun:
    if X is None and Y is not None:
        raise ConfigError("fit: Y is given without X")
    if isinstance(X, str | os.PathLike):
        raise ConfigError("fit: X is a path; give the array, or a config whose dataset reads the file")
    if rows_of(X) is not None:
        numbers = "; of numbers alone give X.to_numpy()" if hasattr(X, "to_numpy") else ""
        raise ConfigError(f"fit: X is a table with names; write it to a .csv, which the dataset csv reads{numbers}")
    if threads is not None and (not hasattr(threads, "__index__") or threads < 1):
        raise ConfigError(f"fit: threads: None or a whole number from 1, not {threads!r}")
    pool.set_threads(threads or pool.available_cores())
    with ExitStack() as stack:
        stack.enter_context(from_python())
        stack.enter_context(one_blas_thread())
        dataset = None
        if X is not None:
            from nntrain.data.given_arrays import given

            dataset = {"type": "arrays", "sha256": stack.enter_context(given(X, Y))}
        watcher = observer or stack.enter_context(_watching(quiet))
        interrupted = stack.enter_context(_interrupts())
        try:
            result = train(watcher, lambda: interrupted() or stop(), dataset)
        except Interrupted:
            if interrupted() is None:
                raise
            raise KeyboardInterrupt from None
    best, last = (result.run_dir / "checkpoints" / f"{which}.npz" for which in ("best", "last"))
    return TrainedRun(best if best.exists() else last, result.run_dir)


@contextmanager
def _watching(quiet: bool) -> Iterator[Observer]:
    """The progress of the command line on a terminal and in a notebook; elsewhere its warnings alone."""
    from nntrain.api.notebook import progress_here
    from nntrain.cli import progress

    bar = None if quiet else progress_here()
    if bar is not None:
        yield bar
        return
    shows = is_terminal(sys.stderr) or "ipykernel" in sys.modules
    with progress.observer(quiet or not shows, False) as watcher:
        yield watcher


@contextmanager
def _interrupts() -> Iterator[Stop]:
    """Within, the first Ctrl-C asks the run to save and end, where Python's own handler would raise at any moment."""
    asked: list[int] = []
    own = threading.current_thread() is threading.main_thread()
    if not own or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield lambda: None
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    signal.signal(signal.SIGINT, handle)
    try:
        yield lambda: asked[0] if asked else None
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)

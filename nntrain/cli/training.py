"""nntrain fit, nntrain resume."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nntrain.cli import completing
from nntrain.cli.common import pass_threads, quiet, say, start
from nntrain.errors import ConfigError
from nntrain.runtime import signals

if TYPE_CHECKING:
    from nntrain.training.engine import Observer
    from nntrain.training.session import Result

_max_seconds = click.option(
    "--max-seconds",
    type=click.FloatRange(min=0),
    help="After so many seconds end as on SIGTERM: the state saved, exit code 143, `nntrain resume` goes on.",
)

_tensorboard = click.option(
    "--tensorboard", is_flag=True, help="Also write event files for TensorBoard (needs nntrain[tensorboard])."
)


@click.command(short_help="Train what a config declares.")
@click.argument("config", type=click.Path(path_type=Path))
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...", shell_complete=completing.overrides)
@click.option("--run-dir", type=click.Path(path_type=Path), help="Train into exactly this directory.")
@click.option(
    "--runs",
    "runs_dir",
    type=click.Path(path_type=Path),
    default="runs",
    envvar="NNTRAIN_RUNS",
    show_envvar=True,
    show_default=True,
    help="Make a fresh run directory in this one.",
)
@click.option(
    "--on-exist",
    type=click.Choice(["error", "resume", "skip", "replace"]),
    default="error",
    show_default=True,
    help="What to do when --run-dir exists.",
)
@click.option("--dry-run", is_flag=True, help="Check everything, train nothing, write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the run's summary instead of its directory.")
@_max_seconds
@_tensorboard
@quiet
@pass_threads
def fit(
    config: Path,
    overrides: tuple[str, ...],
    run_dir: Path | None,
    runs_dir: Path,
    on_exist: str,
    dry_run: bool,
    as_json: bool,
    max_seconds: float | None,
    tensorboard: bool,
    is_quiet: bool,
    threads: int | None,
) -> None:
    """Train what CONFIG declares; print the run directory.

    KEY=VALUE changes the config: optimizer.lr=0.01 architecture.0.units=128 optimizer=adam.
    """
    if run_dir is None and on_exist != "error":
        raise ConfigError(
            f"--on-exist {on_exist}: only where --run-dir names the directory; without it a fresh one is made"
        )
    start(threads)

    if dry_run:
        from nntrain import config as configs
        from nntrain import runs
        from nntrain.builder import build

        built = build(configs.read(config, overrides))
        if run_dir is not None:
            runs.check_free(run_dir, on_exist)
        if not is_quiet:
            count = sum(n.layout.trainable for n in built.networks.values())
            say(f"{config} is valid: {count:,} parameters")
        return
    from nntrain.training.session import fit as run

    with _observer(is_quiet, tensorboard) as observer:
        result = run(
            config,
            overrides,
            run_dir=run_dir,
            runs_dir=runs_dir,
            on_exist=on_exist,
            observer=observer,
            stop=signals.until(max_seconds),
            command=sys.argv,
        )
    _print(result, as_json, is_quiet)


@click.command(short_help="Go on with a run.")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...", shell_complete=completing.overrides)
@_max_seconds
@_tensorboard
@quiet
@pass_threads
def resume(
    run: Path,
    overrides: tuple[str, ...],
    max_seconds: float | None,
    tensorboard: bool,
    is_quiet: bool,
    threads: int | None,
) -> None:
    """Go on with the run in directory RUN where its newest good checkpoint stands.

    Only limits may change: training.epochs, training.steps, training.early_stopping.patience, training.checkpoint.
    """
    start(threads)
    from nntrain.training.session import resume as go_on

    with _observer(is_quiet, tensorboard) as observer:
        result = go_on(run, overrides, observer=observer, stop=signals.until(max_seconds))
    _print(result, False, is_quiet)


@contextmanager
def _observer(is_quiet: bool, tensorboard: bool) -> Iterator[Observer]:
    """Who watches the run: the progress on stderr, and event files where they are wanted."""
    from nntrain.cli.progress import Progress

    progress = Progress(is_quiet)
    if not tensorboard:
        try:
            yield progress
        finally:
            progress.clear()
        return
    from nntrain.cli.tensorboard import Both, Events

    events = Events()
    try:
        yield Both(progress, events)
    finally:
        progress.clear()
        events.close()


def _print(result: Result, as_json: bool, is_quiet: bool) -> None:
    from nntrain.cli.common import values_line

    best: dict[str, Any] = result.summary.get("best") or result.summary.get("final") or {}
    part = next((p for p in ("test", "validation", "train") if p in best), None)
    if part and not is_quiet:
        where = f"epoch {best['epoch']}"
        if "best" in result.summary:
            where = f"best {where} of {result.summary['epochs']}"
        say(f"{result.status}: {where}, {part}: {values_line(best[part])}")
    if as_json:
        import json

        click.echo(json.dumps({"run_dir": str(result.run_dir), **result.summary}))
    else:
        click.echo(os.fsencode(result.run_dir))  # the very bytes of its name, whatever the encoding of stdout

"""nntrain fit."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nntrain.cli import launch, options
from nntrain.cli.terminal import say, warn
from nntrain.errors import ConfigError


@click.command
@options.config
@options.overrides
@click.option("--run-dir", type=options.PATH, help="Train into exactly this directory.")
@options.runs_directory("Make a fresh run directory in this one.")
@click.option(
    "--on-exist",
    type=click.Choice(["error", "resume", "skip", "replace"]),
    default="error",
    show_default=True,
    help="What to do when --run-dir exists: resume goes on, skip passes over a run that has ended, replace removes it "
    "once the new one has saved.",
)
@click.option("--dry-run", is_flag=True, help="Check everything, train nothing, write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the run's summary instead of its directory.")
@options.max_seconds
@options.tensorboard
@options.quiet
@options.threads
@launch.no_mpi
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
    no_mpi: bool,
) -> None:
    """Train what CONFIG declares; print the run directory.

    KEY=VALUE changes the config: optimizer.lr=0.01 architecture.0.units=128 optimizer=adam.
    """
    if run_dir is None and on_exist != "error":
        raise ConfigError(
            f"--on-exist {on_exist}: only where --run-dir names the directory; without it a fresh one is made"
        )
    if dry_run:
        options.start(threads)
        _check(config, overrides, run_dir, on_exist, is_quiet)
        return
    with launch.together(alone=no_mpi) as processes:
        launch.check_can_be_read_by_all(config)
        options.start(threads, processes)
        from nntrain.cli import progress
        from nntrain.runtime import signals
        from nntrain.training import session

        with progress.observer(is_quiet, tensorboard) as observer:
            result = session.fit(
                config,
                overrides,
                run_dir=run_dir,
                runs_dir=runs_dir,
                on_exist=on_exist,
                observer=observer,
                stop=signals.until(max_seconds),
                command=sys.argv,
            )
        progress.print_result(result, as_json, is_quiet)


def _check(config: Path, overrides: tuple[str, ...], run_dir: Path | None, on_exist: str, is_quiet: bool) -> None:
    """What would keep the run from starting.  Raises the error that it would end with."""
    from nntrain import config as configs
    from nntrain import runs
    from nntrain.builder import build
    from nntrain.inference.transfer import begin

    built = build(configs.read(config, overrides), warn)
    taken = begin(built)
    if run_dir is not None:
        runs.check_free(run_dir, on_exist)
    if not is_quiet:
        for text in taken.told() if taken is not None else ():
            say(text)
        say(f"{config} is valid: {built.trainable:,} parameters")

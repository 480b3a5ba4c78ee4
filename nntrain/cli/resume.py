"""nntrain resume."""

from __future__ import annotations

from pathlib import Path

import click

from nntrain.cli import launch, options


@click.command
@click.argument("run", type=options.PATH)
@options.overrides
@options.max_seconds
@options.tensorboard
@options.quiet
@options.threads
@launch.no_mpi
def resume(
    run: Path,
    overrides: tuple[str, ...],
    max_seconds: float | None,
    tensorboard: bool,
    is_quiet: bool,
    threads: int | None,
    no_mpi: bool,
) -> None:
    """Go on with the run in directory RUN where its newest good checkpoint stands.

    Only limits may change: training.epochs, training.steps, training.early_stopping.patience, training.checkpoint.
    """
    with launch.together(alone=no_mpi or _is_of_one(run)) as processes:
        options.start(threads, processes)
        from nntrain.cli import progress
        from nntrain.runtime import signals
        from nntrain.training import session

        with progress.observer(is_quiet, tensorboard) as observer:
            result = session.resume(run, overrides, observer=observer, stop=signals.until(max_seconds))
        progress.print_result(result, False, is_quiet)


def _is_of_one(run: Path) -> bool:
    """Whether the run was given by an `nntrain ask` of one of several processes: the others have runs of their own."""
    from nntrain.parallel.launcher import launched

    if launched() is None:
        return False
    from nntrain.runs import Run

    status = Run(run).read_status()
    return status.get("status") == "asked" and status.get("alone") is True

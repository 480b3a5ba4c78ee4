"""A command that several processes run together: found by the launcher's environment, ended together."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import click

from nntrain.cli.terminal import as_error, tell
from nntrain.errors import ConfigError, DivergedError, Interrupted, NNTrainError
from nntrain.parallel.launcher import Launched, launched

if TYPE_CHECKING:
    from pathlib import Path

    from nntrain.parallel.mpi import MPITeam

_ALL_ALIKE = (Interrupted, DivergedError)  # every process raises it after the same step

no_mpi = click.option(
    "--no-mpi", is_flag=True, help="Under mpiexec or srun: each process does a run of its own, without the others."
)


@contextmanager
def together(alone: bool) -> Iterator[int]:
    """Within: the process belongs to the team that the launcher has started, if it has.  Gives how many of them share
    this machine.

    What a single process raises ends all: the others may wait for it.  Raises ConfigError.
    """
    found = None if alone else launched()
    if found is None:
        yield 1
        return
    ours = _start(found)
    from nntrain.parallel import team

    team.join(ours)
    try:
        _check_same_command(ours)
        yield ours.neighbours
        ours.end()
    except _ALL_ALIKE as error:
        ours.meet()  # the first one has written everything
        ours.end()
        if ours.first:
            raise
        raise click.exceptions.Exit(error.exit_code) from None
    except click.exceptions.Exit:
        ours.end()
        raise
    except BaseException as error:
        _abort(ours, error)
    finally:
        team.join(team.ALONE)


def check_can_be_read_by_all(config: Path) -> None:
    """Raise ConfigError where several processes read a config that comes through a pipe: only one gets it, and the
    others would wait for it."""
    from nntrain.parallel import team

    if team.current().size > 1 and config.exists() and not config.is_file():
        raise ConfigError(f"{config}: each of the processes reads the config, and a pipe gives it to one: use a file")


def _check_same_command(ours: MPITeam) -> None:
    """Raise ConfigError unless all have the same one: they would wait for each other."""
    mine = click.get_current_context().info_name or ""
    for rank, name in enumerate(every := ours.gather({ours.rank: mine})):
        if name != every[0]:
            raise ConfigError(f"the processes have different commands: the first one {every[0]}, rank {rank} {name}")


def _start(found: Launched) -> MPITeam:
    from nntrain.parallel import mpi

    def lost(error: NNTrainError) -> None:
        _abort(made, error)

    try:
        made = mpi.start(found, lost)
        return made
    except NNTrainError as error:
        if found.rank == 0:
            raise
        time.sleep(1.0)  # the first one says it
        raise click.exceptions.Exit(error.exit_code) from None


def _abort(ours: MPITeam, error: BaseException) -> NoReturn:
    known = as_error(error)
    if known is None:
        import traceback

        ours.abort(1, lambda: traceback.print_exception(error, file=sys.stderr))
    else:
        ours.abort(known.exit_code, lambda: tell(known))

"""The command line.  The only place that prints, exits or knows a terminal.

stdout carries results for scripts and nothing else; progress, warnings and errors go to stderr.  Commands import NumPy
and the rest of nntrain when they run, so that `nntrain --help` starts at once.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from nntrain import __version__
from nntrain.cli import evaluating, inspecting, listing, looking, sampling, starting, sweeping, training
from nntrain.cli.common import say, silence
from nntrain.errors import Interrupted, NNTrainError, StorageError

# One BLAS thread: nntrain's own pool runs fixed tiles over it, so bits do not depend on the number of threads.
_BLAS_VARIABLES = (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "BLIS_NUM_THREADS",
)


class _Program(click.Group):
    """A group that turns nntrain's errors into one clear line each and their exit code."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        with _telling(ctx):  # --help and --version print here
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        for variable in _BLAS_VARIABLES:
            os.environ.setdefault(variable, "1")
        if isinstance(sys.stdout, io.TextIOWrapper):  # a name that the terminal's encoding lacks is no error
            sys.stdout.reconfigure(errors="backslashreplace")
        with _telling(ctx):
            return super().invoke(ctx)


@contextmanager
def _telling(ctx: click.Context) -> Iterator[None]:
    """Errors of nntrain and of the system end the program with one line and their exit code."""
    try:
        yield
    except BrokenPipeError:
        # the reader of our output has gone (`nntrain runs | head`): not an error; keep the interpreter quiet too
        silence(1)
        ctx.exit(0)
    except NNTrainError as error:
        _fail(ctx, error)
    except OSError as error:
        if error.filename is None:  # files are named by those who write them
            silence(1)
        place = "the output" if error.filename is None else os.fsdecode(error.filename)
        _fail(ctx, StorageError(f"{place}: {error.strerror or error}"))
    except MemoryError:
        _fail(ctx, StorageError("out of memory"))


def _fail(ctx: click.Context, error: NNTrainError) -> None:
    plain = isinstance(error, Interrupted)
    for line in str(error).splitlines():
        say(line if plain or ": error: " in line else f"error: {line}")
    ctx.exit(error.exit_code)


@click.group(
    cls=_Program,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start: nntrain init > config.yaml, then nntrain fit config.yaml.",
)
@click.version_option(__version__, prog_name="nntrain")
def main() -> None:
    """Neural networks declared in YAML and trained in pure NumPy."""


for _command in (
    training.fit,
    training.resume,
    sweeping.sweep,
    evaluating.eval_,
    evaluating.predict,
    sampling.sample,
    inspecting.show,
    inspecting.check,
    listing.runs,
    listing.compare,
    looking.report,
    looking.plot,
    inspecting.components,
    inspecting.schema,
    starting.init,
    starting.data,
    starting.find_lr,
):
    main.add_command(_command)

"""`python -m nntrain.cli.runs_server`: what a worker of a Dask cluster keeps beside it, to start runs at once."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from nntrain.errors import NNTrainError
from nntrain.runtime.signals import obey

if TYPE_CHECKING:
    from nntrain.sweep.forks import Program


def main() -> None:
    """Serve until the worker is gone."""
    obey()
    from nntrain.cli.sweep import import_all
    from nntrain.data import held
    from nntrain.runtime import blas
    from nntrain.sweep import fork_server, forks

    blas.one_thread_from_the_start()
    import_all()
    if forks.possible():
        with held.for_all_runs():
            fork_server.serve(_prepared, sys.stdin.buffer, sys.stdout.buffer)


def _prepared(words: Sequence[str]) -> Program:
    """What runs these words in a copy: their data are read here, so that all copies find them in memory."""
    import numpy as np

    from nntrain import config as configs
    from nntrain.cli.fit import fit
    from nntrain.cli.sweep import run_words

    with suppress(NNTrainError, click.ClickException):  # the run will say what is wrong
        given = fit.make_context("fit", list(words[1:])).params
        draft = configs.read(given["config"], given["overrides"])
        draft.dataset.load(draft.seed, np.dtype(draft.dtype))
    return run_words


if __name__ == "__main__":
    main()

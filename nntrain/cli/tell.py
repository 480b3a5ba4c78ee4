"""nntrain tell."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import Literal

import click

from nntrain.cli import options
from nntrain.errors import ConfigError


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("run", type=options.PATH)
@click.argument("value", type=float, required=False)
@click.option("--failed", is_flag=True, help="No value: the run came to nothing.")
@click.option(
    "--better",
    type=click.Choice(["less", "more"]),
    help="Whether less or more is better (default: as of the config's training.monitor, else less).",
)
def tell(run: Path, value: float | None, failed: bool, better: Literal["less", "more"] | None) -> None:
    """Tell what came of a run that `nntrain ask` has given: VALUE, which the search goes by from now on.

    A run that `nntrain resume` has trained needs no word: its monitored value counts.  What is told counts instead of
    it.  NaN and infinity count as failed.

    \b
    nntrain tell "$run" 0.93 --better more
    nntrain tell "$run" --failed
    """
    if (value is None) != failed:
        raise ConfigError("tell: one of VALUE and --failed")
    from nntrain.runs import told

    number = None if value is None or not isfinite(value) else value
    told.write(run, told.Told(number, better))

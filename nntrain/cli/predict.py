"""nntrain predict."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nntrain.cli import options
from nntrain.cli.terminal import warn


@click.command
@options.checkpoint
@click.argument("input", type=click.Path(path_type=Path, allow_dash=True))
@click.option("-o", "--output", type=options.PATH, help="Write here: .csv, .npy or .npz by its suffix.")
@click.option("--probabilities", is_flag=True, help="The probability of every class instead of the label.")
@options.which
@options.threads
def predict(
    checkpoint: Path, input: Path, output: Path | None, probabilities: bool, which: str, threads: int | None
) -> None:
    """Predict for the examples in INPUT (.npy, .npz, .csv, or - for csv on stdin), examples first."""
    options.start(threads)
    from nntrain.inference import prediction

    loaded = options.load_checkpoint(checkpoint, which)
    if output is not None:
        prediction.check_suffix(output)
    source = sys.stdin if str(input) == "-" else input
    table = prediction.predict(loaded, source, probabilities, warn)
    if output is None:
        click.echo(table.as_csv(), nl=False)
    else:
        table.write(output)

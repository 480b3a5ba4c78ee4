"""nntrain sample."""

from __future__ import annotations

from pathlib import Path

import click

from nntrain.cli.common import pass_threads, start
from nntrain.cli.evaluating import load_checkpoint, which_option


@click.command()
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option("-n", "--count", type=click.IntRange(min=1), default=64, show_default=True, help="Examples to draw.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write here: a grid .png or an array .npy.")
@click.option("--seed", type=click.IntRange(min=0), help="Draw others.  Default: the run's seed.")
@which_option
@pass_threads
def sample(
    checkpoint: Path, count: int, output: Path | None, seed: int | None, which: str, threads: int | None
) -> None:
    """Draw new examples from CHECKPOINT, a file or a run directory of a GAN."""
    start(threads)
    from nntrain.cli.drawing import sample_examples

    sample_examples(load_checkpoint(checkpoint, which), count, output, seed)

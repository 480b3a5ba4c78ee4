"""nntrain sample."""

from __future__ import annotations

from math import isfinite
from pathlib import Path

import click
from click.core import ParameterSource

from nntrain.cli.common import pass_threads, start
from nntrain.cli.evaluating import load_checkpoint, which_option


def _finite(context: click.Context, option: click.Parameter, value: float) -> float:
    if not isfinite(value):
        raise click.BadParameter(f"{value} is not a finite number.")
    return value


@click.command(short_help="Draw examples, texts or names.")
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option("-n", "--count", type=click.IntRange(min=1), help="How many.  Default: 64 examples, 10 names, 1 text.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Write here: .png (a grid) or .npy; of text any file.",
)
@click.option("--seed", type=click.IntRange(min=0), help="Draw others.  Default: the run's seed.")
@click.option("--length", type=click.IntRange(min=1), default=500, show_default=True, help="Symbols of a text.")
@click.option(
    "--temperature",
    type=click.FloatRange(min=0),
    callback=_finite,
    default=1.0,
    show_default=True,
    help="Of text: below 1 likelier symbols, above 1 more daring ones, 0 the likeliest alone.",
)
@click.option("--prompt", default="", help="What a text or a name begins with.")
@which_option
@pass_threads
def sample(
    checkpoint: Path,
    count: int | None,
    output: Path | None,
    seed: int | None,
    length: int,
    temperature: float,
    prompt: str,
    which: str,
    threads: int | None,
) -> None:
    """Draw new examples from CHECKPOINT, a file or a run directory: of a GAN, a variational autoencoder, or a model
    of text or names.

    Text goes to stdout as it is drawn.
    """
    start(threads)
    loaded = load_checkpoint(checkpoint, which)
    from nntrain.inference.draw import draws

    if draws(loaded):
        _refuse("examples", "length", "temperature", "prompt")
        from nntrain.cli.drawing import sample_examples

        sample_examples(loaded, count or 64, output, seed)
    else:
        if loaded.config.dataset.type == "names":
            _refuse("names", "length")
        from nntrain.cli.writing import sample_text

        sample_text(loaded, count, output, seed, length, temperature, prompt)


def _refuse(drawn: str, *options: str) -> None:
    """Raise for an option that was given and says nothing about what is drawn."""
    context = click.get_current_context()
    for name in options:
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            raise click.UsageError(f"--{name}: is of texts; this network draws {drawn}")

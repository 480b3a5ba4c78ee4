"""nntrain eval, nntrain predict."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nntrain.cli.common import pass_threads, say, start

if TYPE_CHECKING:
    from nntrain.inference.load import Loaded

which_option = click.option(
    "--which",
    type=click.Choice(["best", "last"]),
    default="best",
    show_default=True,
    help="Which checkpoint of a run directory.",
)


def load_checkpoint(path: Path, which: str) -> Loaded:
    """A checkpoint file, or one of a run directory's."""
    from nntrain.inference.load import find_checkpoint, load

    file, warning = find_checkpoint(path, which)
    if warning:
        say(f"warning: {warning}")
    return load(file)


@click.command("eval", short_help="Measure a checkpoint on its dataset.")
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.argument("overrides", nargs=-1, metavar="[dataset.KEY=VALUE]...")
@which_option
@click.option(
    "--split", type=click.Choice(["train", "validation", "test"]), help="Default: the last of these there is."
)
@click.option("--json", "as_json", is_flag=True, help="One flat JSON object.")
@pass_threads
def eval_(
    checkpoint: Path, overrides: tuple[str, ...], which: str, split: str | None, as_json: bool, threads: int | None
) -> None:
    """Measure CHECKPOINT, a file or a run directory, on its dataset.

    The data may have moved or changed (dataset.path=…); normalisation and labels stay the checkpoint's.
    """
    start(threads)
    import json

    from nntrain.files import storage
    from nntrain.inference.evaluation import evaluate

    values = evaluate(load_checkpoint(checkpoint, which), overrides, split)
    if as_json:
        click.echo(storage.json_bytes(values).decode())
        return
    for name, value in values.items():
        click.echo(f"{name} {json.dumps(value) if isinstance(value, list) else value}")


@click.command(short_help="Predict for new examples.")
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.argument("input", type=click.Path(path_type=Path, allow_dash=True))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write here: .csv, .npy or .npz by its suffix.")
@click.option("--probabilities", is_flag=True, help="The probability of every class instead of the label.")
@which_option
@pass_threads
def predict(
    checkpoint: Path, input: Path, output: Path | None, probabilities: bool, which: str, threads: int | None
) -> None:
    """Predict for the examples in INPUT (.npy, .npz, .csv, or - for csv on stdin), examples first."""
    start(threads)
    from nntrain.inference import prediction

    loaded = load_checkpoint(checkpoint, which)
    if output is not None:
        prediction.check_suffix(output)
    source = sys.stdin if str(input) == "-" else input
    table = prediction.predict(loaded, source, probabilities)
    if output is None:
        click.echo(table.as_csv(), nl=False)
    else:
        table.write(output)

"""nntrain eval."""

from __future__ import annotations

from pathlib import Path

import click

from nntrain.cli import options
from nntrain.cli.terminal import warn


@click.command
@options.checkpoint
@click.argument("overrides", nargs=-1, metavar="[dataset.KEY=VALUE]...")
@options.which
@click.option(
    "--split", type=click.Choice(["train", "validation", "test"]), help="Default: the last of these there is."
)
@click.option("--json", "as_json", is_flag=True, help="One flat JSON object.")
@options.threads
def eval(
    checkpoint: Path, overrides: tuple[str, ...], which: str, split: str | None, as_json: bool, threads: int | None
) -> None:
    """Measure CHECKPOINT, a file or a run directory, on its dataset.

    The data may have moved or changed (dataset.path=…); normalisation and labels stay the checkpoint's.
    """
    options.start(threads)
    import json

    from nntrain.files import storage
    from nntrain.inference.evaluation import evaluate

    values = evaluate(options.load_checkpoint(checkpoint, which), overrides, split, warn)
    if as_json:
        click.echo(storage.json_bytes(values).decode())
        return
    for name, value in values.items():
        click.echo(f"{name} {json.dumps(value) if isinstance(value, list) else value}")

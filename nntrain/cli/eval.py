"""nntrain eval."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from nntrain.cli import options
from nntrain.cli.terminal import print_text, warn


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

    dataset.path=NEW measures every example of other data; normalisation and labels stay the checkpoint's.  Where the
    data of training have changed, examples of training may stand in the part that is measured: a warning says so.
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
        if isinstance(value, dict):
            for line in _rows(name, value):
                print_text(line)
        else:
            print_text(f"{name} {json.dumps(value) if isinstance(value, list) else value}")


def _rows(name: str, table: dict[str, dict[str, float]]) -> Iterator[str]:
    """A line for every class, `per_class.cat  precision 0.95  recall 0.9`, the numbers below each other."""
    width = max(map(len, table), default=0)
    for row, values in table.items():
        numbers = (f"{column} {value:{'.4f' if column != 'support' else 'g'}}" for column, value in values.items())
        yield f"{name}.{row:{width}}  {'  '.join(numbers)}"

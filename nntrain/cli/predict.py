"""nntrain predict."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nntrain.cli import options
from nntrain.cli.terminal import print_data, warn


@click.command
@options.checkpoint
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT... [dataset.KEY=VALUE]...")
@click.option("-o", "--output", type=options.OUTPUT, help="Write here: .csv, .npy or .npz by its suffix.")
@click.option("--probabilities", is_flag=True, help="The probability of every class instead of the label.")
@click.option("--layer", metavar="NAME", help="What this layer gives, by its name in `nntrain show`: --layer dense_1.")
@click.option("--keep", multiple=True, metavar="COLUMN", help="Copy this column of the table; can be repeated.")
@options.spreadsheet
@options.beam
@options.length_penalty
@options.which
@options.threads
def predict(
    checkpoint: Path,
    inputs: tuple[str, ...],
    output: Path | None,
    probabilities: bool,
    layer: str | None,
    keep: tuple[str, ...],
    spreadsheet: bool,
    beam: int | None,
    length_penalty: float,
    which: str,
    threads: int | None,
) -> None:
    """Predict for the examples in INPUT (.npy, .npz, a table such as .csv, or - for csv on stdin), examples first.

    Of several INPUTs the file stands beside each prediction.  dataset.KEY=VALUE says how they are read, such as
    dataset.unknown=ignore.

    For an encoder and a decoder INPUT has texts, a line each, or in the column of the sources where it is a table.
    """
    options.start(threads)
    from nntrain.data.tables.table_files import files_of
    from nntrain.inference import prediction

    overrides = [text for text in inputs if text.startswith("dataset.") and "=" in text]
    named = [text for text in inputs if text not in overrides]
    sources = [source for text in named for source in ([sys.stdin] if text == "-" else files_of(Path(text)))]
    if not sources:
        raise click.UsageError("no INPUT: name a file, or - for csv on stdin")
    loaded = options.load_checkpoint(checkpoint, which)
    if output is not None:
        prediction.check_suffix(output)
        options.check_no_input(output, [checkpoint, *sources])
        if spreadsheet and output.suffix.lower() != ".csv":
            raise click.UsageError(f"--spreadsheet: goes with csv, not with {output.suffix}")
    if sys.stdin in sources and sys.stdin.isatty():
        warn("the table is read from this terminal: type it as csv, and end it with Ctrl-D")
    search = options.search_for(beam, length_penalty)
    if layer is not None:
        if probabilities or keep or search is not None:
            raise click.UsageError("--layer: what a layer gives stands alone")
        from nntrain.inference.layer_output import layer_table

        table = layer_table(loaded, sources, layer, overrides, warn)
    else:
        table = prediction.predict(loaded, sources, probabilities, warn, overrides=overrides, keep=keep, search=search)
    if output is None:
        print_data(table.as_csv(spreadsheet), nl=False)
    else:
        table.write(output, spreadsheet)

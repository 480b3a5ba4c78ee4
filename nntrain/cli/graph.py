"""nntrain graph."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nntrain.cli import options
from nntrain.cli.terminal import print_path
from nntrain.errors import ConfigError

if TYPE_CHECKING:
    from nntrain.builder.loop import Model
    from nntrain.data.parts import Batch


@click.command
@click.argument("path", metavar="CONFIG|CHECKPOINT", type=options.PATH)
@options.overrides
@click.option("--steps", is_flag=True, help="Take every layer apart into its single steps: W X, + b, σ, 𝓛, …")
@click.option(
    "--example",
    type=click.IntRange(min=0),
    metavar="N",
    help="With the values and derivatives of example N of the training part, counted from 0.",
)
@click.option(
    "-o",
    "--output",
    type=options.OUTPUT,
    default="graph.svg",
    show_default=True,
    help="Write here: .svg, .html, .mmd, .dot.",
)
def graph(path: Path, overrides: tuple[str, ...], steps: bool, example: int | None, output: Path) -> None:
    """The computing graph of this network, drawn, with the shape of every value.

    With --example the values going forward stand in every box, and below them the derivatives coming back, as the chain
    rule gives them.  Layers work as in evaluation: dropout drops nothing, batch norm has its running statistics.  With
    --steps of a sequence the first three steps are drawn.
    """
    options.check_suffix(output, ".svg", ".html", ".mmd", ".dot")
    options.start(1)
    from nntrain.files.storage import write_atomic
    from nntrain.textbook import drawing
    from nntrain.textbook.model_graph import graph_of

    model = options.declared_model(path, overrides)
    drawn = graph_of(model, None if example is None else _example(model, example), steps)
    text = {
        ".svg": drawing.as_svg,
        ".html": lambda graph: drawing.as_html(graph, model.config.name),
        ".mmd": drawing.as_mermaid,
        ".dot": drawing.as_dot,
    }[output.suffix.lower()](drawn)
    write_atomic(output, [text.encode()])
    print_path(output)


def _example(model: Model, number: int) -> Batch:
    """An example of the training part.  Raises ConfigError where there are fewer."""
    import numpy as np

    from nntrain.builder.loop import Built

    if isinstance(model, Built):
        data = model.data
    else:
        data = model.config.dataset.load(model.config.seed, np.dtype(model.config.dtype), model.facts)
    part = data.parts["train"]
    if number >= part.size:
        raise ConfigError(f"--example {number}: the training part has {part.size} examples, 0 to {part.size - 1}")
    return part.batch(np.array([number]))

"""nntrain explain."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nntrain.cli import options
from nntrain.cli.terminal import broken, print_text, room
from nntrain.errors import ConfigError


@click.command
@click.argument("path", metavar="CONFIG|CHECKPOINT", type=options.PATH)
@click.argument("words", metavar="[LAYER] [KEY=VALUE]...", nargs=-1)
@click.option("-o", "--output", type=options.OUTPUT, help="Write here: .md (with LaTeX) or .html (with MathML).")
def explain(path: Path, words: tuple[str, ...], output: Path | None) -> None:
    """The equations of this network, forward and backward, with its numbers.

    Of every layer, or of LAYER alone: the equations in the notation of the course, the shape of every array, parameters
    and operations, and the lecture or paper; then the cost, and how parameters are updated.  Layers are numbered as in
    the course: one with parameters begins the next, what follows it belongs to it.
    """
    overrides = [word for word in words if "=" in word]
    named = [word for word in words if "=" not in word]
    if len(named) > 1:
        raise click.UsageError(f"expected one LAYER, got {' '.join(named)}")
    if output is not None:
        options.check_suffix(output, ".md", ".html")
    options.start(1)
    from nntrain.files.storage import write_atomic
    from nntrain.textbook import explanation
    from nntrain.textbook.equations import explain as explained

    told = explained(options.declared_model(path, overrides))
    layer = named[0] if named else None
    paths = [step.path for steps in told.networks.values() for step in steps]
    if layer is not None and layer not in paths:
        from nntrain.messages import did_you_mean

        known = f"; there are {', '.join(paths)}"
        raise ConfigError(f"no layer {layer!r}{did_you_mean(layer, paths) or known}")
    if output is None:
        print_text(broken(explanation.as_text(told, layer), room(sys.stdout)))
    elif output.suffix.lower() == ".md":
        write_atomic(output, [explanation.as_markdown(told, layer).encode()])
    else:
        write_atomic(output, [explanation.as_html(told, layer).encode()])

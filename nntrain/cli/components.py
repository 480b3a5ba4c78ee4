"""nntrain components."""

from __future__ import annotations

import sys

import click

from nntrain.cli import completion
from nntrain.cli.terminal import broken, print_text, room


@click.command
@click.argument("kind", required=False, shell_complete=completion.kinds)
@click.argument("name", required=False, shell_complete=completion.names)
def components(kind: str | None, name: str | None) -> None:
    """What a config can declare: all of it, a line each; with KIND or NAME every argument with type, default, meaning.

    KIND is layer, initializer, loss, metric, optimizer, schedule, dataset, augmentation, loop or training; NAME one of
    its components, and may stand alone: nntrain components adam.
    """
    from nntrain.config import describe

    print_text(broken(describe(kind, name).rstrip("\n"), room(sys.stdout)))

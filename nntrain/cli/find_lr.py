"""nntrain find-lr."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nntrain.cli import options
from nntrain.cli.terminal import room, say, warn
from nntrain.cli.value_texts import number, sparkline


@click.command("find-lr")
@options.config
@options.overrides
@click.option("--steps", type=click.IntRange(20), default=150, show_default=True, help="Steps from the lowest rate up.")
@options.threads
def find_lr(config: Path, overrides: tuple[str, ...], steps: int, threads: int | None) -> None:
    """Train with a growing learning rate until the loss blows up; print the one at which it falls fastest.

    The curve goes to stderr, the suggestion to stdout, as an override: nntrain fit CONFIG $(nntrain find-lr CONFIG).
    """
    options.start(threads)
    from nntrain.diagnosis.learning_rate import range_test

    found = range_test(config, overrides, steps, warn)
    width = min(60, len(found.lr), room(sys.stderr) or 60)
    at = next(i for i, lr in enumerate(found.lr) if lr >= found.suggestion * 0.95)
    left, right = f"{found.lr[0]:.2g}", f"{found.lr[-1]:.2g}"
    say(f"loss {number(min(found.loss))} to {number(max(found.loss))}, over the learning rate")
    say(sparkline(found.loss, width))
    say(" " * (at * width // len(found.lr)) + f"↑ {found.suggestion:g}")
    say(left + right.rjust(width - len(left)))
    click.echo(f"optimizer.lr={found.suggestion:g}")

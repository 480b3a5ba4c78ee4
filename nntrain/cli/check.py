"""nntrain check."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nntrain.cli import options
from nntrain.cli.terminal import broken, print_text, room, warn
from nntrain.cli.value_texts import number
from nntrain.errors import ConfigError


@click.command
@options.config
@options.overrides
@click.option("--overfit", is_flag=True, help="Also prove that the network can learn one batch.")
@options.threads
def check(config: Path, overrides: tuple[str, ...], overfit: bool, threads: int | None) -> None:
    """Validate CONFIG, load one batch and check the gradient of every layer numerically.

    With --overfit also train on one batch alone, without a schedule: what cannot learn that by heart cannot learn.
    Learned are 99 % right answers (of values: 99 % of their variance explained), or a hundredth of the first loss,
    within 1,000 steps.
    """
    options.start(threads)
    from nntrain.diagnosis.network_check import check_gradients

    wrong = 0
    for line, good in check_gradients(config, overrides, warn):
        print_text(broken(line, room(sys.stdout)))
        wrong += not good
    if wrong:
        raise click.exceptions.Exit(1)
    if overfit:
        _overfit(config, overrides)


def _overfit(config: Path, overrides: tuple[str, ...]) -> None:
    from nntrain.diagnosis.overfit import overfit

    learned = overfit(config, overrides)
    right = "" if learned.share is None else f", {learned.share:.0%} {learned.of}"
    told = f"loss {number(learned.first)} -> {number(learned.last)}{right} after {learned.steps} steps"
    if not learned.ok:
        floor = "  Texts that begin alike have a loss below which nothing goes" * learned.of_texts
        raise ConfigError(
            f"overfit: one batch is not learned: {told}; is optimizer.lr too small or the network?{floor}"
        )
    print_text(broken(f"one batch learned by heart: {told}", room(sys.stdout)))

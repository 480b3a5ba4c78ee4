"""nntrain show, check, components, schema."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nntrain.cli import completing
from nntrain.cli.common import pass_threads, start, table

if TYPE_CHECKING:
    from nntrain.model.network import Network


@click.command(short_help="Table of layers, shapes, parameters, FLOPs.")
@click.argument("path", metavar="CONFIG|CHECKPOINT", type=click.Path(path_type=Path))
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...", shell_complete=completing.overrides)
@click.option("--resolved", is_flag=True, help="Print the full config instead, every default written out.")
def show(path: Path, overrides: tuple[str, ...], resolved: bool) -> None:
    """Table of layers, output shapes, parameters and floating-point operations."""
    start(1)
    from nntrain import config as configs
    from nntrain.builder import build
    from nntrain.errors import ConfigError

    if path.suffix == ".npz" or path.is_dir():
        from nntrain.cli.evaluating import load_checkpoint

        if overrides:
            raise ConfigError("show: a checkpoint's config cannot be changed; give the config file")
        loaded = load_checkpoint(path, "best")
        config, networks = loaded.config, loaded.networks
    else:
        built = build(configs.read(path, overrides))
        config, networks = built.config, built.networks
    if resolved:
        click.echo(config.to_yaml(), nl=False)
        return
    for name, network in networks.items():
        if name:
            click.echo(name)
        click.echo(_layers(network))


def _layers(network: Network) -> str:
    from math import prod

    from nntrain.model.layer import layer_names
    from nntrain.model.parameters import Layout

    rows = []
    shape, total_flops = network.input_shape, 0
    for name, layer in zip(layer_names(network.layers), network.layers, strict=True):
        flops = layer.flops(shape)
        shape, tree = layer.declare(shape)
        names = Layout(tree).names.values()
        rows.append([name, layer.type, str(shape), f"{sum(prod(p.shape) for p in names):,}", f"{flops:,}"])
        total_flops += flops
    rows.append(["total", "", "", f"{network.layout.size:,}", f"{total_flops:,}"])
    head = ["layer", "type", "output shape", "parameters", "FLOPs"]
    return f"input {network.input_shape}\n" + table(head, rows, "lllrr")


@click.command(short_help="Validate a config and its gradients.")
@click.argument("config", type=click.Path(path_type=Path))
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...", shell_complete=completing.overrides)
@click.option("--overfit", is_flag=True, help="Also prove that the network can learn one batch.")
@pass_threads
def check(config: Path, overrides: tuple[str, ...], overfit: bool, threads: int | None) -> None:
    """Validate CONFIG, load one batch and check the gradient of every layer numerically.

    With --overfit also train on one batch alone, without a schedule: what cannot learn that by heart cannot learn.
    Learned are 99 % right answers (of values: 99 % of their variance explained), or a hundredth of the first loss,
    within 1,000 steps.
    """
    start(threads)
    from nntrain.diagnosis.network_check import check_gradients

    wrong = 0
    for line, good in check_gradients(config, overrides):
        click.echo(line)
        wrong += not good
    if wrong:
        raise click.exceptions.Exit(1)
    if overfit:
        _overfit(config, overrides)


def _overfit(config: Path, overrides: tuple[str, ...]) -> None:
    from nntrain.cli.common import number
    from nntrain.diagnosis.overfit import overfit
    from nntrain.errors import ConfigError

    learned = overfit(config, overrides)
    right = "" if learned.share is None else f", {learned.share:.0%} {learned.of}"
    told = f"loss {number(learned.first)} -> {number(learned.last)}{right} after {learned.steps} steps"
    if not learned.ok:
        raise ConfigError(
            f"overfit: one batch is not learned: {told}; is optimizer.lr too small or the network?  Names that begin "
            "alike have a loss below which nothing goes"
        )
    click.echo(f"one batch learned by heart: {told}")


@click.command(short_help="What a config can declare.")
@click.argument("kind", required=False, shell_complete=completing.kinds)
@click.argument("name", required=False, shell_complete=completing.names)
def components(kind: str | None, name: str | None) -> None:
    """What a config can declare: all of it, a line each; with KIND or NAME every argument with type, default, meaning.

    KIND is layer, initializer, loss, metric, optimizer, schedule, dataset, augmentation, loop or training; NAME one of
    its components, and may stand alone: nntrain components adam.
    """
    from nntrain.config import describe

    click.echo(describe(kind, name).rstrip("\n"))


@click.command(short_help="JSON Schema of the config.")
def schema() -> None:
    """JSON Schema of the config, for editors."""
    import json

    from nntrain.config import json_schema

    click.echo(json.dumps(json_schema(), indent=2))

"""nntrain show."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nntrain.cli import options
from nntrain.cli.tables import simple
from nntrain.cli.terminal import broken, print_data, print_text, room
from nntrain.cli.yaml_lines import fitted

if TYPE_CHECKING:
    from nntrain.builder import Model
    from nntrain.model.network import Network


@click.command
@click.argument("path", metavar="CONFIG|CHECKPOINT", type=options.PATH)
@options.overrides
@click.option("--resolved", is_flag=True, help="Print the full config instead, every default written out.")
def show(path: Path, overrides: tuple[str, ...], resolved: bool) -> None:
    """Table of layers, output shapes, parameters and floating-point operations; how many steps an epoch has."""
    options.start(1)
    model = options.declared_model(path, overrides)
    if resolved:
        print_data(fitted(model.config.to_yaml(), room(sys.stdout)), nl=False)
        return
    for name, network in model.networks.items():
        if len(model.networks) > 1:
            print_text(name)
        click.echo(_layers(network))
    print_text(broken(_length(model), room(sys.stdout)))


def _length(model: Model) -> str:
    """`training: 36 steps an epoch, 720 in 20 epochs`: as far as the limits go; of a checkpoint, where it stands."""
    from nntrain.builder import Built
    from nntrain.builder.length import steps_per_epoch, total_steps
    from nntrain.inference.load import Loaded

    if isinstance(model, Loaded):
        return f"trained: {model.saved.manifest['step']:,} steps, to epoch {model.saved.manifest['epoch']:,}"
    assert isinstance(model, Built)
    an_epoch, total = steps_per_epoch(model.config, model.data), total_steps(model.config, model.data)
    epochs = -(-total // an_epoch)
    steps = f"{an_epoch:,} step{'s' * (an_epoch != 1)} an epoch"
    return f"training: {steps}, {total:,} in {epochs:,} epoch{'s' * (epochs != 1)}"


def _layers(network: Network) -> str:
    from nntrain.model.parameters import count

    rows = []
    total_flops = 0
    for name, layer, shape, output, tree in network.stages:
        flops = layer.flops(shape)
        rows.append([name, layer.type, str(output), f"{count(tree):,}", f"{flops:,}"])
        total_flops += flops
    rows.append(["total", "", "", f"{network.layout.size:,}", f"{total_flops:,}"])
    head = ["layer", "type", "output shape", "parameters", "FLOPs"]
    width = room(sys.stdout)
    return f"{broken(f'input {network.input_shape}', width)}\n{simple(head, rows, 'lllrr', width)}"

"""nntrain show."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nntrain.cli import options
from nntrain.cli.tables import simple
from nntrain.cli.terminal import broken, room, warn
from nntrain.errors import ConfigError

if TYPE_CHECKING:
    from nntrain.model.network import Network


@click.command
@click.argument("path", metavar="CONFIG|CHECKPOINT", type=options.PATH)
@options.overrides
@click.option("--resolved", is_flag=True, help="Print the full config instead, every default written out.")
def show(path: Path, overrides: tuple[str, ...], resolved: bool) -> None:
    """Table of layers, output shapes, parameters and floating-point operations."""
    options.start(1)
    from nntrain import config as configs
    from nntrain.builder import build

    if path.suffix == ".npz" or path.is_dir():
        if overrides:
            raise ConfigError("show: a checkpoint's config cannot be changed; give the config file")
        loaded = options.load_checkpoint(path, "best")
        config, networks = loaded.config, loaded.networks
    else:
        built = build(configs.read(path, overrides), warn)
        config, networks = built.config, built.networks
    if resolved:
        click.echo(config.to_yaml(), nl=False)
        return
    for name, network in networks.items():
        if len(networks) > 1:
            click.echo(name)
        click.echo(_layers(network))


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

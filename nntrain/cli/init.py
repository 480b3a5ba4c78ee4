"""nntrain init."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nntrain.cli import options, shipped
from nntrain.cli.terminal import broken, room, say, warn
from nntrain.cli.yaml_lines import fitted

if TYPE_CHECKING:
    from nntrain.data.csv import Csv


def _names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in shipped.names() if name.startswith(incomplete)]


def _dataset(file: Path, overrides: tuple[str, ...], target: tuple[str, ...], header: bool | None) -> Csv:
    """The table in a file, with what is said of it."""
    from nntrain import config as configs
    from nntrain.data.csv import Csv

    for text in overrides:
        if not text.startswith("dataset.") or "=" not in text:
            raise click.UsageError(f"{text}: of init csv FILE dataset.KEY=VALUE can be said, such as dataset.decimal=,")
    any_network = {"architecture": [{"dense": 1}], "loss": "mse", "optimizer": "sgd", "training": {"epochs": 1}}
    dataset = configs.read({"dataset": {"type": "csv", "path": "table.csv"}, **any_network}, overrides).dataset
    if not isinstance(dataset, Csv):
        raise click.UsageError(f"init csv FILE writes a config for a csv dataset, not for {dataset.type}")
    target_said = (target[0] if len(target) == 1 else target) if target else dataset.target
    return replace(dataset, path=file, target=target_said, header=dataset.header if header is None else header)


@click.command
@click.argument("name", default="mlp", shell_complete=_names)
@click.argument("file", required=False, type=options.PATH)
@click.argument("overrides", nargs=-1, metavar="[dataset.KEY=VALUE]...")
@click.option("--list", "is_list", is_flag=True, help="List the starters and examples.")
@click.option("-o", "--output", metavar="DIR", type=options.PATH, help="Write it here, with the data that it names.")
@click.option(
    "--target",
    multiple=True,
    metavar="COLUMN",
    help="csv: what is to be predicted, by name or number (default: the last); can be repeated.",
)
@click.option(
    "--header/--no-header", default=None, help="csv: whether the first row names the columns (default: found out)."
)
def init(
    name: str,
    file: Path | None,
    overrides: tuple[str, ...],
    is_list: bool,
    output: Path | None,
    target: tuple[str, ...],
    header: bool | None,
) -> None:
    """Print a commented starter config: nntrain init > config.yaml.

    NAME is a starter (mlp, cnn, lstm, gan, csv, images, text, names, series, autoencoder, transfer) or an example that
    ships: nntrain init digits_gan -o DIR writes the config and its data into DIR.

    With a csv FILE the config is written for that file: nntrain init csv houses.csv --target price > config.yaml.
    dataset.KEY=VALUE says how it is read, and goes into the config: nntrain init csv houses.csv dataset.decimal=,
    """
    if is_list:
        width = max(map(len, shipped.names()))
        for each, about in shipped.listing():
            click.echo(broken(f"{each:{width}}  {about}", room(sys.stdout)))
        return
    if file is not None:
        if name != "csv":
            raise click.UsageError(f"init {name} takes no file; nntrain init csv FILE does")
        if output is not None:
            raise click.UsageError("--output: of init csv FILE the config goes to stdout, beside the file it is for")
        options.start(1)
        from nntrain.config.consistency import safe_name
        from nntrain.data.csv_starter import starter

        text = starter(_dataset(file, overrides, target, header), safe_name(file.stem), warn)
        click.echo(fitted(shipped.SCHEMA_LINE + text, room(sys.stdout)), nl=False)
        return
    if target or header is not None:
        option = "--target" if target else "--header"
        raise click.UsageError(f"{option}: give the csv FILE too: nntrain init csv houses.csv --target price")
    if output is not None:
        import json

        from nntrain.config import json_schema

        click.echo(shipped.write(name, output, json.dumps(json_schema(), indent=2) + "\n"))
        return
    click.echo(fitted(shipped.text(name), room(sys.stdout)), nl=False)
    if needed := shipped.needed(name):
        files = ", ".join(str(path.relative_to(shipped.examples())) for path in needed)
        say(f"it needs {files}: nntrain init {name} -o DIR writes them too")

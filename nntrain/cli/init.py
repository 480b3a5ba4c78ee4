"""nntrain init."""

from __future__ import annotations

from pathlib import Path

import click

from nntrain.cli import options
from nntrain.cli.terminal import warn

TEMPLATES = ("mlp", "cnn", "lstm", "gan", "csv")


@click.command
@click.argument("template", type=click.Choice(TEMPLATES), default="mlp")
@click.argument("file", required=False, type=options.PATH)
@click.option("--target", metavar="COLUMN", help="csv: what is to be predicted, by name or number (default: the last).")
@click.option(
    "--header/--no-header", default=None, help="csv: whether the first row names the columns (default: found out)."
)
def init(template: str, file: Path | None, target: str | None, header: bool | None) -> None:
    """Print a commented starter config: nntrain init > config.yaml.

    With a csv FILE the config is written for that file: nntrain init csv houses.csv --target price > config.yaml.
    """
    from importlib import resources

    if file is None:
        if target is not None or header is not None:
            option = "--target" if target is not None else "--header"
            raise click.UsageError(f"{option}: give the csv FILE too: nntrain init csv houses.csv --target price")
        text = resources.files("nntrain.cli").joinpath("templates", f"{template}.yaml").read_text("utf-8")
    elif template != "csv":
        raise click.UsageError(f"init {template} takes no file; nntrain init csv FILE does")
    else:
        options.start(1)
        from nntrain.config.consistency import safe_name
        from nntrain.data.csv_starter import starter

        text = starter(file, target, safe_name(file.stem), header, warn)
    click.echo(text, nl=False)

"""nntrain init, nntrain data, nntrain find-lr: on the way to a first training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nntrain.cli import completing
from nntrain.cli.common import number, pass_threads, start, table

if TYPE_CHECKING:
    from nntrain.report.dataset import Described

TEMPLATES = ("mlp", "cnn", "lstm", "gan", "csv")


@click.command(short_help="A commented starter config.")
@click.argument("template", type=click.Choice(TEMPLATES), default="mlp")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--target", metavar="COLUMN", help="csv: what is to be predicted, by name or number (default: the last).")
def init(template: str, file: Path | None, target: str | None) -> None:
    """Print a commented starter config: nntrain init > config.yaml.

    With a csv FILE the config is written for that file: nntrain init csv houses.csv --target price > config.yaml.
    """
    from importlib import resources

    if file is None:
        if target is not None:
            raise click.UsageError("--target: give the csv FILE too: nntrain init csv houses.csv --target price")
        text = resources.files("nntrain.cli").joinpath("templates", f"{template}.yaml").read_text("utf-8")
    elif template != "csv":
        raise click.UsageError(f"init {template} takes no file; nntrain init csv FILE does")
    else:
        start(1)
        from nntrain.config.model import safe_name
        from nntrain.data.csv_starter import starter

        text = starter(file, target, safe_name(file.stem))
    click.echo(text, nl=False)


@click.command(short_help="What a config's dataset is.")
@click.argument("config", type=click.Path(path_type=Path))
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...", shell_complete=completing.overrides)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write a grid of pictures here (.png), of images."
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def data(config: Path, overrides: tuple[str, ...], output: Path | None, as_json: bool) -> None:
    """Parts, counts of each class, ranges, missing values, and examples that stand in two parts.

    An example that is in the training part and in the test part again makes the test too easy: it is counted and
    reported with a warning.
    """
    start(1)
    import dataclasses
    import json

    from nntrain.errors import ConfigError
    from nntrain.pictures import pixels, png
    from nntrain.report import dataset

    if output is not None and output.suffix != ".png":
        raise ConfigError(f"--output {output}: .png, not {output.suffix or 'a name without a suffix'}")
    draft, loaded = dataset.load(config, overrides)
    grid = None
    if output is not None:
        images = dataset.pictures(loaded, "train")
        if images is None:
            raise ConfigError(f"--output: the examples of {draft.dataset.type} are no images")
        grid = pixels.grid(images)
    told = dataset.describe(draft.dataset, loaded)
    click.echo(json.dumps(dataclasses.asdict(told)) if as_json else _described(told))
    for part, count in told.repeated.items():
        if count:
            text = f"{count} of {told.sizes[part]} examples of the {part} part stand in an earlier part too"
            click.echo(f"warning: {text}", err=True)
    if told.contradicting:
        click.echo(f"warning: {told.contradicting} examples have inputs seen before with another target", err=True)
    if output is not None and grid is not None:
        png.write(output, grid)


def _described(told: Described) -> str:
    shape = " x ".join(map(str, told.input_shape))
    lines = [f"{told.type}: {shape} {told.of} an example, {told.target}", ""]
    head, rows = ["part", "examples", "least", "mean", "largest"], []
    for part, size in told.sizes.items():
        rows.append([part, f"{size:,}", *map(number, told.ranges[part])])
    if told.targets:
        head += ["target least", "mean", "largest"]
        rows = [[*row, *map(number, told.targets[row[0]])] for row in rows]
    head += ["repeated", "in earlier parts"]
    rows = [[*row, str(told.within[row[0]]), str(told.repeated[row[0]])] for row in rows]
    lines.append(table(head, rows, "l" + "r" * (len(head) - 1)))
    if told.counts:
        labels = list(next(iter(told.counts.values())))
        counted = [[_shown(label), *(f"{told.counts[part][label]:,}" for part in told.counts)] for label in labels]
        lines += ["", table(["class", *told.counts], counted, "l" + "r" * len(told.counts))]
    if told.missing:
        missing = [[name, str(count)] for name, count in told.missing.items()]
        lines += ["", table(["column", "missing"], missing, "lr")]
    return "\n".join(lines)


def _shown(label: str) -> str:
    """A label as it is, a space or a line break as Python writes it."""
    return label if label.isprintable() and label.strip() else repr(label)


@click.command("find-lr", short_help="A learning rate by the range test.")
@click.argument("config", type=click.Path(path_type=Path))
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...", shell_complete=completing.overrides)
@click.option("--steps", type=click.IntRange(20), default=150, show_default=True, help="Steps from the lowest rate up.")
@pass_threads
def find_lr(config: Path, overrides: tuple[str, ...], steps: int, threads: int | None) -> None:
    """Train with a growing learning rate until the loss blows up; print the one at which it falls fastest.

    The curve goes to stderr, the suggestion to stdout, as an override: nntrain fit CONFIG $(nntrain find-lr CONFIG).
    """
    start(threads)
    from nntrain.diagnosis.learning_rate import range_test
    from nntrain.report.plots import sparkline

    found = range_test(config, overrides, steps)
    width = min(60, len(found.lr))
    at = next(i for i, lr in enumerate(found.lr) if lr >= found.suggestion * 0.95)
    left, right = f"{found.lr[0]:.2g}", f"{found.lr[-1]:.2g}"
    click.echo(f"loss {number(min(found.loss))} to {number(max(found.loss))}, over the learning rate", err=True)
    click.echo(sparkline(found.loss, width), err=True)
    click.echo(" " * (at * width // len(found.lr)) + f"↑ {found.suggestion:g}", err=True)
    click.echo(left + right.rjust(width - len(left)), err=True)
    click.echo(f"optimizer.lr={found.suggestion:g}")

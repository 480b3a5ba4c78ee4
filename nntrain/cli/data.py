"""nntrain data."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nntrain.cli import options
from nntrain.cli.tables import simple
from nntrain.cli.terminal import broken, print_text, room, warn
from nntrain.cli.value_texts import number
from nntrain.errors import ConfigError

if TYPE_CHECKING:
    from nntrain.report.dataset import Described


@click.command
@options.config
@options.overrides
@click.option("-o", "--output", type=options.OUTPUT, help="Write a grid of pictures here (.png), of images.")
@options.as_json
def data(config: Path, overrides: tuple[str, ...], output: Path | None, as_json: bool) -> None:
    """Parts, counts of each class, ranges, missing values, and examples that stand in two parts.

    An example that is in the training part and in the test part again makes the test too easy: it is counted and
    reported with a warning.
    """
    options.start(1)
    import dataclasses
    import json

    from nntrain.pictures import pixels, png
    from nntrain.report import dataset

    if output is not None:
        options.check_suffix(output, ".png")
    draft, loaded = dataset.load(config, overrides)
    grid = None
    if output is not None:
        images = dataset.pictures(loaded, "train")
        if images is None:
            raise ConfigError(f"--output: the examples of {draft.dataset.type} are no images")
        grid = pixels.grid(images)
    for text in loaded.warnings:
        warn(text)
    told = dataset.describe(draft.dataset, loaded)
    print_text(json.dumps(dataclasses.asdict(told)) if as_json else _described(told))
    for part, count in told.repeated.items():
        if count:
            warn(f"{count} of {told.sizes[part]} examples of the {part} part stand in an earlier part too")
    if told.contradicting:
        warn(f"{told.contradicting} examples have inputs seen before with another target")
    if output is not None and grid is not None:
        png.write(output, grid)


def _described(told: Described) -> str:
    shape = " x ".join(map(str, told.input_shape))
    width = room(sys.stdout)
    lines = [broken(f"{told.type}: {shape} {told.of} an example, {told.target}", width), ""]
    head, rows = ["part", "examples", "least", "mean", "largest"], []
    for part, size in told.sizes.items():
        rows.append([part, f"{size:,}", *map(number, told.ranges[part])])
    if told.targets:
        head += ["target least", "mean", "largest"]
        rows = [[*row, *map(number, told.targets[row[0]])] for row in rows]
    head += ["repeated", "in earlier parts"]
    rows = [[*row, str(told.within[row[0]]), str(told.repeated[row[0]])] for row in rows]
    lines.append(simple(head, rows, "l" + "r" * (len(head) - 1), width))
    if told.counts:
        labels = list(next(iter(told.counts.values())))
        counted = [[_shown(label), *(f"{told.counts[part][label]:,}" for part in told.counts)] for label in labels]
        lines += ["", simple(["class", *told.counts], counted, "l" + "r" * len(told.counts), width)]
    if told.missing:
        missing = [[name, str(count)] for name, count in told.missing.items()]
        lines += ["", simple(["column", "missing"], missing, "lr", width)]
    return "\n".join(lines)


def _shown(label: str) -> str:
    """A label as it is, a space or a line break as Python writes it."""
    return label if label.isprintable() and label.strip() else repr(label)

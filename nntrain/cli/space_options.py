"""The options that say which combinations of a config are tried, and what they come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from nntrain.cli import completion
from nntrain.errors import ConfigError

if TYPE_CHECKING:
    from nntrain.sweep import Settings

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "-g",
        "--grid",
        multiple=True,
        metavar="KEY=A,B,…",
        help="Every one of these values.",
        shell_complete=completion.overrides,
    ),
    click.option(
        "-r",
        "--random",
        "random_",
        multiple=True,
        shell_complete=completion.overrides,
        metavar="KEY=RANGE",
        help="Drawn from log:LOW:HIGH, uniform:LOW:HIGH, int:LOW:HIGH or choice:A,B, evenly; a bound may be a key.",
    ),
    click.option("-n", "count", type=click.IntRange(1), help="Random combinations (default: 10)."),
    click.option("--seeds", metavar="0-4", help="Every combination with each of these seeds."),
    click.option("--folds", type=click.IntRange(2), metavar="K", help="Every combination once for each of K folds."),
    click.option(
        "--search",
        type=click.Choice(["random", "tpe", "gp"]),
        help="How the ranges of -r are searched: random, or suggested by Optuna from the runs so far.",
    ),
    click.option("--batch", type=click.IntRange(1), help="Trials that are decided on together (default: 4)."),
)


def space(command: F) -> F:
    """-g, -r, -n, --seeds, --folds, --search and --batch."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def settings_of(
    base: Settings,
    overrides: tuple[str, ...],
    grid: tuple[str, ...],
    random_: tuple[str, ...],
    count: int | None,
    seeds: str | None,
    folds: int | None,
    search: str | None,
    batch: int | None,
) -> Settings:
    """What the flags say, laid over a sweep file or a bare config.  Raises ConfigError."""
    from nntrain.sweep import ranges, space

    grids, drawn = dict(base.grid), dict(base.random)
    for option, texts in (("-g", grid), ("-r", random_)):
        keys = [space.split_key(text, option)[0] for text in texts if not space.conditional(text, option)]
        if twice := [key for i, key in enumerate(keys) if key in keys[:i]]:
            raise ConfigError(f"{option}: {twice[0]} is varied twice")
    for text in grid:
        key, values = space.split_key(text, "-g")
        split = space.split_pairs(key, values, f"-g {text}") if "," in key else None
        grids[key] = split or ranges.split_values(values, f"-g {text}")
    for text in random_:
        key, values = space.split_key(text, "-r")
        name, drawn_from = space.conditional(text, f"-r {text}") or (key, ranges.parse_range(values, f"-r {text}"))
        drawn[name] = drawn_from
    if count is not None and not drawn:
        raise ConfigError("-n: says how many random combinations; give -r KEY=RANGE with it")
    return replace(
        base,
        overrides=(*base.overrides, *overrides),
        grid=grids,
        random=drawn,
        count=count or base.count,
        seeds=space.parse_seeds(seeds, "--seeds") if seeds is not None else base.seeds,
        folds=folds or base.folds,
        search=search or base.search,
        batch=batch or base.batch,
    )


def read(config: Path) -> Settings:
    """The sweep file, or a sweep of a config that varies nothing yet.  Raises ConfigError."""
    from nntrain.sweep import Settings, file

    return file.read(config) or Settings(config)

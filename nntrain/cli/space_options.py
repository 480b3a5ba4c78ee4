"""The options that say which combinations of a config are tried, and what they come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

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


@dataclass(frozen=True)
class Flags:
    """What these options were given, as they stand on the command line."""

    grid: tuple[str, ...] = ()
    random_: tuple[str, ...] = ()
    count: int | None = None
    seeds: str | None = None
    folds: int | None = None
    search: str | None = None
    batch: int | None = None


def space(command: F) -> F:
    """-g, -r, -n, --seeds, --folds, --search and --batch: the command takes them as one argument, `flags`."""

    @wraps(command)
    def with_flags(**arguments: object) -> object:
        given = {name: arguments.pop(name) for name in Flags.__dataclass_fields__}
        return command(flags=Flags(**cast(Any, given)), **arguments)

    taking = cast(F, with_flags)
    for option in reversed(_OPTIONS):
        taking = option(taking)
    return taking


def settings_of(base: Settings, overrides: tuple[str, ...], flags: Flags) -> Settings:
    """What the flags say, laid over a sweep file or a bare config.  Raises ConfigError."""
    from nntrain.sweep import ranges, space

    grids, drawn = dict(base.grid), dict(base.random)
    for option, texts in (("-g", flags.grid), ("-r", flags.random_)):
        keys = [space.split_key(text, option)[0] for text in texts if not space.conditional(text, option)]
        if twice := [key for i, key in enumerate(keys) if key in keys[:i]]:
            raise ConfigError(f"{option}: {twice[0]} is varied twice")
    for text in flags.grid:
        key, values = space.split_key(text, "-g")
        split = space.split_pairs(key, values, f"-g {text}") if "," in key else None
        grids[key] = split or ranges.split_values(values, f"-g {text}")
    for text in flags.random_:
        key, values = space.split_key(text, "-r")
        name, drawn_from = space.conditional(text, f"-r {text}") or (key, ranges.parse_range(values, f"-r {text}"))
        drawn[name] = drawn_from
    if flags.count is not None and not drawn:
        raise ConfigError("-n: says how many random combinations; give -r KEY=RANGE with it")
    if flags.search is not None and not drawn:
        raise ConfigError(f"--search {flags.search}: says how ranges are searched; give -r KEY=RANGE with it")
    if flags.seeds is not None and not drawn and any(text.startswith("seed=") for text in overrides):
        raise ConfigError("--seeds: seed is varied, so it cannot be set to one value as well")
    return replace(
        base,
        overrides=(*base.overrides, *overrides),
        grid=grids,
        random=drawn,
        count=flags.count or base.count,
        seeds=space.parse_seeds(flags.seeds, "--seeds") if flags.seeds is not None else base.seeds,
        folds=flags.folds or base.folds,
        search=flags.search or base.search,
        batch=flags.batch or base.batch,
    )


def read(config: Path) -> Settings:
    """The sweep file, or a sweep of a config that varies nothing yet.  Raises ConfigError."""
    from nntrain.sweep import Settings, file

    return file.read(config) or Settings(config)

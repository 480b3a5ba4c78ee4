"""Arguments and options that several commands take, and what they prepare."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from nntrain.cli import completion
from nntrain.cli.terminal import warn
from nntrain.errors import CheckpointError, ConfigError
from nntrain.files.plain_values import JsonObject

if TYPE_CHECKING:
    from pathlib import Path

    from nntrain.builder.loop import Model
    from nntrain.inference.beam_search import Search
    from nntrain.inference.load import Loaded

MOST_TOLD = 20  # damaged runs that get a line each
F = TypeVar("F", bound=Callable[..., Any])


class _Path(click.Path):
    """A path as a pathlib.Path, with the import of an address parser behind it: of the arguments that are given."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        from pathlib import Path

        return Path(os.fsdecode(super().convert(value, param, ctx)))


class Number(click.FloatRange):
    """A number of a range.  NaN is in none, though nothing is below or above it."""

    def convert(self, value: float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number: float = super().convert(value, param, ctx)
        if number != number:
            self.fail("nan is no number", param, ctx)
        return number


class _Output(_Path):
    """Where a command writes: not over a file of a run, which would be lost."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = super().convert(value, param, ctx)
        if os.path.lexists(path):  # as what nntrain makes is
            from nntrain.runs.made_files import run_with_file

            if (run := run_with_file(path)) is not None:
                raise ConfigError(f"--output {path}: a file of the run {run}, which would be lost; take another path")
        return path


PATH = _Path()
OUTPUT = _Output()

config = click.argument("config", type=PATH)
overrides = click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...", shell_complete=completion.overrides)
checkpoint = click.argument("checkpoint", type=PATH)
run_directories = click.argument("run", nargs=-1, required=True, type=PATH)
quiet = click.option("-q", "--quiet", "is_quiet", is_flag=True, help="No progress on stderr.")
as_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")
as_csv = click.option("--csv", "as_csv", is_flag=True, help="Comma-separated values with a header.")
spreadsheet = click.option(
    "--spreadsheet",
    is_flag=True,
    help="csv: an apostrophe before words that are formulas to a spreadsheet (= + - @).",
)
threads = click.option(
    "--threads",
    type=click.IntRange(min=1),
    envvar="NNTRAIN_THREADS",
    show_envvar=True,
    help="Threads to compute with (default: one a core).  Changes speed, never results.",
)
which = click.option(
    "--which",
    type=click.Choice(["best", "last"]),
    default="best",
    show_default=True,
    help="Which checkpoint of a run directory.",
)
beam = click.option(
    "--beam",
    type=click.IntRange(min=1),
    help="Of an encoder and a decoder: beginnings that beam search keeps.  Without it: greedy, the likeliest symbols.",
)
length_penalty = click.option(
    "--length-penalty",
    type=Number(min=0),
    default=0.7,
    show_default=True,
    help="With --beam: the log-probability of a text of T symbols is divided by T to the power of this.",
)


max_seconds = click.option(
    "--max-seconds",
    type=Number(min=0),
    help="After so many seconds end as on SIGTERM: the state saved, exit code 143, `nntrain resume` goes on.",
)
tensorboard = click.option("--tensorboard", is_flag=True, help="Also write event files for TensorBoard.")


def runs_directory(help: str) -> Callable[[F], F]:
    """--runs DIR: where run directories are made."""
    return click.option(
        "--runs",
        "runs_dir",
        type=PATH,
        default="runs",
        envvar="NNTRAIN_RUNS",
        show_envvar=True,
        show_default=True,
        help=help,
    )


def start(threads: int | None, processes: int = 1) -> None:
    """Prepare the process for computing with so many threads; None: one a core, shared out among the processes that
    train together on this machine.  Raises ConfigError.
    """
    from nntrain.runtime import threads as pool
    from nntrain.runtime.memory import keep_freed_memory

    keep_freed_memory()
    count = threads or max(1, pool.available_cores() // processes)
    try:
        pool.set_threads(count)
    except RuntimeError:
        raise ConfigError(f"--threads: error: the system does not start {count} threads; give fewer") from None


def load_checkpoint(path: Path, which: str, *, draws: bool = False) -> Loaded:
    """The network of a checkpoint file, or of a run directory's best or last one.  Raises CheckpointError.

    draws   it is to draw examples: that a GAN has no best checkpoint is then told only to who asks for one
    """
    from nntrain.inference.load import find_checkpoint, load

    file, warning = find_checkpoint(path, which)
    loaded = load(file)
    asked = click.get_current_context().get_parameter_source("which") is ParameterSource.COMMANDLINE
    if warning and (asked or loaded.loop.monitors or not draws):
        warn(warning)
    return loaded


def declared_model(path: Path, overrides: Sequence[str]) -> Model:
    """What a config declares, built with its data; or the model of a checkpoint.  Raises NNTrainError."""
    if path.suffix == ".npz" or path.is_dir():
        if overrides:
            raise ConfigError(f"{overrides[0]}: a checkpoint's config cannot be changed; give the config file")
        return load_checkpoint(path, "best")
    from nntrain import config as configs
    from nntrain.builder import build

    return build(configs.read(path, overrides), warn)


def search_for(beam: int | None, length_penalty: float) -> Search | None:
    """How a decoder looks for its texts, where that is said."""
    from nntrain.inference.beam_search import Search

    given = click.get_current_context().get_parameter_source("length_penalty")
    if beam is None and given is not ParameterSource.DEFAULT:
        raise click.UsageError("--length-penalty: goes with --beam")
    return None if beam is None else Search(beam, length_penalty)


def whole_runs(rows: Sequence[JsonObject]) -> list[JsonObject]:
    """The runs that are not damaged; a warning for each of the others.  Raises CheckpointError where all are."""
    whole = [row for row in rows if "damage" not in row]
    if rows and not whole:
        raise CheckpointError("\n".join(f"damaged run: {row['damage']}" for row in rows[:MOST_TOLD]))
    tell_damage(rows)
    return whole


def tell_damage(rows: Sequence[JsonObject]) -> None:
    """A warning for each run that is damaged, with its place."""
    damaged = [row["damage"] for row in rows if "damage" in row]
    for damage in damaged[:MOST_TOLD]:
        warn(f"damaged run: {damage}")
    if len(damaged) > MOST_TOLD:
        warn(f"and {len(damaged) - MOST_TOLD} other runs are damaged")


def check_suffix(output: Path, *suffixes: str) -> None:
    """Raise ConfigError for an --output whose suffix is none of these."""
    if output.suffix.lower() not in suffixes:
        wanted = " or ".join(suffixes)
        raise ConfigError(f"--output {output}: {wanted}, not {output.suffix or 'a name without a suffix'}")


def check_no_input(output: Path | None, inputs: Iterable[object]) -> None:
    """Raise ConfigError for an --output that would take the place of what is read."""
    from pathlib import Path

    if output is None or not output.exists():
        return
    for path in inputs:
        if isinstance(path, Path) and path.exists() and path.samefile(output):
            raise ConfigError(f"--output {output}: is what the command reads, and would be lost; take another path")


def check_one_format(as_json: bool, as_csv: bool, spreadsheet: bool) -> None:
    """Raise ConfigError where two formats are asked for, or --spreadsheet of another than csv."""
    if as_json and as_csv:
        raise ConfigError("--json and --csv: one of them")
    if spreadsheet and not as_csv:
        raise ConfigError("--spreadsheet: goes with --csv")

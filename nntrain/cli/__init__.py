"""The command line.  The only place that prints, exits or knows a terminal.

stdout carries results for scripts and nothing else; progress, warnings and errors go to stderr.  A command is a module
of this package named like it, imported when it is called; it imports NumPy and the rest of nntrain when it runs.  So
`nntrain --help` starts at once.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

from nntrain import __version__
from nntrain.cli import terminal
from nntrain.cli.terminal import Context, as_error, color_option, silence, tell_usage
from nntrain.errors import NNTrainError

# Every command with the line that stands for it in `nntrain --help`, in the order of the work.
COMMANDS = {
    "init": "A commented starter config.",
    "components": "What a config can declare.",
    "data": "What a config's dataset is.",
    "show": "Table of layers, shapes, parameters, FLOPs.",
    "explain": "The equations of a network.",
    "graph": "The computing graph of a network, drawn.",
    "exercise": "Exercises: write a layer, a loss, Adam.",
    "check": "Validate a config and its gradients.",
    "find-lr": "A learning rate by the range test.",
    "fit": "Train what a config declares.",
    "resume": "Go on with a run.",
    "sweep": "Train many variants of a config.",
    "ask": "The next run of a search, for own loops.",
    "tell": "What came of a run that ask has given.",
    "eval": "Measure a checkpoint on its dataset.",
    "predict": "Predict for new examples.",
    "sample": "Draw examples, texts or names.",
    "export": "A network for other programs.",
    "runs": "List runs with status and metrics.",
    "compare": "What differs between runs.",
    "plot": "Learning curves of runs.",
    "report": "Runs as one HTML page.",
    "schema": "JSON Schema of the config.",
    "help": "The page about a topic: configs, sweeps, …",
}


def _import(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> None:
    if given:
        from nntrain.plugins import import_from

        for each in given:
            import_from(each)


def _import_option() -> click.Option:
    """--import, which every command takes: before its other arguments are looked at."""
    return click.Option(
        ["--import", "import_"],
        multiple=True,
        metavar="FILE.py|MODULE",
        callback=_import,
        expose_value=False,
        is_eager=True,
        help="Import components of your own first (nntrain help own_components).",
    )


class _Commands(Mapping[str, click.Command]):
    """The commands by name; a module is imported when its command is asked for."""

    def __init__(self) -> None:
        self._loaded: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._loaded:
            if name not in COMMANDS:
                raise KeyError(name)
            module = name.replace("-", "_")
            command: click.Command = getattr(import_module(f"nntrain.cli.{module}"), module)
            command.short_help = COMMANDS[name]
            command.params += [_import_option(), color_option()]
            command.context_class = Context
            self._loaded[name] = command
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class _Program(click.Group):
    """A group that turns nntrain's errors into one clear line each and their exit code."""

    context_class = Context

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        name = args[0] if args else ""
        if name in COMMANDS or name.startswith("-"):
            return super().resolve_command(ctx, args)
        from nntrain.cli.other_commands import meant_command

        raise click.UsageError(f"No such command {name!r}{meant_command(name, COMMANDS)}", ctx)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        with _telling(ctx):  # --help and --version print here
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        from nntrain.runtime import blas

        blas.one_thread_from_the_start()
        if any((getattr(s, "encoding", None) or "").lower() != "utf-8" for s in (sys.stdout, sys.stderr)):
            from nntrain.cli import plain_marks

            plain_marks.allow()
        elif isinstance(sys.stdout, io.TextIOWrapper):  # bytes of a name that are no UTF-8 are no error
            sys.stdout.reconfigure(errors="backslashreplace")
        with _telling(ctx):
            return super().invoke(ctx)


@contextmanager
def _telling(ctx: click.Context) -> Iterator[None]:
    """Errors of nntrain and of the system end the program with one line and their exit code."""
    try:
        yield
    except click.NoSuchOption as wrong:
        from nntrain.config.other_words import meant_key

        # the values of a config are words: `nntrain fit c.yaml training.epochs=3`
        key = meant_key(wrong.option_name.lstrip("-"), "").partition("'")[2].partition("'")[0]
        said = f"No such option {wrong.option_name!r}; did you mean the word {key}=…, without dashes?"
        tell_usage(click.UsageError(said, wrong.ctx) if key else wrong)
        ctx.exit(wrong.exit_code)
    except click.UsageError as wrong:
        tell_usage(wrong)
        ctx.exit(wrong.exit_code)
    except BrokenPipeError:
        # the reader of our output has gone (`nntrain runs | head`): not an error; keep the interpreter quiet too
        silence(1)
        ctx.exit(0)
    except (NNTrainError, OSError, MemoryError) as error:
        if isinstance(error, OSError) and error.filename is None:  # files are named by those who write them
            silence(1)
        known = as_error(error)
        assert known is not None
        terminal.tell(known)  # nntrain.cli.tell is a command
        ctx.exit(known.exit_code)


@click.group(
    cls=_Program,
    commands=_Commands(),
    params=[color_option()],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start: nntrain init > config.yaml, then nntrain fit config.yaml.  Read: nntrain help.",
)
@click.version_option(__version__, prog_name="nntrain")
def main() -> None:
    """Neural networks declared in YAML and trained in pure NumPy."""


if "_NNTRAIN_COMPLETE" in os.environ:  # a shell asks what may follow: what bash needs must be known before any command
    import nntrain.cli.bash  # noqa: F401

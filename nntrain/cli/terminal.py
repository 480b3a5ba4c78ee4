"""The terminal: messages, colours, and how much room there is."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from typing import Any, TextIO

import click

from nntrain.errors import Interrupted, NNTrainError, StorageError
from nntrain.messages import is_terminal, printable_lines

# What a word at the start of a message, or the status of a run, looks like.
COLOURS: dict[str, dict[str, Any]] = {
    "done": {"fg": "green"},
    "stopped early": {"fg": "green"},
    "running": {"fg": "cyan"},
    "warning": {"fg": "yellow"},
    "interrupted": {"fg": "yellow"},
    "error": {"fg": "red", "bold": True},
    "diverged": {"fg": "red"},
    "failed": {"fg": "red"},
}


def warn(text: str) -> None:
    """A warning to stderr."""
    say(f"warning: {text}")


def say(text: str) -> None:
    """A message to stderr, on a terminal broken between words.  One that cannot be written stops nothing."""
    try:
        for line in printable_lines(text).split("\n"):
            word, colon, rest = broken(line, room(sys.stderr)).partition(":")
            told = click.style(word, **COLOURS[word]) if word in COLOURS else word
            click.echo(told + colon + rest, err=True)
    except OSError:
        silence(2)


def as_error(error: BaseException) -> NNTrainError | None:
    """An error of nntrain, the system or memory as one that has its exit code; None for what is a bug of ours."""
    if isinstance(error, OSError):
        place = "the output" if error.filename is None else os.fsdecode(error.filename)
        return StorageError(f"{place}: {error.strerror or error}")
    if isinstance(error, MemoryError):
        return StorageError("out of memory")
    return error if isinstance(error, NNTrainError) else None


def tell(error: NNTrainError) -> None:
    """What the user reads of an error: a line a problem."""
    plain = isinstance(error, Interrupted)
    for line in str(error).split("\n"):
        say(line if plain or ": error: " in line else f"error: {line}")


def tell_usage(wrong: click.UsageError) -> None:
    """What click says of a command line that is wrong, broken between words."""
    if wrong.ctx is not None:
        say(wrong.ctx.get_usage())
        if option := wrong.ctx.command.get_help_option(wrong.ctx):
            say(f"Try '{wrong.ctx.command_path} {max(option.opts, key=len)}' for help.\n")
    say(f"Error: {wrong.format_message()}")


def silence(stream: int) -> None:
    """Send stdout (1) or stderr (2) to nowhere, so that the interpreter does not stumble over it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream)


def is_live(stream: TextIO | None) -> bool:
    """Whether what was written can be written over: a terminal that knows how to move its cursor."""
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def size(stream: TextIO) -> tuple[int, int]:
    """Columns and lines of the terminal behind this stream; the other one may be a pipe.

    COLUMNS and LINES of the environment come first, 80 and 24 last.
    """
    try:
        columns, lines = os.get_terminal_size(stream.fileno())
    except (AttributeError, OSError, ValueError):  # no terminal, or closed
        columns, lines = 0, 0
    return _positive("COLUMNS") or columns or 80, _positive("LINES") or lines or 24


def room(stream: TextIO | None) -> int | None:
    """Columns of the terminal behind this stream; None where it is a file or a pipe: there every line has room."""
    return size(stream)[0] if stream is not None and is_terminal(stream) else None


def _positive(variable: str) -> int:
    text = os.environ.get(variable, "")
    return int(text) if text.isdecimal() else 0


def width_of(text: str) -> int:
    """Columns that a text takes: colours none, wide characters (Chinese, Japanese, Korean) two, accents none."""
    if "\033" in text:
        text = click.unstyle(text)
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def print_text(text: str, nl: bool = True) -> None:
    """What a person reads, to stdout: no control character of a name moves the cursor or hides a line."""
    click.echo(printable_lines(text), nl=nl)


def print_data(text: str, nl: bool = True) -> None:
    """What a program reads, to stdout: the very characters, and the very bytes of names that are no UTF-8; to a
    terminal as `print_text` does."""
    if room(sys.stdout) is not None:
        print_text(text, nl)
    else:
        click.echo(text.encode("utf-8", "surrogateescape"), nl=nl)


def print_path(path: str | os.PathLike[str]) -> None:
    """A file or directory that was made, to stdout."""
    print_data(os.fspath(path))


def broken(text: str, columns: int | None) -> str:
    """The text in lines of so many columns, broken between words; what is longer, such as a path, stays whole.

    What follows stands below the second column of a table's line, else it is indented.  Paths below the current
    directory begin there where they would not fit.
    """
    if columns is None or all(width_of(line) <= columns for line in text.split("\n")):
        return text
    text = text.replace(os.path.join(os.getcwd(), ""), "")
    return "\n".join(piece for line in text.split("\n") for piece in _pieces(line, columns))


def _pieces(line: str, columns: int) -> list[str]:
    from textwrap import wrap  # its patterns take as long to make as all of this module, and most lines fit

    indent = len(line) - len(line.lstrip())
    second = re.match(r" *\S+ {2,}(?=\S)", line)
    hanging = second.end() if second and second.end() <= columns // 2 else min(indent + 2, columns // 2)
    if line.isascii():
        return wrap(line, columns, subsequent_indent=" " * hanging, break_long_words=False, break_on_hyphens=False) or [
            ""
        ]
    pieces, here = [], " " * indent  # textwrap counts characters, of which some take two columns and some none
    for space, word in re.findall(r"(\s*)(\S+)", line.lstrip()):
        if here.strip() and width_of(here + space + word) > columns:
            pieces.append(here)
            here, space = " " * hanging, ""
        here += space + word
    return [*pieces, here]


def colourful(stream: TextIO | None) -> bool:
    """Whether colours reach this stream: as --color says, else on a terminal unless NO_COLOR is set."""
    context = click.get_current_context(silent=True)
    if context is not None and context.color is not None:
        return context.color
    return is_live(stream) and not os.environ.get("NO_COLOR")


def _choose(context: click.Context, option: click.Parameter, value: str | None) -> None:
    """What --color says holds for all that is printed."""
    if value is not None and value != "auto":
        context.color = value == "always"
    elif context.color is None and (os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"):
        context.color = False


def color_option() -> click.Option:
    """--color, which every command takes."""
    return click.Option(
        ["--color"],
        type=click.Choice(["auto", "always", "never"]),
        callback=_choose,
        expose_value=False,
        is_eager=True,
        help="Colours: on a terminal unless NO_COLOR is set (auto), always or never.",
    )


class HelpFormatter(click.HelpFormatter):
    """Click's, which writes 50 columns at least, for narrower windows too."""

    def __init__(self, indent_increment: int = 2, width: int | None = None, max_width: int | None = None):
        columns = room(sys.stdout)
        super().__init__(indent_increment, columns - 1 if columns is not None and columns < 52 else width, max_width)

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Names, in a third of a narrow window, and what they mean; below a name that is longer."""
        super().write_dl(list(rows), col_max if self.width >= 60 else self.width // 3, col_spacing)

    def getvalue(self) -> str:
        """What was written, examples broken too where they are longer than the window."""
        return broken(super().getvalue(), room(sys.stdout))


class Context(click.Context):
    """Click's, with help that fits the window."""

    formatter_class = HelpFormatter

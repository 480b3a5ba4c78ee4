"""What is written to a terminal: messages, numbers, tables, bars, and how much room there is."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import isfinite
from typing import Any, TextIO

import click

_BLOCKS = "▁▂▃▄▅▆▇█"


def warn(text: str) -> None:
    """A warning to stderr."""
    say(f"warning: {text}")


def say(text: str) -> None:
    """A message to stderr.  A reader who has gone, or a full disk under a log of it, stops nothing."""
    try:
        click.echo(text, err=True)
    except OSError:
        silence(2)


def silence(stream: int) -> None:
    """Send stdout (1) or stderr (2) to nowhere, so that the interpreter does not stumble over it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream)


def is_live(stream: TextIO | None) -> bool:
    """Whether what was written can be written over: a terminal that knows how to move its cursor."""
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"


def size(stream: TextIO) -> tuple[int, int]:
    """Columns and lines of the terminal behind this stream; the other one may be a pipe.

    COLUMNS and LINES of the environment come first, 80 and 24 last.
    """
    try:
        columns, lines = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):  # no terminal, or closed
        columns, lines = 0, 0
    return _positive("COLUMNS") or columns or 80, _positive("LINES") or lines or 24


def room(stream: TextIO) -> int | None:
    """Columns of the terminal behind this stream; None where it is a file or a pipe: there every line has room."""
    return size(stream)[0] if stream.isatty() else None


def _positive(variable: str) -> int:
    text = os.environ.get(variable, "")
    return int(text) if text.isdecimal() else 0


def number(value: object) -> str:
    """A metric for people: five significant digits; nested lists (a confusion matrix) are left to --json."""
    if isinstance(value, float):
        return f"{value:.5g}"
    return f"[{len(value)} rows]" if isinstance(value, list) else str(value)


def cell(value: object) -> str:
    """A config value or metric in a table: of a component the name, as its arguments are keys of their own."""
    if value is None:
        return ""
    if isinstance(value, dict) and "type" in value:
        return str(value["type"])
    if not isinstance(value, list | dict):
        return number(value)
    from nntrain.config import flow  # a list of runs needs no config

    return flow(value)


def values_line(values: Mapping[str, Any]) -> str:
    """`loss 0.1234  accuracy 0.97`: the numbers of a metrics mapping on one line."""
    return "  ".join(f"{name} {number(value)}" for name, value in values.items() if not isinstance(value, list))


def table(head: Sequence[str], rows: Sequence[Sequence[str]], right: str = "") -> str:
    """Columns as wide as their widest cell; those whose letter in `right` is 'r' are aligned to the right."""
    widths = [max(len(str(line[i])) for line in (head, *rows)) for i in range(len(head))]
    lines = []
    for line in (head, *rows):
        cells = [
            str(cell).rjust(width) if i < len(right) and right[i] == "r" else str(cell).ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def csv_text(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """The table as comma-separated values; lists, mappings, true and false as JSON."""
    import csv
    import json

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow(["" if c is None else json.dumps(c) if isinstance(c, dict | list | bool) else c for c in row])
    return text.getvalue()


def clock(seconds: float) -> str:
    """A time that is left or has passed: 0:07, 12:30, 3:05:00."""
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def bar(share: float, width: int) -> str:
    """A bar of so many columns, filled to a share of it."""
    full = round(width * share)
    return "█" * full + "░" * (width - full)


def sparkline(values: Sequence[float | None], width: int = 40) -> str:
    """A character a value, from the lowest to the highest; of more values than there is room each mean of a few."""
    if len(values) > width:
        cuts = [round(i * len(values) / width) for i in range(width + 1)]
        values = [_mean(values[a:b]) for a, b in pairwise(cuts)]
    finite = [v for v in values if v is not None and isfinite(v)]
    if not finite:
        return " " * len(values)
    low, high = min(finite), max(finite)
    span = high - low or 1.0
    return "".join(" " if v is None or not isfinite(v) else _BLOCKS[min(7, int((v - low) / span * 8))] for v in values)


def _mean(values: Sequence[float | None]) -> float | None:
    finite = [v for v in values if v is not None and isfinite(v)]
    return sum(finite) / len(finite) if finite else None

"""What several commands share."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import click

from nntrain.errors import ConfigError

quiet = click.option("-q", "--quiet", "is_quiet", is_flag=True, help="No progress on stderr.")
pass_threads = click.option(
    "--threads",
    type=click.IntRange(min=1),
    envvar="NNTRAIN_THREADS",
    show_envvar=True,
    help="Threads to compute with (default: one a core).  Changes speed, never results.",
)


def start(threads: int | None) -> None:
    """Prepare the process for computing."""
    from nntrain.runtime import threads as pool
    from nntrain.runtime.memory import keep_freed_memory

    keep_freed_memory()
    count = threads or pool.available_cores()
    try:
        pool.set_threads(count)
    except RuntimeError:
        raise ConfigError(f"--threads: error: the system does not start {count} threads; give fewer") from None


def say(text: str) -> None:
    """A message to stderr.  A reader who has gone, or a full disk under a log of it, stops nothing."""
    try:
        click.echo(text, err=True)
    except OSError:
        silence(2)


def silence(stream: int) -> None:
    """Send stdout (1) or stderr (2) to nowhere, so that the interpreter does not stumble over it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream)


def number(value: Any) -> str:
    """A metric for people: five significant digits; nested lists (a confusion matrix) are left to --json."""
    if isinstance(value, float):
        return f"{value:.5g}"
    return f"[{len(value)} rows]" if isinstance(value, list) else str(value)


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

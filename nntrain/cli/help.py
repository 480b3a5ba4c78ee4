"""nntrain help."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib import resources
from itertools import groupby
from textwrap import wrap

import click

from nntrain.cli.tables import simple
from nntrain.cli.terminal import broken, room
from nntrain.messages import did_you_mean

_WIDEST = 100  # columns that a paragraph is read in comfortably
_BETWEEN_CELLS = re.compile(r"(?<!\\)\|")
_ITEM = re.compile(r"(?:[-*]|[0-9]+\.) ")


def _pages() -> dict[str, str]:
    """Text of every page of nntrain/docs by its topic."""
    files = [file for file in resources.files("nntrain").joinpath("docs").iterdir() if file.name.endswith(".md")]
    return {file.name[:-3]: file.read_text("utf-8") for file in sorted(files, key=lambda file: file.name)}


def _topics(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    return [topic for topic in _pages() if topic.startswith(incomplete)]


@click.command
@click.argument("topic", required=False, shell_complete=_topics)
@click.pass_context
def help(ctx: click.Context, topic: str | None) -> None:
    """The page about TOPIC, or the list of topics.

    Of a command it prints what its --help prints: nntrain help fit.
    """
    pages = _pages()
    assert ctx.parent is not None
    program = ctx.parent.command
    if topic is None:
        width = max(map(len, pages))
        click.echo(f"{'topic':{width}}  page")
        for page, text in pages.items():
            click.echo(broken(f"{page:{width}}  {text.splitlines()[0].lstrip('# ')}", room(sys.stdout)))
    elif (name := topic.replace("-", "_")) in pages:
        columns = room(sys.stdout)
        text = pages[name]
        click.echo(text.rstrip("\n") if columns is None else "\n".join(fitted(text, min(columns, _WIDEST))))
    elif isinstance(program, click.Group) and (command := program.get_command(ctx, topic)) is not None:
        with command.context_class(command, info_name=topic, parent=ctx.parent) as inner:
            click.echo(command.get_help(inner))
    else:
        hint = did_you_mean(name, pages) or f"; there are {', '.join(pages)}"
        raise click.UsageError(f"no page about '{topic}'{hint}")


def fitted(text: str, width: int) -> Iterator[str]:
    """Markdown in lines of this width; what is longer, as lines of examples and paths, goes on in an indented one."""
    for line in _laid_out(text, width):
        if len(line) <= width:
            yield line
        else:
            hanging = " " * min(len(line) - len(line.lstrip()) + 2, width // 2)
            yield from wrap(line, width, subsequent_indent=hanging, break_on_hyphens=False)


def _laid_out(text: str, width: int) -> Iterator[str]:
    """Markdown whose paragraphs, items and tables fit the width as far as words do."""
    for kind, group in groupby(_kinds(text), lambda pair: pair[0]):
        lines = [line for _, line in group]
        if kind == "paragraph":
            for part in _parts(lines):
                item = _ITEM.match(part)
                hanging = " " * len(item[0]) if item else ""
                yield from wrap(part, width, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)
        elif kind == "table":
            yield from _table(lines, width)
        else:
            yield from lines


def _kinds(text: str) -> Iterator[tuple[str, str]]:
    """Each line with what it belongs to."""
    example = False
    for line in text.splitlines():
        fence = line.startswith("```")
        if example or fence:
            yield "example", line
            example ^= fence
        else:
            yield "empty" if not line else "table" if line.startswith("|") else "paragraph", line


def _parts(lines: list[str]) -> list[str]:
    """The paragraph, or its items, each joined to one line."""
    parts: list[str] = []
    for line in lines:
        if not parts or _ITEM.match(line) or line.startswith("#"):
            parts.append(line)
        else:
            parts[-1] += " " + line.strip()
    return parts


def _table(lines: list[str], width: int) -> list[str]:
    """Columns where they fit, else each row's first cell with the others below it."""
    rows = [[cell.strip().replace("\\|", "|") for cell in _BETWEEN_CELLS.split(line)[1:-1]] for line in lines]
    head, body = rows[0], rows[2:]
    columns = simple(head, body).splitlines()
    if max(map(len, columns)) <= width:
        return columns
    told = []
    for first, *others in body:
        told += [first, *wrap(" · ".join(filter(None, others)), width, initial_indent="  ", subsequent_indent="  ")]
    return told

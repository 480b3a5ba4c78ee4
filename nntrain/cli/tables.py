"""Tables for people, as wide as the terminal allows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import click

from nntrain.cli.terminal import width_of
from nntrain.messages import in_spreadsheet, printable, printable_lines

_NAME = 9  # columns that a shortened cell of text keeps at least
_GAP = "  "


class Column(NamedTuple):
    """A column of a table.

    right    cells stand to the right, as numbers do
    least    columns that text is not shortened below
    rank     in a narrow window the column of the highest rank goes first, the last of them; those of rank 0 stay
    styles   of each cell, as click.style takes them
    """

    head: str
    cells: Sequence[str]
    right: bool = True
    least: int = _NAME
    rank: int = 0
    styles: Sequence[Mapping[str, Any]] = ()

    @property
    def width(self) -> int:
        """Columns that head and cells take."""
        return max(width_of(text) for text in (*self.head.split("\n"), *self.cells))

    def lines(self, tall: int) -> list[str]:
        """The head in so many lines, and the cells, each as wide as the column."""
        head = self.head.split("\n")
        texts = [*[""] * (tall - len(head)), *head, *self.cells]
        width, plain = self.width, dict[str, Any]()
        styles = [*[plain] * tall, *(self.styles or [plain] * len(self.cells))]
        return [self._line(text, width, style) for text, style in zip(texts, styles, strict=True)]

    def _line(self, text: str, width: int, style: Mapping[str, Any]) -> str:
        space = " " * (width - width_of(text))
        text = click.style(text, **style) if style else text
        return space + text if self.right else text + space


def table(columns: Sequence[Column], width: int | None = None, split: bool = False) -> tuple[str, list[str]]:
    """The table in so many columns of a terminal (None: as wide as it is), and the heads of what was left out.

    Where it is too wide, heads are broken, then shortened to their last part, then text is; then columns are left out
    by their rank, or with `split` the table becomes several, each with the first column.
    """
    columns = [
        column._replace(head=printable_lines(column.head), cells=[printable(text) for text in column.cells])
        for column in columns
    ]
    if width is None:
        return _lines(columns), []
    left_out: list[str] = []
    short = _tails([column.head for column in columns])
    while (fitting := _fitting(columns, width, short)) is None:
        if split and len(columns) > 2:
            return _split(columns, width, short), []
        most = max(column.rank for column in columns)
        if most == 0:
            return _lines(_squeezed(columns, width) or columns), left_out
        at = max(i for i, column in enumerate(columns) if column.rank == most)
        left_out.append(columns.pop(at).head)
    return _lines(fitting), left_out


def simple(head: Sequence[str], rows: Sequence[Sequence[str]], right: str = "", width: int | None = None) -> str:
    """A table by rows; columns whose letter in `right` is 'r' stand to the right.  Several tables where it is wide."""
    columns = [
        Column(name, [str(row[i]) for row in rows], right=right[i : i + 1] == "r") for i, name in enumerate(head)
    ]
    return table(columns, width, split=True)[0]


def _fitting(columns: Sequence[Column], width: int, short: Mapping[str, str]) -> Sequence[Column] | None:
    """The columns with heads and text as long as there is room for; None where there is too little."""
    for heads in (None, [broken_head(c.head) for c in columns], [broken_head(short[c.head]) for c in columns]):
        tried = columns if heads is None else [c._replace(head=h) for c, h in zip(columns, heads, strict=True)]
        if width_of_columns(tried) <= width:
            return tried
    return _squeezed(tried, width)


def _squeezed(columns: Sequence[Column], width: int) -> Sequence[Column] | None:
    """Text cells shortened, the first column's last; None where that is not enough."""
    squeezed = list(columns)
    for i in [i for i in range(len(squeezed) - 1, -1, -1) if not squeezed[i].right]:
        excess = width_of_columns(squeezed) - width
        if excess <= 0:
            break
        column = squeezed[i]
        least = max(column.least, *map(width_of, column.head.split("\n")))
        if (most := max(least, column.width - excess)) < column.width:
            squeezed[i] = column._replace(cells=[elided(text, most) for text in column.cells])
    return squeezed if width_of_columns(squeezed) <= width else None


def elided(text: str, most: int) -> str:
    """The end of a text that is too long: names of runs differ there."""
    if width_of(text) <= most:
        return text
    while text and width_of(text) >= most:
        text = text[1:]
    return "…" + text


def width_of_columns(columns: Sequence[Column]) -> int:
    """Columns of the terminal that the table takes."""
    return sum(column.width for column in columns) + len(_GAP) * (len(columns) - 1)


def _tails(heads: Sequence[str]) -> dict[str, str]:
    """`optimizer.lr` -> `lr` where no other head of the whole table ends so."""
    last = [head.rpartition(".")[2] for head in heads]
    return {head: tail if last.count(tail) == 1 else head for tail, head in zip(last, heads, strict=True)}


def broken_head(head: str) -> str:
    """A head in several lines: `validation` over `.accuracy`, `in` over `earlier` over `parts`."""
    return re.sub(r"(?<=\w)([._])(?=\w)", r"\n\1", head).replace(" ", "\n")


def _lines(columns: Sequence[Column]) -> str:
    tall = max(column.head.count("\n") for column in columns) + 1
    rows = zip(*(column.lines(tall) for column in columns), strict=True)
    return "\n".join(_GAP.join(row).rstrip() for row in rows)


def _split(columns: Sequence[Column], width: int, short: Mapping[str, str]) -> str:
    """Several tables below each other, as many columns in each as fit."""
    first, *others = columns
    pieces, here = [], [first]
    for column in others:
        if len(here) > 1 and _fitting([*here, column], width, short) is None:
            pieces.append(here)
            here = [first]
        here.append(column)
    pieces.append(here)
    return "\n\n".join(_lines(_fitting(piece, width, short) or piece) for piece in pieces)


def csv_text(head: Sequence[str], rows: Sequence[Sequence[object]], spreadsheet: bool = False) -> str:
    """The table as comma-separated values; lists, mappings, true and false as JSON.

    spreadsheet   whether no word may be taken for a formula
    """
    import csv
    import io
    import json

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in (head, *rows):
        cells = ["" if c is None else json.dumps(c) if isinstance(c, dict | list | bool) else c for c in row]
        writer.writerow([in_spreadsheet(c) if spreadsheet and isinstance(c, str) else c for c in cells])
    return text.getvalue()

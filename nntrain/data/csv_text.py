"""The text of a csv file as rows of cells, strictly: what is doubtful is refused with its place.

Rows are counted as an editor counts lines and columns from 1: `file:row:column: error: …`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np

from nntrain.data.source_files import Source, name_of, read_bytes
from nntrain.data.standardize import LARGEST
from nntrain.errors import DataError
from nntrain.model.shapes import Array

DELIMITERS = ("\t", ";", ",")  # in this order, as decimal commas also stand between semicolons
MISSING = frozenset(["", "na", "n/a", "nan", "null", "?"])

_number = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_not_numeric = re.compile(r"[^0-9eE+\-. ]")


@dataclass
class Table:
    """rows[i] begins at line lines[i] of the text called `name`; all rows have `width` cells, stripped of spaces."""

    name: str
    rows: list[list[str]]
    lines: list[int]

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.rows[0])

    def error(self, row: int, column: int, message: str) -> DataError:
        """The error about a cell; row and column count from 0 here, from 1 in the message."""
        line = " ".join(message.split())  # a quoted cell may hold line breaks
        return DataError(f"{self.name}:{self.lines[row]}:{column + 1}: error: {line}")

    def column(self, index: int) -> list[str]:
        """The cells of one column, from the top."""
        return [row[index] for row in self.rows]

    def select(self, keep: list[int]) -> Table:
        """The table of some rows, each still at its line."""
        return Table(self.name, [self.rows[i] for i in keep], [self.lines[i] for i in keep])


def read_table(source: Source | None, delimiter: str | None = None, content: bytes | None = None) -> Table:
    """Rows of a file or a stream of text; `content` is the file's where it has been read already.

    Raises DataError for what is not UTF-8, empty, ragged, or has NUL bytes or unclosed quotes.
    """
    name = name_of(source)
    try:
        if isinstance(source, Path):
            text = (read_bytes(source) if content is None else content).decode("utf-8-sig")
        elif source is None:
            raise DataError(f"{name}: error: standard input is closed")
        else:
            text = source.read().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DataError(f"{name}:{line}:1: error: not UTF-8 text: {error.reason}; save it as UTF-8") from error
    if (nul := text.find("\0")) >= 0:
        raise DataError(f"{name}:{text.count(chr(10), 0, nul) + 1}:1: error: a NUL byte; this is no csv text")
    return _rows(name, text, delimiter or _find_delimiter(text))


class _Reader(Protocol):
    """What `csv.reader` gives."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...

    def __next__(self) -> list[str]: ...


def _reader(text: str, delimiter: str) -> _Reader:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)


def _find_delimiter(text: str) -> str:
    """The one that cuts each of the first rows into the same number of cells, two or more."""
    for delimiter in DELIMITERS:
        try:
            widths = {len(row) for row in islice(_reader(text, delimiter), 20) if row}
        except csv.Error:
            continue
        if len(widths) == 1 and widths.pop() > 1:
            return delimiter
    first = text.lstrip().partition("\n")[0]
    return max(reversed(DELIMITERS), key=first.count)  # rows differ: the error about that reads best so


def _rows(name: str, text: str, delimiter: str) -> Table:
    reader, rows, lines, line = _reader(text, delimiter), [], [], 1
    try:
        for row in reader:
            if row and (len(row) > 1 or row[0].strip()):
                rows.append([cell.strip() for cell in row])
                lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        reason = "a quote is never closed" if "unexpected end" in str(error) else str(error)
        raise DataError(f"{name}:{line}:1: error: {reason}") from error
    if not rows:
        raise DataError(f"{name}: error: the file is empty")
    width = len(rows[0])
    for row, line in zip(rows, lines, strict=True):
        if len(row) != width:
            place = min(len(row), width) + 1
            raise DataError(f"{name}:{line}:{place}: error: {len(row)} cells, expected {width} as in the first row")
    return Table(name, rows, lines)


def is_missing(cell: str) -> bool:
    """Whether a cell stands for no value."""
    return cell.lower() in MISSING


def is_number(cell: str) -> bool:
    """Decimal, an exponent allowed; no inf, no nan, no 1_000, no hexadecimal; too large for us is still a number."""
    return _number.fullmatch(cell) is not None


def numbers(cells: list[str]) -> tuple[Array, int | None]:
    """Values, NaN where they are missing, and the index of the first cell that is neither (None: there is none)."""
    if not _not_numeric.search(" ".join(cells)):  # then float() takes what is_number takes
        try:
            values = np.array(list(map(float, cells)))
            if (np.abs(values) <= LARGEST).all():
                return values, None
        except ValueError:
            pass
    known = {cell: float(cell) if is_number(cell) else np.nan for cell in set(cells)}
    values = np.array([known[cell] for cell in cells])
    wrong = {c for c, v in known.items() if not abs(v) <= LARGEST and not is_missing(c)}
    return values, next((i for i, cell in enumerate(cells) if cell in wrong), None) if wrong else None


def has_header(table: Table) -> bool:
    """Whether the first row names the columns: no number in it, and numbers, or at least other words, below it."""
    first, below = table.rows[0], table.rows[1:101]
    if any(is_number(cell) or (cell and is_missing(cell)) for cell in first) or not any(first):
        return False
    if any(is_number(cell) for row in below for cell in row):
        return True
    return len(set(first)) == len(first) and not any(row[i] == cell for i, cell in enumerate(first) for row in below)


def column_names(table: Table) -> list[str]:
    """The first row as names, the number of a column where it has none.  Raises DataError where two are the same."""
    names = [name or str(i) for i, name in enumerate(table.rows[0])]
    for i, name in enumerate(names):
        if name in names[:i]:
            raise table.error(0, i, f"two columns are called {name}")
    return names

"""Tables in text files as columns of cells, strictly: what is doubtful is refused with its place.

Rows are counted as an editor counts lines and columns from 1: `file:row:column: error: …`.
"""

from __future__ import annotations

import csv
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from nntrain.data.tables.cells import Cells, CellsBuilder
from nntrain.data.tables.dialect import Dialect, Reader, find_delimiter, rows_of
from nntrain.data.tables.header import HeaderRule, UnclearError, has_header, odd_names
from nntrain.data.tables.text_files import TextFile
from nntrain.errors import DataError
from nntrain.model.shapes import Array

_SAMPLE = 1 << 16  # characters by which the delimiter is found
_FIRST = 100  # rows by which a header is found
_PIECE = 1 << 16  # cells that are read at a time


@dataclass
class Table:
    """Columns of cells; row i begins at line lines[i] of the file.

    first     the first row as it stands in the file, which names the columns where there is a header
    header    whether it does, and is no row of data
    warnings  what the reader took without being told
    """

    name: str
    first: list[str]
    header: bool
    columns: list[Cells]
    lines: Array
    first_line: int
    warnings: list[str] = field(default_factory=list)

    @property
    def empty(self) -> set[int]:
        """Columns without any cell that is not empty, which are left out."""
        return {i for i, cells in enumerate(self.columns) if cells.empty}

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.first)

    @property
    def names(self) -> list[str]:
        """Names of the columns: from the header, or their numbers from 0.  Raises DataError where two are the same."""
        names = [name if self.header and name else str(i) for i, name in enumerate(self.first)]
        for i, name in enumerate(names):
            if name in names[:i]:
                raise self.error(None, i, f"two columns are called {name}")
        return names

    def missing(self) -> dict[str, int]:
        """How many values are missing, by column, where there are any."""
        counts = {name: int(cells.missing.sum()) for name, cells in zip(self.names, self.columns, strict=True)}
        return {name: count for name, count in counts.items() if count}

    def place(self, row: int | None, column: int) -> str:
        """`file:row:column` of a cell; both count from 0 here, row None is the header."""
        line = self.first_line if row is None else self.lines[row]
        return f"{self.name}:{line}:{column + 1}"

    def warn(self, row: int | None, column: int, message: str) -> None:
        """Tell of what is taken, or left out, without being said."""
        self.warnings.append(f"{self.place(row, column)}: {' '.join(message.split())}")

    def error(self, row: int | None, column: int, message: str) -> DataError:
        """The error about a cell."""
        return DataError(f"{self.place(row, column)}: error: {' '.join(message.split())}")  # cells may hold line breaks


def read_table(file: TextFile, dialect: Dialect, is_header: HeaderRule | None = None) -> Table:
    """The table in a file.  `is_header` decides about the first row, whatever the dialect says.

    Raises DataError for what is ragged, has unclosed quotes, or is a header and no rows.
    """
    with file.open() as text:
        delimiter = dialect.delimiter or find_delimiter(_whole_lines(text.read(_SAMPLE)), dialect)
    with file.open() as text, _collecting_no_garbage():
        rows = _Rows(file.name, rows_of(text, delimiter, dialect.comment))
        beginning = list(islice(rows, _FIRST + 1))
        if not beginning:
            raise DataError(f"{file.name}: error: the file is empty")
        first_line, first = beginning[0][0], [cell.strip() for cell in beginning[0][1]]
        below = [row for _, row in beginning[1:]]
        if is_header is not None:
            header = is_header(first, below)
        else:
            header = (
                _found_header(file, first_line, first, below, dialect) if dialect.header is None else dialect.header
            )
        builders = [CellsBuilder(dialect.numerals, dialect.missing, not dialect.point_said) for _ in first]
        lines: list[Array] = []
        piece = beginning[1:] if header else beginning
        while piece:
            lines.append(np.array([line for line, _ in piece]))
            for builder, cells in zip(builders, zip(*[row for _, row in piece], strict=True), strict=True):
                builder.add(cells)
            piece = list(islice(rows, max(1, _PIECE // len(first))))
    if not lines:
        raise DataError(f"{file.name}: error: a header and no rows")
    columns = [builder.build() for builder in builders]
    table = Table(file.name, first, header, columns, np.concatenate(lines), first_line, list(file.warnings))
    _tell_empty(table, rows)
    return table


def _found_header(file: TextFile, line: int, first: list[str], below: list[list[str]], dialect: Dialect) -> bool:
    """Whether the first row is a header, with a word where a name looks like a number.  Raises DataError."""
    try:
        header = has_header(first, below, dialect)
    except UnclearError:
        raise DataError(
            f"{file.name}:{line}:1: error: does this row name the columns, or is it data?  Say header: true or false"
        ) from None
    if header and (odd := odd_names(first, below, dialect)):
        file.warnings.append(
            f"{file.name}:{line}:{odd[0] + 1}: {first[odd[0]]} is taken for the name of a column; header: false makes "
            "this row data"
        )
    return header


def _tell_empty(table: Table, rows: _Rows) -> None:
    """Tell of the rows and columns that hold nothing."""
    if rows.empty:
        lines = f"lines {rows.empty[0]} to {rows.empty[-1]}" if len(rows.empty) > 1 else f"line {rows.empty[0]}"
        count = f"{len(rows.empty)} rows are" if len(rows.empty) > 1 else "a row is"
        table.warnings.append(f"{table.name}: {count} empty: left out ({lines})")
    for named in (False, True):
        columns = [i for i in sorted(table.empty) if bool(table.header and table.first[i]) == named]
        if columns:
            many = len(columns) > 1
            what = "no value" if named or not table.header else "neither name nor value"
            names = ", ".join(table.first[i] if named else str(i) for i in columns)
            said = f"columns {names} have {what}" if many else f"column {names} has {what}"
            table.warn(None, columns[0], f"{said}: left out")


class _Rows:
    """(line, cells) of every row that holds anything, all of one width.  empty: lines of rows of empty cells."""

    def __init__(self, name: str, reader: Reader):
        self._name, self._reader = name, reader
        self._line, self._width = 1, 0
        self.empty: list[int] = []

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        return self

    def __next__(self) -> tuple[int, list[str]]:
        while True:
            line = self._line
            try:
                row = next(self._reader)
            except csv.Error as error:
                reason = "a quote is never closed" if "unexpected end" in str(error) else str(error)
                raise DataError(f"{self._name}:{line}:1: error: {reason}") from error
            self._line = self._reader.line_num + 1
            if not any(row) or not any(cell.strip() for cell in row):
                if len(row) > 1:
                    self.empty.append(line)
                continue
            self._width = self._width or len(row)
            if len(row) != self._width:
                place = f"{self._name}:{line}:{min(len(row), self._width) + 1}"
                raise DataError(f"{place}: error: {len(row)} cells, expected {self._width} as in the first row")
            return line, row


def _whole_lines(sample: str) -> str:
    """Without what the end of the sample cuts off."""
    end = max(sample.rfind("\n"), sample.rfind("\r"))
    return sample if len(sample) < _SAMPLE or end < 0 else sample[: end + 1]


@contextmanager
def _collecting_no_garbage() -> Iterator[None]:
    """Millions of short lists hold no circles; to look for some takes longer than to read them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()

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
from nntrain.data.tables.header import HeaderRule, has_header
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
        rows = _rows(file.name, rows_of(text, delimiter, dialect.comment))
        beginning = list(islice(rows, _FIRST + 1))
        if not beginning:
            raise DataError(f"{file.name}: error: the file is empty")
        first_line, first = beginning[0][0], [cell.strip() for cell in beginning[0][1]]
        below = [row for _, row in beginning[1:]]
        if is_header is not None:
            header = is_header(first, below)
        else:
            header = has_header(first, below, dialect) if dialect.header is None else dialect.header
        builders = [CellsBuilder(dialect.numerals, dialect.missing) for _ in first]
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
    return Table(file.name, first, header, columns, np.concatenate(lines), first_line, list(file.warnings))


def _rows(name: str, reader: Reader) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of every row that is not blank, all of one width."""
    line, width = 1, 0
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            reason = "a quote is never closed" if "unexpected end" in str(error) else str(error)
            raise DataError(f"{name}:{line}:1: error: {reason}") from error
        if row is None:
            return
        if row and (len(row) > 1 or row[0].strip()):
            width = width or len(row)
            if len(row) != width:
                raise DataError(
                    f"{name}:{line}:{min(len(row), width) + 1}: error: {len(row)} cells, expected {width} as in the "
                    "first row"
                )
            yield line, row
        line = reader.line_num + 1


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

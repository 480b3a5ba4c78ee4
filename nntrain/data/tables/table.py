"""A table as columns of cells, and the places of these in its files.

Rows are counted as an editor counts lines and columns from 1: `file:row:column: error: …`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from nntrain.data.tables.cells import Cells
from nntrain.errors import DataError
from nntrain.messages import did_you_mean


class RowLines:
    """At which line each row begins; rows that follow each other line by line are kept as one."""

    def __init__(self) -> None:
        self._ends: list[int] = []  # rows up to the end of each piece
        self._lines: list[Sequence[int]] = []

    def add(self, lines: Sequence[int]) -> None:
        """Of further rows, ascending."""
        if lines[-1] - lines[0] == len(lines) - 1:
            lines = range(lines[0], lines[-1] + 1)
            before = self._lines[-1] if self._lines else ()
            if isinstance(before, range) and before.stop == lines.start:
                self._lines[-1] = range(before.start, lines.stop)
                self._ends[-1] += len(lines)
                return
        self._lines.append(lines)
        self._ends.append(len(self) + len(lines))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __getitem__(self, row: int) -> int:
        piece = bisect_right(self._ends, row)
        lines = self._lines[piece]
        return lines[row - (self._ends[piece] - len(lines))]


def column_names(first: Sequence[str], header: bool) -> list[str]:
    """What the columns under a first row are called: by its cells where it is a header, and where a cell says nothing,
    by their numbers from 0.
    """
    return [name if header and name else str(i) for i, name in enumerate(first)]


@dataclass
class Piece:
    """One of the files of a table: its name, the number of its first row in the table, and where the columns of the
    table stand in it.
    """

    name: str
    start: int
    places: list[int]


@dataclass
class Table:
    """Columns of cells; row i begins at line lines[i] of its file.

    name      of the file, of several the first
    first     the first row as it stands in the file, which names the columns where there is a header
    header    whether it does, and is no row of data
    pieces    the files, where there are several
    warnings  what the reader took without being told
    is_later  whether its columns are those of a layout, found out from another table
    """

    name: str
    first: list[str]
    header: bool
    columns: list[Cells]
    lines: RowLines
    first_line: int
    pieces: Sequence[Piece] = ()
    warnings: list[str] = field(default_factory=list)
    is_later: bool = False

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
        names = column_names(self.first, self.header)
        if len(set(names)) < len(names):
            seen = set[str]()
            for i, name in enumerate(names):
                if name in seen:
                    raise self.error(None, i, f"two columns are called {name}; rename one of them in the file")
                seen.add(name)
        return names

    def find(self, column: str | int, argument: str) -> int:
        """The number of a column that an argument of the config names, or gives by its number.  Raises DataError."""
        names = self.names
        if isinstance(column, str) and column in names:
            return names.index(column)
        if isinstance(column, int) and -len(names) <= column < len(names):
            return column % len(names)
        some = [*names[:100], "…"] if len(names) > 100 else names
        there = " ".join(", ".join(some).split()) if self.header else f"no header, so columns are 0 to {len(names) - 1}"
        hint = did_you_mean(str(column), names) if self.header else ""
        raise DataError(f"{self.name}: error: {argument}: no column {column!r} ({there}){hint}")

    def missing(self) -> dict[str, int]:
        """How many values are missing, by column, where there are any."""
        counts = {name: int(cells.missing.sum()) for name, cells in zip(self.names, self.columns, strict=True)}
        return {name: count for name, count in counts.items() if count}

    def place(self, row: int | None, column: int) -> str:
        """`file:row:column` of a cell; both count from 0 here, row None is the header."""
        if row is None:
            return f"{self.name}:{self.first_line}:{column + 1}"
        piece = next((piece for piece in reversed(self.pieces) if piece.start <= row), None)
        name, column = (self.name, column) if piece is None else (piece.name, piece.places[column])
        return f"{name}:{self.lines[row]}:{column + 1}"

    def warn(self, row: int | None, column: int, message: str) -> None:
        """Tell of what is taken, or left out, without being said."""
        self.warnings.append(f"{self.place(row, column)}: {' '.join(message.split())}")

    def error(self, row: int | None, column: int, message: str) -> DataError:
        """The error about a cell."""
        return DataError(f"{self.place(row, column)}: error: {' '.join(message.split())}")  # cells may hold line breaks

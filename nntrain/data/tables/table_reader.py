"""Files as a table of columns of cells, strictly: what is doubtful is refused with its place.

Rows are counted as an editor counts lines and columns from 1: `file:row:column: error: …`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from nntrain.data.tables.cells_builder import CellsBuilder
from nntrain.data.tables.dialect import Dialect
from nntrain.data.tables.file_rows import PassedOver, Rows, rows_in
from nntrain.data.tables.header import HeaderRule, UnclearError, has_header, odd_names
from nntrain.data.tables.plain_blocks import PlainBlocks
from nntrain.data.tables.table import Piece, RowLines, Table
from nntrain.data.tables.table_files import TableFile
from nntrain.data.tables.typed_files import TypedFile
from nntrain.errors import DataError
from nntrain.messages import did_you_mean
from nntrain.runtime.garbage import collecting_no_garbage

_FIRST, _FEW_FIRST = 100, 20  # rows by which a header is found, fewer in tables of more than _WIDE columns
_PIECE = 1 << 16  # cells that are read at a time
MOST_COLUMNS = 110_000  # each takes a kilobyte
_WIDE, _ROWS_OF_WIDE = 20_000, 3  # a header and two rows are the least that parts can be made of
_LEAST = 64  # rows that are read at a time, however many columns there are


def read_table(files: TableFile | Sequence[TableFile], dialect: Dialect, is_header: HeaderRule | None = None) -> Table:
    """The table in a file, or in several, one below the other: their columns are matched by name where there is a
    header.  `is_header` decides about the first row, whatever the dialect says.

    Raises DataError for what is ragged, has unclosed quotes, is a header and no rows, or has other columns than the
    first file.
    """
    files = files if isinstance(files, Sequence) else [files]
    reader = _TableReader(dialect, is_header)
    with collecting_no_garbage():
        for file in files:
            reader.add(file)
    return reader.table()


class _TableReader:
    """Reads file after file into the same columns."""

    def __init__(self, dialect: Dialect, is_header: HeaderRule | None):
        self._dialect, self._is_header = dialect, is_header
        self._table: Table | None = None
        self._builders: list[CellsBuilder] = []
        self._lines = RowLines()
        self._empty: list[tuple[str, PassedOver]] = []  # empty rows by file
        self._pieces: list[Piece] = []
        self._warnings: list[str] = []

    def add(self, file: TableFile) -> None:
        """The rows of a further file."""
        with rows_in(file, self._dialect) as rows:
            self._add_rows(file, rows)
        self._empty.append((file.name, rows.empty))

    def _add_rows(self, file: TableFile, rows: Rows) -> None:
        dialect = self._dialect
        start = begin(file, rows, dialect, self._is_header, self._table)
        line, first, header, piece = start.line, start.first, start.header, start.rows
        if self._table is None:
            self._table = Table(file.name, first, header, [], self._lines, line)
            self._builders = [CellsBuilder(dialect.numerals, dialect.missing, not dialect.point_said) for _ in first]
            places = list(range(len(first)))
        else:
            places = _matched(self._table, file.name, line, first, header)
        self._pieces.append(Piece(file.name, len(self._lines), places))
        self._warnings += file.warnings
        plain: PlainBlocks | None = None
        while piece:
            self._lines.add([line for line, _ in piece])
            columns = list(zip(*[row for _, row in piece], strict=True))
            for builder, place in zip(self._builders, places, strict=True):
                builder.add(columns[place])
            del columns
            plain = plain or PlainBlocks.of(rows.delimiter, dialect, self._builders, places)
            while plain and rows.lines and (block := rows.lines.block()) and (count := plain.add(block)):
                self._lines.add(range(rows.line, rows.line + count))
                rows.lines.pass_over(count)
            piece = list(islice(rows, max(_LEAST, _PIECE // len(first))))

    def table(self) -> Table:
        """All that was read."""
        assert self._table is not None
        table = self._table
        self._builders.reverse()  # each is let go as soon as its column is built, from the end, which moves no other
        while self._builders:
            table.columns.append(self._builders.pop().build())
        table.pieces = self._pieces if len(self._pieces) > 1 else ()
        table.warnings = self._warnings
        for name, lines in self._empty:
            _tell_empty_rows(table, name, lines)
        _tell_empty_columns(table)
        return table


@dataclass
class Start:
    """The first row of a file, the line where it begins, whether it names the columns; and the rows of data that were
    read to find that out.
    """

    line: int
    first: list[str]
    header: bool
    rows: list[tuple[int, list[str]]]


def begin(
    file: TableFile, rows: Rows, dialect: Dialect, is_header: HeaderRule | None, before: Table | None = None
) -> Start:
    """Read the first rows of a file.  `before`: a table of files before it, which has a header where this one repeats
    its names.  Raises DataError.
    """
    beginning = list(islice(rows, 1))
    if beginning:
        beginning += islice(rows, max(_FEW_FIRST, min(_FIRST, _FIRST * _WIDE // len(beginning[0][1]))))
    if not beginning:
        raise DataError(f"{file.name}: error: the file is empty")
    width = len(beginning[0][1])
    if width > MOST_COLUMNS or (width > _WIDE and len(beginning) < _ROWS_OF_WIDE):
        what = f"{width:,} columns" + (
            f" and {rows_read} row{'s' * (rows_read > 1)}" if (rows_read := len(beginning)) < _ROWS_OF_WIDE else ""
        )
        hint = f"does it lack line ends?  Of more than {MOST_COLUMNS:,} columns make an .npz"
        raise DataError(f"{file.name}:{beginning[0][0]}:1: error: {what} are no table; {hint}")
    line, first = beginning[0][0], [cell.strip() for cell in beginning[0][1]]
    below = [row for _, row in beginning[1:]]
    if isinstance(file, TypedFile) and file.header is not None:
        header = file.header
    elif before is not None and before.header and set(before.first) == set(first):
        header = True
    elif is_header is not None:
        header = is_header(first, below)
    else:
        header = _found_header(file, line, first, below, dialect) if dialect.header is None else dialect.header
    if header and not below:
        sheets = f"; {file.warnings[0].partition(': ')[2]}" if isinstance(file, TypedFile) and file.warnings else ""
        raise DataError(f"{file.name}: error: a header and no rows{sheets}")
    return Start(line, first, header, beginning[1:] if header else beginning)


def _matched(table: Table, name: str, line: int, first: list[str], header: bool) -> list[int]:
    """Where the columns of the table stand in a further file.  Raises DataError where it has others."""
    if header != table.header:
        has, other = ("a header", "none") if header else ("no header", "one")
        raise DataError(f"{name}:{line}:1: error: {has}, but {table.name} has {other}; say header: true or false")
    if not header:
        if len(first) == table.width:
            return list(range(len(first)))
        place = f"{name}:{line}:{min(len(first), table.width) + 1}"
        raise DataError(f"{place}: error: {len(first)} columns, expected {table.width} as in {table.name}")
    known = set(table.first)
    for i, cell in enumerate(first):
        if cell not in known or cell in first[:i]:
            said = f"a second column {cell!r}" if cell in first[:i] else f"column {cell!r}, which {table.name} has not"
            raise DataError(f"{name}:{line}:{i + 1}: error: {said}{did_you_mean(cell, table.first)}")
    for cell in table.first:
        if cell not in first:
            raise DataError(f"{name}:{line}:1: error: no column {cell!r}, which {table.name} has")
    return [first.index(cell) for cell in table.first]


def _found_header(file: TableFile, line: int, first: list[str], below: list[list[str]], dialect: Dialect) -> bool:
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


def _tell_empty_rows(table: Table, name: str, empty: PassedOver) -> None:
    """Tell of the rows of a file that hold nothing."""
    if empty.count:
        lines = f"lines {empty.first} to {empty.last}" if empty.count > 1 else f"line {empty.first}"
        count = f"{empty.count} rows are" if empty.count > 1 else "a row is"
        table.warnings.append(f"{name}: {count} empty: left out ({lines})")


def _tell_empty_columns(table: Table) -> None:
    """Tell of the columns that hold nothing."""
    for named in (False, True):
        columns = [i for i in sorted(table.empty) if bool(table.header and table.first[i]) == named]
        if columns:
            many = len(columns) > 1
            what = "no value" if named or not table.header else "neither name nor value"
            names = ", ".join(table.first[i] if named else str(i) for i in columns)
            said = f"columns {names} have {what}" if many else f"column {names} has {what}"
            table.warn(None, columns[0], f"{said}: left out")

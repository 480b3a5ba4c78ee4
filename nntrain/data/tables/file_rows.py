"""The rows of one file, whatever kind of file it is, strictly: what is ragged or has an unclosed quote is refused."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from nntrain.data.tables.dialect import Dialect, Reader, find_delimiter, rows_of
from nntrain.data.tables.numerals import is_number
from nntrain.data.tables.other_formats import markup
from nntrain.data.tables.table_files import TableFile
from nntrain.data.tables.text_files import TextFile
from nntrain.data.tables.text_lines import TextLines
from nntrain.data.tables.typed_files import TypedFile
from nntrain.errors import DataError

_COMMENTS = ("#", "%", "//")
_SEPARATOR = re.compile(r'"?sep=([^"\r\n])"?\s*', re.IGNORECASE)
_MANY = 1000  # empty rows in a row, from which on blocks are looked at
_SAMPLE = 1 << 16  # characters by which the delimiter is found


@dataclass
class PassedOver:
    """How many lines were, and where they begin and end: a list of them all may be larger than the file."""

    count: int = 0
    first: int = 0
    last: int = 0

    def add(self, line: int) -> None:
        """One more, behind the others."""
        self.count, self.first, self.last = self.count + 1, self.first or line, line

    def take(self, other: PassedOver) -> None:
        """Those of the other too."""
        if other.count:
            self.first = min(self.first or other.first, other.first)
            self.count, self.last = self.count + other.count, max(self.last, other.last)


class Rows:
    """(line, cells) of every row that holds anything, all of one width.

    empty      lines of rows of empty cells
    lines      of a text: where the rows come from
    delimiter  between the cells of a text
    """

    def __init__(self, name: str, reader: Reader, lines: TextLines | None = None, delimiter: str = ""):
        self._name, self._reader, self.lines, self.delimiter = name, reader, lines, delimiter
        self._width = 0
        self._first: list[str] = []
        self._count = 0  # rows so far
        self.empty, self._in_a_row = PassedOver(), 0
        self._blank = PassedOver()  # lines without anything, which are rows of a table of one column if others follow

    @property
    def line(self) -> int:
        """The line where the next row begins."""
        return (self._reader.line_num if self.lines is None else self.lines.number) + 1

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        return self

    def __next__(self) -> tuple[int, list[str]]:
        while True:
            line = self.line
            try:
                row = next(self._reader)
            except csv.Error as error:
                reason = "a quote is never closed" if "unexpected end" in str(error) else str(error)
                raise DataError(f"{self._name}:{line}:1: error: {reason}") from error
            if not any(row) or not any(cell.strip() for cell in row):
                if len(row) > 1 or (row and self._width == 1):
                    self.empty.add(line)
                elif self._width == 1:
                    self._blank.add(line)
                self._in_a_row += 1
                if self._in_a_row > _MANY and self._width > 1:
                    self._pass_over_blocks()
                continue
            self._in_a_row = 0
            self._width = self._width or len(row)
            if len(row) != self._width:
                place = f"{self._name}:{line}:{min(len(row), self._width) + 1}"
                hint = _ragged_hint(self._first, row, self._count == 1)
                cells = "1 cell" if len(row) == 1 else f"{len(row)} cells"
                raise DataError(f"{place}: error: {cells}, expected {self._width} as in the first row{hint}")
            if self._blank.count:
                self.empty.take(self._blank)
                self._blank = PassedOver()
            self._first = self._first or row
            self._count += 1
            return line, row

    def _pass_over_blocks(self) -> None:
        """Pass over the blocks of lines that come next as long as they are empty: a file may be full of such."""
        self._in_a_row = 0
        if self.lines is None:
            return
        sign = self.delimiter.encode()
        while (block := self.lines.block()) and not block.translate(None, b"\r\n " + sign):
            text = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n").removesuffix(b"\n") + b"\n"
            if sign in text and sign != b" ":
                cells = text.translate(None, b" ")  # rows of empty cells end with a delimiter then
                first, last = (self.line + cells.count(b"\n", 0, at) for at in (cells.index(sign), cells.rindex(sign)))
                self.empty.take(PassedOver(cells.count(sign + b"\n"), first, last))
            self.lines.pass_over(text.count(b"\n"))


@contextmanager
def rows_in(file: TableFile, dialect: Dialect) -> Iterator[Rows]:
    """The rows of a file, which is closed behind them."""
    if isinstance(file, TypedFile):
        yield Rows(file.name, file.rows(dialect.numerals.decimal, dialect.sheet))
        return
    said = _said_by_excel(file)
    if said is not None and dialect.delimiter is None:
        dialect = replace(dialect, delimiter=said)
    delimiter = delimiter_of(file, dialect)
    with file.lines() as lines:
        if said is not None:
            next(lines)
        yield Rows(file.name, rows_of(lines, delimiter, dialect.comment), lines, delimiter)


def _ragged_hint(first: list[str], row: list[str], second: bool) -> str:
    """What may be behind a row, perhaps the `second`, of another width than the first."""
    if sign := next((sign for sign in _COMMENTS if first[0].lstrip().startswith(sign)), None):
        return f'; comment: "{sign}" passes over lines that begin so'
    if len(first) == 1:
        return "; does a title stand above the table? take it out of the file"
    if len(row) == 1:
        return "; is it a note? take it out of the file"
    if len(row) == len(first) + 1 and not row[-1].strip():
        return "; the last is empty: rows end with a delimiter, and the first does not"
    if len(row) == len(first) + 1 and (row[0].strip().isdigit() or (second and not any(map(is_number, first)))):
        numbers = "their numbers" if row[0].strip().isdigit() else f"a name such as {row[0].strip()[:40]}"
        return (
            f"; do the rows begin with {numbers}, for which the header has no name, as R's write.table leaves it out? "
            "give it one, or write without row.names"
        )
    return ""


def _said_by_excel(file: TextFile) -> str | None:
    """The delimiter in a first line such as sep=; which is for Excel and is no row.  Raises DataError for JSON and its
    like.
    """
    with file.open() as text:
        first = text.read(200)
    if (other := markup(first)) is not None:
        raise DataError(f"{file.name}: error: {other}")
    match = _SEPARATOR.fullmatch(re.split("[\r\n]", first, maxsplit=1)[0])
    return None if match is None else match[1]


def delimiter_of(file: TextFile, dialect: Dialect) -> str:
    """What separates its cells: said, or found in its first lines."""
    if dialect.delimiter is not None:
        return dialect.delimiter
    with file.open() as text:
        sample = text.read(_SAMPLE)
    end = max(sample.rfind("\n"), sample.rfind("\r"))  # behind it stands what the end of the sample cuts off
    return find_delimiter(sample if len(sample) < _SAMPLE or end < 0 else sample[: end + 1], dialect)

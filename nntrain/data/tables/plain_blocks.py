"""Many lines of a table at once: cells are cut where the delimiters stand, and plain numbers are read all together.

Everything that asks for care is left to the reader of rows, block by block: quotes within cells, rows of another width,
empty rows.  What the other cells hold that are no plain numbers, the columns' builders find out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from nntrain.data.tables.byte_words import PAD, padded
from nntrain.data.tables.cells_builder import CellsBuilder
from nntrain.data.tables.dialect import Dialect
from nntrain.data.tables.mapped_columns import by_column
from nntrain.data.tables.plain_numbers import numbers_at
from nntrain.model.shapes import Array

_LINE, _BLANK, _QUOTE, _ZERO = b'\n "0'
_LONGEST_CELL = 131072  # the limit of csv.reader
_IN_NUMBERS = frozenset("+-.0123456789eE ")
_LARGE = 1 << 22  # cells from which on memory counts more than a tenth of the time
_MANY = 100  # cells for which it pays to decode a block at once
_AGAIN = 8  # blocks after which columns of words are looked at as numbers again


@dataclass
class Cut:
    """The cells of a block: bytes content[starts:ends], the sign before the decimals at `points` or else `ends` itself.

    starts, points, ends   (rows, columns)
    """

    content: Array
    starts: Array
    points: Array
    ends: Array
    block: bytes  # the content

    def numbers(self, columns: Array | None) -> tuple[Array, Array]:
        """Values and odd ones (rows, columns) of some columns, or all: see `numbers_at`."""
        starts, points, ends = self.starts, self.points, self.ends
        if columns is not None:
            whole = points is ends
            starts, ends = starts.take(columns, axis=1), ends.take(columns, axis=1)
            points = ends if whole else points.take(columns, axis=1)
        return numbers_at(self.content, starts, points, ends)

    def cells(self, column: int, rows: Array | None = None) -> list[str]:
        """The cells of a column, of some rows or all."""
        starts, ends = self.starts[:, column], self.ends[:, column]
        if rows is not None:
            starts, ends = starts[rows], ends[rows]
        places = zip(starts.tolist(), ends.tolist(), strict=True)
        block = self.block
        if len(starts) > _MANY and block.isascii():
            text = block.decode("ascii")
            return [text[a:b] for a, b in places]
        return [block[a:b].decode() for a, b in places]


class PlainBlocks:
    """Reads blocks of whole lines into the builders of the columns, where they are plain.

    places   where the columns of the builders stand in the lines
    """

    def __init__(self, delimiter: str, dialect: Dialect, builders: Sequence[CellsBuilder], places: Sequence[int]):
        self._delimiter, self._dialect, self._width = ord(delimiter), dialect, len(places)
        self._builders = [
            builder for _, builder in sorted(zip(places, builders, strict=True), key=lambda pair: pair[0])
        ]
        # columns that were no plain numbers before
        self._wordy = np.array([builder.mostly_words for builder in self._builders])
        self._blocks = self._cells = 0

    @classmethod
    def of(
        cls, delimiter: str, dialect: Dialect, builders: Sequence[CellsBuilder], places: Sequence[int]
    ) -> PlainBlocks | None:
        """None where the delimiter is none, or one that may stand in numbers."""
        if len(delimiter) != 1 or not delimiter.isascii() or delimiter in {*_IN_NUMBERS, dialect.numerals.decimal}:
            return None
        return cls(delimiter, dialect, builders, places)

    def add(self, block: bytes) -> int:
        """Read the lines of a block: how many, or 0 where they are not plain and nothing was read."""
        cut = self._cut(block)
        if cut is None:
            return 0
        rows = len(cut.starts)
        self._blocks += 1
        if self._cells < _LARGE <= self._cells + cut.ends.size:
            for builder in self._builders:
                builder.pack()
        self._cells += cut.ends.size
        if self._blocks % _AGAIN == 0:
            self._wordy[:] = False
        numeric = None if not self._wordy.any() else np.flatnonzero(~self._wordy)
        values, odd = cut.numbers(numeric)
        share = odd.mean(axis=0) if odd.any() else np.zeros(odd.shape[1])
        packs = np.array([builder.packs for builder in self._builders], bool)
        of_columns = by_column(values, packs if numeric is None else packs[numeric])
        del values
        longest = (cut.ends - cut.starts).max(axis=0)
        numbers = iter(range(len(of_columns)))
        for at, builder in enumerate(self._builders):
            if self._wordy[at]:
                builder.add_bytes(cut.content, cut.starts[:, at], cut.ends[:, at], partial(cut.cells, at))
                continue
            k = next(numbers)
            if builder.watches_points:
                if cut.points is cut.ends and longest[at] <= 3 and not share[k]:
                    builder.watch(True, False, True)
                else:
                    _watch(builder, cut, at, None if not share[k] else ~odd[:, k])
            if not share[k]:
                builder.add_numbers(of_columns[k])
            elif share[k] > 0.5:
                builder.add_bytes(cut.content, cut.starts[:, at], cut.ends[:, at], partial(cut.cells, at))
            else:
                wrong = np.flatnonzero(odd[:, k])
                if (cut.starts[wrong, at] == cut.ends[wrong, at]).all():
                    builder.add_gaps(of_columns[k], wrong)
                else:
                    builder.add_mixed(of_columns[k], wrong, cut.cells(at, wrong))
            self._wordy[at] = share[k] > 0.5
        return rows

    def _cut(self, block: bytes) -> Cut | None:
        """The cells of the block, None where it is not plain."""
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n")
        comment = self._dialect.comment
        if b"\r" in block or (comment is not None and comment.encode() in block):
            return None
        if not block.endswith(b"\n"):
            block += b"\n"
        text = padded(block)
        content = np.frombuffer(text, np.uint8)
        point, delimiter, width = ord(self._dialect.numerals.decimal), self._delimiter, self._width
        is_mark = content == delimiter
        is_mark |= content == _LINE
        is_mark |= content == point
        marks: Array = np.flatnonzero(is_mark)
        kinds = content[marks]
        rows = int(np.count_nonzero(kinds == _LINE))
        pattern = _pattern(kinds, rows)
        if pattern is not None:
            marks = marks.reshape(rows, -1)
        is_point = kinds == point if pattern is None else pattern == point
        at_points, at_ends = np.flatnonzero(is_point), np.flatnonzero(~is_point)
        ends: Array = marks.take(at_ends, axis=-1) if len(at_points) else marks
        if ends.size != rows * width:
            return None
        ends = ends.reshape(rows, width)
        lines = (kinds if pattern is None else pattern).take(at_ends).reshape(-1, width)
        if (lines[:, -1] != _LINE).any() or (lines[:, :-1] == _LINE).any():
            return None
        flat = ends.ravel()
        starts = np.concatenate([[PAD], flat[:-1] + 1]).reshape(rows, width)
        if b'"' in block:
            quoted = _without_quotes(content, starts, ends)
            if quoted is None:
                return None
            starts, ends = quoted
        if _has_long_cells(starts, ends) or _has_empty_rows(block, starts, ends, delimiter):
            return None
        while (blank := (content[starts] == _BLANK) & (starts < ends)).any():
            starts = starts + blank
        points = ends
        if len(at_points):
            points = ends.copy()
            of_points = at_points - np.arange(len(at_points))  # in which cell each point is: so many ends before it
            if pattern is None:
                points.reshape(-1)[of_points] = marks.take(at_points)
            else:
                points[:, of_points] = marks.take(at_points, axis=1)
        return Cut(content, starts, points, ends, text)


def _pattern(kinds: Array, rows: int) -> Array | None:
    """What stands between the cells of a row and within them, where it is the same in all rows."""
    if not rows or len(kinds) % rows:
        return None
    of_rows = kinds.reshape(rows, -1)
    return of_rows[0] if (of_rows == of_rows[0]).all() else None


def _without_quotes(content: Array, starts: Array, ends: Array) -> tuple[Array, Array] | None:
    """Starts and ends within the quotes, None where quotes stand anywhere but at both ends of cells."""
    quoted = (content[starts] == _QUOTE) & (content[ends - 1] == _QUOTE) & (ends - starts > 1)
    if 2 * np.count_nonzero(quoted) != np.count_nonzero(content == _QUOTE):
        return None
    return starts + quoted, ends - quoted


def _has_long_cells(starts: Array, ends: Array) -> bool:
    """Whether a cell is too long for csv.reader."""
    return bool((ends[:, -1] - starts[:, 0] > _LONGEST_CELL).any() and (ends - starts > _LONGEST_CELL).any())


def _has_empty_rows(block: bytes, starts: Array, ends: Array, delimiter: int) -> bool:
    """Whether a row holds nothing but blanks, or so it may be."""
    if (ends[:, 0] > starts[:, 0]).all():
        first = np.frombuffer(block, np.uint8)[starts[:, 0] - PAD]
        if ((first > _BLANK) & (first < 128)).all():
            return False
    between = bytes([delimiter])
    for a, b in zip((starts[:, 0] - PAD).tolist(), (ends[:, -1] - PAD).tolist(), strict=True):
        if not block[a:b].replace(between, b"").replace(b'"', b"").decode().strip():
            return True
    return False


def _watch(builder: CellsBuilder, cut: Cut, at: int, rows: Array | None) -> None:
    """Tell the builder whether the numbers of a column, of some rows or all, may have a point between thousands."""
    starts, points, ends = cut.starts[:, at], cut.points[:, at], cut.ends[:, at]
    if rows is not None:
        starts, points, ends = starts[rows], points[rows], ends[rows]
    if not len(starts):
        return
    first = cut.content[starts]
    starts = starts + ((first == ord("+")) | (first == ord("-")))
    first, whole, behind = cut.content[starts], points - starts, ends - points
    has_point = behind > 0
    fits = np.where(has_point, (behind == 4) & (first != _ZERO), True) & (whole > 0) & (whole < 4)
    builder.watch(bool(fits.all()), bool(has_point.any()), bool(not has_point.all()))

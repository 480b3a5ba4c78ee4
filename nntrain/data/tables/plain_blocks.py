"""Many lines of a table at once: cells are cut where the delimiters stand, and plain numbers are read all together.

Everything that asks for care is left to the reader of rows, block by block (see `cut`).  What the other cells hold that
are no plain numbers, the columns' builders find out.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from nntrain.data.tables.block_cells import BlockCells, cut
from nntrain.data.tables.cells_builder import CellsBuilder
from nntrain.data.tables.dialect import Dialect
from nntrain.data.tables.packed_columns import pieces_of
from nntrain.data.tables.plain_numbers import PlainNumbers, numbers_at
from nntrain.model.shapes import Array

_ZERO = ord("0")
_IN_NUMBERS = frozenset("+-.0123456789eE ")
_LARGE = 1 << 22  # cells from which on memory counts more than a tenth of the time
_AGAIN = 8  # blocks after which columns of words are looked at as numbers again
_CELLS = 1 << 16  # numbers that are made together: what their arrays take stays near the processor
_LENGTHS = (4, 8, 16)  # bytes: columns of cells up to so many are read together


class PlainBlocks:
    """Reads blocks of whole lines into the builders of the columns, where they are plain.

    places   where the columns of the builders stand in the lines
    """

    def __init__(self, delimiter: str, dialect: Dialect, builders: Sequence[CellsBuilder], places: Sequence[int]):
        self._delimiter, self._comment, self._point = ord(delimiter), dialect.comment, dialect.numerals.decimal
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
        cells = cut(block, self._delimiter, len(self._builders), self._comment)
        if cells is None:
            return 0
        self._blocks += 1
        if self._cells < _LARGE <= self._cells + cells.ends.size:
            for builder in self._builders:
                builder.pack()
        self._cells += cells.ends.size
        if self._blocks % _AGAIN == 0:
            self._wordy[:] = False
        signed = b"-" in block or b"+" in block
        for at in np.flatnonzero(self._wordy).tolist():
            self._add_words(cells, at)
        rows = len(cells.starts[0])
        at_once = max(1, _CELLS // rows)
        longest = (cells.ends - cells.starts).max(axis=1)
        sizes = np.searchsorted(_LENGTHS, longest - signed)
        for size in range(len(_LENGTHS) + 1):
            columns = np.flatnonzero((sizes == size) & ~self._wordy)
            for start in range(0, len(columns), at_once):
                self._add_numbers(cells, columns[start : start + at_once], signed)
        return rows

    def _add_words(self, cells: BlockCells, at: int) -> None:
        words = partial(cells.words, at)
        self._builders[at].add_bytes(cells.content, cells.starts[at], cells.ends[at], words)

    def _add_numbers(self, cells: BlockCells, columns: Array, signed: bool) -> None:
        """Columns whose cells are likely to be numbers, about as long."""
        starts, ends = cells.starts, cells.ends
        if len(columns) < len(starts):
            starts, ends = starts[columns], ends[columns]
        found = numbers_at(cells.content, starts, ends, ord(self._point), signed)
        pieces = pieces_of(found)
        share = found.odd.mean(axis=1).tolist() if found.odd.any() else [0.0] * len(columns)
        for k, at in enumerate(columns.tolist()):
            builder = self._builders[at]
            if builder.watches_points:
                _watch(builder, cells, at, found, k)
            if not share[k]:
                builder.add_numbers(pieces[k])
            elif share[k] > 0.5:
                self._add_words(cells, at)
            else:
                wrong = np.flatnonzero(found.odd[k])
                if (starts[k, wrong] == ends[k, wrong]).all():
                    builder.add_gaps(pieces[k], wrong)
                else:
                    builder.add_mixed(pieces[k], wrong, cells.words(at, wrong))
            self._wordy[at] = share[k] > 0.5


def _watch(builder: CellsBuilder, cells: BlockCells, at: int, found: PlainNumbers, k: int) -> None:
    """Tell the builder whether the numbers of a column may have a point between thousands."""
    plain = ~found.odd[k]
    if not plain.any():
        return
    starts, ends = cells.starts[at], cells.ends[at]
    if found.behind is None and (ends - starts).max() <= 3:
        builder.watch(True, False, True)
        return
    starts, ends = starts[plain], ends[plain]
    first = cells.content[starts]
    starts = starts + ((first == ord("+")) | (first == ord("-")))
    first = cells.content[starts]
    behind = np.zeros(len(starts), np.int64) if found.behind is None else found.behind[k][plain]
    whole, has_point = ends - behind - starts, behind > 0
    fits = np.where(has_point, (behind == 4) & (first != _ZERO), True) & (whole > 0) & (whole < 4)
    builder.watch(bool(fits.all()), bool(has_point.any()), bool(not has_point.all()))

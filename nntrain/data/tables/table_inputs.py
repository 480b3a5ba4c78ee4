"""The inputs of a table, put together a few rows at a time: all of them in float64 are never held beside the cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy

import numpy as np
from numpy.typing import DTypeLike

from nntrain.data.tables.column_values import Unknown, values
from nntrain.data.tables.numerals import Numerals
from nntrain.data.tables.packed_numbers import Numbers
from nntrain.data.tables.table import Table
from nntrain.data.tables.table_layout import TableLayout
from nntrain.model.shapes import Array

_NOTHING = np.empty(0)
_AT_A_TIME = 1 << 20  # bytes of inputs
_LEAST = 64  # rows of them, however many columns there are


class TableInputs:
    """(N, n) float64: the rows of the columns `at` which the layout describes.

    layout   says what stands for missing values; without it they are NaN
    Raises DataError for cells that the columns cannot hold.
    """

    ndim = 2
    dtype = np.dtype(np.float64)

    def __init__(self, table: Table, at: Sequence[int], layout: TableLayout, numerals: Numerals, unknown: Unknown):
        self._table, self.layout, self._width = table, layout, layout.inputs
        self._sizes = [len(piece) for piece in table.columns[0].value_pieces]
        self._kept: Array | None = None
        self._columns: list[list[Numbers]] = []
        ends = np.cumsum(self._sizes)
        for i, column in zip(at, layout.columns, strict=True):
            found = values(table, i, column, numerals, unknown)
            if column.categories is None and column.date is None and column.unit is None:
                self._columns.append(table.columns[i].value_pieces)
            else:
                self._columns.append([*np.split(found, ends[:-1])])

    def __len__(self) -> int:
        return sum(self._sizes) if self._kept is None else int(np.count_nonzero(self._kept))

    @property
    def shape(self) -> tuple[int, int]:
        """(N, n)"""
        return len(self), self._width

    @property
    def size(self) -> int:
        """N n"""
        return len(self) * self._width

    def columns(self) -> Iterator[Array]:
        """The values (N,) of each column, NaN where one is missing."""
        for pieces in self._columns:
            column = np.concatenate([piece[:] for piece in pieces])
            yield column if self._kept is None else column[self._kept]

    def completed(self, layout: TableLayout) -> TableInputs:
        """The same, with what stands for missing values."""
        completed = copy(self)
        completed.layout = layout  # as wide: fill values change no column
        return completed

    def keep(self, rows: Array) -> None:
        """Leave out all rows but these (N,)."""
        self._kept = rows

    def chunks(self, rows: Array | None = None) -> Iterator[Array]:
        """The inputs (…, n) of some rows, ascending, or of all: so many at a time, whatever the pieces are."""
        start, waiting = 0, np.empty((0, len(self._columns)))
        for piece in range(len(self._sizes)):
            raw = self._piece(piece)
            if rows is not None:
                low, high = np.searchsorted(rows, [start, start + len(raw)])
                raw, start = raw[rows[low:high] - start], start + len(raw)
            waiting = np.concatenate([waiting, raw])
            full = len(waiting) - len(waiting) % self._rows
            yield from map(self._complete, self._parts(waiting[:full]))
            waiting = waiting[full:]
        if len(waiting):
            yield self._complete(waiting)

    def cast(self, convert: Callable[[Array], Array], dtype: DTypeLike) -> Array:
        """All inputs converted (N, n); the cells of the table are used up on the way."""
        cast, start = np.empty(self.shape, dtype), 0
        for piece in range(len(self._sizes)):
            for part in self._parts(self._piece(piece)):
                cast[start : start + len(part)] = convert(self._complete(part))
                start += len(part)
            for pieces in (*self._columns, *(cells.value_pieces for cells in self._table.columns)):
                pieces[piece] = _NOTHING
        return cast

    def _piece(self, piece: int) -> Array:
        """The values (rows, columns) of a piece of the table."""
        raw = np.stack([pieces[piece][:] for pieces in self._columns], axis=1)
        if self._kept is None:
            return raw
        start = sum(self._sizes[:piece])
        return raw[self._kept[start : start + self._sizes[piece]]]

    @property
    def _rows(self) -> int:
        return max(_LEAST, _AT_A_TIME // (8 * self._width))

    def _parts(self, raw: Array) -> Iterator[Array]:
        return (raw[start : start + self._rows] for start in range(0, len(raw), self._rows))

    def _complete(self, raw: Array) -> Array:
        return self.layout.expand(self.layout.fill(raw))

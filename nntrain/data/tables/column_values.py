"""The cells of a column as numbers, by what the training table has shown it to hold."""

from __future__ import annotations

from typing import Literal

import numpy as np

from nntrain.data.tables.column import UNKNOWN, Column
from nntrain.data.tables.column_kinds import refuse_words, shown
from nntrain.data.tables.numerals import Numerals
from nntrain.data.tables.table import Table
from nntrain.data.tables.units import split_unit
from nntrain.messages import did_you_mean
from nntrain.model.shapes import Array

Unknown = Literal["error", "ignore"]


def values(table: Table, at: int, column: Column, numerals: Numerals, unknown: Unknown = "error") -> Array:
    """(N,) float64, as `Column` says; NaN where missing.

    unknown   what is done with a category that the training table does not have: it is refused, or told and ignored
    Raises DataError for a cell that the column cannot hold.
    """
    cells = table.columns[at]
    if column.categories is not None:
        numbers = cells.category_numbers(column.categories)
        if (others := numbers == UNKNOWN).any():
            row, count = int(np.argmax(others)), int(np.count_nonzero(others))
            message = f"column {column.name} has {shown(cells.text(row))}"
            if unknown == "error":
                some = ", ".join(column.categories[:8]) + (", …" if len(column.categories) > 8 else "")
                raise table.error(
                    row, at, f"{message}, known are {some}{did_you_mean(cells.text(row), column.categories)}"
                )
            more = f" ({count} rows have such)" if count > 1 else ""
            table.warn(row, at, f"{message}, which training did not have: it is taken for none of the categories{more}")
        return numbers
    if column.date is None and column.unit is None:
        refuse_words(table, at, column.name, numerals, "later" if table.is_later else "input")
        return cells.values
    if cells.has_numbers:
        row = cells.first_number()
        expected = "a date" if column.unit is None else f"a number with {column.unit!r}"
        raise table.error(row, at, f"column {column.name} has {shown(cells.text(row))}, expected {expected}")
    found = [read(word, column, numerals) for word in cells.words]
    for word, value, absent in zip(cells.words, found, cells.absent, strict=True):
        if value is None and not absent:
            expected = f"a date ({column.date.order})" if column.date else f"a number with {column.unit!r}"
            raise table.error(
                cells.row_of(word), at, f"column {column.name} has {shown(word)}, expected {expected} as in other rows"
            )
    of_words = np.array([np.nan if value is None else value for value in found])
    return of_words[cells.codes]


def read(word: str, column: Column, numerals: Numerals) -> float | None:
    """The value of a cell in a column of numbers or dates, or None where it is none."""
    if column.date is None and column.unit is None:
        return numerals.read(word)
    if column.date is not None:
        return column.date.read(word)
    parts = split_unit(word, numerals)
    return parts[1] if parts is not None and parts[0] == column.unit else None


def refuse_missing(table: Table, at: int, name: str, values: Array, hint: str) -> None:
    """Raise DataError where a value of the column (N,) is missing."""
    gaps = np.flatnonzero(np.isnan(values))
    if len(gaps):
        more = f" ({len(gaps)} are missing in this column)" if len(gaps) > 1 else ""
        cell = table.columns[at].text(int(gaps[0]))
        word = f"; or missing_values: [] where {shown(cell)} is a word" if cell.isalpha() else ""
        raise table.error(int(gaps[0]), at, f"column {name} has no value{hint}{word}{more}")

"""Columns of words and numbers as columns of numbers: what they hold is found out once, and applied from then on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nntrain.data.tables.dialect import Dialect
from nntrain.data.tables.header import HeaderRule, has_header
from nntrain.data.tables.numerals import is_number
from nntrain.data.tables.table import Table
from nntrain.data.tables.table_layout import Column, TableLayout
from nntrain.messages import did_you_mean
from nntrain.model.shapes import Array

MOST_CATEGORIES = 1000
MOST_CLASSES = 20  # more different whole numbers than that are values


def shown(cell: str) -> str:
    """A cell in a message."""
    return repr(cell if len(cell) <= 40 else cell[:37] + "...")


def ordered(words: set[str]) -> list[str]:
    """By value where all are numbers, else by letter."""
    return sorted(words, key=float) if all(map(is_number, words)) else sorted(words)


def no_categories(words: int, rows: int) -> bool:
    """Whether so many different words in so many rows are identifiers or free text."""
    return words > MOST_CATEGORIES or (words > 20 and words > rows / 2)


def are_values(numbers: Array) -> bool:
    """Whether numbers (NaN where missing) are the targets of a regression: fractions, or many different ones."""
    there = numbers[~np.isnan(numbers)]
    return bool((there != np.floor(there)).any()) or len(np.unique(there)) > MOST_CLASSES


def find_categories(table: Table, at: int, name: str, what: str = "category") -> tuple[str, ...]:
    """The different words of a column.  Raises DataError where nearly every row has its own."""
    words = table.columns[at].names()
    if no_categories(len(words), len(table)):
        hint = f"leave it out with drop: [{name}]" if what == "category" else "is it the right target?"
        raise table.error(
            0, at, f"column {name} has {len(words)} different words in {len(table)} rows, no {what}; {hint}"
        )
    return tuple(ordered(words))


def describe(table: Table, at: int, name: str, categorical: bool) -> Column:
    """What a column of inputs holds: numbers, or words where there is no number at all.  Raises DataError."""
    cells = table.columns[at]
    if cells.missing.all():
        raise table.error(0, at, f"column {name} has no value at all; leave it out with drop: [{name}]")
    if categorical or not (cells.has_numbers or any(map(has_decimal_comma, cells.present))):
        return Column(name, at, find_categories(table, at, name))
    return Column(name, at)


def codes(table: Table, at: int, column: Column) -> Array:
    """A column as float64: its numbers, or the numbers of its categories; NaN where missing.  Raises DataError."""
    cells = table.columns[at]
    if column.categories is None:
        wrong = cells.first_word()
        if wrong is not None:
            raise table.error(wrong, at, not_a_number(cells.text(wrong), column.name))
        return cells.values
    found = cells.category_numbers(column.categories)
    if (found == -1).any():
        row = int(np.argmax(found == -1))
        some = ", ".join(column.categories[:8]) + (", …" if column.width > 8 else "")
        raise table.error(row, at, f"column {column.name} has {shown(cells.text(row))}, known are {some}")
    return found


def has_decimal_comma(cell: str) -> bool:
    """Whether a cell is a number with a comma in the place of the point."""
    return "," in cell and is_number(cell.replace(",", ".", 1))


def not_a_number(cell: str, name: str) -> str:
    """The message about a cell of the column `name` that cannot be read as a number, with what to do about it."""
    if is_number(cell):
        return f"column {name} has {shown(cell)}, too large a number"
    if has_decimal_comma(cell):
        return f"column {name} has {shown(cell)}: write the decimals after a point"
    return f"column {name} has {shown(cell)}, expected a number; words belong into a column of categorical: [{name}]"


def refuse_missing(table: Table, at: int, name: str, values: Array, hint: str) -> None:
    """Raise DataError where a value of the column (N,) is missing."""
    gaps = np.flatnonzero(np.isnan(values))
    if len(gaps):
        more = f" ({len(gaps)} are missing in this column)" if len(gaps) > 1 else ""
        raise table.error(int(gaps[0]), at, f"column {name} has no value{hint}{more}")


def header_by(layout: TableLayout, dialect: Dialect) -> HeaderRule:
    """Whether the first row of later data is a header: it is where it names the inputs; data that had none when they
    were learned from have one only where numbers are to stand in some column and no number stands above any of them.
    """
    columns = layout.columns

    def is_header(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
        if layout.header and {column.name for column in columns} <= set(first):
            return True
        above = [first[c.at] for c in columns if c.categories is None and c.at < len(first)]
        numbers = any(dialect.numerals.read(cell) is not None for cell in above)
        return (layout.header or (bool(above) and not numbers)) and has_header(first, below, dialect)

    return is_header


def locate(table: Table, layout: TableLayout, with_target: bool) -> list[int]:
    """Where the inputs stand, then the target: by name where there is a header, else by place.

    Where no target is wanted its column may be absent.  Raises DataError.
    """
    columns, target = layout.columns, layout.target
    wanted = [*columns, target] if with_target else columns
    if layout.header:
        place = {name: i for i, name in reversed(list(enumerate(table.first)))}
        absent = [column.name for column in wanted if column.name not in place]
        if not absent:
            return [place[column.name] for column in wanted]
        if len(absent) < len(wanted) or table.header:
            raise table.error(None, 0, f"no column {absent[0]!r} in the header{did_you_mean(absent[0], table.first)}")
    if table.width == layout.width:
        return [column.at for column in wanted]
    if not with_target and table.width == layout.width - 1:
        return [column.at - (column.at > target.at) for column in columns]
    if not with_target and table.width == len(columns):
        return list(range(len(columns)))
    raise table.error(
        0,
        min(table.width, layout.width),
        f"{table.width} columns, expected {layout.width} as in the training data",
    )

"""Columns of words and numbers as columns of numbers: what they hold is found out once, and applied from then on."""

from __future__ import annotations

import numpy as np

from nntrain.data.csv_text import Table, has_header, is_missing, is_number, numbers
from nntrain.data.table_layout import Column, TableLayout
from nntrain.errors import DataError
from nntrain.messages import did_you_mean
from nntrain.model.shapes import Array

MOST_CATEGORIES = 1000
MOST_CLASSES = 20  # more different whole numbers than that are values


def shown(cell: str) -> str:
    """A cell in a message."""
    return repr(cell if len(cell) <= 40 else cell[:37] + "...")


def word(cell: str) -> str:
    """The name of a category or label: numbers in one spelling, so that 1 and 1.0 are one."""
    if not is_number(cell):
        return cell
    value = float(cell)
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)


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
    words = {word(cell) for cell in set(table.column(at)) if not is_missing(cell)}
    if no_categories(len(words), len(table.rows)):
        hint = f"leave it out with drop: [{name}]" if what == "category" else "is it the right target?"
        raise table.error(
            0, at, f"column {name} has {len(words)} different words in {len(table.rows)} rows, no {what}; {hint}"
        )
    return tuple(ordered(words))


def describe(table: Table, at: int, name: str, categorical: bool) -> Column:
    """What a column of inputs holds: numbers, or words where there is no number at all.  Raises DataError."""
    cells = table.column(at)
    if all(map(is_missing, cells)):
        raise table.error(0, at, f"column {name} has no value at all; leave it out with drop: [{name}]")
    if categorical or not any(is_number(cell) or has_decimal_comma(cell) for cell in set(cells)):
        return Column(name, at, find_categories(table, at, name))
    return Column(name, at)


def codes(table: Table, at: int, column: Column) -> Array:
    """A column as float64: its numbers, or the numbers of its categories; NaN where missing.  Raises DataError."""
    cells = table.column(at)
    if column.categories is None:
        values, wrong = numbers(cells)
        if wrong is not None:
            raise table.error(wrong, at, not_a_number(cells[wrong], column.name))
        return values
    number = {name: float(i) for i, name in enumerate(column.categories)}
    known = {cell: np.nan if is_missing(cell) else number.get(word(cell), -1.0) for cell in set(cells)}
    if -1.0 in known.values():
        row = next(i for i, cell in enumerate(cells) if known[cell] == -1.0)
        some = ", ".join(column.categories[:8]) + (", …" if column.width > 8 else "")
        raise table.error(row, at, f"column {column.name} has {shown(cells[row])}, known are {some}")
    return np.array([known[cell] for cell in cells])


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


def locate(table: Table, layout: TableLayout, with_target: bool) -> tuple[Table, list[int]]:
    """The rows of data, and where the inputs stand, then the target: by name where there is a header, else by place.

    Where no target is wanted its column may be absent.  Raises DataError.
    """
    first = table.rows[0]
    columns, target = layout.columns, layout.target
    wanted = [*columns, target] if with_target else columns
    needed = [c.name for c in wanted]
    body = table.select(list(range(1, len(table.rows))))
    if layout.header:
        place = {name: i for i, name in reversed(list(enumerate(first)))}
        absent = [name for name in needed if name not in place]
        if not absent:
            return _some(body), [place[name] for name in needed]
        if len(absent) < len(needed) or has_header(table):
            raise table.error(0, 0, f"no column {absent[0]!r} in the header{did_you_mean(absent[0], first)}")
    at = [c.at for c in columns]
    numeric = [
        not is_number(first[i]) for i, c in zip(at, columns, strict=True) if c.categories is None and i < len(first)
    ]
    if not layout.header and numeric and all(numeric) and has_header(table):
        table = _some(body)
    if table.width == layout.width:
        return table, [c.at for c in wanted]
    if not with_target and table.width == layout.width - 1:
        return table, [i - (i > target.at) for i in at]
    if not with_target and table.width == len(columns):
        return table, list(range(len(columns)))
    raise table.error(
        0,
        min(table.width, layout.width),
        f"{table.width} columns, expected {layout.width} as in the training data",
    )


def _some(body: Table) -> Table:
    if not body.rows:
        raise DataError(f"{body.name}: error: a header and no rows")
    return body

"""What a column holds, numbers, dates or categories: found out once, from the training table."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np

from nntrain.data.tables.cells import Cells, different
from nntrain.data.tables.column import Column
from nntrain.data.tables.dates import forms_of, is_date
from nntrain.data.tables.numerals import Numerals, is_number, is_whole
from nntrain.data.tables.table import Table
from nntrain.data.tables.units import is_sign, split_unit
from nntrain.data.tables.writings import advice, too_much
from nntrain.model.shapes import Array

MOST_CATEGORIES = 1000
MOST_CLASSES = 20  # more different whole numbers than that are values


Kind = Literal["nothing", "numbers", "amounts", "dates", "words"]  # amounts: numbers with a sign, 12% or $5

# what cells are read for; later: for columns that training has described
Role = Literal["input", "target", "weights", "later"]


@dataclass(frozen=True)
class Said:
    """What a config says of columns, by their numbers."""

    categorical: Collection[int] = ()
    dates: Collection[int] = ()
    units: Collection[int] = ()


def shown(cell: str) -> str:
    """A cell in a message."""
    return repr(cell if len(cell) <= 40 else cell[:37] + "...")


def ordered(words: set[str]) -> list[str]:
    """By value where all are numbers, else by letter."""
    return sorted(words, key=lambda word: (float(word), word)) if all(map(is_number, words)) else sorted(words)


def no_categories(words: int, rows: int) -> bool:
    """Whether so many different words in so many rows are identifiers or free text."""
    return words > MOST_CATEGORIES or (words > 20 and words > rows / 2)


def are_values(numbers: Array) -> bool:
    """Whether numbers (NaN where missing) are the targets of a regression: fractions, or many different ones."""
    there = numbers[~np.isnan(numbers)]
    return bool((there != np.floor(there)).any()) or len(different(there)) > MOST_CLASSES


def find_categories(table: Table, at: int, name: str, what: str = "category") -> tuple[str, ...]:
    """The different words of a column.  Raises DataError where nearly every row has its own."""
    words = table.columns[at].names()
    if no_categories(len(words), len(table)):
        hint = f"leave it out with drop: [{name}]" if what == "category" else "is it the right target?"
        if what == "category" and 2 * sum(" " in word.strip() for word in words) > len(words):
            hint += f", or learn from the text with dataset type labelled_text, text: {name}"
        raise table.error(
            0, at, f"column {name} has {len(words)} different words in {len(table)} rows, no {what}; {hint}"
        )
    return tuple(ordered(words))


def kind_of(cells: Cells, numerals: Numerals) -> Kind:
    """What a column holds, by most of its words where it has no plain number.  A column of one kind may hold cells of
    another: errors that its reader tells.
    """
    if cells.all_numbers and len(cells):
        return "numbers"
    if cells.missing.all():
        return "nothing"
    words = cells.present
    if cells.has_numbers:
        whole = bool(words) and all(map(is_whole, words)) and not np.mod(cells.numbers, 1).any()
        return "words" if whole else "numbers"  # beyond 2⁵³ numbers can no longer be told apart: they are names
    parts = [split_unit(word, numerals) for word in words]
    signed = [found is not None and is_sign(found[0]) for found in parts]
    if 2 * sum(signed) > len(words):
        return "amounts"
    if 2 * sum(advice(word, numerals) is not None for word in words) > len(words):
        return "numbers"
    return "dates" if 2 * sum(map(is_date, words)) > len(words) else "words"


def describe(table: Table, at: int, name: str, said: Said, numerals: Numerals) -> Column:
    """What a column holds.  Raises DataError for words that are numbers or dates in another writing than was said."""
    cells = table.columns[at]
    kind = kind_of(cells, numerals)
    if kind == "nothing":
        raise table.error(0, at, f"column {name} has no value at all; leave it out with drop: [{name}]")
    if at in said.categorical:
        return Column(name, at, find_categories(table, at, name))
    if at in said.dates:
        return _dates(table, at, name)
    if at in said.units:
        return Column(name, at, unit=_unit(table, at, name, numerals))
    if kind == "numbers":
        refuse_words(table, at, name, numerals)  # before anything takes the memory of all numbers
        return numbers(table, at, name)
    if kind in ("amounts", "dates"):
        refuse_words(table, at, name, numerals)
    units = {parts and parts[0] for parts in (split_unit(word, numerals) for word in cells.present)}
    if len(cells.present) > 1 and len(units) == 1 and None not in units:
        row, word = cells.row_of(cells.present[0]), shown(cells.present[0])
        table.warn(row, at, f"column {name} has words such as {word}, a category each; units: [{name}] reads numbers")
    return Column(name, at, find_categories(table, at, name))


def numbers(table: Table, at: int, name: str) -> Column:
    """A column of numbers.  Tells of points that could stand between thousands; raises DataError where they are likely
    to.
    """
    cells = table.columns[at]
    if cells.grouped != "none":
        row = int(np.argmax(cells.values != np.floor(cells.values)))
        cell = f"{cells.values[row]:.3f}"
        if cells.grouped == "some":
            raise table.error(
                row,
                at,
                f"column {name} has {cell} beside numbers without a point: does it stand between thousands?  "
                'Say thousands: "." or decimal: "."',
            )
        message = 'read with a decimal point; say thousands: "." or decimal: "." to be sure'
        table.warn(row, at, f"column {name} has {cell}, {message}")
    return Column(name, at)


def refuse_words(
    table: Table, at: int, name: str, numerals: Numerals, role: Role = "input", or_labels: bool = False
) -> None:
    """Raise DataError for the first word of a column that is to hold numbers; `or_labels`: or a target of labels."""
    cells = table.columns[at]
    if (row := cells.first_word()) is not None:
        text = not_a_number(cells.text(row), name, numerals, role, or_labels)
        plain = "expected a number" in text and advice(cells.text(row), numerals) is None
        if plain and (what := _no_row_of_data(table, at, row, later=role == "later")):
            text = f"{text.partition(';')[0]}; {what}"
        raise table.error(row, at, text)


def _no_row_of_data(table: Table, at: int, row: int, later: bool) -> str | None:
    """What a row may be whose cell is a word in a column of numbers, where it looks like no row of data."""
    cells = table.columns[at]
    if cells.text(row) == table.first[at] and table.header:
        return "is it the header again? take the row out"
    if later or len(table) < 3:
        return None
    if row == len(table) - 1:
        return "the rows before have one: is the last a row of totals? take it out"
    if row == 0 and len(cells.present) < 3 and (~np.isnan(cells.values[2:]) | cells.missing[2:]).all():
        return "the rows below have one: is it a second header, or of units? take it out"
    return None


def not_a_number(cell: str, name: str, numerals: Numerals, role: Role, or_labels: bool = False) -> str:
    """The message about a cell of the column `name` that cannot be read as a number, with what to do about it."""
    said = f"column {name} has {shown(cell)}"
    words = f"; words belong into a column of categorical: [{name}]" if role == "input" else ""
    if (reason := too_much(cell, numerals)) is not None:
        return f"{said}, {reason}{words}"
    if (hint := advice(cell, numerals)) is not None:
        return said + hint
    if (parts := split_unit(cell, numerals)) is not None:
        units = f", or say units: [{name}]" if role in ("input", "target") else ""
        return f"{said}, a number with {parts[0]!r}: write {parts[1]:.15g}{units}"
    if is_date(cell) and role == "input":
        return f"{said}, a date: say dates: [{name}], or leave it out with drop: [{name}]"
    if is_date(cell) and role == "target":
        return f"{said}, a date, which is no target"
    expected = f"{said}, expected a number{' as in training' if role == 'later' else ''}"
    if or_labels:
        return f"{expected}; say task: classification if these are labels"
    return f"{expected}{words}; if it stands for no value, say missing_values: [{shown(cell)}]"


def _dates(table: Table, at: int, name: str) -> Column:
    """A column that the config lists in `dates`."""
    cells = table.columns[at]
    if cells.has_numbers:
        row = cells.first_number()
        raise table.error(row, at, f"column {name} has {shown(cells.text(row))}, expected a date such as 2024-01-31")
    words = cells.present
    if not (forms := forms_of(words)):
        wrong = next((word for word in words if not is_date(word)), words[-1])
        what = "expected a date such as 2024-01-31" if not is_date(wrong) else "in another form than those before it"
        raise table.error(cells.row_of(wrong), at, f"column {name} has {shown(wrong)}, {what}")
    if len(forms) > 1:
        message = "is the day or the month first?  No row tells; write 2024-01-31 for 31 January"
        raise table.error(cells.row_of(words[0]), at, f"column {name} has {shown(words[0])}: {message}")
    return Column(name, at, date=forms[0])


def _unit(table: Table, at: int, name: str, numerals: Numerals) -> str:
    """The one unit of a column that the config lists in `units`."""
    cells = table.columns[at]
    for word in cells.present:
        if (parts := split_unit(word, numerals)) is not None:
            return parts[0]
    raise table.error(
        0, at, f"units: column {name} has {shown(cells.text(0))}, expected a number with a sign or a unit"
    )

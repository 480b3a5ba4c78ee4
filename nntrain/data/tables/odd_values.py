"""Values that are likely to stand for something else than they say: for no value, for a name, for a sum of others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from nntrain.data.tables.cells import Cells
from nntrain.data.tables.column import Column
from nntrain.data.tables.column_kinds import shown
from nntrain.data.tables.numerals import number_word
from nntrain.data.tables.table import Table

_NINES = frozenset(sign * float("9" * digits) for digits in range(2, 8) for sign in (1, -1))
_LEAST = 10  # rows from which on a sum is no chance
_WIDE = 1000  # columns of a table in which no word for totals is looked for
_TOTALS = frozenset(
    [
        *("total", "totals", "subtotal", "sum", "sums", "average", "mean", "summe", "gesamt"),
        *("insgesamt", "gesamtsumme", "mittelwert", "somme", "totaux", "moyenne", "suma", "totale", "media"),
        *("totaal", "totalt", "summa", "sub total", "grand total", "total général", "total general"),
    ]
)


def tell_odd_values(table: Table, columns: Iterable[Column], targets: Iterable[Column]) -> None:
    """Warn of numbers that may stand for no value, or be names, and of a last row that may hold totals."""
    read = [*columns, *targets]
    for column in read:
        cells = table.columns[column.at]
        if column.categories is not None or column.date is not None:
            continue
        if cells.padded and cells.all_numbers:
            value = number_word(float(cells.padded))
            said = f"{cells.padded}, read as the number {value}; categorical: [{column.name}] makes names of numbers"
            table.warn(int(np.argmax(cells.values == float(value))), column.at, f"column {column.name} has {said}")
        tell_likely_missing(table, column.at)
    if (at := row_of_totals(table, read)) is not None:
        cell = shown(table.columns[at].text(len(table) - 1))
        what = f"column {table.names[at]} has {cell} in the last row: is it a row of totals? take it out"
        table.warn(len(table) - 1, at, what)


def tell_likely_missing(table: Table, at: int) -> None:
    """Warn of a number in a column that may stand for no value."""
    if (found := likely_missing(table.columns[at])) is not None:
        number, count = found
        said = f"{number_word(number)} in {count} rows, far from all others; if it stands for no value, say "
        said += f"missing_values: [{number_word(number)}]"
        row = int(np.argmax(table.columns[at].values == number))
        table.warn(row, at, f"column {table.names[at]} has {said}")


def likely_missing(cells: Cells) -> tuple[float, int] | None:
    """A number such as −999 or 9999 that lies farther from all others than they from each other, and in how many rows
    it stands: at least two.
    """
    values = cells.values
    for extreme in (np.fmin, np.fmax):
        number = float(extreme.reduce(values, initial=np.nan))
        if number not in _NINES:
            continue
        others = values[(values != number) & ~np.isnan(values)]
        count = int((values == number).sum())
        if count > 1 and len(others) > count:
            low, high = float(others.min()), float(others.max())
            if min(abs(number - low), abs(number - high)) > high - low > 0:
                return number, count
    return None


def row_of_totals(table: Table, columns: Sequence[Column]) -> int | None:
    """The column that tells that the last row holds totals: by a word such as Total, or as two columns of numbers have
    the sum of all others there; None where it is a row as any other.
    """
    last = len(table) - 1
    if last < 2:
        return None
    for i, cells in enumerate(table.columns if table.width < _WIDE else ()):
        word = cells.text(last) if cells.words else ""
        if word.strip(" :.").lower() in _TOTALS and cells.row_of(word) == last:  # and in no other row
            return i
    sums = 0
    for column in columns if last >= _LEAST else ():
        if column.categories is None and column.date is None and table.columns[column.at].all_numbers:
            values = table.columns[column.at].values
            if not values[-1] or not np.isclose(values[:-1].sum(), values[-1], rtol=1e-6, atol=0):
                return None
            sums += 1
            if sums == 2:
                return column.at
    return None

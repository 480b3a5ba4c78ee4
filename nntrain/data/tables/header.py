"""Whether the first row of a table names its columns: told by what the columns below it hold.

A name may look like anything, like a number (2020) or like a missing value (Na).  What counts is whether the first cell
could be one more cell of its column.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal

from nntrain.data.tables.dates import is_date
from nntrain.data.tables.dialect import Dialect
from nntrain.data.tables.numerals import all_numbers, is_whole
from nntrain.data.tables.units import is_sign, split_unit
from nntrain.data.tables.writings import advice

# the first row and those below it -> whether the first names the columns
HeaderRule = Callable[[Sequence[str], Sequence[Sequence[str]]], bool]
# what the first cell of a column is beside those below it:
#   name      a word above numbers or dates
#   label     a word that stands nowhere below, where few words come again and again
#   value     a number above numbers, a date above dates
#   missing   what stands for a missing value, above numbers or dates
Sign = Literal["name", "label", "value", "missing", "nothing"]
_FEWEST = 3  # numbers that may count columns
_ENOUGH = 10  # rows that show that labels come again


class UnclearError(Exception):
    """The first row could as well be data."""


def has_header(first: Sequence[str], below: Sequence[Sequence[str]], dialect: Dialect) -> bool:
    """Whether the first row names the columns.  Raises UnclearError.

    It does where it numbers columns of fractions, where a word stands above a column of numbers or dates and nowhere a
    number above numbers, and where all of it are words that stand nowhere below.  Where there are numbers above numbers
    as well, it still does if at least as many columns speak for it.
    """
    if not below:
        return any(first) and not any(_kind(cell, dialect) or (cell and cell in dialect.missing) for cell in first)
    signs = _signs(first, below, dialect)
    if _counts_columns(first, signs, below):
        return True
    names, labels, values = signs.count("name"), signs.count("label"), signs.count("value")
    if values:
        if (names and names + labels < values) or (not names and labels == values):
            raise UnclearError
        if not names and not labels and _may_be_names(first, signs, below):
            raise UnclearError
        return names + labels >= values
    if names or not any(first):
        return names > 0
    if any(_kind(cell.strip(), dialect) for row in below for cell in row):
        if any(cell.isalpha() for cell, sign in zip(first, signs, strict=True) if sign == "missing"):
            raise UnclearError
        return "missing" not in signs and all(first)
    if any(_kind(cell, dialect) for cell in first) or len(set(first)) < len(first):
        return False
    return not any(row[i].strip() == cell for i, cell in enumerate(first) for row in below)


def _counts_columns(first: Sequence[str], signs: Sequence[Sign], below: Sequence[Sequence[str]]) -> bool:
    """Whether a row numbers the columns, as programs do that have no names for them: 0, 1, 2, 3 or 0, 1, 2, label above
    columns of which most have fractions.  The first cell may be empty: above the numbers of the rows.
    """
    numbered = [i for i, sign in enumerate(signs) if sign == "value"]
    others = {sign for i, sign in enumerate(signs) if sign != "value" and not (i == 0 and not first[0])}
    if len(numbered) < _FEWEST or others - {"name", "label"} or not all(is_whole(first[i]) for i in numbered):
        return False
    if len({int(first[i]) - i for i in numbered} | {0}) > 2 or not -1 <= int(first[numbered[0]]) - numbered[0] <= 1:
        return False
    whole = [all(is_whole(row[i].strip()) for row in below) for i in numbered]
    return 2 * sum(whole) < len(whole)


def _may_be_names(first: Sequence[str], signs: Sequence[Sign], below: Sequence[Sequence[str]]) -> bool:
    """Whether a row of whole numbers, as years are, and of words for missing values may yet be names: Na, 2020.  Words
    that are written so below too are missing values.
    """
    words = {cell for cell, sign in zip(first, signs, strict=True) if sign == "missing" and cell.isalpha()}
    numbers = [cell for cell, sign in zip(first, signs, strict=True) if sign == "value"]
    elsewhere = {cell.strip() for row in below for cell in row} if words else set()
    return bool(words) and not words & elsewhere and all(map(is_whole, numbers))


def seems_header(first: Sequence[str], below: Sequence[Sequence[str]], dialect: Dialect) -> bool:
    """The same, and no header where that is unclear: for data whose columns are known."""
    try:
        return has_header(first, below, dialect)
    except UnclearError:
        return False


def odd_names(first: Sequence[str], below: Sequence[Sequence[str]], dialect: Dialect) -> list[int]:
    """Columns whose first cell could be one more value of theirs."""
    like_values = [i for i, cell in enumerate(first) if _kind(cell, dialect)]
    return [i for i in like_values if _sign(first[i], [row[i].strip() for row in below], dialect) == "value"]


def _signs(first: Sequence[str], below: Sequence[Sequence[str]], dialect: Dialect) -> list[Sign]:
    return [_sign(cell, [row[i].strip() for row in below], dialect) for i, cell in enumerate(first)]


def _sign(cell: str, column: Sequence[str], dialect: Dialect) -> Sign:
    if dialect.missing.words is None and all_numbers(column, dialect.numerals) is not None:
        return _above(cell, "number", dialect)
    there = Counter(other for other in column if other and other not in dialect.missing)
    kinds = Counter[str]()
    for other, count in there.items():
        kinds[_kind(other, dialect)] += count
    kind, most = max(kinds.items(), key=lambda item: item[1], default=("", 0))
    if kind and 5 * most >= 4 * there.total():
        return _above(cell, kind, dialect)
    few = there.total() >= _ENOUGH and 4 * len(there) <= there.total()
    return "label" if few and cell and cell not in there and not _kind(cell, dialect) else "nothing"


def _above(cell: str, kind: str, dialect: Dialect) -> Sign:
    """What a cell is above cells of this kind."""
    if _kind(cell, dialect) == kind:
        return "value"
    return "missing" if not cell or cell in dialect.missing else "name"


def _kind(cell: str, dialect: Dialect) -> str:
    """number, in whatever writing or with a sign; date; or nothing."""
    numerals = dialect.numerals
    if cell.isidentifier() or not any(c.isdigit() for c in cell):
        return ""
    if numerals.read(cell) is not None or advice(cell, numerals) is not None:
        return "number"
    if (parts := split_unit(cell, numerals)) is not None and is_sign(parts[0]):
        return "number"
    return "date" if is_date(cell) else ""

"""Whether the first row of a table names its columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nntrain.data.tables.dialect import Dialect

# the first row and those below it -> whether the first names the columns
HeaderRule = Callable[[Sequence[str], Sequence[Sequence[str]]], bool]


def has_header(first: Sequence[str], below: Sequence[Sequence[str]], dialect: Dialect) -> bool:
    """Whether the first row names the columns: no number in it, and numbers, or at least other words, below it."""
    read, missing = dialect.numerals.read, dialect.missing
    if any(read(cell) is not None or (cell and cell in missing) for cell in first) or not any(first):
        return False
    if any(read(cell.strip()) is not None for row in below for cell in row):
        return True
    return len(set(first)) == len(first) and not any(row[i].strip() == c for i, c in enumerate(first) for row in below)

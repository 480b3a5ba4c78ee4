"""Columns that are doubtful as inputs: what a careful person would ask about before a training."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import islice

import numpy as np

from nntrain.data.tables.cells import Cells, different
from nntrain.data.tables.column import Column
from nntrain.data.tables.column_kinds import shown
from nntrain.data.tables.table import Table
from nntrain.model.shapes import Array

_ID = re.compile(r"(?:.*[_ .-])?(?:id|ids|index|idx|uuid|key|no|nr|number|#)|row.*|unnamed: 0|[a-z]+Id|[a-z]+ID")
_ENOUGH = 10  # rows from which on a count or a sure tell is no chance
_SAMPLE = 1000  # words by which a column is told to hold sentences
_FIRST = 64  # rows by which columns are told apart, as nearly all can be
_SENTENCE = 4  # words in a row


def is_constant(cells: Cells) -> bool:
    """Whether the column has one value in all rows."""
    values = cells.value_pieces[0][:]
    if len(values) > 1 and (values[0] < values[1] or values[0] > values[1]):
        return False  # as nearly all, of which there may be 100,000
    words = len(cells.present)
    beginning = values[~np.isnan(values)]
    if words > 1 or (len(beginning) and beginning.min() < beginning.max()):
        return False
    return words + len(cells.numbers) == 1 and not cells.missing.any()


def is_identifier(cells: Cells, name: str, by_name: bool = False) -> bool:
    """Whether a column has another whole number in every row, and is called like an id or, unless it is to be told
    `by_name`, counts the rows.
    """
    if not cells.all_numbers or any((v[:] != np.floor(v[:])).any() for v in cells.value_pieces):
        return False
    values = cells.values
    counts = not by_name and len(cells) >= _ENOUGH and values.max() - values.min() == len(cells) - 1
    named = _ID.fullmatch(name) is not None or _ID.fullmatch(name.lower()) is not None
    return bool(counts or named) and len(cells.numbers) == max(2, len(cells))


def is_same(one: Cells, other: Cells) -> bool:
    """Whether two columns hold the same in every row."""
    first, others = one.value_pieces[0][:1], other.value_pieces[0][:1]
    if (first != others).any() and not np.isnan(first + others).any():
        return False  # most differ in the first row
    pieces = zip(one.value_pieces, other.value_pieces, strict=True)
    if not all(np.array_equal(a[:], b[:], equal_nan=True) for a, b in pieces):
        return False
    if one.codes is None or other.codes is None:
        return one.words == other.words
    places = {word: i for i, word in enumerate(other.words)}
    codes = np.array([*(places.get(word, -2) for word in one.words), -1])  # the last for -1, a number
    return bool(np.array_equal(codes[one.codes], other.codes))


class Teller:
    """Tells of which columns each value goes with a single value of this one, and the other way round."""

    def __init__(self, target: Cells):
        self._target = numbered(target)
        counts = np.bincount(self._target)
        self._different = int(np.count_nonzero(counts))
        self._alike = np.flatnonzero(self._target == counts.argmax())[:2]  # two rows where the target is the same

    def is_told_by(self, cells: Cells) -> bool:
        """Whether the column tells it."""
        rows = len(self._target)
        if rows < _ENOUGH or not 1 < self._different <= rows / 2:
            return False
        if len({cells.text(row) for row in self._alike.tolist()}) > 1:
            return False
        other = numbered(cells)
        if len(different(other)) != self._different:
            return False
        return len(different(other * (self._target.max() + 1) + self._target)) == self._different


def numbered(cells: Cells) -> Array:
    """Every cell as the number of its value."""
    numbers, codes = cells.numbers, cells.codes
    found: Array = np.searchsorted(numbers, cells.values)
    return found if codes is None else np.where(codes < 0, found, len(numbers) + 1 + codes)


def alike(categories: Sequence[str]) -> tuple[str, str] | None:
    """Two categories that differ in capital letters or blanks alone, which are likely to be one."""
    seen = dict[str, str]()
    for name in categories:
        if (known := seen.setdefault(" ".join(name.casefold().split()), name)) is not name:
            return known, name
    return None


def likeness(place: str, classes: Sequence[str]) -> list[str]:
    """The warning about names of classes that are likely to be one, where there are such."""
    pair = alike(classes)
    said = pair and f"classes {shown(pair[0])} and {shown(pair[1])}, each of its own; call them alike if they are one"
    return [f"{place}: {said}"] if said else []


def is_sentences(cells: Cells) -> bool:
    """Whether a column of words holds sentences: more than a few words a cell, and another cell in most rows."""
    words = list(islice(cells.present, _SAMPLE))
    if not words or cells.has_numbers or 2 * len(cells.present) <= len(cells):
        return False
    return sum(len(word.split()) for word in words) >= _SENTENCE * len(words)


def refuse_sentences(table: Table, at: int, name: str) -> None:
    """Raise DataError where a column that would be categories holds sentences."""
    cells = table.columns[at]
    if is_sentences(cells):
        row = cells.row_of(cells.present[0])
        raise table.error(
            row,
            at,
            f"column {name} has sentences such as {shown(cells.present[0])}, no categories; leave it out with drop: "
            f"[{name}], or learn from the text with dataset type labelled_text, text: {name}",
        )


def doubts(table: Table, columns: Sequence[Column], targets: Sequence[Column]) -> Iterator[tuple[Column, str]]:
    """The inputs that are doubtful, and why."""
    tellers = [Teller(table.columns[t.at]) for t in targets]
    seen: dict[bytes, Column] = {}  # by what their first rows hold
    for column in columns:
        cells = table.columns[column.at]
        words = "\0".join(cells.words[:_FIRST]).encode("utf-8", "surrogatepass")
        first = seen.setdefault(cells.value_pieces[0][:_FIRST].tobytes() + words, column)
        target = next((t for t in targets if is_same(cells, table.columns[t.at])), None)
        told = target or next((t for t, by in zip(targets, tellers, strict=True) if by.is_told_by(cells)), None)
        if is_constant(cells):
            yield column, f"is {shown(cells.text(0))} in every row"
        elif target is not None:
            yield column, f"is the same as the target {target.name} in every row"
        elif first is not column and len(cells) >= _ENOUGH and is_same(cells, table.columns[first.at]):
            yield column, f"is the same as the column {first.name} in every row"
        elif told is not None:
            yield column, f"tells the target {told.name} without fail, value by value"
        elif column.categories is None and is_identifier(cells, column.name):
            yield column, "has another whole number in every row, like an id"


def tell_doubts(
    table: Table, columns: Sequence[Column], targets: Sequence[Column], categorical: Collection[int]
) -> None:
    """Warn of inputs that are doubtful, and of more categories than a third of the rows, unless they are said to be
    `categorical`.
    """
    for column, why in doubts(table, columns, targets):
        table.warn(0, column.at, f"column {column.name} {why}; drop: [{column.name}] leaves it out")
    for target in targets:
        if is_constant(table.columns[target.at]):
            table.warn(0, target.at, f"target {target.name} is {shown(table.columns[target.at].text(0))} in every row")
    for column in (*columns, *targets):
        if (pair := alike(column.categories or ())) is not None:
            what = "class" if column in targets and column.separator is None else "category"
            row = table.columns[column.at].row_of_name(pair[1]) if column.separator is None else 0
            table.warn(
                row,
                column.at,
                f"column {column.name} has {shown(pair[0])} and {shown(pair[1])}, each a {what} of its own; write them "
                "alike if they are one",
            )
    for column in columns if len(table) >= _ENOUGH else ():
        if column.categories is not None and 3 * len(column.categories) > len(table) and column.at not in categorical:
            table.warn(
                0,
                column.at,
                f"column {column.name} has {len(column.categories)} different words in {len(table)} rows, a category "
                f"each; drop: [{column.name}] leaves it out, categorical: [{column.name}] says that it is meant",
            )

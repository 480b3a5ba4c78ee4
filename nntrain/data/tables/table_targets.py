"""The target columns of a table: labels, numbers, or yes and no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from nntrain.data.tables.cells import Cells
from nntrain.data.tables.column import Column
from nntrain.data.tables.column_kinds import (
    Said,
    are_values,
    describe,
    find_categories,
    kind_of,
    no_categories,
    numbers,
    ordered,
    refuse_words,
    shown,
)
from nntrain.data.tables.numerals import Numerals, number_word
from nntrain.data.tables.table import Table
from nntrain.model.shapes import Array

Task = Literal["classification", "regression"] | None
_ENOUGH = 10  # rows from which on a class of one is worth a word
YES_OR_NO = (("0", "1"), ("no", "yes"), ("false", "true"), ("n", "y"), ("f", "t"), ("off", "on"))


def describe_targets(
    table: Table, at: Sequence[int], task: Task, separator: str | None, said: Said, numerals: Numerals
) -> tuple[Column, ...]:
    """What the target columns hold.  Raises DataError."""
    for i in at:
        if i in said.dates:
            raise table.error(None, i, f"dates: column {table.names[i]} is the target; a date is no target")
    if separator is not None:
        return (_labels_in_cells(table, at[0], separator),)
    if len(at) == 1:
        return (_one(table, at[0], task, said, numerals),)
    answers = [_answers(table.columns[i]) for i in at]
    wordy = [i for i in at if i not in said.units and kind_of(table.columns[i], numerals) == "words"]
    questions = bool(wordy) or all(answers) if task is None else task == "classification"
    if not questions:
        return tuple(_values(table, i, said, numerals) for i in at)
    for i, found in zip(at, answers, strict=True):
        if found is None:
            raise _no_answer(table, i, table.names[wordy[0]] if wordy and i not in wordy else None)
    return tuple(Column(table.names[i], i, found) for i, found in zip(at, answers, strict=True))


def label_sets(table: Table, at: int, column: Column, empty_is_none: bool) -> Array:
    """(N, labels) float64 of a column whose cells hold several labels: 1 where a cell has one, NaN where it is missing.

    empty_is_none   an empty cell has no label, which is told; else it is missing
    Raises DataError for a label that the training table does not have.
    """
    cells, known = table.columns[at], {name: i for i, name in enumerate(column.categories or ())}

    def row_of(cell: str) -> Array:
        row = np.zeros(len(known))
        for label in _split(cell, column.separator or ""):
            if label not in known:
                some = ", ".join(list(known)[:8]) + (", …" if len(known) > 8 else "")
                raise table.error(
                    cells.row_of_name(cell), at, f"column {column.name} has {shown(label)}, known are {some}"
                )
            row[known[label]] = 1
        return row

    of_words = np.zeros((len(cells.words), len(known)))
    for i, (word, absent) in enumerate(zip(cells.words, cells.absent.tolist(), strict=True)):
        if not absent:
            of_words[i] = row_of(word)
        elif word or not empty_is_none:
            of_words[i] = np.nan
        else:
            count = int(np.count_nonzero(cells.codes == i))
            what = "an empty cell" if count == 1 else f"{count} empty cells"
            message = f"column {column.name} has {what}: no label; missing: drop leaves such rows out"
            table.warn(cells.row_of(word), at, message)
    numbers = cells.numbers
    of_numbers = np.array([row_of(number_word(value)) for value in numbers.tolist()]).reshape(-1, len(known))
    rows = np.searchsorted(numbers, cells.values)  # of NaN, which is no number, the place behind the last
    if cells.codes is not None:
        rows = np.where(cells.codes < 0, rows, len(numbers) + cells.codes)
    values: Array = np.concatenate([of_numbers, of_words])[rows]
    return values


def _one(table: Table, at: int, task: Task, said: Said, numerals: Numerals) -> Column:
    """One column: numbers, or labels."""
    cells, name = table.columns[at], table.names[at]
    if task != "classification":
        if at in said.units:
            return describe(table, at, name, said, numerals)
        kind = "numbers" if task == "regression" else kind_of(cells, numerals)
        if kind in ("numbers", "amounts", "dates"):
            refuse_words(table, at, name, numerals, "target", or_labels=task is None)
            if task == "regression" or are_values(cells.values):
                return numbers(table, at, name)
    labels = find_categories(table, at, name, "label")
    if len(labels) < 2:
        only = f"every target is {labels[0]!r}" if labels else "there is no target"
        raise table.error(0, at, f"{only}; a classification needs two classes or more")
    if task is None and cells.all_numbers and len(labels) > 2:
        table.warn(0, at, f"{name} has {len(labels)} different whole numbers: classes; task: regression reads values")
    _tell_labels(table, at, labels)
    return Column(name, at, labels)


def _tell_labels(table: Table, at: int, labels: Sequence[str]) -> None:
    """Warn of cells that look like several labels, and of classes of a single row."""
    name, alone = table.names[at], set(labels)
    for sign in "|;,":
        several = {label: _split(label, sign) for label in labels if sign in label.strip(sign)}
        parts = [part for found in several.values() for part in set(found)]
        if any(part in alone for part in parts) or (sign != "," and len(set(parts)) < len(parts)):
            word = next(iter(several))
            said = f"a class of its own; separator: {sign!r} reads several labels in a cell"
            table.warn(table.columns[at].row_of_name(word), at, f"column {name} has {shown(word)}, {said}")
            break
    if len(table) < _ENOUGH:
        return
    numbers = table.columns[at].category_numbers(labels)
    counts = np.bincount(numbers[~np.isnan(numbers)].astype(np.int64), minlength=len(labels))
    if len(single := np.flatnonzero(counts == 1).tolist()):
        row = table.columns[at].row_of_name(labels[single[0]])
        more = f", as have {len(single) - 1} more" if len(single) > 1 else ""
        said = "it can be learned or measured, not both"
        table.warn(row, at, f"class {shown(labels[single[0]])} of {name} has a single row{more}: {said}")


def _values(table: Table, at: int, said: Said, numerals: Numerals) -> Column:
    if at in said.units:
        return describe(table, at, table.names[at], said, numerals)
    refuse_words(table, at, table.names[at], numerals, "target")
    return numbers(table, at, table.names[at])


def _answers(cells: Cells) -> tuple[str, str] | None:
    """How a column says no and yes; None where it holds something else."""
    names = cells.names()
    for no, yes in YES_OR_NO:
        words = {name.lower(): name for name in names}
        if len(words) == len(names) > 0 and words.keys() <= {no, yes}:
            like = next(iter(names))
            as_there = str.upper if like.isupper() else str.title if like.istitle() else str.lower
            return words.get(no, as_there(no)), words.get(yes, as_there(yes))
    return None


def _no_answer(table: Table, at: int, beside: str | None) -> Exception:
    """The error about a column that is neither yes nor no."""
    cells, name = table.columns[at], table.names[at]
    allowed = {word for pair in YES_OR_NO for word in pair}
    names = cells.names()
    wrong = next((word for word in ordered(names) if word.lower() not in allowed), None)
    if wrong is None:
        some = " and ".join(map(repr, ordered(names)[:3])) or "nothing"
        return table.error(0, at, f"target {name} has {some}, expected one word for yes and one for no")
    as_in = f", as in the target {beside}" if beside else ""
    message = f"target {name} has {shown(wrong)}, expected yes or no (1 or 0, true or false){as_in}"
    return table.error(cells.row_of_name(wrong), at, message + "; several targets are all numbers, or all yes or no")


def _labels_in_cells(table: Table, at: int, separator: str) -> Column:
    """A column whose cells hold several labels each."""
    cells, name = table.columns[at], table.names[at]
    labels = {label for word in cells.names() for label in _split(word, separator)}
    if not labels:
        raise table.error(0, at, f"column {name} has no label at all")
    if no_categories(len(labels), len(table)):
        raise table.error(
            0, at, f"column {name} has {len(labels)} different labels in {len(table)} rows; is it the right target?"
        )
    if not any(separator in word for word in cells.present):
        table.warn(0, at, f"no cell of column {name} has {separator!r} between labels, as separator says")
    return Column(name, at, tuple(ordered(labels)), separator=separator)


def _split(cell: str, separator: str) -> list[str]:
    """The labels in a cell; a number has one spelling, 1 and 1.0."""
    labels = [label.strip() for label in cell.split(separator)]
    return [number_word(float(label)) if label.isdecimal() and label.isascii() else label for label in labels if label]

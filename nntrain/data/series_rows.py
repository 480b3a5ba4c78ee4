"""The rows of one or several series out of a table: in order of time, without gaps, or with a word about them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from nntrain.data.series_time import Gaps, filled, in_order, is_other_step, places, read_times, told_step, usual_step
from nntrain.data.tables.column_kinds import kind_of, shown
from nntrain.data.tables.numerals import Numerals
from nntrain.data.tables.table import Table
from nntrain.data.tables.units import split_unit
from nntrain.data.tables.writings import advice
from nntrain.errors import DataError
from nntrain.model.shapes import Array


@dataclass
class Where:
    """Numbers of the columns of a table: those that are read, the time, and what tells several series apart."""

    columns: list[int]
    time: int | None
    group: int | None


@dataclass
class OneSeries:
    """name    "" where the file holds but one
    values  (N, columns), oldest first, NaN where `ahead` rows know no more
    step    between rows, in seconds or in the numbers of the time; None where it is not known, or steps differ
    """

    name: str
    values: Array
    step: float | None = None


def mostly_numbers(table: Table, passed_over: set[int], numerals: Numerals) -> list[int]:
    """The columns that a series reads where none are named: those of numbers.  The others are told.  Raises DataError
    for numbers in another writing, which would be left out.
    """
    found = []
    for i, cells in enumerate(table.columns):
        if i in passed_over or i in table.empty:
            continue
        there = ~cells.missing
        if cells.has_numbers and 2 * int((~np.isnan(cells.values)).sum()) >= int(there.sum()):
            found.append(i)
        elif not cells.has_numbers and kind_of(cells, numerals) in ("numbers", "amounts"):
            raise _no_number(table, i, numerals)
        else:
            what = "more words than" if cells.has_numbers else "no"
            table.warn(None, i, f"column {table.names[i]} holds {what} numbers: left out")
    return found


def read_series(
    table: Table, where: Where, gaps: Gaps | None, known_ahead: list[int], numerals: Numerals
) -> list[OneSeries]:
    """Every series of the table.  Raises DataError for a cell that is no number, and for rows out of order.

    known_ahead   places among the columns of what is known in advance: the last rows of a series may have these alone
    """
    values = _numbers(table, where.columns, numerals)
    times = None if where.time is None else read_times(table, where.time)
    found = []
    for name, rows in _groups(table, where.group):
        of_group = f" in {table.names[where.group]} {name}" if where.group is not None else ""
        at = step = None
        if times is not None:
            rows = in_order(times, rows, of_group)
            at = places(times, rows, gaps)
            step = usual_step(times, rows) if at is not None else None
        of_rows = values[rows]
        ahead = _ahead(of_rows, known_ahead) if known_ahead else 0
        if ahead:
            others = [k for k in range(len(where.columns)) if k not in known_ahead]
            of_rows[-ahead:, others] = 0  # to be forecast; restored below
        if gaps in ("previous", "linear"):
            grid = np.arange(len(rows)) if at is None else at
            _tell_filled(table, where.columns, rows, of_rows)
            of_rows = filled(of_rows, grid, rows, table, where.columns, gaps)
        elif np.isnan(of_rows).any():
            row, k = np.argwhere(np.isnan(of_rows))[0]
            cell = table.columns[where.columns[k]].text(int(rows[row]))
            hint = "; gaps: previous or linear fills what is missing"
            raise table.error(int(rows[row]), where.columns[k], f"{cell!r} where a number was expected{hint}")
        if ahead:
            of_rows[-ahead:, others] = np.nan
        found.append(OneSeries(name, of_rows, step))
    return found


def tell_other_step(table: Table, where: Where, series: Iterable[OneSeries], usual: float | None) -> None:
    """A word where rows follow one another at another step than those of training."""
    if usual is None or where.time is None:
        return
    other = next((one.step for one in series if one.step is not None and is_other_step(one.step, usual)), None)
    if other is not None:
        dates = not table.columns[where.time].has_numbers
        said = f"a step of {told_step(other, dates)} between rows, {told_step(usual, dates)} in training"
        table.warn(0, where.time, f"{table.names[where.time]} has {said}")


def _numbers(table: Table, columns: list[int], numerals: Numerals) -> Array:
    """(N, columns), NaN where a value is missing.  Raises DataError for a word."""
    for i in columns:
        if table.columns[i].first_word() is not None:
            raise _no_number(table, i, numerals)
    return np.stack([table.columns[i].values for i in columns], axis=1)


def _no_number(table: Table, at: int, numerals: Numerals) -> DataError:
    """The error about the first word of a column that is to hold numbers."""
    row = table.columns[at].first_word() or 0
    cell = table.columns[at].text(row)
    hint = advice(cell, numerals)
    if hint is None and (parts := split_unit(cell, numerals)) is not None:
        hint = f", a number with {parts[0]!r}: write {parts[1]:.15g}"
    if hint is not None:
        return table.error(row, at, f"column {table.names[at]} has {shown(cell)}{hint}")
    return table.error(row, at, f"{cell!r} where a number was expected")


def _tell_filled(table: Table, columns: list[int], rows: Array, values: Array) -> None:
    """Tell of the cells without a value, which are filled."""
    gaps = np.argwhere(np.isnan(values))
    if len(gaps):
        said = f"{len(gaps)} values are" if len(gaps) > 1 else "a value is"
        table.warn(int(rows[gaps[0, 0]]), columns[gaps[0, 1]], f"{said} missing: filled")


def _groups(table: Table, group: int | None) -> list[tuple[str, Array]]:
    """The rows of each series, in the order of their first."""
    every = np.arange(len(table))
    if group is None:
        return [("", every)]
    names = np.array([table.columns[group].text(int(i)) for i in every])
    if (empty := names == "").any():
        raise table.error(int(np.argmax(empty)), group, f"column {table.names[group]} has nothing here")
    return [(str(name), every[names == name]) for name in dict.fromkeys(names.tolist())]


def _ahead(values: Array, known: list[int]) -> int:
    """How many rows at the end have what is known in advance, and nothing else."""
    others = [k for k in range(values.shape[1]) if k not in known]
    alone = np.isnan(values[:, others]).all(axis=1) & ~np.isnan(values[:, known]).any(axis=1)
    full = np.flatnonzero(~alone)
    return len(values) - 1 - int(full[-1]) if len(full) else 0

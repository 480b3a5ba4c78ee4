"""The rows of one or several series out of a table: in order of time, without gaps, or with a word about them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nntrain.data.series_time import Gaps, filled, in_order, places, read_times
from nntrain.data.tables.table import Table
from nntrain.model.shapes import Array


@dataclass
class Where:
    """Numbers of the columns of a table: those that are read, the time, and what tells several series apart."""

    columns: list[int]
    time: int | None
    group: int | None


@dataclass
class OneSeries:
    """name: "" where the file holds but one; values (N, columns), oldest first, NaN where `ahead` rows know no more."""

    name: str
    values: Array


def mostly_numbers(table: Table, passed_over: set[int]) -> list[int]:
    """The columns that a series reads where none are named: those of numbers.  The others are told."""
    found = []
    for i, cells in enumerate(table.columns):
        if i in passed_over or i in table.empty:
            continue
        there = ~cells.missing
        if cells.has_numbers and 2 * int((~np.isnan(cells.values)).sum()) >= int(there.sum()):
            found.append(i)
        else:
            table.warn(None, i, f"column {table.names[i]} holds no numbers: left out")
    return found


def read_series(table: Table, where: Where, gaps: Gaps | None, known_ahead: list[int]) -> list[OneSeries]:
    """Every series of the table.  Raises DataError for a cell that is no number, and for rows out of order.

    known_ahead   places among the columns of what is known in advance: the last rows of a series may have these alone
    """
    values = _numbers(table, where.columns)
    times = None if where.time is None else read_times(table, where.time)
    found = []
    for name, rows in _groups(table, where.group):
        of_group = f" in {table.names[where.group]} {name}" if where.group is not None else ""
        at = None
        if times is not None:
            rows = in_order(times, rows, of_group)
            at = places(times, rows, gaps)
        of_rows = values[rows]
        ahead = _ahead(of_rows, known_ahead) if known_ahead else 0
        if ahead:
            others = [k for k in range(len(where.columns)) if k not in known_ahead]
            of_rows[-ahead:, others] = 0  # to be forecast; restored below
        if gaps in ("previous", "linear"):
            grid = np.arange(len(rows)) if at is None else at
            of_rows = filled(of_rows, grid, rows, table, where.columns, gaps)
        elif np.isnan(of_rows).any():
            row, k = np.argwhere(np.isnan(of_rows))[0]
            cell = table.columns[where.columns[k]].text(int(rows[row]))
            hint = "; gaps: previous or linear fills what is missing"
            raise table.error(int(rows[row]), where.columns[k], f"{cell!r} where a number was expected{hint}")
        if ahead:
            of_rows[-ahead:, others] = np.nan
        found.append(OneSeries(name, of_rows))
    return found


def _numbers(table: Table, columns: list[int]) -> Array:
    """(N, columns), NaN where a value is missing.  Raises DataError for a word."""
    for i in columns:
        row = table.columns[i].first_word()
        if row is not None:
            cell = table.columns[i].text(row)
            raise table.error(row, i, f"{cell!r} where a number was expected")
    return np.stack([table.columns[i].values for i in columns], axis=1)


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

"""The time of a series: which column holds it, whether rows follow one another in it, and where some are missing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np

from nntrain.data.tables.dates import DateForm, forms_of, is_date
from nntrain.data.tables.table import Table
from nntrain.model.shapes import Array

Gaps = Literal["error", "previous", "linear"]
# names under which numbers that go one way are the time
_NAMES = frozenset(
    [
        "time",
        "date",
        "datetime",
        "timestamp",
        "day",
        "week",
        "month",
        "year",
        "quarter",
        "hour",
        "minute",
        "second",
        "step",
        "t",
    ]
)
_DAY = 86400.0
_UNITS = ((_DAY, "day"), (3600.0, "hour"), (60.0, "minute"), (1.0, "second"))


@dataclass
class Times:
    """The time of every row: dates in seconds since 1970, or numbers.   form: of dates, else None"""

    table: Table
    at: int
    values: Array
    form: DateForm | None

    @property
    def name(self) -> str:
        """The column's."""
        return self.table.names[self.at]

    def text(self, row: int) -> str:
        """A row's time as it is written."""
        return self.table.columns[self.at].text(row)


def find_time(table: Table, passed_over: Collection[int]) -> int | None:
    """The column that is the time, with a word: the first of dates, or of numbers that go one way under a name such as
    year; None where there is none."""
    for i, cells in enumerate(table.columns):
        if i in passed_over or i in table.empty:
            continue
        if cells.has_numbers:
            name = table.first[i].strip().lower() if table.header else ""
            steps = np.diff(cells.values)
            found = (
                cells.all_numbers and name in _NAMES and len(steps) > 0 and bool((steps > 0).all() or (steps < 0).all())
            )
        else:
            words = cells.present
            found = bool(words) and sum(map(is_date, words)) > 0.8 * len(words)
        if found:
            table.warn(None, i, f"column {table.names[i]} is taken for the time; time says which it is")
            return i
    return None


def read_times(table: Table, at: int) -> Times:
    """The times of a column.  Raises DataError for a cell that is none."""
    cells, name = table.columns[at], table.names[at]
    if cells.has_numbers or not cells.present:
        if not cells.all_numbers:
            row = cells.first_other()
            raise table.error(row, at, f"column {name} is the time and has {cells.text(row)!r}, expected a number")
        return Times(table, at, cells.values, None)
    if cells.missing.any():
        raise table.error(int(np.argmax(cells.missing)), at, f"column {name} is the time, and has nothing here")
    words = [word for word in cells.present if is_date(word)]
    forms = forms_of(words)
    if not forms or len(words) < len(cells.present):
        odd = next((word for word in cells.present if word not in words), cells.present[0])
        raise table.error(cells.row_of(odd), at, f"column {name} is the time and has {odd!r}, expected a date")
    read = [Times(table, at, np.array([form.read(cells.text(i)) for i in range(len(table))]), form) for form in forms]
    going_one_way = [times for times in read if _direction(times.values)]
    return (going_one_way or read)[0]


def _direction(values: Array) -> int:
    """1 where they ascend, −1 where they descend, else 0."""
    steps = np.diff(values)
    return 1 if (steps > 0).all() else -1 if (steps < 0).all() else 0


def in_order(times: Times, rows: Array, of_group: str) -> Array:
    """Rows (of one series) by their time, oldest first: newest first is turned with a word.  Raises DataError."""
    values = times.values[rows]
    direction = _direction(values)
    if direction > 0:
        return rows
    if direction < 0:
        times.table.warn(int(rows[0]), times.at, f"{times.name} goes down{of_group}: rows are turned, oldest first")
        return rows[::-1]
    steps = np.diff(values)
    falls = (steps < 0).sum() < (steps > 0).sum()
    at = int(np.argmax(steps <= 0 if falls else steps >= 0))
    one, other = times.text(int(rows[at])), times.text(int(rows[at + 1]))
    if steps[at] == 0:
        hint = "" if of_group else "; group says which column tells several series apart"
        raise times.table.error(int(rows[at + 1]), times.at, f"{times.name} is {one} twice{of_group}{hint}")
    raise times.table.error(
        int(rows[at + 1]), times.at, f"{times.name} goes from {one} to {other}{of_group}; sort the rows, oldest first"
    )


def places(times: Times, rows: Array, gaps: Gaps | None) -> Array | None:
    """The number of every row (in order) on the grid of equal steps, from 0; None where steps differ.

    What is missing is told, or refused, with its place.
    """
    if len(rows) < 3:
        return np.arange(len(rows))
    on_grid = _on_grid(times.values[rows], times.form)
    steps = np.diff(on_grid)
    whole = np.rint(steps)
    uneven = np.abs(steps - whole) > 1e-3
    if uneven.mean() > 0.1 or (whole < 1).any() or whole.sum() > 2 * len(rows):
        at = int(np.argmax(uneven | (whole != 1)))
        said = f"{times.name}: the steps differ, as from {times.text(int(rows[at]))} to {times.text(int(rows[at + 1]))}"
        if gaps is not None:
            raise times.table.error(int(rows[at + 1]), times.at, f"{said}; gaps: {gaps} is for equal steps")
        times.table.warn(int(rows[at + 1]), times.at, f"{said}; each row is one step")
        return None
    missing = np.flatnonzero(whole > 1)
    if len(missing):
        at, count = int(missing[0]), int(whole[missing[0]]) - 1
        between = f"between {times.text(int(rows[at]))} and {times.text(int(rows[at + 1]))}"
        said = f"{count} row{'s are' if count > 1 else ' is'} missing {between}"
        if (more := len(missing) - 1) > 0:
            said += f", and {int(whole[missing[1:]].sum()) - more} more in {more} gap{'s' if more > 1 else ''}"
        if gaps == "error":
            raise times.table.error(int(rows[at + 1]), times.at, f"{said}; gaps: previous or linear fills them")
        done = "filled" if gaps else "each row is one step all the same; gaps: previous or linear fills them"
        times.table.warn(int(rows[at + 1]), times.at, f"{said}: {done}")
    return np.concatenate([[0], np.cumsum(whole)]).astype(np.int64)


def _on_grid(values: Array, form: DateForm | None) -> Array:
    """Times in units of the commonest step: in months where all dates are of one day of the month, in working days
    where none is of a weekend."""
    if form is not None:
        days = (np.floor(values / _DAY)).astype("datetime64[D]")
        months = days.astype("datetime64[M]")
        if len(np.unique(days - months)) == 1 and (np.diff(months.astype(np.int64)) > 0).all():
            values = months.astype(np.float64)
        elif not np.mod(values, _DAY).any() and np.is_busday(days).all() and len(days) > 5:
            values = np.busday_count(days[0], days).astype(np.float64)
    steps = np.diff(values)
    lengths, counts = np.unique(np.round(steps, 9), return_counts=True)
    on_grid: Array = values / lengths[counts.argmax()]
    return on_grid


def usual_step(times: Times, rows: Array) -> float | None:
    """The step in the middle of all between rows (in order), in seconds or in the numbers of the time."""
    return float(np.median(np.diff(times.values[rows]))) if len(rows) > 1 else None


def is_other_step(step: float, before: float) -> bool:
    """Whether a step is another one than in training: by half or more, as months differ in their days."""
    return not 1 / 1.5 < step / before < 1.5


def told_step(step: float, dates: bool) -> str:
    """A step in words: `2 hours`."""
    if not dates:
        return f"{step:.6g}"
    long, unit = next((of for of in _UNITS if step >= of[0]), _UNITS[-1])
    size = f"{step / long:.3g}"
    return f"{size} {unit}" if size == "1" else f"{size} {unit}s"


def filled(values: Array, at: Array, rows: Array, table: Table, columns: list[int], gaps: Gaps) -> Array:
    """Values (N, columns) of `rows` on their grid, NaN where missing, with every gap filled.  Raises DataError."""
    whole = np.full((int(at[-1]) + 1, values.shape[1]), np.nan)
    whole[at] = values
    grid = np.arange(len(whole))
    for k, column in enumerate(columns):
        there = ~np.isnan(whole[:, k])
        ends = [0] if gaps == "previous" else [0, -1]
        if bad := [end for end in ends if not there[end]]:
            which = "before" if bad[0] == 0 else "after"
            raise table.error(int(rows[bad[0]]), column, f"no number, and none {which} it to fill it with")
        if gaps == "linear":
            whole[:, k] = np.interp(grid, grid[there], whole[there, k])
        else:
            last = np.maximum.accumulate(np.where(there, grid, 0))
            whole[:, k] = whole[last, k]
    return whole

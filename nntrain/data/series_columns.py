"""Which columns of a table a series is: as a config says, as is found out with a word, or as those of training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from nntrain.data.parts import LeftOut
from nntrain.data.series_layout import SeriesLayout
from nntrain.data.series_rows import Where, mostly_numbers
from nntrain.data.series_time import find_time
from nntrain.data.tables.column_doubts import is_constant
from nntrain.data.tables.column_kinds import shown
from nntrain.data.tables.column_places import left_out
from nntrain.data.tables.dialect import Dialect
from nntrain.data.tables.header import seems_header
from nntrain.data.tables.numerals import Numerals
from nntrain.data.tables.odd_values import tell_likely_missing
from nntrain.data.tables.table import Table, column_names
from nntrain.data.tables.table_files import TableFile
from nntrain.data.tables.table_reader import read_table
from nntrain.errors import DataError
from nntrain.messages import did_you_mean


class SeriesArguments(Protocol):
    """What a config says of columns: see the arguments of `series`."""

    @property
    def columns(self) -> Sequence[str | int]:
        """What is read, all that hold numbers where none are named."""

    @property
    def targets(self) -> Sequence[str | int]:
        """What is forecast."""

    @property
    def future(self) -> Sequence[str | int]:
        """What is known in advance."""

    @property
    def time(self) -> str | int | None:
        """The column of times."""

    @property
    def group(self) -> str | int | None:
        """The column that tells several series apart."""


def find_columns(table: Table, config: SeriesArguments, numerals: Numerals) -> Where:
    """The columns that the config names, or that are found out with a word.  Raises DataError."""
    columns = [table.find(column, "columns") for column in config.columns]
    time = None if config.time is None else table.find(config.time, "time")
    group = None if config.group is None else table.find(config.group, "group")
    others = {i for i in (time, group) if i is not None}
    named = {table.find(column, "targets") for column in config.targets}
    named |= {table.find(column, "future") for column in config.future}
    if time is None:
        time = find_time(table, {*columns, *others, *named})
        others |= set() if time is None else {time}
    if columns and (more := left_out(table, {*columns, *others}, ())) is not None:
        table.warnings.append(more.told())
    columns = columns or mostly_numbers(table, others, numerals)
    for i in columns:
        tell_likely_missing(table, i)
        if is_constant(table.columns[i]):
            cell = shown(table.columns[i].text(0))
            table.warn(0, i, f"column {table.names[i]} is {cell} in every row; columns says which are read")
    if not columns:
        raise DataError(f"{table.name}: error: no column holds a number in every row; name some with columns")
    return Where(columns, time, group)


def locate_columns(file: TableFile, layout: SeriesLayout, dialect: Dialect) -> tuple[Table, Where, LeftOut | None]:
    """Another file, and where its columns are: by their names, or as many in the order of training; and those that
    come to nothing.
    """
    others = [column for column in (layout.time, layout.group) if column is not None]

    def is_header(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
        return set(layout.columns) <= set(column_names(first, header=True)) or seems_header(first, below, dialect)

    table = read_table(file, dialect, is_header)
    if table.header:
        names = table.names
        if layout.group is not None and layout.group[0] not in names:
            raise DataError(f"{table.name}: error: no column {layout.group[0]}, which tells the series apart")
        if missing := [name for name in layout.columns if name not in names]:
            there = ", ".join(names)
            raise DataError(
                f"{table.name}: error: no column {missing[0]} ({there}){did_you_mean(missing[0], names)}; "
                f"expected columns {', '.join(layout.columns)}"
            )
        time, group = (
            None if c is None or c[0] not in names else names.index(c[0]) for c in (layout.time, layout.group)
        )
        where = Where([names.index(name) for name in layout.columns], time, group)
        return table, where, left_out(table, [*where.columns, *(i for i in (time, group) if i is not None)], ())
    if table.width == len(layout.columns) and layout.group is None:
        return table, Where(list(range(table.width)), None, None), None
    if table.width > max((*layout.at, *(at for _, at in others))):
        time, group = (None if c is None else c[1] for c in (layout.time, layout.group))
        return table, Where(list(layout.at), time, group), None
    raise DataError(f"{table.name}: error: expected columns {', '.join(layout.columns)}")

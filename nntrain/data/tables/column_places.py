"""Where the columns of a layout stand in a table that comes later, and whether that has a header."""

from __future__ import annotations

from collections.abc import Sequence

from nntrain.data.tables.column_values import read
from nntrain.data.tables.dialect import Dialect
from nntrain.data.tables.header import HeaderRule, seems_header
from nntrain.data.tables.table import Table
from nntrain.data.tables.table_layout import TableLayout
from nntrain.messages import did_you_mean


def header_by(layout: TableLayout, dialect: Dialect) -> HeaderRule:
    """Whether the first row of later data is a header: it is where it names the inputs; data that had none when they
    were learned from have one only where numbers are to stand in some column and no number stands above any of them.
    """
    columns = layout.columns

    def is_header(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
        if layout.header and {column.name for column in columns} <= set(first):
            return True
        above = [(first[c.at], c) for c in columns if c.categories is None and c.at < len(first)]
        data = any(read(cell, column, dialect.numerals) is not None for cell, column in above)
        return (layout.header or (bool(above) and not data)) and seems_header(first, below, dialect)

    return is_header


def locate(table: Table, layout: TableLayout, with_target: bool) -> list[int]:
    """Where the inputs stand, then the target: by name where there is a header, else by place.

    Where no target is wanted its column may be absent.  Raises DataError.
    """
    columns, target = layout.columns, layout.target
    wanted = [*columns, target] if with_target else columns
    if layout.header:
        place = {name: i for i, name in reversed(list(enumerate(table.first)))}
        absent = [column.name for column in wanted if column.name not in place]
        if not absent:
            return [place[column.name] for column in wanted]
        if len(absent) < len(wanted) or table.header:
            raise table.error(None, 0, f"no column {absent[0]!r} in the header{did_you_mean(absent[0], table.first)}")
    if table.width == layout.width:
        return [column.at for column in wanted]
    if not with_target and table.width == layout.width - 1:
        return [column.at - (column.at > target.at) for column in columns]
    if not with_target and table.width == len(columns):
        return list(range(len(columns)))
    raise table.error(
        0,
        min(table.width, layout.width),
        f"{table.width} columns, expected {layout.width} as in the training data",
    )

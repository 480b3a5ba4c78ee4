"""Where the columns of a layout stand in a table that comes later, and whether that has a header."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from nntrain.data.parts import LeftOut
from nntrain.data.tables.column_values import read
from nntrain.data.tables.dialect import Dialect
from nntrain.data.tables.header import HeaderRule, seems_header
from nntrain.data.tables.table import Table, column_names
from nntrain.data.tables.table_layout import TableLayout
from nntrain.messages import did_you_mean


def header_by(layout: TableLayout, dialect: Dialect) -> HeaderRule:
    """Whether the first row of later data is a header: it is where it names the inputs; data that had none when they
    were learned from have one only where numbers are to stand in some column and no number stands above any of them.
    """
    columns = layout.columns

    def is_header(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
        if layout.header and {column.name for column in columns} <= set(column_names(first, header=True)):
            return True
        above = [(first[c.at], c) for c in columns if c.categories is None and c.at < len(first)]
        data = any(read(cell, column, dialect.numerals) is not None for cell, column in above)
        return (layout.header or (bool(above) and not data)) and seems_header(first, below, dialect)

    return is_header


def locate(table: Table, layout: TableLayout, with_target: bool) -> list[int]:
    """Where the inputs stand, then the targets, then the weights: by name where there is a header, else by place.

    Where no target is wanted its column may be absent, and that of the weights.  Raises DataError.
    """
    table.is_later = True
    columns = layout.columns
    beside = [*layout.targets, *([layout.weights] if layout.weights else [])]
    wanted = [*columns, *beside] if with_target else columns
    if layout.header:
        names = column_names(table.first, table.header)
        place = {name: i for i, name in reversed(list(enumerate(names)))}
        absent = [column.name for column in wanted if column.name not in place]
        if not absent:
            for column in wanted:
                if names.count(column.name) > 1:
                    second = len(names) - 1 - names[::-1].index(column.name)
                    raise table.error(
                        None, second, f"two columns are called {column.name}; rename one of them in the file"
                    )
            return [place[column.name] for column in wanted]
        if len(absent) < len(wanted) or table.header:
            raise table.error(None, 0, f"no column {absent[0]!r} in the header{did_you_mean(absent[0], names)}")
    at = _by_place(table, layout, [column.at for column in wanted], {column.at for column in beside}, with_target)
    if layout.header:
        some = ", ".join(column.name for column in columns[:8]) + (", …" if len(columns) > 8 else "")
        table.warnings.append(f"{table.name}: no header: columns are taken as in training, inputs are {some}")
    elif table.header:
        table.warn(None, 0, "the first row is taken for names of columns, which stand where they stood in training")
    return at


def _by_place(table: Table, layout: TableLayout, wanted: list[int], beside: set[int], with_target: bool) -> list[int]:
    """The columns that stood at `wanted` in training, in a table like that, or one without those beside the inputs."""
    if table.width == layout.width:
        return wanted
    if not with_target:
        targets = {target.at for target in layout.targets}
        for gone in (targets, beside):
            if table.width == layout.width - len(gone):
                return [at - sum(place < at for place in gone) for at in wanted]
        if table.width == len(wanted):
            return list(range(len(wanted)))
    raise table.error(
        0,
        min(table.width, layout.width),
        f"{table.width} columns, expected {layout.width} as in the training data",
    )


def left_out(table: Table, taken: Iterable[int], said: Collection[str | int | None], width: int = 0) -> LeftOut | None:
    """The columns of a later table that are not `taken`, by their names; None where there are none.

    said    what the config says of others, which are no surprise: names, or numbers in a table of `width`
    Columns that hold nothing were told when they were read.
    """
    if not table.header:
        return None
    known = {*taken, *table.empty}
    if table.width == width:
        known |= {column % width for column in said if isinstance(column, int)}
    names = column_names(table.first, header=True)
    others = [i for i, name in enumerate(names) if i not in known and name not in said]
    return LeftOut({names[i]: table.place(None, i) for i in others}) if others else None

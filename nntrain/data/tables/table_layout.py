"""What the columns of a table hold: found out once, kept in the checkpoint, applied from then on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nntrain.data.tables.column import Column
from nntrain.files.json_fields import Fields, Saved
from nntrain.model.shapes import Array

MISSING_POLICIES = ("error", "drop", "mean")


@dataclass(frozen=True, eq=False, repr=False)
class TableLayout(Saved):
    """header    whether the first row of the file was names
    width     columns of the file
    missing   what is done with missing values: error, drop (the row), mean
    target    the column to predict, with categories where it is labels
    columns   the inputs, in the file's order
    """

    header: bool
    width: int
    missing: str
    target: Column
    columns: tuple[Column, ...]

    @property
    def inputs(self) -> int:
        """Numbers n that a row becomes."""
        return sum(column.width for column in self.columns)

    @property
    def one_hot(self) -> Array:
        """(n,) True for the inputs that stand for a category."""
        return np.repeat([column.one_hot for column in self.columns], [column.width for column in self.columns])

    def expand(self, values: Array) -> Array:
        """The columns' values (N, columns) as inputs (N, n)."""
        return np.concatenate([c.expand(x) for c, x in zip(self.columns, values.T, strict=True)], axis=1)

    def with_fill(self, values: Array) -> TableLayout:
        """Fill values from training rows (N, columns), NaN where missing."""
        return replace(self, columns=tuple(c.fitted(x) for c, x in zip(self.columns, values.T, strict=True)))

    def fill(self, values: Array) -> Array:
        """(N, columns) with its NaNs replaced, in place, in the columns for which a fill was fitted."""
        for i, column in enumerate(self.columns):
            if column.fill is not None:
                x = values[:, i]
                x[np.isnan(x)] = column.fill
        return values

    def cells(self, inputs: Array) -> list[tuple[str, str]]:
        """Inputs (n,) in units as (column, number, date or category)."""
        ends = np.cumsum([column.width for column in self.columns])
        pieces = np.split(inputs, ends[:-1])
        return [(column.name, column.text(x)) for column, x in zip(self.columns, pieces, strict=True)]

    def as_json(self) -> dict[str, object]:
        """As a checkpoint keeps it."""
        return {
            "header": self.header,
            "width": self.width,
            "missing": self.missing,
            "target": self.target.as_json(),
            "columns": [column.as_json() for column in self.columns],
        }

    @classmethod
    def from_json(cls, saved: Fields) -> TableLayout:
        """Raises ValueError for what `as_json` does not give."""
        with saved as fields:
            columns = tuple(Column.from_json(column) for column in fields.objects("columns"))
            target = Column.from_json(fields.fields("target"))
            layout = cls(
                fields.boolean("header"),
                fields.whole("width", 1),
                fields.text("missing", MISSING_POLICIES),
                target,
                columns,
            )
        if not columns or max(column.at for column in (*columns, target)) >= layout.width:
            raise ValueError("layout: its columns are not those of a table of its width")
        return layout

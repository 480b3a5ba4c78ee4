"""What the columns of a table hold: found out once, kept in the checkpoint, applied from then on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nntrain.files.json_fields import Fields, Saved
from nntrain.model.shapes import Array

MISSING_POLICIES = ("error", "drop", "mean")


@dataclass(frozen=True, eq=False, repr=False)
class Column(Saved):
    """name         as in the header, or its number
    at           its number from 0 in the file
    categories   the words it may hold, in order of number; None: it holds numbers
    fill         what stands for a missing value: a number, or the number of a category
    """

    name: str
    at: int
    categories: tuple[str, ...] | None = None
    fill: float | None = None

    @property
    def width(self) -> int:
        """Inputs that the column becomes: one, or one a category."""
        return 1 if self.categories is None else len(self.categories)

    def as_json(self) -> dict[str, object]:
        """As a checkpoint keeps it."""
        saved: dict[str, object] = {"name": self.name, "at": self.at}
        if self.categories is not None:
            saved["categories"] = list(self.categories)
        if self.fill is not None:
            saved["fill"] = self.fill
        return saved

    @classmethod
    def from_json(cls, saved: Fields) -> Column:
        """Raises ValueError for what `as_json` does not give."""
        with saved as fields:
            categories = fields.texts("categories") if "categories" in fields else None
            fill = fields.number("fill") if "fill" in fields else None
            return cls(fields.text("name"), fields.whole("at"), categories, fill)


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
        return np.repeat([column.categories is not None for column in self.columns], [c.width for c in self.columns])

    def expand(self, values: Array) -> Array:
        """(N, columns), categories by number, as inputs (N, n): numbers as they are, categories one-hot."""
        pieces = []
        for column, x in zip(self.columns, values.T, strict=True):
            one_hot = None if column.categories is None else x[:, None] == np.arange(column.width)
            pieces.append(x[:, None] if one_hot is None else one_hot.astype(np.float64))
        return np.concatenate(pieces, axis=1)

    def with_fill(self, values: Array) -> TableLayout:
        """Fill values from training rows (N, columns), NaN where missing: the mean of numbers, of categories the most
        frequent, the first of equals.
        """
        filled = []
        for column, x in zip(self.columns, values.T, strict=True):
            there = x[~np.isnan(x)]
            if column.categories is None:
                fill = float(there.mean()) if len(there) else 0.0
            else:
                fill = int(np.bincount(there.astype(np.int64)).argmax()) if len(there) else 0
            filled.append(replace(column, fill=fill))
        return replace(self, columns=tuple(filled))

    def fill(self, values: Array) -> Array:
        """(N, columns) with its NaNs replaced, in place, in the columns for which a fill was fitted."""
        for i, column in enumerate(self.columns):
            if column.fill is not None:
                x = values[:, i]
                x[np.isnan(x)] = column.fill
        return values

    def cells(self, inputs: Array) -> list[tuple[str, str]]:
        """Inputs (n,) in units as (column, number or category)."""
        cells, at = [], 0
        for column in self.columns:
            if column.categories is None:
                cells.append((column.name, f"{inputs[at]:.4g}"))
            else:
                cells.append((column.name, column.categories[int(np.argmax(inputs[at : at + column.width]))]))
            at += column.width
        return cells

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

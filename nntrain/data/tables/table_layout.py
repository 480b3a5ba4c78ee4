"""What the columns of a table hold: found out once, kept in the checkpoint, applied from then on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from nntrain.data.tables.column import Column
from nntrain.files.json_fields import Fields, Saved, WrongFieldsError
from nntrain.model.shapes import Array

MISSING_POLICIES = ("error", "drop", "mean", "category")


@dataclass(frozen=True, eq=False, repr=False)
class TableLayout(Saved):
    """header    whether the first row of the file was names
    width     columns of the file
    missing   what is done with missing values: error, drop (the row), mean, category (a class of its own)
    targets   the columns to predict: one, with categories where it is labels; or several, all of them values, or all
              of them yes or no: categories in this order
    columns   the inputs, in the file's order
    weights   the column of what each row counts for, or None
    """

    header: bool
    width: int
    missing: str
    targets: tuple[Column, ...]
    columns: tuple[Column, ...]
    weights: Column | None = None

    @property
    def inputs(self) -> int:
        """Numbers n that a row becomes."""
        return sum(column.width for column in self.columns)

    @property
    def one_hot(self) -> Array:
        """(n,) True for the inputs that stand for a category."""
        return np.concatenate([column.one_hot for column in self.columns])

    @property
    def labels(self) -> tuple[str, ...] | None:
        """The classes of the one target, where it is one of labels."""
        only = self.targets[0]
        return only.categories if len(self.targets) == 1 and only.separator is None else None

    @property
    def questions(self) -> bool:
        """Whether the targets are yes or no, each for itself: several columns, or several labels in a cell."""
        return self.labels is None and self.targets[0].categories is not None

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the target values."""
        first = self.targets[0]
        if first.separator is not None:
            return first.categories or ()
        return tuple(column.name for column in self.targets)

    def expand(self, values: Array) -> Array:
        """The columns' values (N, columns) as inputs (N, n)."""
        if all(c.categories is None and c.date is None and not c.gap for c in self.columns):
            return values
        return np.concatenate([c.expand(x) for c, x in zip(self.columns, values.T, strict=True)], axis=1)

    def with_fill(self, values: Iterable[Array]) -> TableLayout:
        """Fill values from the training rows (N,) of each column, NaN where missing: of all, or of those with a gap."""
        fitted = (
            c.fitted(x) if c.gap or self.missing == "mean" else c for c, x in zip(self.columns, values, strict=True)
        )
        return replace(self, columns=tuple(fitted))

    def fill(self, values: Array) -> Array:
        """(N, columns) with its NaNs replaced, in place, in the columns for which a fill was fitted."""
        for i, column in enumerate(self.columns):
            if column.fill is not None and not column.gap:
                x = values[:, i]
                x[np.isnan(x)] = column.fill
        return values

    def cells(self, inputs: Array) -> list[tuple[str, str]]:
        """Inputs (n,) in units as (column, number, date or category)."""
        ends = np.cumsum([column.width for column in self.columns])
        pieces = np.split(inputs, ends[:-1])
        return [(column.name, column.text(x)) for column, x in zip(self.columns, pieces, strict=True)]

    def answers(self, yes: Array) -> dict[str, list[str]]:
        """Decisions (N, n_y), True for yes, as the table has them: the words of every target by its name, or the labels
        in one cell.
        """
        first = self.targets[0]
        if first.separator is not None:
            names = np.array(first.categories, object)
            return {first.name: [first.separator.join(names[row]) for row in yes]}
        return {
            column.name: [(column.categories or "")[int(value)] for value in column_yes]
            for column, column_yes in zip(self.targets, yes.T, strict=True)
        }

    def as_json(self) -> dict[str, object]:
        """As a checkpoint keeps it."""
        targets = [target.as_json() for target in self.targets]
        saved: dict[str, object] = {
            "header": self.header,
            "width": self.width,
            "missing": self.missing,
            **({"target": targets[0]} if len(targets) == 1 else {"targets": targets}),
            "columns": [column.as_json() for column in self.columns],
        }
        if self.weights is not None:
            saved["weights"] = self.weights.as_json()
        return saved

    @classmethod
    def from_json(cls, saved: Fields) -> TableLayout:
        """Raises WrongFieldsError for what `as_json` does not give."""
        with saved as fields:
            columns = tuple(Column.from_json(column) for column in fields.objects("columns"))
            targets = fields.objects("targets") if "targets" in fields else [fields.fields("target")]
            layout = cls(
                fields.boolean("header"),
                fields.whole("width", 1),
                fields.text("missing", MISSING_POLICIES),
                tuple(Column.from_json(target) for target in targets),
                columns,
                Column.from_json(fields.fields("weights")) if "weights" in fields else None,
            )
        everything = (*columns, *layout.targets, *([layout.weights] if layout.weights else []))
        if not columns or not layout.targets or max(column.at for column in everything) >= layout.width:
            raise WrongFieldsError("layout: its columns are not those of a table of its width")
        if len({target.categories is None for target in layout.targets}) > 1:
            raise WrongFieldsError("layout: its targets are numbers and words together")
        return layout

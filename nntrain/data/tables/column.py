"""One column of a table: what it holds, and the inputs that it becomes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nntrain.data.tables.dates import ORDERS, DateForm
from nntrain.files.json_fields import Fields, Saved
from nntrain.model.shapes import Array


@dataclass(frozen=True, eq=False, repr=False)
class Column(Saved):
    """A column holds categories, dates, or else numbers.  Its values are (N,) float64: the numbers, the numbers of the
    categories, or seconds since 1970; NaN where missing.

    name         as in the header, or its number
    at           its number from 0 in the file
    categories   the words it may hold, in order of number
    fill         what stands for a missing value: a value as above
    unit         what is written before or behind its numbers
    date         the form of its dates
    """

    name: str
    at: int
    categories: tuple[str, ...] | None = None
    fill: float | None = None
    unit: str | None = None
    date: DateForm | None = None

    @property
    def width(self) -> int:
        """Inputs that the column becomes: one, one a category, or one for each part of a date."""
        if self.categories is not None:
            return len(self.categories)
        return 1 if self.date is None else len(self.date.parts)

    @property
    def one_hot(self) -> bool:
        """Whether its inputs stand for categories."""
        return self.categories is not None

    def expand(self, values: Array) -> Array:
        """Values (N,) as inputs (N, width): numbers as they are, categories one-hot, dates by their parts."""
        if self.date is not None:
            return self.date.expand(values)
        if self.categories is None:
            return values[:, None]
        one_hot: Array = (values[:, None] == np.arange(self.width)).astype(np.float64)
        return one_hot

    def fitted(self, values: Array) -> Column:
        """With the fill of training values (N,): the mean of numbers and dates, of categories the most frequent, the
        first of equals.
        """
        there = values[~np.isnan(values)]
        if self.categories is None:
            return replace(self, fill=float(there.mean()) if len(there) else 0.0)
        return replace(self, fill=int(np.bincount(there.astype(np.int64)).argmax()) if len(there) else 0)

    def text(self, inputs: Array) -> str:
        """Inputs (width,) in units, as people read them."""
        if self.date is not None:
            return self.date.text(inputs.tolist())
        if self.categories is not None:
            return self.categories[int(inputs.argmax())]
        return f"{inputs[0]:.4g}" + (f" {self.unit}" if self.unit else "")

    def as_json(self) -> dict[str, object]:
        """As a checkpoint keeps it."""
        saved: dict[str, object] = {"name": self.name, "at": self.at}
        if self.categories is not None:
            saved["categories"] = list(self.categories)
        if self.fill is not None:
            saved["fill"] = self.fill
        if self.unit is not None:
            saved["unit"] = self.unit
        if self.date is not None:
            saved |= {"date": self.date.order, "hour": self.date.hour}
        return saved

    @classmethod
    def from_json(cls, saved: Fields) -> Column:
        """Raises ValueError for what `as_json` does not give."""
        with saved as fields:
            return cls(
                fields.text("name"),
                fields.whole("at"),
                fields.texts("categories") if "categories" in fields else None,
                fields.number("fill") if "fill" in fields else None,
                fields.text("unit") if "unit" in fields else None,
                DateForm(fields.text("date", ORDERS), fields.boolean("hour")) if "date" in fields else None,
            )

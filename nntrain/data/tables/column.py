"""One column of a table: what it holds, and the inputs that it becomes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nntrain.data.tables.dates import ORDERS, DateForm
from nntrain.files.json_fields import Fields, Saved
from nntrain.model.shapes import Array

UNKNOWN = -1.0  # the number of a category that the training table does not have


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class Column(Saved):
    """A column holds categories, dates, or else numbers.  Its values are (N,) float64: the numbers, the numbers of the
    categories (UNKNOWN: one of its own, which is none of them), or seconds since 1970; NaN where missing.

    name         as in the header, or its number
    at           its number from 0 in the file
    categories   the words it may hold, in order of number
    fill         what stands for a missing value: a value as above
    unit         what is written before or behind its numbers
    date         the form of its dates
    separator    a cell holds several of the categories, with this between them: a target alone is so
    gap          a missing value is a class of its own: one more input, which says whether it is missing
    """

    name: str
    at: int
    categories: tuple[str, ...] | None = None
    fill: float | None = None
    unit: str | None = None
    date: DateForm | None = None
    separator: str | None = None
    gap: bool = False

    @property
    def width(self) -> int:
        """Inputs that the column becomes: one, one a category, or one for each part of a date; and one for the gap."""
        if self.categories is not None:
            return len(self.categories) + self.gap
        return (1 if self.date is None else len(self.date.parts)) + self.gap

    @property
    def one_hot(self) -> Array:
        """(width,) True for the inputs that say yes or no."""
        return np.array([self.categories is not None] * (self.width - self.gap) + [True] * self.gap)

    def expand(self, values: Array) -> Array:
        """Values (N,) as inputs (N, width): numbers as they are, categories one-hot, dates by their parts; with `gap`
        the last input is 1 where the value is missing, and the others are those of `fill`, of categories 0.
        """
        if self.gap:
            missing = np.isnan(values)[:, None]
            inputs = replace(self, gap=False).expand(np.where(missing[:, 0], self._stand_in, values))
            return np.concatenate([inputs, missing], axis=1)
        if self.date is not None:
            return self.date.expand(values)
        if self.categories is None:
            return values[:, None]
        one_hot: Array = (values[:, None] == np.arange(self.width)).astype(np.float64)
        return one_hot

    @property
    def _stand_in(self) -> float:
        return UNKNOWN if self.categories is not None else self.fill or 0.0

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
        if self.gap and inputs[-1] > 0.5:
            return "missing"
        if self.date is not None:
            return self.date.text(inputs[: len(self.date.parts)].tolist())
        if self.categories is not None:
            return self.categories[int(inputs.argmax())] if inputs.any() else "none of training"
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
        if self.separator is not None:
            saved["separator"] = self.separator
        if self.gap:
            saved["gap"] = True
        return saved

    @classmethod
    def from_json(cls, saved: Fields) -> Column:
        """Raises WrongFieldsError for what `as_json` does not give."""
        with saved as fields:
            return cls(
                fields.text("name"),
                fields.whole("at"),
                fields.texts("categories") if "categories" in fields else None,
                fields.number("fill") if "fill" in fields else None,
                fields.text("unit") if "unit" in fields else None,
                DateForm(fields.text("date", ORDERS), fields.boolean("hour")) if "date" in fields else None,
                fields.text("separator") if "separator" in fields else None,
                fields.boolean("gap") if "gap" in fields else False,
            )

"""Tables in csv files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import DTypeLike

from nntrain.components import arg, component
from nntrain.data import standardize
from nntrain.data.arrays import ArrayPart, Examples, Inputs, make_parts
from nntrain.data.facts import Facts, Preparation, required
from nntrain.data.parts import Data, Part
from nntrain.data.source_files import Source
from nntrain.data.splits import divide
from nntrain.data.tables.column import Column
from nntrain.data.tables.column_kinds import (
    Said,
    are_values,
    describe,
    find_categories,
    kind_of,
    numbers,
    refuse_words,
)
from nntrain.data.tables.column_places import header_by, locate
from nntrain.data.tables.column_values import refuse_missing, values
from nntrain.data.tables.table import Table, read_table
from nntrain.data.tables.table_dataset import TableDataset
from nntrain.data.tables.table_layout import TableLayout
from nntrain.data.tables.text_files import TextFile
from nntrain.errors import DataError
from nntrain.messages import did_you_mean
from nntrain.model.shapes import Array


@component("csv")
class Csv(TableDataset):
    """A table in a csv file (UTF-8; comma, semicolon or tab), one target column, the others inputs.

    Columns without any number are categories, one-hot in the order of their names; the names are those in `path`, and
    another one in data that come later is an error.  Missing values (empty, NA, N/A, NaN, null, ?) are refused unless
    `missing` says what to do; `mean` takes the training part's mean, of categories the most frequent.  Labels are
    numbered in the order of their names.  `standardize` leaves one-hot columns alone.
    """

    takes_files = True
    path: Path = arg("the csv file")
    target: str | int | None = arg(
        "target column: its name, or its number from 0; default: the last", default=None, kw_only=True
    )
    task: Literal["classification", "regression"] | None = arg(
        "default: regression where the target has fractions or more than 20 different numbers",
        default=None,
        kw_only=True,
    )
    missing: Literal["error", "drop", "mean"] = arg(
        "rows with missing values: refuse, leave out, or fill with the training mean", default="error", kw_only=True
    )
    drop: tuple[str | int, ...] = arg("columns to leave out, by name or number from 0", default=(), kw_only=True)
    categorical: tuple[str | int, ...] = arg(
        "columns whose numbers are categories, by name or number from 0", default=(), kw_only=True
    )
    dates: tuple[str | int, ...] = arg(
        "columns of dates, by name or number from 0: each becomes year, month, day, weekday and, with a time, hour",
        default=(),
        kw_only=True,
    )
    units: tuple[str | int, ...] = arg(
        "columns of numbers with a sign or a unit (12%, $5, 3 kg), by name or number from 0",
        default=(),
        kw_only=True,
    )
    standardize_target: bool = arg(
        "regression: train on targets with mean 0, deviation 1; metrics and predictions stay in the data's units",
        default=False,
        kw_only=True,
    )

    def read_data(self, seed: int, dtype: DTypeLike, facts: Facts | None = None) -> Data:
        sha = hashlib.sha256()
        files = {
            part: TextFile(path, self.encoding)
            for part, path in (("train", self.path), ("validation", self.validation), ("test", self.test))
            if isinstance(path, Path)
        }
        for part, file in files.items():
            sha.update(f"{part} {file.size}\n".encode())
            file.digest(sha)
        fitting, tables = facts is None, dict[str, Table]()
        if facts is None:
            tables["train"] = read_table(files["train"], self.dialect)
            facts = self._describe(tables["train"])
        layout = required(facts.preparation.layout, "a table")
        for part, file in files.items():
            if part not in tables:
                tables[part] = self._read_more(file, layout)
        raw = {part: self._values(table, layout, fitting and part == "train") for part, table in tables.items()}
        by_class = raw["train"][1] if facts.target == "labels" else None
        rows = divide(self, str(self.path), len(raw["train"][0]), by_class, tables.keys(), seed)
        if fitting and layout.missing == "mean":
            layout = layout.with_fill(raw["train"][0][rows["train"]])
        sources = {
            part: Examples(layout.expand(layout.fill(inputs)), targets, tables[part].name)
            for part, (inputs, targets) in raw.items()
        }
        if fitting:
            facts = self._fitted(facts, layout, sources["train"], rows["train"])
        if (scaling := facts.preparation.standardize_target) is not None:
            for examples in sources.values():
                examples.targets = scaling.apply(examples.targets)
        warnings = [text for table in tables.values() for text in table.warnings]
        parts = make_parts(sources, rows, facts, dtype)
        return Data(facts, parts, sha.hexdigest(), warnings, tables["train"].missing())

    def _read_more(self, file: TextFile, layout: TableLayout) -> Table:
        """A table of the same columns as the one that the layout was found in."""
        return read_table(file, self.dialect, header_by(layout, self.dialect))

    def _describe(self, table: Table) -> Facts:
        """What the columns are."""
        header, names = table.header, table.names
        full = [i for i in range(table.width) if i not in table.empty]
        target = full[-1] if self.target is None else self._find(self.target, names, header, "target")
        left_out = {self._find(c, names, header, "drop") for c in self.drop} | {target}
        said = Said(
            *(
                {self._find(column, names, header, argument) for column in getattr(self, argument)}
                for argument in ("categorical", "dates", "units")
            )
        )
        inputs = [i for i in full if i not in left_out]
        if not inputs:
            hint = "; what separates cells says delimiter" if table.width == 1 else ""
            raise DataError(f"{self.path}: error: {table.width} columns leave no input beside the target{hint}")
        columns = tuple(describe(table, i, names[i], said, self.dialect.numerals) for i in inputs)
        goal = self._target(table, target, names[target], said)
        layout = TableLayout(header, table.width, self.missing, goal, columns)
        made = Preparation(layout=layout)
        if goal.categories is None:
            return Facts((layout.inputs,), "values", outputs=1, preparation=made)
        labels = goal.categories
        return Facts((layout.inputs,), "labels", classes=len(labels), label_names=labels, preparation=made)

    def _find(self, column: str | int, names: list[str], header: bool, argument: str) -> int:
        """The number of a column that the config names."""
        if isinstance(column, str) and column in names:
            return names.index(column)
        if isinstance(column, int) and -len(names) <= column < len(names):
            return column % len(names)
        there = " ".join(", ".join(names).split()) if header else f"no header, so columns are 0 to {len(names) - 1}"
        hint = did_you_mean(str(column), names) if header else ""
        raise DataError(f"{self.path}: error: {argument}: no column {column!r} ({there}){hint}")

    def _target(self, table: Table, at: int, name: str, said: Said) -> Column:
        """The column to predict: with categories where it is labels."""
        cells, numerals = table.columns[at], self.dialect.numerals
        if at in said.dates:
            raise table.error(None, at, f"dates: column {name} is the target; a date is no target")
        if self.task != "classification":
            if at in said.units:
                return describe(table, at, name, said, numerals)
            kind = "numbers" if self.task == "regression" else kind_of(cells, numerals)
            if kind in ("numbers", "amounts", "dates"):
                refuse_words(table, at, name, numerals, or_labels=self.task is None)
                if self.task == "regression" or are_values(cells.values):
                    return numbers(table, at, name)
        labels = find_categories(table, at, name, "label")
        if len(labels) < 2:
            only = f"every target is {labels[0]!r}" if labels else "there is no target"
            raise table.error(0, at, f"{only}; a classification needs two classes or more")
        return Column(name, at, labels)

    def _fitted(self, facts: Facts, layout: TableLayout, train: Examples, rows: Array) -> Facts:
        """The facts with what the training rows say: fill values and standardization."""
        of_inputs = of_target = None
        if self.standardize:
            of_inputs = standardize.fit(train.inputs, rows).except_for(layout.one_hot)
        if self.standardize_target:
            if facts.target != "values":
                raise DataError(f"{self.path}: error: standardize_target is for regression, these targets are labels")
            of_target = standardize.fit(train.targets, rows)
        made = Preparation(layout=layout, standardize=of_inputs, standardize_target=of_target)
        return replace(facts, preparation=made)

    def read_inputs(self, source: Source, facts: Facts, dtype: DTypeLike) -> Part:
        from nntrain.data.inputs import is_csv, read_array

        layout = required(facts.preparation.layout, "a table")
        if is_csv(source):
            table = self._read_more(TextFile(source, self.encoding), layout)
            at = locate(table, layout, with_target=False)
            raw = layout.fill(self._stack(table, at, layout.columns))
            for i, column, x in zip(at, layout.columns, raw.T, strict=True):
                refuse_missing(table, i, column.name, x, "; leave the row out, or train with missing: mean")
            X, warnings = layout.expand(raw), table.warnings
        elif layout.one_hot.any():
            raise DataError(f"{source}: error: the columns of words must come as csv")
        else:
            X, warnings = read_array(source, facts), []
        part = ArrayPart(Inputs(X, dtype, facts.preparation), None, None)
        part.warnings = warnings
        return part

    def _stack(self, table: Table, at: Sequence[int], columns: Sequence[Column]) -> Array:
        """(N, columns), NaN where missing."""
        numerals = self.dialect.numerals
        return np.stack([values(table, i, c, numerals) for i, c in zip(at, columns, strict=True)], axis=1)

    def _values(self, table: Table, layout: TableLayout, described: bool) -> tuple[Array, Array]:
        """Inputs (N, k) with NaN where a value is missing and may be, and targets: labels (N,) or values (N, 1)."""
        columns, policy = [*layout.columns, layout.target], layout.missing
        at = [column.at for column in columns] if described else locate(table, layout, with_target=True)
        everything = self._stack(table, at, columns)
        for i, column, x in zip(at, columns, everything.T, strict=True):
            if column is layout.target and policy != "drop":  # a target is never made up
                refuse_missing(table, i, column.name, x, "; say missing: drop (the row)")
            elif policy == "error":
                refuse_missing(table, i, column.name, x, "; say missing: drop (the row) or mean")
        if policy == "drop":
            everything = everything[~np.isnan(everything).any(axis=1)]
            if not len(everything):
                raise DataError(f"{table.name}: error: every row has a missing value")
        Y = everything[:, -1]
        return everything[:, :-1], Y.astype(np.int64) if layout.target.one_hot else Y[:, None]

"""Tables in csv files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike

from nntrain.components import arg, component
from nntrain.data import csv_columns as columns_of
from nntrain.data import standardize
from nntrain.data.arrays import ArrayPart, Examples, Inputs, make_parts
from nntrain.data.base import Dataset
from nntrain.data.csv_text import Table, column_names, has_header, numbers, read_bytes, read_table
from nntrain.data.facts import Facts
from nntrain.data.parts import Data, Part
from nntrain.data.splits import divide
from nntrain.errors import DataError
from nntrain.model.shapes import Array


@component("csv")
class Csv(Dataset):
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
    header: bool | None = arg("the first row names the columns; default: found out", default=None, kw_only=True)
    delimiter: str | None = arg(
        "between cells; default: comma, semicolon or tab, found out", default=None, kw_only=True
    )
    missing: Literal["error", "drop", "mean"] = arg(
        "rows with missing values: refuse, leave out, or fill with the training mean", default="error", kw_only=True
    )
    drop: tuple[str | int, ...] = arg("columns to leave out, by name or number from 0", default=(), kw_only=True)
    categorical: tuple[str | int, ...] = arg(
        "columns whose numbers are categories, by name or number from 0", default=(), kw_only=True
    )
    standardize_target: bool = arg(
        "regression: train on targets with mean 0, deviation 1; metrics and predictions stay in the data's units",
        default=False,
        kw_only=True,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.delimiter is not None and (len(self.delimiter) != 1 or self.delimiter in '"\r\n \0'):
            raise ValueError(f"delimiter: one character, and no quote or white space but tab, not {self.delimiter!r}")

    def load(self, seed: int, dtype: DTypeLike, facts: Facts | None = None) -> Data:
        sha = hashlib.sha256()
        tables = {}
        for part, path in (("train", self.path), ("validation", self.validation), ("test", self.test)):
            if isinstance(path, Path):
                content = read_bytes(path)
                sha.update(f"{part} {len(content)}\n".encode() + content)
                tables[part] = read_table(path, self.delimiter, content)
        fitting = facts is None
        if facts is None:
            facts, tables["train"] = self._describe(tables["train"])
        layout = facts.preparation["layout"]
        raw = {}
        for part, table in tables.items():
            raw[part] = _values(table, facts, described=fitting and part == "train")
        by_class = raw["train"][1] if facts.target == "labels" else None
        rows = divide(self, str(self.path), len(raw["train"][0]), by_class, tables.keys(), seed)
        if fitting and layout["missing"] == "mean":
            columns_of.fit_fill(layout["columns"], raw["train"][0][rows["train"]])
        sources = {}
        for part, (inputs, targets) in raw.items():
            X = columns_of.expand(layout["columns"], columns_of.filled(layout["columns"], inputs))
            sources[part] = Examples(X, targets, tables[part].name)
        if fitting:
            self._fit(facts, sources["train"], rows["train"])
        if scaling := facts.preparation.get("standardize_target"):
            for examples in sources.values():
                examples.targets = (examples.targets - scaling["mean"]) / scaling["deviation"]
        return Data(facts, make_parts(sources, rows, facts, dtype), sha.hexdigest())

    def _describe(self, table: Table) -> tuple[Facts, Table]:
        """What the columns are, and the table without its header."""
        header = has_header(table) if self.header is None else self.header
        names = column_names(table) if header else [str(i) for i in range(table.width)]
        if header:
            table = table.select(list(range(1, len(table.rows))))
        if not table.rows:
            raise DataError(f"{self.path}: error: a header and no rows")
        target = table.width - 1 if self.target is None else self._find(self.target, names, header, "target")
        left_out = {self._find(c, names, header, "drop") for c in self.drop} | {target}
        categorical = {self._find(c, names, header, "categorical") for c in self.categorical}
        inputs = [i for i in range(table.width) if i not in left_out]
        if not inputs:
            raise DataError(f"{self.path}: error: {table.width} columns leave no input beside the target")
        layout: dict[str, Any] = {"header": header, "width": table.width, "missing": self.missing}
        layout["target"] = {"name": names[target], "at": target}
        layout["columns"] = [columns_of.describe(table, i, names[i], i in categorical) for i in inputs]
        shape = (len(columns_of.is_one_hot(layout["columns"])),)
        if self._task(table, target, names[target]) == "regression":
            return Facts(shape, "values", outputs=1, preparation={"layout": layout}), table
        labels = columns_of.find_categories(table, target, names[target], "label")
        if len(labels) < 2:
            only = f"every target is {labels[0]!r}" if labels else "there is no target"
            raise table.error(0, target, f"{only}; a classification needs two classes or more")
        layout["target"]["categories"] = labels
        facts = Facts(shape, "labels", classes=len(labels), label_names=labels, preparation={"layout": layout})
        return facts, table

    def _find(self, column: str | int, names: list[str], header: bool, argument: str) -> int:
        """The number of a column that the config names."""
        if isinstance(column, str) and column in names:
            return names.index(column)
        if isinstance(column, int) and -len(names) <= column < len(names):
            return column % len(names)
        there = " ".join(", ".join(names).split()) if header else f"no header, so columns are 0 to {len(names) - 1}"
        hint = columns_of.nearest(str(column), names) if header else ""
        raise DataError(f"{self.path}: error: {argument}: no column {column!r} ({there}){hint}")

    def _task(self, table: Table, at: int, name: str) -> Literal["classification", "regression"]:
        cells = table.column(at)
        values, wrong = numbers(cells)
        if self.task is not None:
            return self.task
        if wrong is not None:
            if not np.isnan(values).all():
                message = columns_of.not_a_number(cells[wrong], name)
                raise table.error(
                    wrong, at, message.partition(";")[0] + "; say task: classification if these are labels"
                )
            return "classification"
        return "regression" if columns_of.are_values(values) else "classification"

    def _fit(self, facts: Facts, train: Examples, rows: Array) -> None:
        """Normalisation from the training rows."""
        if self.standardize:
            fitted = standardize.fit(train.inputs, rows)
            one_hot = columns_of.is_one_hot(facts.preparation["layout"]["columns"])
            for key, neutral in (("mean", 0.0), ("deviation", 1.0)):
                fitted[key] = np.where(one_hot, neutral, fitted[key]).tolist()
            facts.preparation["standardize"] = fitted
        if self.standardize_target:
            if facts.target != "values":
                raise DataError(f"{self.path}: error: standardize_target is for regression, these targets are labels")
            facts.preparation["standardize_target"] = standardize.fit(train.targets, rows)

    def read_inputs(self, source: Any, facts: Facts, dtype: DTypeLike) -> Part:
        from nntrain.data.inputs import is_csv, read_array

        columns = facts.preparation["layout"]["columns"]
        if is_csv(source):
            table, at, _ = columns_of.locate(
                read_table(source, self.delimiter), facts.preparation["layout"], with_target=False
            )
            raw = columns_of.filled(columns, _stack(table, at, columns))
            for i, column, x in zip(at, columns, raw.T, strict=True):
                columns_of.refuse_missing(
                    table, i, column["name"], x, "; leave the row out, or train with missing: mean"
                )
            X = columns_of.expand(columns, raw)
        elif any("categories" in column for column in columns):
            raise DataError(f"{source}: error: the columns of words must come as csv")
        else:
            X = read_array(source, facts)
        return ArrayPart(Inputs(X, dtype, facts.preparation), None, None)


def _stack(table: Table, at: Sequence[int], columns: list[dict[str, Any]]) -> Array:
    return np.stack([columns_of.codes(table, i, c) for i, c in zip(at, columns, strict=True)], axis=1)


def _values(table: Table, facts: Facts, described: bool) -> tuple[Array, Array]:
    """Inputs (N, k) with NaN where a value is missing and may be, and targets: labels (N,) or values (N, 1)."""
    layout = facts.preparation["layout"]
    columns, target = layout["columns"], layout["target"]
    if described:
        at, target_at = [c["at"] for c in columns], target["at"]
    else:
        table, at, target_at = columns_of.locate(table, layout, with_target=True)
    everything = _stack(table, [*at, target_at], [*columns, target])
    policy = layout["missing"]
    for i, column, x in zip([*at, target_at], [*columns, target], everything.T, strict=True):
        if column is target and policy != "drop":  # a target is never made up
            columns_of.refuse_missing(table, i, column["name"], x, "; say missing: drop (the row)")
        elif policy == "error":
            columns_of.refuse_missing(table, i, column["name"], x, "; say missing: drop (the row) or mean")
    if policy == "drop":
        everything = everything[~np.isnan(everything).any(axis=1)]
        if not len(everything):
            raise DataError(f"{table.name}: error: every row has a missing value")
    Y = everything[:, -1]
    return everything[:, :-1], Y.astype(np.int64) if facts.target == "labels" else Y[:, None]

"""Tables in csv files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import DTypeLike

from nntrain.components import arg, component
from nntrain.data import held, standardize
from nntrain.data.array_part import ArrayPart, InputRows, Inputs
from nntrain.data.arrays import Examples, make_parts
from nntrain.data.facts import Facts, required
from nntrain.data.parts import Data, LeftOut, Part
from nntrain.data.source_files import Source
from nntrain.data.splits import divide
from nntrain.data.tables.column_places import header_by, left_out, locate
from nntrain.data.tables.column_values import Unknown, refuse_missing
from nntrain.data.tables.dialect import Dialect
from nntrain.data.tables.table import Table
from nntrain.data.tables.table_dataset import TableDataset
from nntrain.data.tables.table_description import describe_table
from nntrain.data.tables.table_files import TableFile, files_of, open_table
from nntrain.data.tables.table_inputs import TableInputs
from nntrain.data.tables.table_layout import TableLayout
from nntrain.data.tables.table_reader import read_table
from nntrain.data.tables.table_rows import Rows, read_rows, row_groups
from nntrain.errors import DataError
from nntrain.model.shapes import Array


@dataclass
class _Read:
    """Tables as the files have them: facts, of each part its rows and its name in messages; the rest as in Data."""

    facts: Facts
    rows: dict[str, Rows]
    names: dict[str, str]
    sha256: str
    warnings: list[str]
    missing: dict[str, int]
    groups: Array | None


@component("csv")
class Csv(TableDataset):
    """A table in csv files, .csv.gz, or with the extra `tables` .xlsx and .parquet: target columns, the others inputs.

    Columns without any number are categories, one-hot in the order of their names; the names are those in `path`, and
    another one in data that come later is an error, or with `unknown: ignore` none of them.  Missing values (empty, NA,
    N/A, NaN, null, ?) are refused unless `missing` says what to do; `mean` takes the training part's mean, of
    categories the most frequent; `category` adds an input that says whether the value is missing, beside the mean of
    numbers.  Labels are numbered in the order of their names.  Several targets are all numbers (a regression with an
    output for each) or all yes or no (multi-label, with binary_cross_entropy), as are the labels in one cell with
    `separator`.  `standardize` leaves one-hot columns alone.
    """

    takes_files = True
    path: Path | tuple[Path, ...] = arg("the csv file; several, or a pattern such as data/*.csv, are one table")
    target: str | int | tuple[str | int, ...] | None = arg(
        "target column: its name, or its number from 0, or a list of them; default: the last",
        default=None,
        kw_only=True,
    )
    separator: str | None = arg(
        'the target column holds several labels in a cell, with this between them: "|"', default=None, kw_only=True
    )
    weights: str | int | None = arg(
        "column of what each row counts for in the cost and metrics, 0 or more; no input", default=None, kw_only=True
    )
    group: str | int | None = arg(
        "column that says which rows belong together, such as those of a patient: they come into one part; no input",
        default=None,
        kw_only=True,
        listed=False,
    )
    task: Literal["classification", "regression"] | None = arg(
        "default: regression where the target has fractions or more than 20 different numbers",
        default=None,
        kw_only=True,
    )
    missing: Literal["error", "drop", "mean", "category"] = arg(
        "rows with missing values: refuse, leave out, fill with the training mean, or take the gap for a class of its "
        "own",
        default="error",
        kw_only=True,
    )
    unknown: Unknown = arg(
        "categories that training did not have: refuse them, or take them for none of the known ones",
        default="error",
        kw_only=True,
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

    def __post_init__(self) -> None:
        super().__post_init__()
        targets = self.target if isinstance(self.target, tuple) else (self.target,)
        if len(set(targets)) < len(targets) or not targets:
            raise ValueError("target: a list of different columns" + (", not an empty one" if not targets else ""))
        if self.separator is not None and (not self.separator.strip() or len(targets) > 1):
            one = "one target column" if len(targets) > 1 else "a sign between labels, no blank"
            raise ValueError(f"separator: {one} is expected; more columns need none")
        if self.separator is not None and self.task == "regression":
            raise ValueError("separator: labels are nothing for task: regression")

    @property
    def dialect(self) -> Dialect:
        """What the config says of how the tables are written."""
        return replace(super().dialect, inside=self.separator)

    def read_data(self, seed: int, dtype: DTypeLike, facts: Facts | None = None) -> Data:
        fitting, here = facts is None, held.key(self, "fold")
        once = held.once if fitting else held.anew
        read = once(f"{here} read", lambda: self._read(facts))
        facts, layout, raw = read.facts, required(read.facts.preparation.layout, "a table"), read.rows
        train = raw["train"]
        by_class = train.targets if facts.target == "labels" else None
        rows = divide(self, read.names["train"], len(train.inputs), by_class, raw.keys(), seed, read.groups)
        if fitting and layout.missing in ("mean", "category"):
            layout = layout.with_fill(column[rows["train"]] for column in train.inputs.columns())
            if any(part.gaps for part in raw.values()):  # the training rows say what fills them
                once = held.anew
        sources = once(f"{here} inputs", lambda: {n: _expanded(part, layout, read.names[n]) for n, part in raw.items()})
        if fitting:
            facts = self._fitted(facts, layout, sources["train"], rows["train"])
        if (scaling := facts.preparation.standardize_target) is not None:
            sources = {n: replace(part, targets=scaling.apply(part.targets)) for n, part in sources.items()}
        return Data(facts, make_parts(sources, rows, facts, dtype), read.sha256, read.warnings, read.missing)

    def _read(self, facts: Facts | None) -> _Read:
        """What does not depend on the seed."""
        sha, files = hashlib.sha256(), dict[str, list[TableFile]]()
        for part, given in (("train", self.path), ("validation", self.validation), ("test", self.test)):
            if not isinstance(given, (int, float)):
                files[part] = [open_table(path, self.encoding) for path in files_of(given)]
                for file in files[part]:
                    sha.update(f"{part} {file.size}\n".encode())
                    file.digest(sha)
        fitting, tables = facts is None, dict[str, Table]()
        if facts is None:
            tables["train"] = read_table(files["train"], self.dialect)
            facts = self.describe(tables["train"])
        layout = required(facts.preparation.layout, "a table")
        for part, of_part in files.items():
            if part not in tables:
                tables[part] = read_table(of_part, self.dialect, header_by(layout, self.dialect))
        rows = {part: self.rows(table, layout, fitting and part == "train") for part, table in tables.items()}
        warnings = [text for table in tables.values() for text in table.warnings]
        names = {part: table.name for part, table in tables.items()}
        groups = None
        if self.group is not None and (fitting or self.cuts):
            groups = row_groups(tables["train"], tables["train"].find(self.group, "group"), rows["train"].kept)
        return _Read(facts, rows, names, sha.hexdigest(), warnings, tables["train"].missing(), groups)

    def describe(self, table: Table) -> Facts:
        """What the columns of the training table are.  Raises DataError."""
        return describe_table(table, self, self.dialect.numerals)

    def _fitted(self, facts: Facts, layout: TableLayout, train: Examples, rows: Array) -> Facts:
        """The facts with what the training rows say: fill values and standardization."""
        of_inputs = of_target = None
        if self.standardize:
            of_inputs = standardize.fit(train.inputs, rows).except_for(layout.one_hot)
        if self.standardize_target:
            if facts.target != "values" or layout.questions:
                raise DataError(
                    f"{train.source}: error: standardize_target is for regression, these targets are labels"
                )
            of_target = standardize.fit(train.targets, rows)
        made = replace(facts.preparation, layout=layout, standardize=of_inputs, standardize_target=of_target)
        return replace(facts, preparation=made)

    def rows(self, table: Table, layout: TableLayout, described: bool) -> Rows:
        """The rows of a table, whose columns stand where the layout has them if they were `described` by it.  Raises
        DataError for cells that cannot be.
        """
        columns = [*layout.columns, *layout.targets, *([layout.weights] if layout.weights else [])]
        if described:
            at = [column.at for column in columns]
        else:
            at = locate(table, layout, with_target=True)
            others = left_out(table, at, (*self.drop, self.group), layout.width)
            table.warnings += [] if others is None else [others.told()]
        return read_rows(table, layout, at, self.dialect.numerals, self.unknown)

    def read_inputs(self, source: Source, facts: Facts, dtype: DTypeLike) -> Part:
        from nntrain.data.inputs import is_table, read_array

        layout = required(facts.preparation.layout, "a table")
        others: LeftOut | None = None
        if is_table(source):
            table = read_table(open_table(source, self.encoding), self.dialect, header_by(layout, self.dialect))
            at = locate(table, layout, with_target=False)
            beside = [column.name for column in (*layout.targets, layout.weights) if column is not None]
            others = left_out(table, at, (*self.drop, self.group, *beside), layout.width)
            of_table = TableInputs(table, at, layout, self.dialect.numerals, self.unknown)
            for i, column, x in zip(at, layout.columns, of_table.columns(), strict=True):
                if not column.gap and column.fill is None:
                    refuse_missing(table, i, column.name, x, "; leave the row out, or train with missing: mean")
            X: InputRows = of_table
            warnings = table.warnings
        elif layout.one_hot.any():
            raise DataError(f"{source}: error: the columns of words must come as csv")
        else:
            X, warnings = read_array(source, facts), []
        part = ArrayPart(Inputs(X, dtype, facts.preparation), None, None)
        part.warnings, part.left_out = warnings, others
        return part


def _expanded(rows: Rows, layout: TableLayout, name: str) -> Examples:
    """The examples; where many runs read them they are put together for all."""
    inputs = rows.inputs.completed(layout)
    together = np.concatenate(list(inputs.chunks())) if held.holding() else inputs
    return Examples(together, rows.targets, name, weights=rows.weights)

"""Time series: the next values from a window of the past."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from nntrain.components import arg, component
from nntrain.data import standardize
from nntrain.data.arrays import ArrayPart, Inputs
from nntrain.data.facts import Facts, Preparation, required
from nntrain.data.parts import Batch, Data, Part
from nntrain.data.series_layout import SeriesLayout
from nntrain.data.source_files import Source, name_of
from nntrain.data.splits import last_shares
from nntrain.data.tables.header import seems_header
from nntrain.data.tables.table import Table
from nntrain.data.tables.table_dataset import TableDataset
from nntrain.data.tables.table_reader import read_table
from nntrain.data.tables.text_files import TextFile
from nntrain.errors import DataError
from nntrain.model.shapes import Array


@component("series")
class Series(TableDataset):
    """Columns of a csv file, a row a time step, oldest first.   X (window, columns, m)   Y (horizon · targets, m)

    Targets are the `horizon` rows after the window, row by row.  Parts are cut in order of time: the last share of the
    rows for the test, the last of the rest for validation; a window belongs to the part where its targets lie, and its
    inputs may reach back before it, as the past is known.  Columns are scaled to mean 0, deviation 1 of the training
    rows alone (`standardize`); metrics and predictions are in the data's units.

    Beside every measure stands that of the naive forecast, the last value seen again: naive_loss, naive_mae, ….
    `nntrain predict RUN recent.csv` forecasts what follows the last `window` rows of a file.
    """

    path: Path = arg("the csv file")
    columns: tuple[str | int, ...] = arg(
        "columns to read, by name or number from 0; default: all that hold numbers", default=(), kw_only=True
    )
    target: tuple[str | int, ...] = arg("columns to forecast; default: all that are read", default=(), kw_only=True)
    window: int = arg("time steps that are seen T", default=30, ge=1, kw_only=True)
    horizon: int = arg("time steps that are forecast", default=1, ge=1, kw_only=True)
    standardize: bool = arg("columns to mean 0, deviation 1, fitted on the training part", default=True, kw_only=True)

    def read_data(self, seed: int, dtype: DTypeLike, facts: Facts | None = None) -> Data:
        file, sha = TextFile(self.path, self.encoding), hashlib.sha256()
        file.digest(sha)
        if facts is None:
            table = read_table(file, self.dialect)
            columns = self._numeric(table)
            facts = self._facts(columns, table.names)
        else:
            table, columns = self._located(file, facts)
        values = _read(table, columns)
        layout = required(facts.preparation.series, "a series")
        parts = last_shares(self, str(self.path), len(values), ())
        if facts.preparation.standardize is None:
            facts = self._fitted(facts, layout, values[parts["train"]])
        scaled = required(facts.preparation.standardize, "a series").apply(values).astype(dtype)
        made: dict[str, Part] = {}
        for part in ("train", "validation", "test"):
            if part in parts:
                rows = parts[part]
                first = max(rows.start, self.window)
                if first + self.horizon > rows.stop:
                    raise DataError(
                        f"{self.path}: error: {rows.stop - rows.start} rows of the {part} part are too few for a "
                        f"window of {self.window} and a horizon of {self.horizon}"
                    )
                made[part] = Windows(
                    scaled, layout.targets_at, np.arange(first, rows.stop - self.horizon + 1), self.window, self.horizon
                )
        return Data(facts, made, sha.hexdigest(), table.warnings)

    def _numeric(self, table: Table) -> list[int]:
        """Numbers of the columns to read."""
        if self.columns:
            return [self._find(column, table.names) for column in self.columns]
        found = [i for i, cells in enumerate(table.columns) if cells.all_numbers]
        if not found:
            raise DataError(f"{self.path}: error: no column holds a number in every row; name some with columns")
        return found

    def _find(self, column: str | int, names: list[str]) -> int:
        if isinstance(column, str) and column in names:
            return names.index(column)
        if isinstance(column, int) and -len(names) <= column < len(names):
            return column % len(names)
        raise DataError(f"{self.path}: error: no column {column!r} (there are {', '.join(names)})")

    def _facts(self, columns: list[int], names: list[str]) -> Facts:
        read = [names[i] for i in columns]
        targets = [names[self._find(column, names)] for column in self.target] or read
        if unread := [name for name in targets if name not in read]:
            raise DataError(f"{self.path}: error: the target {unread[0]} is not among the columns that are read")
        steps = range(1, self.horizon + 1)
        outputs = targets if self.horizon == 1 else [f"{name}+{h}" for h in steps for name in targets]
        made = Preparation(
            series=SeriesLayout(tuple(read), tuple(columns), tuple(targets)), output_names=tuple(outputs)
        )
        return Facts((self.window, len(read)), "values", outputs=len(outputs), preparation=made)

    def _fitted(self, facts: Facts, layout: SeriesLayout, past: Array) -> Facts:
        """The facts with the standardization of the training rows."""
        scaling = standardize.fit(past, np.arange(len(past)))
        if not self.standardize:
            scaling = scaling.except_for(np.ones(past.shape[1], bool))
        of_targets = scaling.of(layout.targets_at * self.horizon)
        made = replace(facts.preparation, standardize=scaling, standardize_target=of_targets)
        return replace(facts, preparation=made)

    def read_inputs(self, source: Source, facts: Facts, dtype: DTypeLike) -> Part:
        from nntrain.data.inputs import is_table, read_array

        if not is_table(source):
            return ArrayPart(Inputs(read_array(source, facts), dtype, facts.preparation), None, None)
        table, columns = self._located(TextFile(source, self.encoding), facts)
        values = _read(table, columns)
        window = facts.input_shape[0]
        if len(values) < window:
            raise DataError(f"{name_of(source)}: error: {len(values)} rows, fewer than the window of {window}")
        part = ArrayPart(Inputs(values[-window:][None], dtype, facts.preparation), None, None)
        part.warnings = table.warnings
        return part

    def _located(self, file: TextFile, facts: Facts) -> tuple[Table, list[int]]:
        """Another file, and where its columns are: by their names, or as many in the order of training."""
        layout, dialect = required(facts.preparation.series, "a series"), self.dialect

        def is_header(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
            return set(layout.columns) <= set(first) or seems_header(first, below, dialect)

        table = read_table(file, dialect, is_header)
        if set(layout.columns) <= set(table.first) and table.header:
            return table, [table.first.index(name) for name in layout.columns]
        if table.width == len(layout.columns):
            return table, list(range(table.width))
        if not table.header and table.width > max(layout.at):
            return table, list(layout.at)
        raise DataError(f"{table.name}: error: expected columns {', '.join(layout.columns)}")


class Windows(Part):
    """Windows of a series (N, columns) that end before the rows `ends`."""

    def __init__(self, values: Array, targets: list[int], ends: Array, window: int, horizon: int):
        self.values, self.targets, self.ends = values, values[:, targets], ends
        self.window, self.horizon = window, horizon
        self.size = len(ends)

    def batch(self, indices: Array) -> Batch:
        ends = self.ends[indices]
        X = self.values[ends + np.arange(-self.window, 0)[:, None]].transpose(0, 2, 1)
        Y = self.targets[ends + np.arange(self.horizon)[:, None]].transpose(0, 2, 1)
        naive = np.tile(self.targets[ends - 1].T, (self.horizon, 1))
        return Batch(np.ascontiguousarray(X), Y.reshape(-1, len(ends)), naive=naive)


def _read(table: Table, columns: list[int]) -> Array:
    """Values (N, columns), float64.  A missing one is refused: a gap in time is not to be closed by leaving it out."""
    for i in columns:
        cells = table.columns[i]
        if not cells.all_numbers:
            row = cells.first_other()
            raise table.error(row, i, f"{cells.text(row)!r} where a number was expected")
    return np.stack([table.columns[i].values for i in columns], axis=1)

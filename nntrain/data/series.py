"""Time series: the next values from a window of the past."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from nntrain.components import arg, component
from nntrain.data import standardize
from nntrain.data.array_part import ArrayPart, Inputs
from nntrain.data.facts import Facts, Preparation, required
from nntrain.data.parts import Data, Part
from nntrain.data.series_columns import find_columns, locate_columns
from nntrain.data.series_layout import SeriesLayout
from nntrain.data.series_rows import OneSeries, Where, read_series, tell_other_step
from nntrain.data.series_time import Gaps
from nntrain.data.series_windows import Windows, ahead_of_time
from nntrain.data.source_files import Source, name_of
from nntrain.data.splits import last_shares
from nntrain.data.tables.table_dataset import TableDataset
from nntrain.data.tables.table_files import open_table
from nntrain.data.tables.table_reader import read_table
from nntrain.errors import DataError
from nntrain.model.shapes import Array


@component("series")
class Series(TableDataset):
    """Columns of a csv file, a row a time step, oldest first.   X (window, columns, m)   Y (horizon · targets, m)

    Targets are the `horizon` rows after the window, row by row.  Parts are cut in order of time: the last share of the
    rows for the test, the last of the rest for validation; a window belongs to the part where its targets lie, and its
    inputs may reach back before it, as the past is known.  Columns are scaled to mean 0, deviation 1 of the training
    rows alone (`standardize`); metrics and predictions are in the data's units.

    A column of dates is the time (or `time` names it): newest first is turned with a word, and rows that are missing
    are told; `gaps` refuses or fills them, and cells without a value.  With `group` a file holds several series, each
    cut and forecast for itself.  Columns in `future` are known in advance: at every step of the window stands what
    they will be `horizon` rows later; new data end with `horizon` rows that have these alone.

    Beside every measure stands that of the naive forecast, the last value seen again: naive_loss, naive_mae, …; with
    `season: 7` also that of seven rows before: naive_season_loss, ….
    `nntrain predict RUN recent.csv` forecasts what follows the last `window` rows of a file.
    """

    path: Path = arg("the csv file")
    columns: tuple[str | int, ...] = arg(
        "columns to read, by name or number from 0; default: all that hold numbers", default=(), kw_only=True
    )
    target: str | int | tuple[str | int, ...] = arg(
        "column to forecast, by name or number from 0, or a list of them; default: all that are read",
        default=(),
        kw_only=True,
    )
    window: int = arg("time steps that are seen T", default=30, ge=1, kw_only=True)
    horizon: int = arg("time steps that are forecast", default=1, ge=1, kw_only=True)
    time: str | int | None = arg(
        "the column of times, by name or number from 0; default: found out, and said", default=None, kw_only=True
    )
    gaps: Gaps | None = arg(
        "rows and values that are missing: refuse, repeat the previous, or draw a line; default: rows are told, "
        "values refused",
        default=None,
        kw_only=True,
    )
    future: tuple[str | int, ...] = arg(
        "columns known in advance, such as holidays, by name or number from 0", default=(), kw_only=True
    )
    group: str | int | None = arg(
        "the column that tells several series of a file apart, by name or number from 0", default=None, kw_only=True
    )
    season: int | None = arg(
        "rows after which things come again: a second naive forecast", default=None, ge=1, kw_only=True
    )
    standardize: bool = arg("columns to mean 0, deviation 1, fitted on the training part", default=True, kw_only=True)

    @property
    def targets(self) -> tuple[str | int, ...]:
        """The columns to forecast, as the config has them."""
        return self.target if isinstance(self.target, tuple) else (self.target,)

    def read_data(self, seed: int, dtype: DTypeLike, facts: Facts | None = None) -> Data:
        file, sha = open_table(self.path, self.encoding), hashlib.sha256()
        file.digest(sha)
        if facts is None:
            table = read_table(file, self.dialect)
            where = find_columns(table, self, self.dialect.numerals)
            facts = self._facts(where, table.names)
        else:
            table, where, others = locate_columns(file, required(facts.preparation.series, "a series"), self.dialect)
            table.warnings += [] if others is None else [others.told()]
        layout = required(facts.preparation.series, "a series")
        series = read_series(table, where, self.gaps, [], self.dialect.numerals)
        if facts.preparation.standardize is None:
            steps = [one.step for one in series if one.step is not None]
            layout = replace(layout, step=float(np.median(steps)) if steps else None)
            facts = replace(facts, preparation=replace(facts.preparation, series=layout))
        tell_other_step(table, where, series, layout.step)
        parts = [last_shares(self, self._named(one), len(one.values), ()) for one in series]
        if facts.preparation.standardize is None:
            past = [one.values[rows["train"]] for one, rows in zip(series, parts, strict=True)]
            facts = self._fitted(facts, layout, np.concatenate(past))
        scaling = required(facts.preparation.standardize, "a series")
        made: dict[str, Part] = {}
        for part in ("train", "validation", "test"):
            if part in parts[0]:
                ends = [self._ends(one, rows[part], part) for one, rows in zip(series, parts, strict=True)]
                made[part] = Windows(series, scaling, dtype, layout, ends, self.window, self.horizon, self.season)
        return Data(facts, made, sha.hexdigest(), table.warnings)

    def _named(self, one: OneSeries) -> str:
        return f"{self.path}, {one.name}" if one.name else str(self.path)

    def _ends(self, one: OneSeries, rows: slice, part: str) -> Array:
        """The rows before which a window of this part ends."""
        first = max(rows.start, self.window, self.season or 0)
        if first + self.horizon > rows.stop:
            season = f" and a season of {self.season}" if (self.season or 0) > self.window else ""
            raise DataError(
                f"{self._named(one)}: error: {rows.stop - rows.start} rows of the {part} part are too few for a "
                f"window of {self.window} and a horizon of {self.horizon}{season}"
            )
        return np.arange(first, rows.stop - self.horizon + 1)

    def _facts(self, where: Where, names: list[str]) -> Facts:
        read = [names[i] for i in where.columns]
        future = [self._name(column, names) for column in self.future]
        targets = [self._name(column, names) for column in self.targets] or [n for n in read if n not in future]
        for what, chosen in (("target", targets), ("future column", future)):
            if unread := [name for name in chosen if name not in read]:
                why = "holds no numbers" if not self.columns else "is not among the columns that are read"
                if where.time is not None and unread[0] == names[where.time]:
                    why = "is the time"
                raise DataError(f"{self.path}: error: the {what} {unread[0]} {why}")
        if both := [name for name in future if name in targets]:
            raise DataError(f"{self.path}: error: future: {both[0]} is forecast itself")
        if future and self.horizon > self.window:
            raise DataError(f"{self.path}: error: future: the window of {self.window} is shorter than the horizon")
        steps = range(1, self.horizon + 1)
        outputs = targets if self.horizon == 1 else [f"{name}+{h}" for h in steps for name in targets]
        time, group = (None if i is None else (names[i], i) for i in (where.time, where.group))
        layout = SeriesLayout(tuple(read), tuple(where.columns), tuple(targets), tuple(future), time, group)
        made = Preparation(series=layout, output_names=tuple(outputs))
        return Facts((self.window, len(read)), "values", outputs=len(outputs), preparation=made)

    def _name(self, column: str | int, names: list[str]) -> str:
        return column if isinstance(column, str) else names[column]

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
        layout, name = required(facts.preparation.series, "a series"), name_of(source)
        table, where, others = locate_columns(open_table(source, self.encoding), layout, self.dialect)
        series = read_series(table, where, self.gaps, layout.future_at, self.dialect.numerals)
        tell_other_step(table, where, series, layout.step)
        windows = np.stack([self._last_window(one, layout, facts.input_shape[0], name) for one in series])
        part = ArrayPart(Inputs(windows, dtype, facts.preparation), None, None)
        part.warnings, part.left_out = table.warnings, others
        if layout.group is not None:
            part.beside = {layout.group[0]: [one.name for one in series]}
        return part

    def _last_window(self, one: OneSeries, layout: SeriesLayout, window: int, source: str) -> Array:
        """What the forecast starts from (window, columns)."""
        name, values = f"{source}, {one.name}" if one.name else source, one.values
        if layout.future:
            ahead = int(np.isnan(values).any(axis=1).sum())
            if ahead != self.horizon:
                raise DataError(
                    f"{name}: error: {ahead} rows at the end have {', '.join(layout.future)} alone, expected "
                    f"{self.horizon}: what is known in advance of the rows to forecast"
                )
            values = ahead_of_time(values, layout.future_at, self.horizon)[:-ahead]
        if len(values) < window:
            raise DataError(f"{name}: error: {len(values)} rows, fewer than the window of {window}")
        return values[-window:]

"""Windows of series, and the forecasts by rule that a network has to beat."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from nntrain.data.parts import Batch, Part
from nntrain.data.series_layout import SeriesLayout
from nntrain.data.series_rows import OneSeries
from nntrain.data.standardize import Standardization
from nntrain.model.shapes import Array


def ahead_of_time(values: Array, future: list[int], horizon: int) -> Array:
    """Values (N, columns) with those known in advance moved up by the horizon; its last rows keep what they have."""
    moved = values.copy()
    moved[:-horizon, future] = values[horizon:, future]
    return moved


class Windows(Part):
    """Windows of series (N, columns) that end before the rows `ends` of each."""

    def __init__(
        self,
        series: list[OneSeries],
        scaling: Standardization,
        dtype: DTypeLike,
        layout: SeriesLayout,
        ends: list[Array],
        window: int,
        horizon: int,
        season: int | None,
    ):
        scaled = [scaling.apply(one.values).astype(dtype) for one in series]
        self.values = np.concatenate([ahead_of_time(v, layout.future_at, horizon) for v in scaled])
        self.targets = np.concatenate(scaled)[:, layout.targets_at]
        starts = np.cumsum([0, *(len(values) for values in scaled[:-1])])
        self.ends = np.concatenate([start + end for start, end in zip(starts, ends, strict=True)])
        self.window, self.horizon, self.season = window, horizon, season
        self.size = len(self.ends)

    def batch(self, indices: Array) -> Batch:
        ends, steps = self.ends[indices], np.arange(self.horizon)
        X = self.values[ends + np.arange(-self.window, 0)[:, None]].transpose(0, 2, 1)
        Y = self._rows(ends + steps[:, None])
        batch = Batch(np.ascontiguousarray(X), Y, naive=np.tile(self.targets[ends - 1].T, (self.horizon, 1)))
        if self.season is not None:
            batch.seasonal = self._rows(ends + (steps % self.season - self.season)[:, None])
        return batch

    def _rows(self, at: Array) -> Array:
        """The targets of rows (horizon, m), as (horizon · targets, m)."""
        return self.targets[at].transpose(0, 2, 1).reshape(-1, at.shape[1])

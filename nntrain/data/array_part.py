"""Rows of arrays: gathered into batches, and as the network takes them."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from nntrain.data import held
from nntrain.data.facts import Preparation
from nntrain.data.mapped_files import files_behind
from nntrain.data.parts import Batch, Part
from nntrain.data.standardize import InChunks
from nntrain.model.shapes import Array, Shape

EAGER_BYTES = 1 << 26  # integers become floats at once up to this size; beyond it, batch by batch, to save memory
InputRows = Array | InChunks


class Inputs:
    """Inputs as the network takes them: scaled, standardized and cast, at once where they fit into memory as floats,
    otherwise batch by batch (integers of large image sets, memory-mapped files, large arrays of many runs)."""

    def __init__(self, array: InputRows, dtype: DTypeLike, preparation: Preparation):
        mapped = isinstance(array, np.memmap)
        # a mapped file of images (N, H, W, C), seen as (N, C, H, W): the axis is moved batch by batch
        self.channels_last = False
        if isinstance(array, np.memmap) and array.ndim == 4 and not array.flags.c_contiguous:
            self.channels_last = True
            array = np.moveaxis(array, 1, 3)
        self.shape: Shape = array.shape[1:]
        self.dtype = np.dtype(dtype if preparation.vocabulary is None else np.int64)
        # a mapped file stays mapped: this is a view of it without the subclass, whose every slice is slow
        flat = array if isinstance(array, InChunks) else np.asarray(array).reshape(len(array), -1)
        scale = preparation.scale if array.dtype.kind in "iu" else None
        self.scale: Array | None = None if scale is None else np.asarray(scale, self.dtype)
        self.mean: Array | None = None
        if preparation.standardize is not None:
            scale = 1.0 if scale is None else scale
            # (scale · x − mean) / deviation, a number for each of the flat features
            mean, deviation = preparation.standardize.along(array.ndim)
            work = np.float64 if array.dtype.itemsize > 2 else self.dtype
            self.mean = self._spread(mean / scale).astype(work)
            self.factor = self._spread(scale / deviation).astype(work)
        large = array.size * self.dtype.itemsize > EAGER_BYTES
        shared = held.holding() and self.mean is not None  # runs that standardize differently read the same array
        if isinstance(flat, InChunks):
            flat, self.mean = flat.cast(self._convert, self.dtype), None
        elif not mapped and not (large and (array.dtype.kind in "iub" or shared)):
            flat = np.ascontiguousarray(self._convert(flat))
            self.mean = self.scale = None
        self.flat = flat

    def _spread(self, values: Array) -> Array:
        if self.channels_last and values.ndim == 3:
            values = values[:, 0, 0]
        return np.ascontiguousarray(np.broadcast_to(values, self.shape)).reshape(-1)

    def _convert(self, X: Array) -> Array:
        if self.mean is not None:
            standardized: Array = ((X - self.mean) * self.factor).astype(self.dtype, copy=False)
            return standardized
        X = X.astype(self.dtype, copy=False)
        return X if self.scale is None else X * self.scale

    def take(self, rows: Array) -> Array:
        """(…, m) for rows (m,).  Small integers are transposed before they become floats: a quarter of the memory."""
        taken = self.flat.take(rows, axis=0)
        if self.mean is not None:
            taken = self._convert(taken)
        X = np.ascontiguousarray(taken.T).astype(self.dtype, copy=False)
        if self.mean is None and self.scale is not None:
            X *= self.scale
        X = X.reshape(*self.shape, len(rows))
        return np.ascontiguousarray(np.moveaxis(X, 2, 0)) if self.channels_last else X


class ArrayPart(Part):
    """Rows of arrays.  A batch gathers rows and then moves the axis: gathering columns is eight times slower."""

    def __init__(
        self,
        inputs: Inputs,
        targets: Array | None,
        rows: Array | None,
        target_type: DTypeLike = np.int64,
        lengths: Array | None = None,
        weights: Array | None = None,
    ):
        self.inputs, self.targets, self.target_type = inputs, targets, target_type
        self.lengths, self.weights = lengths, weights
        # all rows in order need no second indexing
        self.rows = None if rows is None or len(rows) == len(inputs.flat) else rows
        self.size = len(inputs.flat) if rows is None else len(rows)
        self._files = files_behind(inputs.flat, targets)

    def batch(self, indices: Array) -> Batch:
        for file in self._files:
            file.check()
        rows = indices if self.rows is None else self.rows[indices]
        if self.targets is None:
            Y = np.empty((0, len(rows)))
        else:
            Y = self.targets.take(rows, axis=0).astype(self.target_type, copy=False)
            Y = Y if Y.ndim == 1 else np.ascontiguousarray(np.moveaxis(Y, 0, -1))
        batch = Batch(self.inputs.take(rows), Y)
        if self.weights is not None:
            batch.weights = np.ascontiguousarray(self.weights[rows].T)
        if self.lengths is not None:
            batch.lengths = self.lengths[rows]
            past = np.arange(len(batch.X))[:, None] >= batch.lengths  # which may be anything in a file, NaN too
            batch.X[past if batch.X.ndim == 2 else np.broadcast_to(past[:, None], batch.X.shape)] = 0
        return batch

"""Mean and deviation of the training inputs, in float64."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from nntrain.model.shapes import Array

LARGEST = 1e37  # a larger number in data is refused: its square must stay finite in float64, itself in float32
CHUNK_BYTES = 1 << 24  # what is read of a large array at a time


def chunks(array: Array, rows: Array | None = None) -> Iterator[Array]:
    """The examples at `rows` (default: all) in pieces of a fixed size; a memory-mapped array is never held whole."""
    size = len(array) if rows is None else len(rows)
    count = max(1, CHUNK_BYTES // max(1, array[:1].nbytes))
    for start in range(0, size, count):
        yield array[start : start + count] if rows is None else array[rows[start : start + count]]


def fit(inputs: Array, rows: Array, scale: float = 1.0) -> dict[str, Any]:
    """Mean and deviation of scale · inputs over `rows`: by column of tables (N, n), by feature of sequences (N, T, n),
    by channel of images (N, C, H, W).  What is constant keeps deviation 1.
    """
    over = {2: (0,), 3: (0, 1), 4: (0, 2, 3)}[inputs.ndim]
    count = len(rows) * (inputs[0].size // inputs.shape[1 if inputs.ndim == 4 else -1])
    total, low, high = 0.0, np.inf, -np.inf
    for chunk in chunks(inputs, rows):
        total = total + chunk.sum(axis=over, dtype=np.float64)
        low, high = np.minimum(low, chunk.min(axis=over)), np.maximum(high, chunk.max(axis=over))
    mean = total / count
    squares = 0.0
    for chunk in chunks(inputs, rows):
        squares = squares + np.square(chunk - along_feature(mean, inputs.ndim)).sum(axis=over)
    # the extremes tell what is constant; a computed deviation would be rounding noise there
    deviation = np.where(low == high, 1.0, np.sqrt(squares / count) * scale)
    deviation[deviation == 0] = 1.0
    return {"mean": (mean * scale).tolist(), "deviation": deviation.tolist()}


def undo(examples: Array, fitted: dict[str, Any]) -> Array:
    """Standardized examples (N, …) in the units before, in float64: X · deviation + mean."""
    mean, deviation = (along_feature(np.asarray(fitted[k]), examples.ndim) for k in ("mean", "deviation"))
    return examples * deviation + mean


def along_feature(values: Array, ndim: int) -> Array:
    """One value a feature, shaped to broadcast over examples of so many axes, the examples' own included."""
    return values[:, None, None] if ndim == 4 else values

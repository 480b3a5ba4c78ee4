"""Lengths of sequences and weights of examples in arrays: checked before anything is made of them."""

from __future__ import annotations

import numpy as np

from nntrain.data.array_files import check_numbers, show
from nntrain.errors import DataError
from nntrain.model.shapes import Array, Shape


def check_lengths(lengths: Array, name: str, X: Array, symbols: bool) -> Array:
    """Valid steps (N,) of sequences X, each 1 … T, as integers.  Raises DataError."""
    if X.ndim != (2 if symbols else 3):
        raise DataError(f"{name}: error: lengths are of sequences (N, T, n), the inputs are {show(X.shape)}")
    if lengths.shape != (len(X),):
        raise DataError(f"{name}: error: {show(lengths.shape)} lengths for {len(X)} sequences, expected ({len(X)},)")
    check_numbers(lengths, name)
    bad = (lengths < 1) | (lengths > X.shape[1]) | (np.mod(lengths, 1) != 0)
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        raise DataError(f"{name}[{at}]: error: length {lengths[at]}, expected a whole number from 1 to {X.shape[1]}")
    return lengths.astype(np.int64)


def without_padding(values: Array, lengths: Array) -> Array:
    """A copy of (N, T, …) with 0 in the steps past each length, which may be anything in a file, NaN too."""
    past = np.arange(values.shape[1]) >= lengths[:, None]
    copy = np.array(values)
    copy[past] = 0
    return copy


def check_weights(weights: Array, name: str, examples: int, steps: int | None) -> Array:
    """What examples (N,), or their steps (N, T), count for: numbers ≥ 0, not all of them 0.  Raises DataError."""
    shapes: list[Shape] = [(examples,)] if steps is None else [(examples,), (examples, steps)]
    if weights.shape not in shapes:
        expected = " or ".join(map(show, shapes))
        raise DataError(f"{name}: error: weights of shape {show(weights.shape)}, expected {expected}")
    check_numbers(weights, name)
    if (weights < 0).any():
        place = tuple(np.argwhere(weights < 0)[0])
        raise DataError(f"{name}[{', '.join(map(str, place))}]: error: weight {weights[place]}, expected 0 or more")
    if not weights.any():
        raise DataError(f"{name}: error: every weight is 0")
    return weights.astype(np.float64)

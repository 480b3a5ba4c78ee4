"""Softmax with cross-entropy, at every position of a batch.   Z (n, m) or (T, n, m)   labels Y (m,) or (T, m)

Labels are integers 0 … n − 1.  Runs of steps of a sequence are the tiles for the threads.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from nntrain.kernels.columns import columns, in_columns, of_steps
from nntrain.kernels.elementwise import exp_shifted
from nntrain.kernels.tiles import by_work
from nntrain.model.shapes import Bools, Floats, Ints, Shape
from nntrain.runtime import threads

_LOGITS_OF_A_TILE = 1 << 17  # that pay for handing a tile to a thread


def losses(Z: Floats, Y: Ints) -> Floats:
    """𝓛 = log Σ e^z − z_y of every position: an array like Y, of Z's dtype."""
    if in_columns(Z):
        return losses(columns(Z), of_steps(Y)).reshape(-1, len(Z)).T
    if Z.ndim == 2:
        return _losses(Z, label_places(Y, Z.shape), *exp_shifted(Z, -2)[1:])

    def run(steps: slice) -> Floats:
        z = Z[steps]
        return _losses(z, label_places(Y[steps], z.shape), *exp_shifted(z, -2)[1:])

    return np.concatenate(threads.run(run, _tiles(Z.shape)))


def mean_and_derivative(Z: Floats, Y: Ints, mask: Bools | None, at: Ints | None = None) -> tuple[float, Floats]:
    """J, the mean of 𝓛 over the positions that count, and dZ = (A − Y) / their number, Y one-hot and A = softmax(Z).

    `at` is `label_places` where all positions count, if the caller knows it already.
    `mask` is like Y, True where a position counts (None: everywhere); J and dZ are 0 where none does.
    """
    if mask is None:
        count = Y.size
    else:
        count = int(np.count_nonzero(mask)) or 1
        Y = np.where(mask, Y, 0)  # padding may hold any number
    scale = Z.dtype.type(1 / count)
    dZ = np.empty(Z.shape, Z.dtype)
    if Z.ndim == 2:
        return _derive(Z, label_places(Y, Z.shape) if at is None else at, scale, dZ, mask) / count, dZ

    def run(steps: slice) -> float:
        z = Z[steps]
        return _derive(z, label_places(Y[steps], z.shape), scale, dZ[steps], None if mask is None else mask[steps])

    return sum(threads.run(run, _tiles(Z.shape))) / count, dZ


def _losses(Z: Floats, at: Ints, total: Floats, top: Floats) -> Floats:
    # log Σ e^z − z_y = (max − z_y) + log Σ e^(z − max): the difference first, as it is small where both are large
    L = np.subtract(top.reshape(at.shape), Z.take(at))
    L += np.log(total.reshape(at.shape))
    return L


def _derive(Z: Floats, at: Ints, scale: np.floating, dZ: Floats, mask: Bools | None) -> float:
    """Σ 𝓛 over what counts; dZ is filled with (A − Y) · scale there, and with 0 elsewhere."""
    _, total, top = exp_shifted(Z, -2, dZ)
    L = _losses(Z, at, total, top)
    if mask is None:
        np.multiply(dZ, scale / total, dZ)
        dZ.reshape(-1)[at] -= scale
    else:
        L *= mask
        scales = scale * mask
        np.multiply(dZ, scales.reshape(total.shape) / total, dZ)
        dZ.reshape(-1)[at] -= scales
    return float(np.add.reduce(L, None))


def label_places(Y: Ints, shape: Shape) -> Ints:
    """The place of every label's score in the flat Z: an array like Y; `shape` is Z's."""
    places: Ints = Y.astype(np.intp, copy=False) * shape[-1]
    return np.add(places, _column_places(shape), places)


@lru_cache(maxsize=64)
def _column_places(shape: Shape) -> Ints:
    """Where class 0 of every position stands in a flat Z of this shape."""
    *steps, n, m = shape
    places: Ints = np.arange(m, dtype=np.intp)
    if steps:
        places = places + n * m * np.arange(steps[0], dtype=np.intp)[:, None]
    places.flags.writeable = False
    return places


def _tiles(shape: Shape) -> tuple[slice, ...]:
    T, n, m = shape
    return by_work(T, T * n * m, _LOGITS_OF_A_TILE)

"""Softmax with cross-entropy, at every position of a batch.   Z (n, m) or (T, n, m)   labels Y (m,) or (T, m)

Long sequences are cut into runs of steps, tiles for the threads, by sizes alone.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from nntrain.kernels.columns import columns, in_columns, of_steps
from nntrain.kernels.elementwise import exp_shifted
from nntrain.kernels.tiles import by_work
from nntrain.model.shapes import Array, Shape
from nntrain.runtime import threads

_TILE = 1 << 17  # logits that pay for handing a tile to a thread


def losses(Z: Array, Y: Array) -> Array:
    """𝓛 = log Σ e^z − z_y of every position, like Y."""
    if in_columns(Z):
        return losses(columns(Z), of_steps(Y)).reshape(-1, len(Z)).T
    if Z.ndim == 2:
        return _losses(Z, label_places(Y, Z.shape), *exp_shifted(Z, -2)[1:])

    def run(steps: slice) -> Array:
        z = Z[steps]
        return _losses(z, label_places(Y[steps], z.shape), *exp_shifted(z, -2)[1:])

    return np.concatenate(threads.run(run, _tiles(Z.shape)))


def mean_and_derivative(Z: Array, Y: Array, mask: Array | None) -> tuple[float, Array]:
    """J, the mean of 𝓛 over the positions that count, and dZ = (A − Y) / their number; 0 where none counts."""
    if mask is None:
        count = Y.size
    else:
        count = int(np.count_nonzero(mask)) or 1
        Y = np.where(mask, Y, 0)  # padding may hold any number
    scale = Z.dtype.type(1 / count)
    dZ = np.empty(Z.shape, Z.dtype)
    if Z.ndim == 2:
        return _derive(Z, Y, scale, dZ, mask) / count, dZ

    def run(steps: slice) -> float:
        return _derive(Z[steps], Y[steps], scale, dZ[steps], None if mask is None else mask[steps])

    return sum(threads.run(run, _tiles(Z.shape))) / count, dZ


def _losses(Z: Array, at: Array, total: Array, top: Array) -> Array:
    # log Σ e^z − z_y = (max − z_y) + log Σ e^(z − max): the difference first, as it is small where both are large
    L = np.subtract(top.reshape(at.shape), Z.take(at))
    L += np.log(total.reshape(at.shape))
    return L


def _derive(Z: Array, Y: Array, scale: np.floating, dZ: Array, mask: Array | None) -> float:
    """Σ 𝓛 over what counts; dZ is filled."""
    at = label_places(Y, Z.shape)
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


def label_places(Y: Array, shape: Shape) -> Array:
    """The place of every label's score in the flat Z."""
    places = np.multiply(Y, shape[-1], dtype=np.intp, casting="unsafe")
    return np.add(places, _column_places(shape), places)


@lru_cache(maxsize=64)
def _column_places(shape: Shape) -> Array:
    """Where class 0 of every position stands in a flat Z of this shape."""
    *steps, n, m = shape
    places = np.arange(m, dtype=np.intp)
    if steps:
        places = places + n * m * np.arange(steps[0], dtype=np.intp)[:, None]
    places.flags.writeable = False
    return places


def _tiles(shape: Shape) -> tuple[slice, ...]:
    T, n, m = shape
    return by_work(T, T * n * m, _TILE)

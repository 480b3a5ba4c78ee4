"""Products of the fully connected layer.   W (n_y, n_x)   X (n_x, m)   Z (n_y, m)

Large products are cut into tiles of rows for the pool of threads; which tiles depends on the sizes alone, and every
tile writes rows of its own, so the bits are the same for any number of threads.  A sequence (T, n_x, m) in columns is
one such matrix; others go to `dense_steps`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from nntrain.kernels import affine_steps as dense_steps
from nntrain.kernels.columns import columns, in_columns, sequence
from nntrain.kernels.products import SMALL_PRODUCT
from nntrain.kernels.tiles import doubled, doubled_parts
from nntrain.model.shapes import Array
from nntrain.runtime import threads

# The least work of a tile in multiply-adds, of which a core does about 50 in a nanosecond.  dZ Xᵀ loses 5 % by being
# cut in two and 12 % in four, as each part packs all of X anew; the other products lose nothing.
_TILE = 8_000_000
_TILE_OF_DW = 24_000_000
_UNIT = 8  # rows that OpenBLAS's kernels multiply at a time, or a multiple of that
_SMALL = 1_000_000  # multiply-adds of a product that is one plain call


def affine(W: Array, X: Array, b: Array | None) -> Array:
    """Z = W X + b."""
    if in_columns(X):
        return sequence(affine(W, columns(X), b), len(X))
    if X.ndim == 3:
        return dense_steps.forward(W, b, X)
    m = X.shape[1]
    if W.size * m < _SMALL:
        Z = W.dot(X)
        if b is not None:
            np.add(Z, b, Z)
        return Z
    Z = np.empty((W.shape[0], m), X.dtype)

    def rows(tile: slice) -> None:
        _product(W[tile], X, Z[tile])
        if b is not None:
            Z[tile] += b[tile]

    threads.run(rows, _tiles(Z, W.shape[1], _TILE))
    return Z


def accumulate(dW: Array, db: Array | None, dZ: Array, X: Array, zero: bool = False) -> None:
    """dW += dZ Xᵀ and db += Σ dZ, over examples and steps.  `zero`: dW is 0, and the product is written into it."""
    if in_columns(X) or in_columns(dZ):
        accumulate(dW, db, columns(dZ), columns(X), zero)
        return
    if dZ.ndim == 3:
        dense_steps.backward(dZ, dW, X, dW, db, need_dA=False)
        return
    if dW.size * dZ.shape[1] < _SMALL:
        if zero:
            np.matmul(dZ, X.T, out=dW)
        else:
            dW += dZ.dot(X.T)
        if db is not None:
            db += dZ.dot(_ones(dZ.shape[1], dZ.dtype))
        return
    threads.run(_call, _weight_tasks(dW, db, dZ, X, zero))


def backward(W: Array, dW: Array, db: Array | None, dZ: Array, X: Array, zero: bool = False) -> Array:
    """dX = Wᵀ dZ, after `accumulate`."""
    if in_columns(X) or in_columns(dZ):
        return sequence(backward(W, dW, db, columns(dZ), columns(X), zero), len(X))
    if dZ.ndim == 3:
        of_steps: Any = dense_steps.backward(dZ, W, X, dW, db)
        return of_steps
    if W.size * dZ.shape[1] < _SMALL:
        accumulate(dW, db, dZ, X, zero)
        return W.T.dot(dZ)
    dX = np.empty(X.shape, X.dtype)
    Wt = W.T

    def rows(tile: slice) -> None:
        _product(Wt[tile], dZ, dX[tile])

    # all products of the layer in one list of tasks: threads meet once, not twice
    tasks = _weight_tasks(dW, db, dZ, X, zero)
    threads.run(_call, tasks + [(rows, tile) for tile in _tiles(dX, W.shape[0], _TILE)])
    return dX


def add_bias_gradient(db: Array, dZ: Array) -> None:
    """db += Σ dZ over examples and steps."""
    if in_columns(dZ):
        dZ = columns(dZ)
    elif dZ.ndim == 3:
        dZ = dZ.sum(axis=0)
    db += dZ.dot(_ones(dZ.shape[1], dZ.dtype))


_Task = tuple[Callable[[slice], None], slice]


def _call(task: _Task) -> None:
    function, tile = task
    function(tile)


def _weight_tasks(dW: Array, db: Array | None, dZ: Array, X: Array, zero: bool) -> list[_Task]:
    Xt = X.T

    def rows(tile: slice) -> None:
        # One product over all examples: cutting the inner axis of dZ Xᵀ is 2 to 4 times slower.
        if zero:
            np.matmul(dZ[tile], Xt, out=dW[tile])
        else:
            dW[tile] += np.matmul(dZ[tile], Xt)
        if db is not None:
            add_bias_gradient(db[tile], dZ[tile])

    return [(rows, tile) for tile in _tiles(dW, dZ.shape[1], _TILE_OF_DW)]


def _product(A: Array, B: Array, out: Array) -> None:
    """out = A B in pieces of rows that OpenBLAS multiplies without packing, where there are such pieces: 10 to 15 %."""
    pieces = doubled_parts(len(A), SMALL_PRODUCT // (A.shape[1] * B.shape[1]), _UNIT)
    if pieces > 1 and B.strides[1] == B.itemsize:
        A = A.reshape(pieces, -1, A.shape[1])  # cutting one axis in two is always a view
        out = out.reshape(pieces, -1, out.shape[1])
    np.matmul(A, B, out=out)


def _tiles(out: Array, inner: int, work: int) -> tuple[slice, ...]:
    """Tiles of rows of a product's result, with `work` multiplications or more each."""
    return doubled(out.shape[0], out.size * inner // work, _UNIT)


@lru_cache(maxsize=64)
def _ones(count: int, dtype: Any) -> Array:
    """A column that turns a sum over the last axis into a product, which is 5 times as fast as `sum`."""
    ones = np.ones((count, 1), dtype)
    ones.flags.writeable = False
    return ones

"""Products of the fully connected layer.   W (n_y, n_x)   X (n_x, m)   b (n_y, 1)   Z (n_y, m)

Large products are cut into tiles of rows for the threads; every tile writes rows of its own.  A sequence (T, n_x, m)
in columns is one such matrix; others go to `affine_steps`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import DTypeLike

from nntrain.kernels import affine_steps
from nntrain.kernels.columns import columns, in_columns, sequence
from nntrain.kernels.products import SMALL_PRODUCT
from nntrain.kernels.tiles import doubled, doubled_parts
from nntrain.model.shapes import Floats
from nntrain.runtime import threads

# The least multiplications of a tile.  Those of dW are larger, as each packs all of X anew; the other products lose
# nothing by being cut.
_TILE = 8_000_000
_TILE_OF_DW = 24_000_000
# Of so many columns, as sequences have them, packing X anew is most of what a cut costs: fewer tiles.  Backward has the
# tasks of dW beside those of dX, so that two threads have work with half as many.
_MANY_COLUMNS = 512
_TILE_OF_MANY = 20_000_000
_TILE_OF_MANY_BACK = 40_000_000
_SMALL = 1_000_000  # multiplications of a product that is one plain call
_UNIT = 8  # rows of a tile come in multiples of what OpenBLAS's kernels take at a time

_Task = tuple[Callable[[slice], None], slice]


def affine(W: Floats, X: Floats, b: Floats | None) -> Floats:
    """Z = W X + b, a new array; b None: Z = W X.   X (n_x, m) or (T, n_x, m)"""
    if X.ndim == 3 and len(X) == 1:
        return affine(W, X[0], b)[None]
    if X.ndim == 3:
        return sequence(affine(W, columns(X), b), len(X)) if in_columns(X) else affine_steps.forward(W, b, X)
    m = X.shape[1]
    if W.size * m < _SMALL:
        Z: Floats = W.dot(X)
        if b is not None:
            np.add(Z, b, Z)
        return Z
    Z = np.empty((W.shape[0], m), X.dtype)

    def rows(tile: slice) -> None:
        _product(W[tile], X, Z[tile])
        if b is not None:
            Z[tile] += b[tile]

    threads.run(rows, _tiles(Z, W.shape[1], _TILE if m < _MANY_COLUMNS else _TILE_OF_MANY))
    return Z


def accumulate(dW: Floats, db: Floats | None, dZ: Floats, X: Floats, zero: bool = False) -> None:
    """dW += dZ Xᵀ and db += Σ dZ, over examples and steps.  `zero`: dW is 0, and the product is written into it."""
    if dZ.ndim == 3:
        if in_columns(X) or in_columns(dZ):
            accumulate(dW, db, columns(dZ), columns(X), zero)
        else:
            affine_steps.backward(dZ, None, X, dW, db)
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


def backward(W: Floats, dW: Floats, db: Floats | None, dZ: Floats, X: Floats, zero: bool = False) -> Floats:
    """dX = Wᵀ dZ, a new array like X; adds to dW and db as `accumulate` does."""
    if dZ.ndim == 3:
        if in_columns(X) or in_columns(dZ):
            return sequence(backward(W, dW, db, columns(dZ), columns(X), zero), len(X))
        return affine_steps.backward(dZ, W, X, dW, db)
    if W.size * dZ.shape[1] < _SMALL:
        accumulate(dW, db, dZ, X, zero)
        dX: Floats = W.T.dot(dZ)
        return dX
    dX = np.empty(X.shape, X.dtype)
    Wt = W.T

    def rows(tile: slice) -> None:
        _product(Wt[tile], dZ, dX[tile])

    # all products of the layer in one list of tasks: threads meet once, not twice
    tasks = _weight_tasks(dW, db, dZ, X, zero)
    threads.run(_call, tasks + [(rows, tile) for tile in _tiles(dX, W.shape[0], _of_backward(dZ, _TILE))])
    return dX


def backward_input(W: Floats, dZ: Floats) -> Floats:
    """dX = Wᵀ dZ alone, of a layer that does not learn.   dZ (n_y, m) or (T, n_y, m)"""
    return affine(W.T, dZ, None)


def add_bias_gradient(db: Floats, dZ: Floats) -> None:
    """db += Σ dZ over examples and steps.   db (n, 1)   dZ (n, m) or (T, n, m)"""
    if in_columns(dZ):
        dZ = columns(dZ)
    elif dZ.ndim == 3:
        dZ = dZ.sum(axis=0)
    db += dZ.dot(_ones(dZ.shape[1], dZ.dtype))


def _call(task: _Task) -> None:
    function, tile = task
    function(tile)


def _weight_tasks(dW: Floats, db: Floats | None, dZ: Floats, X: Floats, zero: bool) -> list[_Task]:
    """What `accumulate` does, in tiles of rows of dW."""
    Xt = X.T

    def rows(tile: slice) -> None:
        # one product over all examples: cut along the inner axis of dZ Xᵀ it is several times slower
        if zero:
            np.matmul(dZ[tile], Xt, out=dW[tile])
        else:
            dW[tile] += np.matmul(dZ[tile], Xt)
        if db is not None:
            add_bias_gradient(db[tile], dZ[tile])

    return [(rows, tile) for tile in _tiles(dW, dZ.shape[1], _of_backward(dZ, _TILE_OF_DW))]


def _product(A: Floats, B: Floats, out: Floats) -> None:
    """out = A B, by pieces of rows that OpenBLAS multiplies without packing, where there are such pieces."""
    pieces = doubled_parts(len(A), SMALL_PRODUCT // (A.shape[1] * B.shape[1]), _UNIT)
    if pieces > 1 and B.strides[1] == B.itemsize:
        A = A.reshape(pieces, -1, A.shape[1])  # cutting one axis in two is always a view
        out = out.reshape(pieces, -1, out.shape[1])
    np.matmul(A, B, out=out)


def _of_backward(dZ: Floats, work: int) -> int:
    """The least multiplications of a tile on the way back."""
    return work if dZ.shape[1] < _MANY_COLUMNS else _TILE_OF_MANY_BACK


def _tiles(out: Floats, inner: int, work: int) -> tuple[slice, ...]:
    """Tiles of rows of a product's result, with `work` multiplications or more each."""
    return doubled(out.shape[0], out.size * inner // work, _UNIT)


@lru_cache(maxsize=64)
def _ones(count: int, dtype: DTypeLike) -> Floats:
    """A column (count, 1) that turns a sum over the last axis into a product, which is much faster than `sum`."""
    ones: Floats = np.ones((count, 1), dtype)
    ones.flags.writeable = False
    return ones

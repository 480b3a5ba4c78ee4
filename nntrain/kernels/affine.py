"""Products of the fully connected layer.   W (n_y, n_x)   X (n_x, m)   b (n_y, 1)   Z (n_y, m)

Large products are cut into tiles for the threads, each of which writes its own part of the result: rows of it, or where
there are many columns, as sequences have them, some of those, as every tile packs anew what it has whole.  A sequence
(T, n_x, m) in columns is one such matrix; others go to `affine_steps`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np
from numpy.typing import DTypeLike

from nntrain.kernels import affine_steps
from nntrain.kernels.columns import columns, in_columns, sequence
from nntrain.kernels.products import SMALL_PRODUCT
from nntrain.kernels.tiles import MOST_TILES, doubled, doubled_parts
from nntrain.model.calls import Call, Calls
from nntrain.model.shapes import Floats
from nntrain.runtime import threads

# The least multiplications of a tile.  Those of dW are larger, as each packs all of X anew; the other products lose
# nothing by being cut.
_TILE = 8_000_000
_TILE_OF_DW = 24_000_000
# From so many columns on Z and dX are cut along them, into tiles of at least so much work, which pack W alone anew.
# Backward has the tasks of dW beside those of dX, so that two threads have work with fewer, and dW of a narrow layer is
# one.
_MANY_COLUMNS = 512
_TILE_OF_MANY = 20_000_000
_TILE_OF_MANY_BACK = 40_000_000
_COLUMNS_OF_A_TILE = 768
_ROWS_OF_DW = 384
_SMALL = 1_000_000  # multiplications of a product that is one plain call
_UNIT = 8  # rows of a tile come in multiples of what OpenBLAS's kernels take at a time

_ALL = slice(None)
_Tile = tuple[slice, slice]  # rows and columns of a result
_Task = tuple[Callable[[_Tile], None], _Tile]


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

    def part(tile: _Tile) -> None:
        rows, columns = tile
        z = Z[tile]
        _product(W[rows], X[:, columns], z)
        if b is not None:
            z += b[rows]

    threads.run(part, _tiles(Z, W.shape[1], _TILE_OF_MANY))
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

    def part(tile: _Tile) -> None:
        rows, columns = tile
        _product(Wt[rows], dZ[:, columns], dX[tile])

    # all products of the layer in one list of tasks: threads meet once, not twice
    tasks = _weight_tasks(dW, db, dZ, X, zero)
    threads.run(_call, tasks + [(part, tile) for tile in _tiles(dX, W.shape[0], _TILE_OF_MANY_BACK)])
    return dX


def backward_input(W: Floats, dZ: Floats) -> Floats:
    """dX = Wᵀ dZ alone, of a layer that does not learn.   dZ (n_y, m) or (T, n_y, m)"""
    return affine(W.T, dZ, None)


def calls(W: Floats, b: Floats | None, dW: Floats, db: Floats | None, X: Floats) -> Calls | None:
    """`affine` and `backward` as calls on arrays that stay (`Layer.calls`): the same plain products; None where X is a
    sequence, or they are not small."""
    if X.ndim != 2 or W.size * X.shape[1] >= _SMALL:
        return None
    Z = np.empty((len(W), X.shape[1]), X.dtype)
    forward: list[Call] = [partial(W.dot, X, Z)]
    if b is not None:
        forward.append(partial(np.add, Z, b, Z))

    def backward(dZ: Floats, needs_dX: bool) -> tuple[Floats, list[Call]]:
        calls: list[Call] = [partial(np.matmul, dZ, X.T, dW)]
        if db is not None:
            calls.append(partial(dZ.dot, _ones(dZ.shape[1], dZ.dtype), db))
        if not needs_dX:
            return dZ, calls
        dX = np.empty_like(X)
        return dX, [*calls, partial(W.T.dot, dZ, dX)]

    return Calls(Z, forward, backward)


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

    def part(tile: _Tile) -> None:
        rows = tile[0]
        # one product over all examples: cut along the inner axis of dZ Xᵀ it is several times slower
        if zero:
            np.matmul(dZ[rows], Xt, out=dW[rows])
        else:
            dW[rows] += np.matmul(dZ[rows], Xt)
        if db is not None:
            add_bias_gradient(db[rows], dZ[rows])

    return [(part, (rows, _ALL)) for rows in _rows_of_dw(dW, dZ.shape[1])]


def _product(A: Floats, B: Floats, out: Floats) -> None:
    """out = A B, by pieces of rows that OpenBLAS multiplies without packing, where there are such pieces."""
    pieces = doubled_parts(len(A), SMALL_PRODUCT // (A.shape[1] * B.shape[1]), _UNIT)
    if pieces > 1 and B.strides[1] == B.itemsize:
        A = A.reshape(pieces, -1, A.shape[1])  # cutting one axis in two is always a view
        out = out.reshape(pieces, -1, out.shape[1])
    np.matmul(A, B, out=out)


def _tiles(out: Floats, inner: int, of_many: int) -> list[_Tile]:
    """Tiles of a product's result, `inner` being the terms of each of its sums.

    of_many   the least multiplications of a tile where there are many columns
    """
    (rows, columns), work = out.shape, out.size * inner
    if columns < _MANY_COLUMNS:
        return [(tile, _ALL) for tile in doubled(rows, work // _TILE, _UNIT)]
    most = min(MOST_TILES, max(2, columns // _COLUMNS_OF_A_TILE))
    return [(_ALL, tile) for tile in doubled(columns, min(most, work // of_many), _UNIT)]


def _rows_of_dw(dW: Floats, columns: int) -> tuple[slice, ...]:
    """Tiles of rows of dW, a product over so many columns."""
    rows = len(dW)
    most = dW.size * columns // _TILE_OF_DW if columns < _MANY_COLUMNS else rows // _ROWS_OF_DW
    return doubled(rows, most, _UNIT)


@lru_cache(maxsize=64)
def _ones(count: int, dtype: DTypeLike) -> Floats:
    """A column (count, 1) that turns a sum over the last axis into a product, which is much faster than `sum`."""
    ones: Floats = np.ones((count, 1), dtype)
    ones.flags.writeable = False
    return ones

"""The fully connected layer at every step of a sequence: Z_t = W X_t + b, and the way back.

X (T, n_x, m)   W (n_y, n_x)   b (n_y, 1)   Z (T, n_y, m).  Runs of steps are the tiles for the threads.
"""

from __future__ import annotations

from typing import overload

import numpy as np

from nntrain.kernels.sequences import by_pieces, multiply_rows, multiply_steps, rows_first, rows_last
from nntrain.kernels.tiles import by_work, runs
from nntrain.model.shapes import Floats
from nntrain.runtime import threads

_WORK_OF_A_TILE = 15_000_000  # multiplications that pay for handing a tile to a thread
_COLUMNS_OF_A_CHUNK = 256  # steps times examples in one product of the weights' gradient
_MOST_TILES = 8  # each has a weight gradient of its own


def forward(W: Floats, b: Floats | None, X: Floats) -> Floats:
    """Z_t = W X_t + b at every step t: a new array (T, n_y, m)."""
    T, _, m = X.shape
    Z = np.empty((T, len(W), m), X.dtype)
    pieces = by_pieces(np.ascontiguousarray(W), m)

    def run(tile: slice) -> None:
        z = Z[tile]
        multiply_steps(pieces, X[tile], z)
        if b is not None:
            np.add(z, b, z)

    threads.run(run, _tiles(T, W.size * T * m))
    return Z


@overload
def backward(dZ: Floats, W: Floats, X: Floats, dW: Floats, db: Floats | None) -> Floats: ...


@overload
def backward(dZ: Floats, W: None, X: Floats, dW: Floats, db: Floats | None) -> None: ...


def backward(dZ: Floats, W: Floats | None, X: Floats, dW: Floats, db: Floats | None) -> Floats | None:
    """dW += Σ_t dZ_t X_tᵀ and db += Σ_t Σ dZ_t; returns dX_t = Wᵀ dZ_t, or None where W is None."""
    T, n_x, m = X.shape
    n_y = len(dW)
    dX = None if W is None else np.empty(X.shape, X.dtype)
    pieces = None if W is None else by_pieces(W.T, m)
    length = max(1, _COLUMNS_OF_A_CHUNK // m)

    def run(tile: slice) -> tuple[Floats, Floats]:
        gradient, share = np.zeros((n_y, n_x), X.dtype), np.empty((n_y, n_x), X.dtype)
        sums = np.zeros((n_y, 1), X.dtype)
        dZ_rows, X_rows = np.empty(n_y * length * m, X.dtype), np.empty(n_x * length * m, X.dtype)
        ones = np.ones((length * m, 1), X.dtype)
        for chunk in runs(tile.stop, length, tile.start):
            if dX is not None and pieces is not None:
                multiply_steps(pieces, dZ[chunk], dX[chunk])
            D = rows_first(dZ[chunk], dZ_rows)
            multiply_rows(D, rows_last(X[chunk], X_rows), share)
            np.add(gradient, share, gradient)
            sums += D @ ones[: D.shape[1]]
        return gradient, sums

    for gradient, sums in threads.run(run, _tiles(T, 2 * dW.size * T * m)):
        dW += gradient
        if db is not None:
            db += sums
    return dX


def _tiles(T: int, work: int) -> tuple[slice, ...]:
    """Tiles of the T steps; `work` is the number of multiplications of all."""
    return by_work(T, work, _WORK_OF_A_TILE, _MOST_TILES)

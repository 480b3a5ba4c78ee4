"""Dense at every step of a sequence: Z_t = W A_t + b, and the way back.

A (T, n_x, m)   W (n, n_x)   b (n, 1)   Z (T, n, m).  Runs of steps are tiles for the threads, cut by sizes alone.
"""

from __future__ import annotations

import numpy as np

from nntrain.kernels.sequences import Array, by_pieces, multiply_rows, multiply_steps, rows_first, rows_last
from nntrain.kernels.tiles import by_work, runs
from nntrain.runtime import threads

# Multiplications that pay for handing a tile to a thread (about 0.3 ms), and columns of one weight-gradient product.
_WORK_OF_A_TILE = 15_000_000
_COLUMNS_OF_A_CHUNK = 256
_MOST_TILES = 8  # each has a weight gradient of its own


def _tiles(T: int, work: int) -> tuple[slice, ...]:
    """Tiles of the T steps; `work` is the number of multiplications of all."""
    return by_work(T, work, _WORK_OF_A_TILE, _MOST_TILES)


def forward(W: Array, b: Array | None, A: Array) -> Array:
    """Z (T, n, m) = W A_t + b at every step t."""
    T, _, m = A.shape
    Z = np.empty((T, len(W), m), A.dtype)
    pieces = by_pieces(np.ascontiguousarray(W), m)

    def run(tile: slice) -> None:
        z = Z[tile]
        multiply_steps(pieces, A[tile], z)
        if b is not None:
            np.add(z, b, z)

    threads.run(run, _tiles(T, W.size * T * m))
    return Z


def backward(dZ: Array, W: Array, A: Array, g_W: Array, g_b: Array | None, *, need_dA: bool = True) -> Array | None:
    """dA_t = Wᵀ dZ_t, or None; g_W += Σ_t dZ_t A_tᵀ and g_b += Σ_t dZ_t summed over examples."""
    T, n_x, m = A.shape
    n = len(W)
    dA = np.empty(A.shape, A.dtype) if need_dA else None
    pieces = by_pieces(W.T, m) if need_dA else W
    length = max(1, _COLUMNS_OF_A_CHUNK // m)

    def run(tile: slice) -> tuple[Array, Array]:
        gradient, share = np.zeros((n, n_x), A.dtype), np.empty((n, n_x), A.dtype)
        sums = np.zeros((n, 1), A.dtype)
        dZ_rows, A_rows = np.empty(n * length * m, A.dtype), np.empty(n_x * length * m, A.dtype)
        ones = np.ones((length * m, 1), A.dtype)
        for chunk in runs(tile.stop, length, tile.start):
            if dA is not None:
                multiply_steps(pieces, dZ[chunk], dA[chunk])
            D = rows_first(dZ[chunk], dZ_rows)
            multiply_rows(D, rows_last(A[chunk], A_rows), share)
            np.add(gradient, share, gradient)
            sums += D @ ones[: D.shape[1]]
        return gradient, sums

    for gradient, sums in threads.run(run, _tiles(T, 2 * W.size * T * m)):
        g_W += gradient
        if g_b is not None:
            g_b += sums
    return dA

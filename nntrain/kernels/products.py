"""Matrix products cut to sizes that BLAS multiplies fastest.

OpenBLAS multiplies small matrices (M·N·K up to a million) without packing them first, and np.matmul hands it a batch
of such pieces in one call: 100 GFLOP/s where the uncut product reaches 50 to 90.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

SMALL_PRODUCT = 1_000_000
SMALL_SIDE = 32  # of each block of D Vᵀ; wider ones fall to two thirds of the speed


@lru_cache(maxsize=1024)  # kernels ask in every tile
def equal_parts(size: int, most: int) -> int:
    """The fewest equal parts of `size` that are at most `most`; 1 where only slivers would do."""
    for parts in range(1, size + 1):
        if size % parts == 0 and size // parts <= most:
            return parts if size // parts * 4 >= min(most, size) else 1
    return 1


def multiply(W: np.ndarray, X: np.ndarray, out: np.ndarray) -> None:
    """out = W X for a stack.   W (…, F, K)   X (…, K, n)   out (…, F, n), X and out with any strides between rows."""
    F, K = W.shape[-2:]
    *stack, _, n = X.shape
    parts = equal_parts(F, SMALL_PRODUCT // (K * n))
    np.matmul(
        W.reshape(*stack, parts, F // parts, K), X[..., None, :, :], out=out.reshape(*stack, parts, F // parts, n)
    )


def multiply_transposed(D: np.ndarray, X: np.ndarray, out: np.ndarray) -> None:
    """out = D Xᵀ for a stack.   D (…, F, n)   X (…, C, n), with any strides between rows   out (…, F, C)"""
    *stack, F, n = D.shape
    C = X.shape[-2]
    down, across = equal_parts(F, SMALL_SIDE), equal_parts(C, SMALL_SIDE)
    np.matmul(
        D.reshape(*stack, down, 1, F // down, n),
        X.reshape(*stack, 1, across, C // across, n).swapaxes(-1, -2),
        out=out.reshape(*stack, down, F // down, across, C // across).swapaxes(-2, -3),
    )

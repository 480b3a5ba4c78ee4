"""Matrix products cut to sizes that BLAS multiplies fastest.

With AVX-512, OpenBLAS multiplies small matrices (M·N·K up to a million) without packing them first, and np.matmul
hands it a batch of such pieces in one call: 100 GFLOP/s where the uncut product reaches 50 to 90.  Its kernels for
other processors pack every product and take a lock for it, so there only long sums are cut: with AVX2 the step of an
MLP 784-512-256-10 takes 2.0 ms in place of 2.5.  So a result's last bits depend on the kind of processor.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from functools import lru_cache

import numpy as np


def multiplies_unpacked(coretype: str, extensions: Collection[str]) -> bool:
    """Whether OpenBLAS has kernels for small products.

    `coretype` is what the user asked of OpenBLAS in OPENBLAS_CORETYPE, "" for the processor's own; `extensions` are
    the processor's, by NumPy's names (X86_V4 was AVX512_SKX before NumPy 2.4).
    """
    if coretype:
        return coretype.lower() in ("skylakex", "cooperlake", "sapphirerapids")
    return "X86_V4" in extensions or "AVX512_SKX" in extensions


def _extensions() -> set[str]:
    simd = np.show_config(mode="dicts")["SIMD Extensions"]
    return {*simd["baseline"], *simd["found"]}


_UNPACKED = multiplies_unpacked(os.environ.get("OPENBLAS_CORETYPE", ""), _extensions())
SMALL_PRODUCT = 1_000_000 if _UNPACKED else 0  # multiplications of a product that need not be packed
SMALL_SIDE = 32 if _UNPACKED else 1 << 30  # of each block of D Xᵀ; wider ones fall to two thirds of the speed
LONGEST_SUM = SMALL_PRODUCT // SMALL_SIDE**2 if _UNPACKED else 2048  # of D Xᵀ: not packed, or packed into the cache


@lru_cache(maxsize=1024)  # kernels ask in every tile
def equal_parts(size: int, most: int) -> int:
    """The fewest equal parts of `size` that are at most `most`; 1 where only slivers would do."""
    for parts in range(1, size + 1):
        if most < 1 or size // parts * 4 < min(most, size):
            break
        if size % parts == 0 and size // parts <= most:
            return parts
    return 1


def multiply(W: np.ndarray, X: np.ndarray, out: np.ndarray) -> None:
    """out = W X for a stack.   W (…, F, K)   X (…, K, n)   out (…, F, n), X and out with any strides between rows.

    A stack's axis of length 1 meets all matrices of the other's, as in np.matmul.
    """
    F, K = W.shape[-2:]
    n = X.shape[-1]
    parts = equal_parts(F, SMALL_PRODUCT // (K * n))
    np.matmul(_cut(W, parts), X[..., None, :, :], out=_cut(out, parts))


def multiply_transposed(D: np.ndarray, X: np.ndarray, out: np.ndarray) -> None:
    """out = D Xᵀ for a stack.   D (…, F, n)   X (…, C, n), with any strides between rows   out (…, F, C)"""
    F, C = D.shape[-2], X.shape[-2]
    down, across = equal_parts(F, SMALL_SIDE), equal_parts(C, SMALL_SIDE)
    np.matmul(
        _cut(D, down)[..., None, :, :],
        _cut(X, across)[..., None, :, :, :].swapaxes(-1, -2),
        out=out.reshape(*out.shape[:-2], down, F // down, across, C // across).swapaxes(-2, -3),
    )


def _cut(A: np.ndarray, parts: int) -> np.ndarray:
    """The rows of each matrix in `parts` equal parts: (…, F, n) as (…, parts, F / parts, n), a view."""
    *stack, F, n = A.shape
    return A.reshape(*stack, parts, F // parts, n)

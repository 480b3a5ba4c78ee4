"""Matrix products cut to sizes that BLAS multiplies fastest.

With AVX-512, OpenBLAS multiplies small matrices (M·N·K up to a million) without packing them first, and np.matmul
hands it a batch of such pieces in one call.  Its kernels for other processors pack every product and take a lock for
it, so there only long sums are cut.  So a result's last bits depend on the kind of processor.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from nntrain.kernels.tiles import equal_parts
from nntrain.model.shapes import Floats


class ProductSizes(NamedTuple):
    """How large the pieces are into which products are cut.

    small_product   most multiplications of a product that need not be packed; 0 where every product is packed
    small_side      most rows and columns of each block of D Xᵀ; wider ones are slower
    longest_sum     most terms of a sum of D Xᵀ: its operands are not packed, or packed into the cache
    """

    small_product: int
    small_side: int
    longest_sum: int


UNPACKED = ProductSizes(1_000_000, 32, 1_000_000 // 32**2)
PACKED = ProductSizes(0, 1 << 30, 2048)


def product_sizes(build: object, coretype: str = "") -> ProductSizes:
    """UNPACKED where OpenBLAS has kernels for small products, which need AVX-512; else PACKED.

    `build` is what NumPy says of its build and its processor, `np.show_config(mode="dicts")`.  A build leaves out what
    it has nothing to say of, and its form is not promised: what is missing or of another kind names no extension.
    X86_V4 was AVX512_SKX before NumPy 2.4.  `coretype` is what the user asked of OpenBLAS in OPENBLAS_CORETYPE, "" for
    the processor's own; it decides alone.
    """
    if coretype:
        unpacked = coretype.lower() in ("skylakex", "cooperlake", "sapphirerapids")
    else:
        unpacked = not {"X86_V4", "AVX512_SKX"}.isdisjoint(_extensions(build))
    return UNPACKED if unpacked else PACKED


def _extensions(build: object) -> set[str]:
    """The processor's extensions by name: those that the build takes for granted, and those found at the start."""
    simd = build.get("SIMD Extensions") if isinstance(build, Mapping) else None
    lists = [simd.get(key) for key in ("baseline", "found")] if isinstance(simd, Mapping) else []
    return {str(name) for names in lists if isinstance(names, Iterable) for name in names}


SMALL_PRODUCT, SMALL_SIDE, LONGEST_SUM = product_sizes(
    np.show_config(mode="dicts"), os.environ.get("OPENBLAS_CORETYPE", "")
)


def multiply(W: Floats, X: Floats, out: Floats) -> None:
    """out = W X for each matrix of a stack.   W (…, F, K)   X (…, K, n)   out (…, F, n)

    X and out may have any strides between rows.  A stack's axis of length 1 meets all matrices of the other's, as in
    np.matmul.
    """
    F, K = W.shape[-2:]
    n = X.shape[-1]
    parts = equal_parts(F, SMALL_PRODUCT // (K * n))
    np.matmul(_cut(W, parts), X[..., None, :, :], out=_cut(out, parts))


def multiply_transposed(D: Floats, X: Floats, out: Floats) -> None:
    """out = D Xᵀ for each matrix of a stack.   D (…, F, n)   X (…, C, n)   out (…, F, C)

    D and X may have any strides between rows.
    """
    F, C = D.shape[-2], X.shape[-2]
    down, across = equal_parts(F, SMALL_SIDE), equal_parts(C, SMALL_SIDE)
    np.matmul(
        _cut(D, down)[..., None, :, :],
        _cut(X, across)[..., None, :, :, :].swapaxes(-1, -2),
        out=out.reshape(*out.shape[:-2], down, F // down, across, C // across).swapaxes(-2, -3),
    )


def _cut(A: Floats, parts: int) -> Floats:
    """The rows of each matrix in `parts` equal parts: (…, F, n) as (…, parts, F / parts, n), a view."""
    *stack, F, n = A.shape
    return A.reshape(*stack, parts, F // parts, n)

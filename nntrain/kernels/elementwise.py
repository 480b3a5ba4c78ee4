"""Functions that activation layers and losses share, and the tiles that large arrays are worked in."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import DTypeLike

from nntrain.kernels.columns import empty_like, flat, in_columns
from nntrain.kernels.scratch import scratch
from nntrain.kernels.tiles import runs
from nntrain.model.shapes import Bools, Floats, Shape
from nntrain.runtime import threads

_TILE = 1 << 18  # elements of a tile: a megabyte of float32
SMALL = 1 << 14  # elements; of larger arrays np.clip is faster than np.maximum, but its call takes longer


def sigmoid(Z: Floats, out: Floats | None = None) -> Floats:
    """A = σ(Z) = 1 / (1 + e⁻ᶻ), to a relative accuracy of 1e-6 in float32 wherever σ(z) is a normal number.

    ½ tanh(z/2) + ½ is the same function, but a probability far below 1 is then what is left of −½ + ½: in float32
    nothing from z = −17 on.  Below z = −88.7 (float64: −709.8) e⁻ᶻ overflows, and σ(z) is 0.
    """
    A = np.negative(Z, out=out)
    with np.errstate(over="ignore"):
        np.exp(A, A)
    np.add(A, Z.dtype.type(1), A)
    return np.reciprocal(A, A)


def exp_shifted(Z: Floats, axis: int, E: Floats | None = None) -> tuple[Floats, Floats, Floats]:
    """E = e^(Z − max Z) in Z's order (into `E` if given), its sum and max Z along the axis; both keep the axis as 1.

    Softmax is E / sum; the largest exponent is 0, so nothing overflows and the sum is at least 1.
    """
    top = np.maximum.reduce(Z, axis, keepdims=True)
    if E is None:
        E = empty_like(Z)
    np.subtract(Z, top, E)
    np.exp(E, E)
    return E, np.add.reduce(E, axis, keepdims=True), top


def softmax(Z: Floats, axis: int) -> Floats:
    """A = e^Z / Σ e^Z along the axis."""
    E, total, _ = exp_shifted(Z, axis)
    return np.divide(E, total, E)


def relu(Z: Floats, A: Floats) -> Floats:
    """A = max(0, Z), written into `A`, which may be Z itself; NaN stays NaN."""
    if Z.size < SMALL:
        return np.maximum(Z, _zeros(Z.shape, Z.dtype), out=A)
    return by_tiles(lambda z, a: np.clip(z, 0, np.inf, out=a), Z, out=A)


def positive(A: Floats) -> Bools:
    """True where A > 0."""
    return np.greater(A, _zeros(A.shape, A.dtype)) if A.size < SMALL else A > 0


@lru_cache(maxsize=64)
def _zeros(shape: Shape, dtype: DTypeLike) -> Floats:
    """A small array that is compared with: much faster than the number 0 (which has to be made an array first)."""
    zeros: Floats = np.zeros(shape, dtype)
    zeros.flags.writeable = False
    return zeros


def relu_backward(dA: Floats, A: Floats, out: Floats) -> Floats:
    """dZ of A = max(0, Z): dA where A > 0, else 0, written into `out`.  For one tile, on the calling thread."""
    positive = np.greater(A, 0, out=scratch("positive", A.shape, np.bool_))
    return np.multiply(dA, positive, out=out)


def add(A: Floats, B: Floats, out: Floats | None = None) -> Floats:
    """A + B, of one shape; `out` may be one of them (default: a new array)."""
    if out is not None and A.size < 2 * _TILE:
        return np.add(A, B, out=out)
    return by_tiles(np.add, A, B, out=out)


def by_tiles(function: Callable[..., object], *inputs: Floats, out: Floats | None = None) -> Floats:
    """`out`, filled by `function(*inputs, out)`; all have one shape (default: a new array that lies as the first).

    Small arrays take one call.  Large ones are cut into tiles of a fixed number of elements: the temporaries of a
    formula then stay in the cache, and the tiles go to the pool of threads.
    """
    first = inputs[0]
    if out is None:
        out = empty_like(first)
    if first.size < 2 * _TILE or not (out.flags.c_contiguous or in_columns(out)):
        function(*inputs, out)
        return out
    parts = [flat(A, out) for A in (*inputs, out)]

    def work(tile: slice) -> None:
        function(*(A[tile] for A in parts))

    threads.run(work, runs(first.size, _TILE))
    return out

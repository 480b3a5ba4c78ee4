"""Batch normalisation over channels (Ioffe and Szegedy 2015; course 2, videos "Batch Norm").

    μ = mean(X)   σ² = mean((X − μ)²)   X̂ = (X − μ) / √(σ² + ε)   Y = γ X̂ + β

X (C, …, m), statistics over everything but the first axis; γ, β, μ, σ² (C, 1).  A tile is a few whole channels:
all passes over it run while it is in cache.
"""

from __future__ import annotations

import numpy as np

from nntrain.kernels.elementwise import relu_backward
from nntrain.kernels.scratch import scratch
from nntrain.kernels.tiles import by_bytes, equal_parts
from nntrain.model.shapes import Floats
from nntrain.runtime import threads

_LOCKED_SUMS = 500  # NumPy keeps the interpreter lock in a product that makes this many sums or fewer


def forward(
    X: Floats, gamma: Floats, beta: Floats, epsilon: float, relu: bool = False
) -> tuple[Floats, Floats, Floats]:
    """Y, μ and σ² of this batch (biased: divided by the number of values).  `relu`: max(0, Y) in place of Y."""
    C = X.shape[0]
    flat = X.reshape(C, -1)
    Y = np.empty(X.shape, X.dtype)
    out = Y.reshape(C, -1)
    mean, variance = np.empty((C, 1), X.dtype), np.empty((C, 1), X.dtype)
    n = X.dtype.type(flat.shape[1])

    def work(tile: slice) -> None:
        x, y = flat[tile], out[tile]
        mean[tile] = _sums(x) / n
        np.subtract(x, mean[tile], out=y)
        variance[tile] = _sums(y, y) / n
        y *= gamma[tile] / np.sqrt(variance[tile] + X.dtype.type(epsilon))
        y += beta[tile]
        if relu:
            np.clip(y, 0, np.inf, out=y)

    threads.run(work, by_bytes(C, X.nbytes))
    return Y, mean, variance


def backward(
    dY: Floats,
    X: Floats,
    gamma: Floats,
    mean: Floats,
    variance: Floats,
    epsilon: float,
    A: Floats | None = None,
) -> tuple[Floats, Floats, Floats]:
    """dX = γ/√(σ²+ε) · (dY − mean(dY) − X̂ mean(dY X̂)),   dγ = Σ dY X̂,   dβ = Σ dY.

    Where A = max(0, Y) is given, `dY` is dA: the derivative of relu is taken first.
    """
    C = X.shape[0]
    flat, grad = X.reshape(C, -1), dY.reshape(C, -1)
    dX = np.empty(X.shape, X.dtype)
    out = dX.reshape(C, -1)
    d_gamma, d_beta = np.empty((C, 1), X.dtype), np.empty((C, 1), X.dtype)
    n = X.dtype.type(flat.shape[1])

    def work(tile: slice) -> None:
        x, d, dx = flat[tile], grad[tile], out[tile]
        if A is not None:
            d = relu_backward(d, A.reshape(C, -1)[tile], scratch("dZ", x.shape, x.dtype))
        scale = 1 / np.sqrt(variance[tile] + X.dtype.type(epsilon))
        d_beta[tile] = _sums(d)
        np.subtract(x, mean[tile], out=dx)
        d_gamma[tile] = _sums(d, dx) * scale
        dx *= -scale * d_gamma[tile] / n
        dx += d
        dx -= d_beta[tile] / n
        dx *= gamma[tile] * scale

    threads.run(work, by_bytes(C, X.nbytes))
    return dX, d_gamma, d_beta


def scale_and_shift(X: Floats, scale: Floats, shift: Floats) -> Floats:
    """Y = scale · X + shift, scale and shift (C, 1): batch normalisation with fixed statistics."""
    C = X.shape[0]
    Y = np.empty(X.shape, X.dtype)
    flat, out = X.reshape(C, -1), Y.reshape(C, -1)

    def work(tile: slice) -> None:
        np.multiply(flat[tile], scale[tile], out=out[tile])
        out[tile] += shift[tile]

    threads.run(work, by_bytes(C, X.nbytes))
    return Y


def _sums(x: Floats, y: Floats | None = None) -> Floats:
    """Σ x, or Σ x y, of each channel: (C, n) → (C, 1).

    In so many parts that the other threads need not wait for these sums: with whole channels, two threads took nearly
    as long as one.
    """
    C, n = x.shape
    parts = equal_parts(n, max(1, n * C // (_LOCKED_SUMS + 1)))
    x = x.reshape(C, parts, -1)
    if y is None:
        sums: Floats = np.matmul(x, np.ones(n // parts, x.dtype))
    else:
        sums = np.vecdot(x, y.reshape(C, parts, -1))
    return np.add.reduce(sums, axis=1, keepdims=True)

"""Functions that activation layers and losses share."""

from __future__ import annotations

import numpy as np

from nntrain.params import Array


def sigmoid(Z: Array) -> Array:
    """σ(z) = 1 / (1 + e⁻ᶻ) = ½ tanh(z/2) + ½: one tanh, which neither overflows nor needs a case for the sign."""
    half = Z.dtype.type(0.5)
    A = np.multiply(Z, half)
    np.tanh(A, A)
    np.multiply(A, half, A)
    return np.add(A, half, A)


def exp_shifted(Z: Array, axis: int) -> tuple[Array, Array, Array]:
    """E = e^(Z − max Z) in C order, its sum and max Z along the axis; both keep the axis with size 1.

    Softmax is E / sum; the largest exponent is 0, so nothing overflows and the sum is at least 1.
    """
    top = np.maximum.reduce(Z, axis, keepdims=True)
    E = np.empty(Z.shape, Z.dtype)
    np.subtract(Z, top, E)
    np.exp(E, E)
    return E, np.add.reduce(E, axis, keepdims=True), top


def softmax(Z: Array, axis: int) -> Array:
    """A = e^Z / Σ e^Z along the axis."""
    E, total, _ = exp_shifted(Z, axis)
    return np.divide(E, total, E)

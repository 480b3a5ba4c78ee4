"""Activations as functions of arrays, as in numpy_functions."""

from __future__ import annotations

import numpy as np

from nntrain.kernels import elementwise
from nntrain.kernels import gelu as gelu_kernel
from nntrain.kernels.columns import empty_like
from nntrain.model.shapes import Array, feature_axis


def relu(Z: Array) -> Array:
    """A = max(0, Z)"""
    return elementwise.relu(Z, empty_like(Z))


def sigmoid(Z: Array) -> Array:
    """A = 1 / (1 + e⁻ᶻ)"""
    return elementwise.by_tiles(elementwise.sigmoid, Z)


def tanh(Z: Array) -> Array:
    """A = tanh Z"""
    return elementwise.by_tiles(np.tanh, Z)


def leaky_relu(Z: Array, slope: float) -> Array:
    """A = Z where Z > 0, else slope · Z"""
    A = np.multiply(Z, slope, out=empty_like(Z))
    return np.maximum(Z, A, out=A)


def elu(Z: Array, alpha: float) -> Array:
    """A = Z where Z > 0, else alpha (eᶻ − 1)"""
    A = np.minimum(Z, 0, out=empty_like(Z))
    np.expm1(A, out=A)
    A *= alpha
    np.copyto(A, Z, where=Z > 0)
    return A


def silu(Z: Array) -> Array:
    """A = Z σ(Z)"""
    A = sigmoid(Z)
    A *= Z
    return A


def softplus(Z: Array) -> Array:
    """A = max(Z, 0) + ln(1 + e^−|Z|)"""
    A = np.abs(Z, out=empty_like(Z))
    np.negative(A, out=A)
    np.exp(A, out=A)
    np.log1p(A, out=A)
    A += np.maximum(Z, 0)
    return A


def softmax(Z: Array) -> Array:
    """A = eᶻ / Σ eᶻ over the features"""
    return elementwise.softmax(Z, feature_axis(Z.shape[:-1]))


def gelu(Z: Array, exact: bool) -> Array:
    """A = Z Φ(Z), or by tanh"""
    return gelu_kernel.apply(Z, gelu_kernel.exact if exact else gelu_kernel.by_tanh)

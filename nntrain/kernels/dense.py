"""Products of the fully connected layer.   W (n_y, n_x)   X (n_x, m) or (T, n_x, m)   Z (n_y, m) or (T, n_y, m)"""

from __future__ import annotations

import numpy as np

from nntrain.params import Array


def affine(W: Array, X: Array, b: Array | None) -> Array:
    """Z = W X + b."""
    Z = np.matmul(W, X)
    if b is not None:
        np.add(Z, b, Z)
    return Z


def input_gradient(W: Array, dZ: Array) -> Array:
    """dX = Wᵀ dZ."""
    return np.matmul(W.T, dZ)


def add_weight_gradient(dW: Array, dZ: Array, X: Array) -> None:
    """dW += dZ Xᵀ, over all steps of a sequence in one product."""
    if dZ.ndim == 3:
        dZ, X = (A.transpose(1, 0, 2).reshape(A.shape[1], -1) for A in (dZ, X))
    dW += np.matmul(dZ, X.T)


def add_bias_gradient(db: Array, dZ: Array) -> None:
    """db += Σ dZ over the examples (and steps)."""
    if dZ.ndim == 3:
        dZ = dZ.sum(axis=0)
    db += dZ.sum(axis=-1, keepdims=True)

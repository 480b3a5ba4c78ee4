"""Normalisation of the rows of a matrix X (n, k) to mean 0 and variance 1, then gamma and beta (n, 1)."""

from __future__ import annotations

import numpy as np

from nntrain.params import Array


def forward(X: Array, gamma: Array, beta: Array, epsilon: float) -> tuple[Array, Array, Array, Array, Array]:
    """Z = gamma X̂ + beta, X̂ = (X − μ) / √(σ² + ε).   Returns Z, X̂, 1/√(σ² + ε) (n, 1), μ (n, 1), σ² (n, 1)."""
    mean = X.mean(axis=1, keepdims=True)
    Xhat = X - mean
    variance = np.vecdot(Xhat, Xhat)[:, None] / X.shape[1]
    scale = 1 / np.sqrt(variance + epsilon)
    Xhat *= scale
    Z = gamma * Xhat
    Z += beta
    return Z, Xhat, scale, mean, variance


def backward(dZ: Array, Xhat: Array, scale: Array, gamma: Array) -> tuple[Array, Array, Array]:
    """dX, dgamma, dbeta.

    dX = gamma/√(σ² + ε) · (dZ − mean(dZ) − X̂ · mean(dZ X̂)): the means are the paths through μ and σ².
    """
    k = dZ.shape[1]
    dbeta = dZ.sum(axis=1, keepdims=True)
    dgamma = np.vecdot(dZ, Xhat)[:, None]
    dX = Xhat * (dgamma / -k)
    dX += dZ
    dX -= dbeta / k
    dX *= gamma * scale
    return dX, dgamma, dbeta

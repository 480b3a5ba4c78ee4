"""Normalisation, one channel or one example after the other.   Z = γ X̂ + β,   X̂ = (X − μ) / √(σ² + ε)"""

from __future__ import annotations

import numpy as np

from nntrain.model.shapes import Floats


def batch_norm_forward(X: Floats, gamma: Floats, beta: Floats, epsilon: float) -> tuple[Floats, Floats, Floats]:
    """Z, μ and σ² (C, 1): the values of each channel are normalised together.   X (C, …, m)   γ, β (C, 1)

    σ² is the biased variance.  Course 2, week 3; Ioffe and Szegedy (2015), algorithm 1.
    """
    Z, mean, variance = np.zeros_like(X), np.zeros_like(gamma), np.zeros_like(gamma)
    for c in range(len(X)):
        mean[c] = np.mean(X[c])
        variance[c] = np.mean((X[c] - mean[c]) ** 2)
        Z[c] = gamma[c] * (X[c] - mean[c]) / np.sqrt(variance[c] + epsilon) + beta[c]
    return Z, mean, variance


def batch_norm_backward(dZ: Floats, X: Floats, gamma: Floats, epsilon: float) -> tuple[Floats, Floats, Floats]:
    """dX, dγ, dβ, by the chain rule through μ and σ² as section 3 of the paper writes it."""
    dX, dgamma, dbeta = np.zeros_like(X), np.zeros_like(gamma), np.zeros_like(gamma)
    for c in range(len(X)):
        dX[c], dgamma[c], dbeta[c] = _backward(dZ[c], X[c], gamma[c], epsilon)
    return dX, dgamma, dbeta


def layer_norm_forward(X: Floats, gamma: Floats, beta: Floats, epsilon: float) -> Floats:
    """Z: the features of each example are normalised together.   X (n, m)   γ, β (n, 1)   Ba et al. (2016)."""
    Z = np.zeros_like(X)
    for i in range(X.shape[1]):
        x = X[:, i]
        mean = np.mean(x)
        variance = np.mean((x - mean) ** 2)
        Z[:, i] = gamma[:, 0] * (x - mean) / np.sqrt(variance + epsilon) + beta[:, 0]
    return Z


def layer_norm_backward(dZ: Floats, X: Floats, gamma: Floats, epsilon: float) -> tuple[Floats, Floats, Floats]:
    """dX, dγ, dβ."""
    dX, dgamma, dbeta = np.zeros_like(X), np.zeros_like(gamma), np.zeros_like(gamma)
    for i in range(X.shape[1]):
        x, dz = X[:, i], dZ[:, i]
        xhat = (x - np.mean(x)) / np.sqrt(np.var(x) + epsilon)
        dX[:, i], _, _ = _backward(dz * gamma[:, 0], x, np.ones(1), epsilon)
        dgamma[:, 0] += dz * xhat
        dbeta[:, 0] += dz
    return dX, dgamma, dbeta


def rms_norm_forward(X: Floats, gamma: Floats, epsilon: float) -> Floats:
    """Z: each example is divided by its root mean square.   X (n, m)   γ (n, 1)   Zhang and Sennrich (2019)."""
    Z = np.zeros_like(X)
    for i in range(X.shape[1]):
        x = X[:, i]
        Z[:, i] = gamma[:, 0] * x / np.sqrt(np.mean(x**2) + epsilon)
    return Z


def rms_norm_backward(dZ: Floats, X: Floats, gamma: Floats, epsilon: float) -> tuple[Floats, Floats]:
    """dX, dγ."""
    dX, dgamma = np.zeros_like(X), np.zeros_like(gamma)
    for i in range(X.shape[1]):
        x, dz = X[:, i], dZ[:, i]
        root = np.sqrt(np.mean(x**2) + epsilon)
        dxhat = dz * gamma[:, 0]
        droot = np.sum(-dxhat * x / root**2)
        dX[:, i] = dxhat / root + droot * x / (x.size * root)
        dgamma[:, 0] += dz * x / root
    return dX, dgamma


def _backward(dz: Floats, x: Floats, gamma: Floats, epsilon: float) -> tuple[Floats, float, float]:
    """dx, dγ, dβ of the numbers x that share one μ and one σ²."""
    k = x.size
    centred = x - np.mean(x)
    scale = 1 / np.sqrt(np.mean(centred**2) + epsilon)
    dxhat = dz * gamma
    dvariance = np.sum(dxhat * centred) * -0.5 * scale**3
    dmean = -np.sum(dxhat) * scale  # what comes through σ² is 0, as the centred numbers have mean 0
    dx = dxhat * scale + dvariance * 2 * centred / k + dmean / k
    return dx, float(np.sum(dz * centred * scale)), float(np.sum(dz))

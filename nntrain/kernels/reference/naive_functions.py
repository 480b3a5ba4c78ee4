"""Activation functions number by number, softmax and cross-entropy example by example.

The formulas as they are written in books: large arguments overflow here, and do not in the kernels.
"""

from __future__ import annotations

from collections.abc import Callable
from math import erf, exp, log, pi, sqrt, tanh

import numpy as np

from nntrain.model.shapes import Floats

Function = Callable[[float], float]


def sigmoid(z: Floats) -> Floats:
    """σ(z) = 1 / (1 + e⁻ᶻ)."""
    return np.asarray(1 / (1 + np.exp(-z)))


def _sigma(z: float) -> float:
    return 1 / (1 + exp(-z))


def _gelu_argument(z: float) -> float:
    return sqrt(2 / pi) * (z + 0.044715 * z**3)


# name: g(z) and g'(z); leaky_relu with slope 0.01, elu with alpha 1
ACTIVATIONS: dict[str, tuple[Function, Function]] = {
    "identity": (lambda z: z, lambda z: 1),
    "sigmoid": (_sigma, lambda z: _sigma(z) * (1 - _sigma(z))),
    "tanh": (tanh, lambda z: 1 - tanh(z) ** 2),
    "relu": (lambda z: max(0, z), lambda z: 1 if z > 0 else 0),
    "leaky_relu": (lambda z: z if z > 0 else 0.01 * z, lambda z: 1 if z > 0 else 0.01),
    "elu": (lambda z: z if z > 0 else exp(z) - 1, lambda z: 1 if z > 0 else exp(z)),
    "silu": (lambda z: z * _sigma(z), lambda z: _sigma(z) + z * _sigma(z) * (1 - _sigma(z))),
    "softplus": (lambda z: log(1 + exp(z)), _sigma),
    "gelu": (
        lambda z: z * (1 + erf(z / sqrt(2))) / 2,
        lambda z: (1 + erf(z / sqrt(2))) / 2 + z * exp(-(z**2) / 2) / sqrt(2 * pi),
    ),
    "gelu by tanh": (
        lambda z: z * (1 + tanh(_gelu_argument(z))) / 2,
        lambda z: (
            (1 + tanh(_gelu_argument(z))) / 2
            + z * (1 - tanh(_gelu_argument(z)) ** 2) / 2 * sqrt(2 / pi) * (1 + 3 * 0.044715 * z**2)
        ),
    ),
}


def activation_forward(name: str, Z: Floats) -> Floats:
    """A = g(Z)."""
    g, _ = ACTIVATIONS[name]
    return _each(g, Z)


def activation_backward(name: str, dA: Floats, Z: Floats) -> Floats:
    """dZ = dA ∘ g'(Z)."""
    _, derivative = ACTIVATIONS[name]
    return np.asarray(dA * _each(derivative, Z))


def _each(function: Function, Z: Floats) -> Floats:
    A = np.zeros_like(Z)
    for place, z in np.ndenumerate(Z):
        A[place] = function(float(z))
    return A


def softmax_forward(Z: Floats) -> Floats:
    """a_k = e^{z_k} / Σ e^{z}, for each example.   Z (n, m)   Course 2, week 3."""
    A = np.zeros_like(Z)
    for i in range(Z.shape[1]):
        A[:, i] = np.exp(Z[:, i]) / np.sum(np.exp(Z[:, i]))
    return A


def softmax_backward(dA: Floats, Z: Floats) -> Floats:
    """dz_j = Σ_k da_k ∂a_k/∂z_j,   ∂a_k/∂z_j = a_k (1 − a_j) where k = j, else −a_k a_j."""
    dZ, A = np.zeros_like(Z), softmax_forward(Z)
    for i in range(Z.shape[1]):
        a = A[:, i]
        dZ[:, i] = (np.diag(a) - np.outer(a, a)) @ dA[:, i]
    return dZ


def cross_entropy(Z: Floats, Y: Floats, mask: Floats | None = None) -> tuple[float, Floats]:
    """J = −(1/k) Σ log a_y over the k positions that count, and dZ = (A − Y)/k with Y one-hot.

    Z (n, m) or (T, n, m) logits, A = softmax(Z)   Y (m,) or (T, m) labels   mask (T, m) True where a step counts; J and
    dZ are 0 where none does.   Course 2, week 3.
    """
    if Z.ndim == 2:
        Z, Y = Z[None], Y[None]
        J, dZ = cross_entropy(Z, Y, None if mask is None else mask[None])
        return J, dZ[0]
    counts = np.ones(Y.shape, bool) if mask is None else mask
    k = max(1, int(np.sum(counts)))
    J, dZ = 0.0, np.zeros_like(Z)
    for t in range(len(Z)):
        A = softmax_forward(Z[t])
        for i in range(Z.shape[2]):
            if counts[t, i]:
                J -= log(A[Y[t, i], i]) / k
                dZ[t, :, i] = A[:, i] / k
                dZ[t, Y[t, i], i] -= 1 / k
    return J, dZ


def logistic_losses(Z: Floats, Y: Floats) -> tuple[Floats, Floats]:
    """𝓛 = −(y log a + (1 − y) log(1 − a)) and a = σ(z) of every single output; ∂𝓛/∂z = a − y.   Course 1, week 2."""
    L, A = np.zeros_like(Z), np.zeros_like(Z)
    for place, z in np.ndenumerate(Z):
        y, a = Y[place], _sigma(float(z))
        L[place], A[place] = -(y * log(a) + (1 - y) * log(1 - a)), a
    return L, A

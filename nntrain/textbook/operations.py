"""Isolated steps of a computing graph: what goes forward through each, and the derivatives that come back.

Every step is a function of one or two arrays with its derivative, small enough to be checked by eye.  Arrays hold
one example, m = 1, in float64.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nntrain.model.shapes import Array

Backward = Callable[[Array, tuple[Array, ...], Array], tuple[Array, ...]]


@dataclass(frozen=True)
class Operation:
    """One step.

    label     what stands in its box: "W X"
    forward   the inputs -> the output
    backward  ∂𝓛/∂output, the inputs, the output -> ∂𝓛/∂input of each
    equation  what is told of it, forward and back
    """

    label: str
    forward: Callable[..., Array]
    backward: Backward
    equation: str = ""


def product() -> Operation:
    """Z = W X, at every step of a sequence."""

    def backward(dZ: Array, inputs: tuple[Array, ...], _: Array) -> tuple[Array, ...]:
        W, X = inputs
        dW = dZ @ np.swapaxes(X, -1, -2)
        return (dW if dW.ndim == 2 else dW.sum(axis=0)), W.T @ dZ

    return Operation("W X", lambda W, X: W @ X, backward, "Z = W X,  dW = dZ Xᵀ,  dX = Wᵀ dZ")


def add(label: str = "+") -> Operation:
    """Z = X + Y, of which one may be a column b for all steps."""

    def backward(dZ: Array, inputs: tuple[Array, ...], _: Array) -> tuple[Array, ...]:
        return tuple(_like(dZ, X) for X in inputs)

    return Operation(label, lambda X, Y: X + Y, backward, "Z = X + Y,  dX = dZ,  dY = dZ")


def multiply(label: str = "∘") -> Operation:
    """Z = X ∘ Y, element by element."""

    def backward(dZ: Array, inputs: tuple[Array, ...], _: Array) -> tuple[Array, ...]:
        X, Y = inputs
        return _like(dZ * Y, X), _like(dZ * X, Y)

    return Operation(label, lambda X, Y: X * Y, backward, "Z = X ∘ Y,  dX = dZ ∘ Y,  dY = dZ ∘ X")


def elementwise(
    label: str, f: Callable[[Array], Array], derivative: Callable[[Array, Array], Array], equation: str
) -> Operation:
    """A = f(Z) with its derivative f′, a function of Z and A."""
    return Operation(label, f, lambda dA, inputs, A: (dA * derivative(inputs[0], A),), equation)


def sigmoid() -> Operation:
    """A = σ(Z)."""
    return elementwise(
        "σ", lambda Z: 0.5 * (1 + np.tanh(0.5 * Z)), lambda Z, A: A * (1 - A), "A = σ(Z),  dZ = dA ∘ A (1 − A)"
    )


def tanh() -> Operation:
    """A = tanh Z."""
    return elementwise("tanh", np.tanh, lambda Z, A: 1 - A * A, "A = tanh Z,  dZ = dA ∘ (1 − A²)")


def one_minus() -> Operation:
    """Z = 1 − X."""
    return elementwise("1 −", lambda X: 1 - X, lambda X, Z: np.full_like(X, -1.0), "Z = 1 − X,  dX = −dZ")


def softmax() -> Operation:
    """A = eᶻ / Σ eᶻ over the features."""

    def forward(Z: Array) -> Array:
        E = np.exp(Z - Z.max(axis=-2, keepdims=True))
        total: Array = E / E.sum(axis=-2, keepdims=True)
        return total

    def backward(dA: Array, inputs: tuple[Array, ...], A: Array) -> tuple[Array, ...]:
        return (A * (dA - (A * dA).sum(axis=-2, keepdims=True)),)

    return Operation("softmax", forward, backward, "A = eᶻ / Σ eᶻ,  dZ = A ∘ (dA − Σ A dA)")


def pick(index: tuple[int | slice, ...], label: str) -> Operation:
    """A part of an array: rows of a gate, a step of a sequence."""

    def backward(dY: Array, inputs: tuple[Array, ...], _: Array) -> tuple[Array, ...]:
        dX = np.zeros_like(inputs[0])
        dX[index] = dY
        return (dX,)

    return Operation(label, lambda X: X[index], backward, f"a part of X: {label};  dX is 0 elsewhere")


def stack(count: int) -> Operation:
    """The steps of a sequence one after another."""

    def backward(dY: Array, inputs: tuple[Array, ...], _: Array) -> tuple[Array, ...]:
        return tuple(dY[t] for t in range(count))

    return Operation("A = [a_1 … a_T]", lambda *steps: np.stack(steps), backward, "each step gets its own dA")


def surprise(Y: Array) -> Operation:
    """𝓛 = −log a_y, the mean over the steps of a sequence.   A (n, 1) or (T, n, 1)   Y (1,) or (T, 1)"""

    def chosen(A: Array) -> Array:
        return np.take_along_axis(A, Y[..., None, :], -2)

    def backward(dJ: Array, inputs: tuple[Array, ...], _: Array) -> tuple[Array, ...]:
        A = inputs[0]
        dA = np.zeros_like(A)
        np.put_along_axis(dA, Y[..., None, :], -dJ / (chosen(A) * Y.size), -2)
        return (dA,)

    return Operation("−log a_y", lambda A: -np.log(chosen(A)).mean(), backward, "𝓛 = −log a_y,  da_y = −1 / a_y")


def smoothed_surprise(Y: Array, smoothing: float) -> Operation:
    """𝓛 = −Σ ỹ log a, ỹ = (1 − ε) y + ε/n with y one-hot; shapes and mean as in `surprise`."""

    def targets(A: Array) -> Array:
        wanted = np.full_like(A, smoothing / A.shape[-2])
        np.put_along_axis(wanted, Y[..., None, :], 1 - smoothing + smoothing / A.shape[-2], -2)
        return wanted / Y.size

    return Operation(
        "−Σ ỹ log a",
        lambda A: -(targets(A) * np.log(A)).sum(),
        lambda dJ, inputs, _: (-dJ * targets(inputs[0]) / inputs[0],),
        f"𝓛 = −Σ ỹ log a,  ỹ = (1 − ε) y + ε/n,  ε = {smoothing:g},  da = −ỹ / a",
    )


def logistic(Y: Array) -> Operation:
    """𝓛(a, y) = −(y log a + (1 − y) log(1 − a)), the mean over outputs."""

    def backward(dJ: Array, inputs: tuple[Array, ...], _: Array) -> tuple[Array, ...]:
        A = inputs[0]
        return (dJ * (-Y / A + (1 - Y) / (1 - A)) / A.size,)

    return Operation(
        "𝓛(a, y)",
        lambda A: -(Y * np.log(A) + (1 - Y) * np.log(1 - A)).mean(),
        backward,
        "𝓛 = −(y log a + (1 − y) log(1 − a)),  da = −y/a + (1 − y)/(1 − a)",
    )


def mean_square() -> Operation:
    """𝓛 = the mean of e²."""
    return Operation(
        "mean e²",
        lambda E: (E * E).mean(),
        lambda dJ, inputs, _: (dJ * 2 * inputs[0] / inputs[0].size,),
        "𝓛 = e²,  de = 2 e",
    )


def minus(Y: Array) -> Operation:
    """e = ŷ − y."""
    return Operation("− y", lambda A: A - Y, lambda dE, inputs, _: (dE,), "e = ŷ − y,  dŷ = de")


def _like(dZ: Array, X: Array) -> Array:
    """A derivative summed over the axes along which X was repeated."""
    while dZ.ndim > X.ndim:
        dZ = dZ.sum(axis=0)
    for axis, size in enumerate(X.shape):
        if size == 1 and dZ.shape[axis] > 1:
            dZ = dZ.sum(axis=axis, keepdims=True)
    return dZ

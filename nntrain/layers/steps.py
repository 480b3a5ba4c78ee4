"""From a sequence to one vector.  Steps past an example's length do not count."""

from __future__ import annotations

import numpy as np

from nntrain.components import component
from nntrain.kernels.columns import empty_like
from nntrain.model.layer import Context, Layer, ShapeError, Tree, Views
from nntrain.model.shapes import Array, Ints, Shape, show_shape


class OverSteps(Layer):
    """Base: (T, n) -> (n,)."""

    bounds = None

    def output_lengths(self, lengths: Array) -> Array | None:
        return None

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        if len(shape) != 2:
            raise ShapeError(f"expected a sequence (T, n), got {show_shape(shape)}", self)
        return shape[1:], {}


@component("last")
class Last(OverSteps):
    """Y = x_L, the last step of each example, L its length.   X (T, n, m)   Y (n, m)

    dX = dY at step L, 0 at the others.
    """

    def flops(self, shape: Shape) -> int:
        return 0

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, tuple[Shape, Ints]]:
        T, _, m = X.shape
        steps = np.full(m, T - 1) if context.lengths is None else context.lengths - 1
        return np.ascontiguousarray(X[steps, :, np.arange(m)].T), (X.shape, steps)

    def backward(self, p: Views, g: Views, dY: Array, cache: tuple[Shape, Ints]) -> Array:
        shape, steps = cache
        dX = np.zeros(shape, dY.dtype)
        dX[steps, :, np.arange(shape[2])] = dY.T
        return dX


@component("first")
class First(OverSteps):
    """Y = x_1, the first step, such as a class token.   X (T, n, m)   Y (n, m)

    dX = dY at step 1, 0 at the others.
    """

    def flops(self, shape: Shape) -> int:
        return 0

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, Array]:
        return np.ascontiguousarray(X[0]), X

    def backward(self, p: Views, g: Views, dY: Array, X: Array) -> Array:
        dX = empty_like(X)
        dX[...] = 0
        dX[0] = dY
        return dX

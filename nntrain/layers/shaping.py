"""Layers that change the shape and nothing else.  The batch axis is the last, so they are views: free.

Of padded sequences the steps past an example's length become zeros, as behind these layers nothing tells them apart.  A
batch whose longest sequence is shorter than declared is filled up before the first layer (`Layer.counts_steps`).
"""

from __future__ import annotations

from math import prod

import numpy as np

from nntrain.components import arg, component
from nntrain.model.layer import Calls, Context, Layer, ShapeError, Tree, Views
from nntrain.model.shapes import Array, Bools, Shape, show_shape


class _Reshape(Layer):
    """Forward and backward of a layer that only declares another shape: order of elements is row-major."""

    bounds = None

    @property
    def counts_steps(self) -> bool:
        return True

    def flops(self, shape: Shape) -> int:
        return 0

    def output_lengths(self, lengths: Array) -> Array | None:
        return None

    def _reshaped(self, X: Array, shape: Shape, context: Context) -> tuple[Array, tuple[Shape, Bools | None]]:
        valid = context.valid(len(X)) if X.ndim == 3 else None
        return _zeroed(X, valid).reshape(shape), (X.shape, valid)

    def backward(self, p: Views, g: Views, dY: Array, cache: tuple[Shape, Bools | None]) -> Array:
        shape, valid = cache
        return _zeroed(dY.reshape(shape), valid)


def _zeroed(X: Array, valid: Bools | None) -> Array:
    """X (T, n, m) with zeros where a step is not valid (T, m); X itself where all are."""
    return X if valid is None else np.where(valid[:, None], X, X.dtype.type(0))


@component("flatten")
class Flatten(_Reshape):
    """A = X, each example in one column, in row-major order.   X (C, H, W, m)   A (C·H·W, m)

    dX = dA in the shape of X.  A vector stays as it is.
    """

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        return (prod(shape),), {}

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, tuple[Shape, Bools | None]]:
        return self._reshaped(X, (-1, X.shape[-1]), context)

    def calls(self, p: Views, g: Views, X: Array) -> Calls:
        A = X.reshape(-1, X.shape[-1])
        return Calls(A, [], lambda dA, needs_dX: (dA.reshape(X.shape), []))


@component("reshape")
class Reshape(_Reshape):
    """A = X in another shape with as many elements, in row-major order; one size may be -1 and is inferred.

    dX = dA in the shape of X.
    """

    shape: tuple[int, ...] = arg("sizes without the batch axis; one may be -1", ge=-1)

    def __post_init__(self) -> None:
        if 0 in self.shape or self.shape.count(-1) > 1 or not self.shape:
            raise ValueError(f"shape: sizes are at least 1, and one of them may be -1, not {list(self.shape)}")

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        known = -prod(self.shape) if -1 in self.shape else prod(self.shape)
        fits = prod(shape) % known == 0 if -1 in self.shape else prod(shape) == known
        if not fits:
            raise ShapeError(f"{prod(shape)} elements of the input {show_shape(shape)} cannot fill {self.shape}", self)
        return tuple(prod(shape) // known if size == -1 else size for size in self.shape), {}

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, tuple[Shape, Bools | None]]:
        return self._reshaped(X, (*self.shape, X.shape[-1]), context)

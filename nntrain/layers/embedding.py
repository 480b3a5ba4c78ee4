"""Symbols as vectors."""

from __future__ import annotations

import numpy as np

from nntrain.components import arg, component
from nntrain.kernels import lookup as kernel
from nntrain.model.initializers import Initializer, Normal
from nntrain.model.layer import Context, Layer, Reader, ShapeError, Tree, Views
from nntrain.model.parameters import Param
from nntrain.model.shapes import Array, Ints, Shape, Symbols, show_shape


@component("embedding")
class Embedding(Layer):
    """A_t = W e_x, the column of W for symbol x_t.   X (T, m) integers   W (units, vocabulary)   A (T, units, m)

    dW = Σ_t dA_t e_xᵀ: each symbol's column gets the derivatives of the places where it stood.

    e_x is the one-hot vector of x: a product that is a look-up (course 5, week 2).  The vocabulary's size comes with
    the data.
    """

    takes_symbols = True
    units: int = arg("numbers that stand for a symbol", ge=1)
    init: Initializer = arg("initial W", default=Normal(1.0))

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        if not isinstance(shape, Symbols):
            raise ShapeError(f"expected symbols, integers (T,), got numbers {show_shape(shape)}", self)
        (T,) = shape
        return (T, self.units), {"W": Param((self.units, shape.vocabulary), self.init, decay=True)}

    def flops(self, shape: Shape) -> int:
        return 0

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, Ints]:
        return kernel.forward(p.W, X), X

    def reader(self, p: Views) -> Reader:
        vectors = np.ascontiguousarray(p.W.T)
        return lambda x, past: vectors[x]

    def backward(self, p: Views, g: Views, dA: Array, X: Ints) -> Array:
        kernel.backward(dA, X, g.W)
        return X  # integers have no gradient

"""The fully connected layer, whole and in its two steps."""

from __future__ import annotations

from math import prod

from nntrain.components import arg, component
from nntrain.kernels import affine as kernel
from nntrain.model.initializers import HeNormal, Initializer, Zeros
from nntrain.model.layer import Calls, Context, Layer, Reader, ShapeError, Tree, Views
from nntrain.model.parameters import Param
from nntrain.model.shapes import Array, Shape, show_shape


def _features(layer: Layer, shape: Shape) -> int:
    """n_x of a vector (n_x,) or a sequence (T, n_x)."""
    if len(shape) not in (1, 2):
        hint = "; put `flatten` before it" if len(shape) > 2 else ""
        raise ShapeError(f"expected a vector (n,) or a sequence (T, n), got {show_shape(shape)}{hint}", layer)
    return shape[-1]


@component("dense")
class Dense(Layer):
    """Z = W X + b.   X (n_x, m)   W (units, n_x)   b (units, 1)   Z (units, m)

    dW = dZ Xᵀ,  db = Σ dZ over the examples,  dX = Wᵀ dZ.  The 1/m of the course's dW comes with dZ, from the loss.
    Acts on every step of a sequence X (T, n_x, m).  Course 1, week 3.
    """

    overwritable = True
    units: int = arg("number of outputs", ge=1)
    bias: bool = arg("add b", default=True)
    init: Initializer = arg("initial W", default=HeNormal())

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        n_x = _features(self, shape)
        tree = {"W": Param((self.units, n_x), self.init, decay=True)}
        if self.bias:
            tree["b"] = Param((self.units, 1), Zeros())
        return (*shape[:-1], self.units), tree

    def flops(self, shape: Shape) -> int:
        return prod(self.declare(shape)[0]) * (2 * shape[-1] + self.bias)

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, Array]:
        return kernel.affine(p.W, X, p.b if self.bias else None), X

    def reader(self, p: Views) -> Reader:
        times, b = p.W.dot, p.b[:, 0] if self.bias else None
        return (lambda x, past: times(x)) if b is None else lambda x, past: times(x) + b

    def backward(self, p: Views, g: Views, dZ: Array, X: Array) -> Array:
        if g.empty:  # frozen
            return kernel.backward_input(p.W, dZ)
        return kernel.backward(p.W, g.W, g.b if self.bias else None, dZ, X, g.zero)

    def accumulate(self, p: Views, g: Views, dZ: Array, X: Array) -> None:
        kernel.accumulate(g.W, g.b if self.bias else None, dZ, X, g.zero)

    def calls(self, p: Views, g: Views, X: Array) -> Calls | None:
        return kernel.calls(p.W, p.b, g.W, g.b, X) if self.bias else kernel.calls(p.W, None, g.W, None, X)


@component("linear")
class Linear(Layer):
    """Z = W X, the first step of dense.   X (n_x, m)   W (units, n_x)   Z (units, m)

    dW = dZ Xᵀ,  dX = Wᵀ dZ
    """

    units: int = arg("number of outputs", ge=1)
    init: Initializer = arg("initial W", default=HeNormal())

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        n_x = _features(self, shape)
        return (*shape[:-1], self.units), {"W": Param((self.units, n_x), self.init, decay=True)}

    def flops(self, shape: Shape) -> int:
        return 2 * shape[-1] * prod(self.declare(shape)[0])

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, Array]:
        return kernel.affine(p.W, X, None), X

    def reader(self, p: Views) -> Reader:
        times = p.W.dot
        return lambda x, past: times(x)

    def backward(self, p: Views, g: Views, dZ: Array, X: Array) -> Array:
        if g.empty:  # frozen
            return kernel.backward_input(p.W, dZ)
        return kernel.backward(p.W, g.W, None, dZ, X, g.zero)

    def accumulate(self, p: Views, g: Views, dZ: Array, X: Array) -> None:
        kernel.accumulate(g.W, None, dZ, X, g.zero)

    def calls(self, p: Views, g: Views, X: Array) -> Calls | None:
        return kernel.calls(p.W, None, g.W, None, X)


@component("bias")
class Bias(Layer):
    """Z = X + b, the second step of dense.   X (n, m)   b (n, 1)   Z (n, m)

    db = Σ dZ over the examples,  dX = dZ
    """

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        return shape, {"b": Param((_features(self, shape), 1), Zeros())}

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, None]:
        return X + p.b, None

    def reader(self, p: Views) -> Reader:
        b = p.b[:, 0]
        return lambda x, past: x + b

    def backward(self, p: Views, g: Views, dZ: Array, cache: None) -> Array:
        kernel.add_bias_gradient(g.b, dZ)
        return dZ

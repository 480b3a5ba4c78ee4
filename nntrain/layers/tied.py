"""A matrix that serves twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from math import prod

import numpy as np

from nntrain.components import arg, component
from nntrain.kernels import affine as kernel
from nntrain.model.layer import Context, Layer, Reader, ShapeError, Stage, Tree, Views
from nntrain.model.parameters import Param, Shared
from nntrain.model.shapes import Array, Shape, show_shape


@component("tied")
class Tied(Layer):
    """Z = Wᵀ X with the W (n, k) of another layer.   X (n, m) or (T, n, m)   Z (k, m) or (T, k, m)

    With `to` an embedding, W (n, vocabulary): scores of the symbols, by how far x points to each one's vector.  There
    is one array, saved under the other layer's name, and both layers' gradients add up in it: dW += X dZᵀ,  dX = W dZ.
    Press and Wolf (2017), "Using the output embedding to improve language models"; Vaswani et al. (2017), section 3.4.
    With `to` a dense layer, the way back of an autoencoder.  A `bias` behind it adds one.
    """

    overwritable = True
    to: str = arg("name of the layer whose W serves, which stands before this one in the same list")
    shared: Shared | None = field(default=None, kw_only=True, repr=False)  # found by `behind`

    def behind(self, stages: Sequence[Stage]) -> Layer:
        tree = next((stage.tree for stage in stages if stage.name == self.to), None)
        param = None if tree is None else tree.get("W")
        if not isinstance(param, Param) or len(param.shape) != 2:
            having = [stage.name for stage in stages if isinstance(stage.tree.get("W"), Param)]
            known = f"before this one stand {', '.join(having)}" if having else "no such layer stands before this one"
            raise ShapeError(f"expected the name of a layer with a matrix W, got {self.to!r}; {known}", self)
        return replace(self, shared=Shared(f"{self.to}.W", param))

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        if self.shared is None:
            raise ShapeError(f"expected to stand behind {self.to!r}, whose W it shares", self)
        n, k = self.shared.param.shape
        if len(shape) not in (1, 2) or shape[-1] != n:
            given = f"{self.to}.W is ({n}, {k})"
            raise ShapeError(f"expected vectors of {n} features, as {given}, got {show_shape(shape)}", self)
        return (*shape[:-1], k), {"W": self.shared}

    def flops(self, shape: Shape) -> int:
        return 2 * shape[-1] * prod(self.declare(shape)[0])

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, Array]:
        return kernel.affine(p.W.T, X, None), X

    def reader(self, p: Views) -> Reader:
        times = np.ascontiguousarray(p.W.T).dot
        return lambda x, past: times(x)

    def backward(self, p: Views, g: Views, dZ: Array, X: Array) -> Array:
        return kernel.backward(p.W.T, g.W.T, None, dZ, X, g.zero)

    def accumulate(self, p: Views, g: Views, dZ: Array, X: Array) -> None:
        kernel.accumulate(g.W.T, None, dZ, X, g.zero)

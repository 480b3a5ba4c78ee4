"""Regularisation by noise."""

from __future__ import annotations

from nntrain.components import arg, component
from nntrain.kernels.columns import unflat
from nntrain.model.layer import Context, Layer, Reader, Views
from nntrain.model.shapes import Array, Bools


@component("dropout")
class Dropout(Layer):
    """A = X ∘ D / (1 − rate), each element of D 0 with probability `rate`, else 1; only in training.

    dX = dA ∘ D / (1 − rate).  Inverted dropout: the expected value stays, so evaluation does nothing.  Srivastava et
    al. (2014); course 2, week 1, whose keep_prob is 1 − rate.
    """

    rate: float = arg("probability that an element is dropped", ge=0, lt=1)

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, Bools | None]:
        if not context.training or self.rate == 0:
            return X, None
        D = unflat(context.stream(p).stays((X.size,), self.rate), X)
        return self._drop(X, D), D

    def reader(self, p: Views) -> Reader:
        return lambda x, past: x

    def backward(self, p: Views, g: Views, dA: Array, D: Bools | None) -> Array:
        return dA if D is None else self._drop(dA, D)

    def _drop(self, X: Array, D: Bools) -> Array:
        A = X * D
        A *= 1 / (1 - self.rate)
        return A

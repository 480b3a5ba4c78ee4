"""Activation functions A = g(Z) and dZ = dA · g'(Z).  Course 1, week 3; all keep the shape."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import numpy as np

from nntrain.components import arg, component
from nntrain.kernels import elementwise
from nntrain.kernels.columns import empty_like
from nntrain.model.calls import Call
from nntrain.model.layer import Calls, Context, Layer, Past, Reader, Views
from nntrain.model.shapes import Array, Shape, feature_axis


class Activation(Layer):
    """An activation that works element by element.

    `keeps` says what backward needs, the output A or the input Z: A costs no memory where the next layer keeps it too.
    """

    keeps: ClassVar[str] = "A"

    def g(self, Z: Array, A: Array) -> None:
        """Write g(Z) into A."""
        raise NotImplementedError

    def derive(self, dA: Array, kept: Array, dZ: Array) -> None:
        """Write dA · g'(Z) into dZ; `kept` is A or Z."""
        raise NotImplementedError

    def room(self, Z: Array) -> Array:
        """The array that A is written into."""
        return empty_like(Z)

    def forward(self, p: Views, Z: Array, context: Context) -> tuple[Array, Array]:
        A = elementwise.by_tiles(self.g, Z, out=self.room(Z))
        return A, A if self.keeps == "A" else Z

    def calls(self, p: Views, g: Views, Z: Array) -> Calls | None:
        if Z.size > elementwise.SMALL:
            return None
        A = self.room(Z)
        kept = A if self.keeps == "A" else Z

        def backward(dA: Array, needs_dX: bool) -> tuple[Array, list[Call]]:
            dZ = empty_like(Z)
            return dZ, [partial(self.derive, dA, kept, dZ)]

        return Calls(A, [partial(self.g, Z, A)], backward)

    def reader(self, p: Views) -> Reader:
        def read(z: Array, past: Past) -> Array:
            a = np.empty_like(z)
            self.g(z, a)
            return a

        return read

    def backward(self, p: Views, g: Views, dA: Array, kept: Array) -> Array:
        return elementwise.by_tiles(self.derive, dA, kept)


@component("identity")
class Identity(Layer):
    """A = Z.   dZ = dA"""

    bounds = None

    def flops(self, shape: Shape) -> int:
        return 0

    def forward(self, p: Views, Z: Array, context: Context) -> tuple[Array, None]:
        return Z, None

    def reader(self, p: Views) -> Reader:
        return lambda z, past: z

    def backward(self, p: Views, g: Views, dA: Array, cache: None) -> Array:
        return dA


@component("sigmoid")
class Sigmoid(Activation):
    """A = σ(Z) = 1 / (1 + e⁻ᶻ).   dZ = dA · A (1 − A)"""

    bounds = (0, 1)

    def g(self, Z: Array, A: Array) -> None:
        elementwise.sigmoid(Z, A)

    def derive(self, dA: Array, A: Array, dZ: Array) -> None:
        np.subtract(1, A, out=dZ)
        dZ *= A
        dZ *= dA


@component("tanh")
class Tanh(Activation):
    """A = tanh Z.   dZ = dA · (1 − A²)"""

    bounds = (-1, 1)

    def g(self, Z: Array, A: Array) -> None:
        np.tanh(Z, out=A)

    def derive(self, dA: Array, A: Array, dZ: Array) -> None:
        np.multiply(A, A, out=dZ)
        np.subtract(1, dZ, out=dZ)
        dZ *= dA


@component("relu")
class ReLU(Activation):
    """A = max(0, Z).   dZ = dA where A > 0, else 0"""

    bounds = (0, np.inf)

    def g(self, Z: Array, A: Array) -> None:
        elementwise.relu(Z, A)

    def derive(self, dA: Array, A: Array, dZ: Array) -> None:
        np.multiply(dA, elementwise.positive(A), out=dZ)


class OverwritingReLU(ReLU):
    """relu that writes A over Z, for layers whose output is overwritable (see layers/fusion.py)."""

    def room(self, Z: Array) -> Array:
        return Z


@component("leaky_relu")
class LeakyReLU(Activation):
    """A = Z where Z > 0, else slope · Z.   dZ = dA where Z > 0, else slope · dA.  Maas et al. (2013)."""

    slope: float = arg("slope for Z < 0", default=0.01, ge=0, le=1)

    def g(self, Z: Array, A: Array) -> None:
        np.multiply(Z, self.slope, out=A)
        np.maximum(Z, A, out=A)

    def derive(self, dA: Array, A: Array, dZ: Array) -> None:
        np.multiply(dA, self.slope, out=dZ)
        np.copyto(dZ, dA, where=A > 0)


@component("elu")
class ELU(Activation):
    """A = Z where Z > 0, else alpha (eᶻ − 1).   dZ = dA where Z > 0, else dA · (A + alpha).  Clevert et al. (2016)."""

    alpha: float = arg("−alpha is the limit for Z → −∞", default=1.0, gt=0)

    def g(self, Z: Array, A: Array) -> None:
        np.minimum(Z, 0, out=A)
        np.expm1(A, out=A)
        A *= self.alpha
        np.copyto(A, Z, where=Z > 0)

    def derive(self, dA: Array, A: Array, dZ: Array) -> None:
        np.add(A, self.alpha, out=dZ)
        np.copyto(dZ, 1, where=A > 0)
        dZ *= dA


@component("silu")
class SiLU(Activation):
    """A = Z σ(Z), also called swish.   dZ = dA · σ (1 + Z (1 − σ)).  Ramachandran et al. (2017)."""

    keeps: ClassVar[str] = "Z"

    def g(self, Z: Array, A: Array) -> None:
        elementwise.sigmoid(Z, A)
        A *= Z

    def derive(self, dA: Array, Z: Array, dZ: Array) -> None:
        sigma = elementwise.sigmoid(Z)
        np.subtract(1, sigma, out=dZ)
        dZ *= Z
        dZ += 1
        dZ *= sigma
        dZ *= dA


@component("softplus")
class Softplus(Activation):
    """A = ln(1 + eᶻ) = max(Z, 0) + ln(1 + e^−|Z|), which does not overflow.   dZ = dA · σ(Z)"""

    bounds = (0, np.inf)
    keeps: ClassVar[str] = "Z"

    def g(self, Z: Array, A: Array) -> None:
        np.abs(Z, out=A)
        np.negative(A, out=A)
        np.exp(A, out=A)
        np.log1p(A, out=A)
        A += np.maximum(Z, 0)

    def derive(self, dA: Array, Z: Array, dZ: Array) -> None:
        elementwise.sigmoid(Z, dZ)
        dZ *= dA


@component("softmax")
class Softmax(Layer):
    """A = eᶻ / Σ eᶻ over the features of each example (each step; each pixel's channels).   Course 2, week 3.

    dZ = A ∘ (dA − Σ A dA).  In front of a loss that applies softmax itself it would be applied twice.
    """

    bounds = (0, 1)

    def flops(self, shape: Shape) -> int:
        return 3 * super().flops(shape)

    def forward(self, p: Views, Z: Array, context: Context) -> tuple[Array, Array]:
        A = elementwise.softmax(Z, feature_axis(Z.shape[:-1]))
        return A, A

    def backward(self, p: Views, g: Views, dA: Array, A: Array) -> Array:
        inner: Array = (A * dA).sum(axis=feature_axis(A.shape[:-1]), keepdims=True)
        dZ = dA - inner
        dZ *= A
        return dZ

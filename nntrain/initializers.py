"""Initial values of the parameters.

A weight W (n_out, n_in) — of a convolution (filters, channels, kh, kw) — has

    fan_in  = n_in  · kh · kw      numbers that enter one output
    fan_out = n_out · kh · kw      outputs that one input reaches

and the families below choose Var(W) so that the variance of the activations (fan_in) or of the gradients (fan_out)
stays the same from layer to layer.  Values are drawn in float64, so the same seed gives the same numbers, rounded, in
every dtype.
"""

from __future__ import annotations

from math import prod, sqrt
from typing import ClassVar

import numpy as np

from nntrain.components import Component, arg, component
from nntrain.params import Array, Shape
from nntrain.streams import Stream

__all__ = ["Initializer", "fans"]


def fans(shape: Shape) -> tuple[int, int]:
    """fan_in and fan_out of a weight whose axes are (out, in, window …)."""
    return prod(shape[1:]), shape[0] * prod(shape[2:])


class Initializer(Component):
    """Base of all initializers."""

    kind: ClassVar[str] = "initializer"

    def draw(self, stream: Stream, shape: Shape) -> Array:
        """Initial values of one parameter, float64."""
        raise NotImplementedError


@component("zeros")
class Zeros(Initializer):
    """W = 0: for biases.  Weights that start at 0 learn nothing: all units of the layer stay the same."""

    def draw(self, stream: Stream, shape: Shape) -> Array:
        return np.zeros(shape)


@component("constant")
class Constant(Initializer):
    """W = value."""

    value: float = arg("value of every element")

    def draw(self, stream: Stream, shape: Shape) -> Array:
        return np.full(shape, self.value, np.float64)


@component("normal")
class Normal(Initializer):
    """W ~ N(mean, std²).  The default is the course's `randn · 0.01`."""

    std: float = arg("standard deviation", default=0.01, ge=0)
    mean: float = arg("mean", default=0.0)

    def draw(self, stream: Stream, shape: Shape) -> Array:
        return self.mean + self.std * stream.normal(shape)


@component("uniform")
class Uniform(Initializer):
    """W ~ U(−limit, limit)."""

    limit: float = arg("largest absolute value", default=0.05, ge=0)

    def draw(self, stream: Stream, shape: Shape) -> Array:
        return _uniform(stream, shape, self.limit)


@component("he_normal")
class HeNormal(Initializer):
    """W ~ N(0, 2 / fan_in): for relu and its kin.  He et al. (2015), arXiv:1502.01852; course 2, week 1."""

    def draw(self, stream: Stream, shape: Shape) -> Array:
        return _normal(stream, shape, 2 / fans(shape)[0])


@component("he_uniform")
class HeUniform(Initializer):
    """W ~ U(−r, r), r = √(6 / fan_in): variance 2 / fan_in.  He et al. (2015)."""

    def draw(self, stream: Stream, shape: Shape) -> Array:
        return _uniform(stream, shape, sqrt(6 / fans(shape)[0]))


@component("xavier_normal")
class XavierNormal(Initializer):
    """W ~ N(0, 2 / (fan_in + fan_out)): for tanh and sigmoid.  Glorot and Bengio (2010).

    The course gives the name Xavier to 1 / fan_in as well: that is lecun_normal.
    """

    def draw(self, stream: Stream, shape: Shape) -> Array:
        return _normal(stream, shape, 2 / sum(fans(shape)))


@component("xavier_uniform")
class XavierUniform(Initializer):
    """W ~ U(−r, r), r = √(6 / (fan_in + fan_out)): variance 2 / (fan_in + fan_out).  Glorot and Bengio (2010)."""

    def draw(self, stream: Stream, shape: Shape) -> Array:
        return _uniform(stream, shape, sqrt(6 / sum(fans(shape))))


@component("lecun_normal")
class LecunNormal(Initializer):
    """W ~ N(0, 1 / fan_in): for tanh (what the course calls Xavier).  LeCun et al. (1998), Efficient BackProp."""

    def draw(self, stream: Stream, shape: Shape) -> Array:
        return _normal(stream, shape, 1 / fans(shape)[0])


@component("orthogonal")
class Orthogonal(Initializer):
    """W Wᵀ = gain² I (or Wᵀ W, whichever is smaller), over (n_out, fan_in).  Saxe et al. (2014), arXiv:1312.6120.

    Q of the QR decomposition of a normal matrix, with the signs of R's diagonal: only so is Q uniform over the
    orthogonal matrices (Mezzadri 2007).
    """

    gain: float = arg("scale of the matrix", default=1.0, gt=0)

    def draw(self, stream: Stream, shape: Shape) -> Array:
        rows, columns = shape[0], prod(shape[1:])
        tall = stream.normal((max(rows, columns), min(rows, columns)))
        Q, R = np.linalg.qr(tall)
        Q *= np.where(np.diag(R) < 0, -self.gain, self.gain)
        return (Q if rows >= columns else Q.T).reshape(shape)


def _normal(stream: Stream, shape: Shape, variance: float) -> Array:
    return sqrt(variance) * stream.normal(shape)


def _uniform(stream: Stream, shape: Shape, limit: float) -> Array:
    return limit * (2 * stream.uniform(shape) - 1)

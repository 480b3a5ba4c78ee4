"""Initial values of the parameters.

The families below choose Var(W) so that the variance of the activations (fan_in) or of the gradients (fan_out) stays
the same from layer to layer:

    fan_in     numbers that enter one output
    fan_out    outputs that one input reaches

                                    fan_in                         fan_out
    dense (n_out, n_in)             n_in                           n_out
    convolution, window kh × kw     n_in/groups · kh·kw            n_out/groups · kh·kw / (sh·sw)
    transposed convolution          n_in/groups · kh·kw / (sh·sw)  n_out/groups · kh·kw

with n channels and strides sh, sw.  Both are counted away from the border, as means over all positions: with a window
of 3 × 3 and stride 2 a pixel lies under 1, 2 or 4 windows, 9/4 in the mean.  Each gate of a recurrent layer is a matrix
of its own.  The input of an embedding is the one-hot vector: fan_in is the vocabulary's size.

PyTorch and Keras leave the strides out, PyTorch's fan_out the groups too; and of a transposed convolution PyTorch takes
n_out/groups · kh·kw for fan_in.

Values are drawn in float64, so the same seed gives the same numbers, rounded, in every dtype.
"""

from __future__ import annotations

from math import prod, sqrt
from typing import ClassVar, NamedTuple

import numpy as np

from nntrain.components import Component, arg, component
from nntrain.model.shapes import Array, Shape
from nntrain.runtime.streams import Stream

__all__ = ["Initializer"]


class Fans(NamedTuple):
    """What initial values keep a variance by.

    fan_in   numbers that enter one output
    fan_out  outputs that one input reaches
    """

    fan_in: float
    fan_out: float


def fans(shape: Shape, groups: int = 1, strides: int = 1) -> Fans:
    """Fans of W (n_out, n_in / groups, window …), `strides` being the product of the window's strides along all axes.

        fan_in  = n_in / groups · window
        fan_out = n_out / groups · window / strides

    The window stands at every strides-th place alone, so that one input lies under window / strides of them: the mean
    over all inputs away from the border.
    """
    window = prod(shape[2:])
    return Fans(prod(shape[1:]), shape[0] // groups * window / strides)


class Initializer(Component):
    """Base of all initializers."""

    kind: ClassVar[str] = "initializer"

    def draw(self, stream: Stream, shape: Shape, fans: Fans) -> Array:
        """Initial values of one parameter, float64."""
        raise NotImplementedError


@component("zeros")
class Zeros(Initializer):
    """W = 0: for biases.  Weights that start at 0 learn nothing: all units of the layer stay the same."""

    def draw(self, stream: Stream, shape: Shape, fans: Fans) -> Array:
        return np.zeros(shape)


@component("constant")
class Constant(Initializer):
    """W = value."""

    value: float = arg("value of every element")

    def draw(self, stream: Stream, shape: Shape, fans: Fans) -> Array:
        return np.full(shape, self.value, np.float64)


@component("normal")
class Normal(Initializer):
    """W ~ N(mean, deviation² / N).  The default is the course's `randn · 0.01`.

    N is 1, or for the last weights of a residual branch the number of branches in the network: X + F_1 + … + F_N then
    starts with a variance that does not grow with N.  A transformer of L blocks has N = 2L: Radford et al. (2019),
    "Language models are unsupervised multitask learners", section 2.3.
    """

    renamed = {"std": "deviation"}  # noqa: RUF012
    deviation: float = arg("standard deviation", default=0.01, ge=0)
    mean: float = arg("mean", default=0.0)
    residual_layers: int = arg("N, how many residual branches are added up", default=1, ge=1)

    def draw(self, stream: Stream, shape: Shape, fans: Fans) -> Array:
        return self.mean + self.deviation / sqrt(self.residual_layers) * stream.normal(shape)


@component("uniform")
class Uniform(Initializer):
    """W ~ U(−limit, limit)."""

    limit: float = arg("largest absolute value", default=0.05, ge=0)

    def draw(self, stream: Stream, shape: Shape, fans: Fans) -> Array:
        return _uniform(stream, shape, self.limit)


@component("he_normal")
class HeNormal(Initializer):
    """W ~ N(0, 2 / fan_in): for relu and its kin.  He et al. (2015), arXiv:1502.01852; course 2, week 1."""

    def draw(self, stream: Stream, shape: Shape, fans: Fans) -> Array:
        return _normal(stream, shape, 2 / fans.fan_in)


@component("he_uniform")
class HeUniform(Initializer):
    """W ~ U(−r, r), r = √(6 / fan_in): variance 2 / fan_in.  He et al. (2015)."""

    def draw(self, stream: Stream, shape: Shape, fans: Fans) -> Array:
        return _uniform(stream, shape, sqrt(6 / fans.fan_in))


@component("xavier_normal")
class XavierNormal(Initializer):
    """W ~ N(0, 2 / (fan_in + fan_out)): for tanh and sigmoid.  Glorot and Bengio (2010).

    The course gives the name Xavier to 1 / fan_in as well: that is lecun_normal.
    """

    def draw(self, stream: Stream, shape: Shape, fans: Fans) -> Array:
        return _normal(stream, shape, 2 / sum(fans))


@component("xavier_uniform")
class XavierUniform(Initializer):
    """W ~ U(−r, r), r = √(6 / (fan_in + fan_out)): variance 2 / (fan_in + fan_out).  Glorot and Bengio (2010)."""

    def draw(self, stream: Stream, shape: Shape, fans: Fans) -> Array:
        return _uniform(stream, shape, sqrt(6 / sum(fans)))


@component("lecun_normal")
class LecunNormal(Initializer):
    """W ~ N(0, 1 / fan_in): for tanh (what the course calls Xavier).  LeCun et al. (1998), Efficient BackProp."""

    def draw(self, stream: Stream, shape: Shape, fans: Fans) -> Array:
        return _normal(stream, shape, 1 / fans.fan_in)


@component("orthogonal")
class Orthogonal(Initializer):
    """W Wᵀ = gain² I (or Wᵀ W, whichever is smaller), over (n_out, fan_in).  Saxe et al. (2014), arXiv:1312.6120.

    Q of the QR decomposition of a normal matrix, with the signs of R's diagonal: only so is Q uniform over the
    orthogonal matrices (Mezzadri 2007).
    """

    gain: float = arg("scale of the matrix", default=1.0, gt=0)

    def draw(self, stream: Stream, shape: Shape, fans: Fans) -> Array:
        rows, columns = shape[0], prod(shape[1:])
        tall = stream.normal((max(rows, columns), min(rows, columns)))
        Q, R = np.linalg.qr(tall)
        Q *= np.where(np.diag(R) < 0, -self.gain, self.gain)
        return (Q if rows >= columns else Q.T).reshape(shape)


def _normal(stream: Stream, shape: Shape, variance: float) -> Array:
    return sqrt(variance) * stream.normal(shape)


def _uniform(stream: Stream, shape: Shape, limit: float) -> Array:
    return limit * (2 * stream.uniform(shape) - 1)

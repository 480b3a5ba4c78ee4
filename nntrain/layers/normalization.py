"""Layers that normalise: over the batch, or over the features of each example."""

from __future__ import annotations

from math import sqrt
from typing import ClassVar, NamedTuple

import numpy as np

from nntrain.components import arg, component
from nntrain.kernels import batch_norm as kernel
from nntrain.kernels import elementwise, layer_norm
from nntrain.model.initializers import Constant, Zeros
from nntrain.model.layer import Context, Layer, Past, Reader, ShapeError, Tree, Views
from nntrain.model.parameters import Param
from nntrain.model.shapes import Array, Bools, Shape, feature_axis, show_shape

_SHAPES = "expected a vector (n,), a sequence (T, n) or an image (C, H, W)"


def _features(layer: Layer, shape: Shape) -> int:
    """The number of features; raises ShapeError where the shape has none."""
    if len(shape) not in (1, 2, 3):
        raise ShapeError(f"{_SHAPES}, got {show_shape(shape)}", layer)
    return shape[feature_axis(shape)]


def _rows(X: Array, valid: Bools | None = None) -> Array:
    """X as a matrix with a row for each feature: a view, except for sequences, of which `valid` (T, m) steps count."""
    if X.ndim == 3:
        X = X.transpose(1, 0, 2)
    return X.reshape(X.shape[0], -1) if valid is None else X[:, valid]


def _unrows(rows: Array, shape: Shape, valid: Bools | None = None) -> Array:
    """The inverse of `_rows`: the shape X had, zeros where steps are not valid."""
    if len(shape) != 3:
        return rows.reshape(shape)
    T, n, m = shape
    if valid is None:
        return np.ascontiguousarray(rows.reshape(n, T, m).transpose(1, 0, 2))
    X = np.zeros(shape, rows.dtype)
    X.transpose(1, 0, 2)[:, valid] = rows
    return X


class _BatchCache(NamedTuple):
    """What forward keeps in training: X as rows, their mean and variance, A of a fused relu, the steps that count."""

    rows: Array
    mean: Array
    variance: Array
    A: Array | None
    valid: Bools | None
    frozen: bool = False  # mean and variance are not this batch's


@component("batch_norm")
class BatchNorm(Layer):
    """Z = gamma X̂ + beta,  X̂ = (X − μ) / √(σ² + ε).   X (n, m), (T, n, m), (C, H, W, m)   gamma, beta (n, 1)

    μ = mean(X),  σ² = mean((X − μ)²) of each feature, over the batch (over steps and pixels too).

    dgamma = Σ dZ ∘ X̂,  dbeta = Σ dZ,  dX = gamma / √(σ² + ε) (dZ − mean(dZ) − X̂ mean(dZ ∘ X̂)).

    In evaluation the running means `mean` and `variance` (n, 1) take the place of μ and σ², the course's exponentially
    weighted averages:  mean ← momentum · mean + (1 − momentum) μ.  PyTorch calls 1 − momentum
    momentum.  The running variance is the unbiased one, as in the paper.
    Ioffe and Szegedy (2015), arXiv:1502.03167; course 2, week 3.  A batch of one vector has σ² = 0: Z = beta.
    Steps past a shorter sequence's end do not count.  Frozen running means stay, and are taken in training too.
    """

    overwritable = True
    momentum: float = arg("what the running means keep at each step", default=0.9, ge=0, lt=1)
    epsilon: float = arg("ε, keeps the root from 0", default=1e-5, gt=0)

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        column = (_features(self, shape), 1)
        return shape, {
            "gamma": Param(column, Constant(1.0)),
            "beta": Param(column, Zeros()),
            "mean": Param(column, Zeros(), trainable=False),
            "variance": Param(column, Constant(1.0), trainable=False),
        }

    def flops(self, shape: Shape) -> int:
        return 4 * super().flops(shape)

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, _BatchCache]:
        return self._normalise(p, X, context, relu=False)

    def _normalise(self, p: Views, X: Array, context: Context, relu: bool) -> tuple[Array, _BatchCache]:
        valid = context.valid(len(X)) if X.ndim == 3 else None
        rows = _rows(X, valid)
        if "mean" in p.frozen or not context.training:
            scale = p.gamma / np.sqrt(p.variance + self.epsilon)
            Z = kernel.scale_and_shift(rows, scale, p.beta - scale * p.mean)
            A = elementwise.relu(Z, Z) if relu else None
            return _unrows(Z, X.shape, valid), _BatchCache(rows, p.mean, p.variance, A, valid, True)
        Z, mean, variance = kernel.forward(rows, p.gamma, p.beta, self.epsilon, relu)
        k = rows.shape[1]
        p.mean[...] += (1 - self.momentum) * (mean - p.mean)
        p.variance[...] += (1 - self.momentum) * (variance * (k / max(k - 1, 1)) - p.variance)
        return _unrows(Z, X.shape, valid), _BatchCache(rows, mean, variance, Z if relu else None, valid)

    def apply(self, p: Views, X: Array, context: Context) -> Array:
        if context.training:
            return self.forward(p, X, context)[0]
        scale = p.gamma / np.sqrt(p.variance + self.epsilon)
        return _unrows(kernel.scale_and_shift(_rows(X), scale, p.beta - scale * p.mean), X.shape)

    def backward(self, p: Views, g: Views, dZ: Array, cache: _BatchCache) -> Array:
        rows, mean, variance, A, valid, frozen = cache
        if frozen:
            return _unrows(self._backward_of_frozen(p, g, _rows(dZ, valid), cache), dZ.shape, valid)
        dX, dgamma, dbeta = kernel.backward(_rows(dZ, valid), rows, p.gamma, mean, variance, self.epsilon, A)
        g.gamma[...] += dgamma
        g.beta[...] += dbeta
        return _unrows(dX, dZ.shape, valid)

    def _backward_of_frozen(self, p: Views, g: Views, dZ: Array, cache: _BatchCache) -> Array:
        """dX = γ/√(σ²+ε) · dZ: μ and σ² do not depend on X."""
        if cache.A is not None:
            dZ = dZ * (cache.A > 0)
        root = np.sqrt(cache.variance + self.epsilon)
        if not g.empty:
            g.gamma[...] += (dZ * (cache.rows - cache.mean)).sum(axis=1, keepdims=True) / root
            g.beta[...] += dZ.sum(axis=1, keepdims=True)
        dX: Array = dZ * (p.gamma / root)
        return dX

    def fused_with_relu(self) -> Layer | None:
        return BatchNormReLU(self.momentum, self.epsilon)


class BatchNormReLU(BatchNorm):
    """The fused equivalent of batch_norm and the relu after it: the same numbers in one pass (see layers/fusion.py)."""

    overwritable = False  # A is kept for backward

    def fused_with_relu(self) -> Layer | None:
        return None

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, _BatchCache]:
        return self._normalise(p, X, context, relu=True)

    def apply(self, p: Views, X: Array, context: Context) -> Array:
        Z = super().apply(p, X, context)
        return Z if context.training else elementwise.relu(Z, Z)


class ExampleNorm(Layer):
    """Base: normalisation of each example by itself, of a sequence each step; the same in training and evaluation."""

    overwritable = True
    centred: ClassVar[bool]  # whether the mean is taken off
    operations: ClassVar[int]  # on an element
    epsilon: float
    bias: bool

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        column = (_features(self, shape), 1)
        tree = {"gamma": Param(column, Constant(1.0))}
        if self.bias:
            tree["beta"] = Param(column, Zeros())
        return shape, tree

    def flops(self, shape: Shape) -> int:
        return self.operations * super().flops(shape)

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, tuple[Array, Array]]:
        Z, Xhat, r = layer_norm.forward(X, p.gamma, p.beta if self.bias else None, self.epsilon, self.centred)
        return Z, (Xhat, r)

    def apply(self, p: Views, X: Array, context: Context) -> Array:
        return layer_norm.apply(X, p.gamma, p.beta if self.bias else None, self.epsilon, self.centred)

    def reader(self, p: Views) -> Reader:
        n, epsilon, centred = len(p.gamma), self.epsilon, self.centred
        gamma, beta = p.gamma[:, 0], p.beta[:, 0] if self.bias else None
        means = np.full(n, 1 / n, gamma.dtype)

        def read(x: Array, past: Past) -> Array:
            if centred:
                x = x - means.dot(x)
            z: Array = x * (1 / sqrt(float(x.dot(x)) / n + epsilon))
            z *= gamma
            if beta is not None:
                z += beta
            return z

        return read

    def backward(self, p: Views, g: Views, dZ: Array, cache: tuple[Array, Array]) -> Array:
        Xhat, r = cache
        d_beta = g.beta if self.bias else None
        return layer_norm.backward(dZ, Xhat, r, p.gamma, g.gamma, d_beta, self.centred)


@component("layer_norm")
class LayerNorm(ExampleNorm):
    """Z = gamma X̂ + beta,  X̂ = (X − μ) / √(σ² + ε).   X (n, m), (T, n, m), (C, H, W, m)   gamma, beta (n, 1)

    μ = mean(X),  σ² = mean((X − μ)²) of each example alone, over its features.

    dgamma = Σ dZ ∘ X̂,  dbeta = Σ dZ,  dX = (gamma dZ − mean(gamma dZ) − X̂ mean(gamma dZ ∘ X̂)) / √(σ² + ε).

    They are those of each step of a sequence, and of all channels and pixels of an image.  Nothing depends on the
    batch: training and evaluation are the same.  Ba et al. (2016).
    """

    centred, operations = True, 8
    epsilon: float = arg("ε, keeps the root from 0", default=1e-5, gt=0)
    bias: bool = arg("add beta", default=True)


@component("rms_norm")
class RMSNorm(ExampleNorm):
    """Z = gamma X̂,  X̂ = X / √(mean(X²) + ε).   X (n, m), (T, n, m), (C, H, W, m)   gamma (n, 1)

    dgamma = Σ dZ ∘ X̂,  dX = (gamma dZ − X̂ mean(gamma dZ ∘ X̂)) / √(mean(X²) + ε).

    layer_norm without μ and beta: each example, of a sequence each step, is scaled to a root mean square of 1.
    Zhang and Sennrich (2019).
    """

    centred, operations, bias = False, 4, False
    epsilon: float = arg("ε, keeps the root from 0", default=1e-5, gt=0)

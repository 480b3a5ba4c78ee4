"""Layers that make images smaller or larger without learning anything."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import numpy as np

from nntrain.components import arg, component
from nntrain.kernels import pool2d as kernel
from nntrain.kernels.windows import Pair, Window, pair, window
from nntrain.layers.convolution import Geometry, Padding, Size, image, slide
from nntrain.model.layer import Context, Layer, ShapeError, Tree, Views
from nntrain.model.shapes import Array, Ints, Shape, show_shape


class _Pool(Layer):
    """Windows of `size` over each channel."""

    bounds = None
    size: Size
    stride: Size | None
    padding: Padding

    @property
    def _geometry(self) -> Geometry:
        return Geometry(self.size, self.size if self.stride is None else self.stride, self.padding)

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        size = image(self, shape)
        found = slide(self, shape, size, self._geometry)
        try:
            kernel.check(found)
        except ValueError as error:
            raise ShapeError(str(error), self) from None
        return (shape[0], *found.output_size(size)), {}

    def flops(self, shape: Shape) -> int:
        return prod(self.declare(shape)[0]) * prod(pair(self.size))

    def _window(self, X: Array) -> Window:
        return window((X.shape[1], X.shape[2]), *self._geometry)


class _MaxCache(NamedTuple):
    """What forward keeps: where the maxima stood, the window, X's (H, W), and A of a fused relu."""

    kept: kernel.PoolCache
    window: Window
    size: Pair
    A: Array | None


@component("max_pool2d")
class MaxPool2d(_Pool):
    """Y = the maximum of X under each window; padding never wins.   X (C, H, W, m)   Y (C, H', W', m)

    dX: each dY goes to the pixel that was the maximum (where several were, to the first by column, then row).
    Course 4, week 1.
    """

    commutes_with_relu = True
    size: Size = arg("height and width of a window, one number for both", ge=1)
    stride: Size | None = arg("pixels from one window to the next; default: size", default=None, ge=1)
    padding: Padding = arg("pixels on each side; valid: none; same: ⌈size / stride⌉ windows", default="valid", ge=0)

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, _MaxCache]:
        slid = self._window(X)
        Y, cache = kernel.max_pool_forward(X, slid)
        return Y, _MaxCache(cache, slid, (X.shape[1], X.shape[2]), None)

    def backward(self, p: Views, g: Views, dY: Array, cache: _MaxCache) -> Array:
        return kernel.max_pool_backward(dY, *cache)

    def fused_with_relu(self) -> Layer | None:
        return MaxPool2dReLU(self.size, self.stride, self.padding)


class MaxPool2dReLU(MaxPool2d):
    """The fused equivalent of max_pool2d and the relu after it: the same numbers in one pass (see layers/fusion.py)."""

    def fused_with_relu(self) -> Layer | None:
        return None

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, _MaxCache]:
        slid = self._window(X)
        A, cache = kernel.max_pool_forward(X, slid, relu=True)
        return A, _MaxCache(cache, slid, (X.shape[1], X.shape[2]), A)


@component("avg_pool2d")
class AvgPool2d(_Pool):
    """Y = the mean of X under each window; padding counts as zeros.   X (C, H, W, m)   Y (C, H', W', m)

    dX: each dY is spread evenly over its window.  Course 4, week 1.
    """

    size: Size = arg("height and width of a window, one number for both", ge=1)
    stride: Size | None = arg("pixels from one window to the next; default: size", default=None, ge=1)
    padding: Padding = arg("zeros on each side; valid: none; same: ⌈size / stride⌉ windows", default="valid", ge=0)

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, tuple[Window, Pair]]:
        slid = self._window(X)
        return kernel.avg_pool_forward(X, slid), (slid, (X.shape[1], X.shape[2]))

    def backward(self, p: Views, g: Views, dY: Array, cache: tuple[Window, Pair]) -> Array:
        return kernel.avg_pool_backward(dY, *cache)


class _GlobalPool(Layer):
    """Over all pixels of an image, or all steps of a sequence: (C, H, W) -> (C,), (T, n) -> (n,)."""

    bounds = None

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        if len(shape) not in (2, 3):
            raise ShapeError(f"expected an image (C, H, W) or a sequence (T, n), got {show_shape(shape)}", self)
        return (shape[0 if len(shape) == 3 else 1],), {}

    def flops(self, shape: Shape) -> int:
        return prod(shape)

    def output_lengths(self, lengths: Array) -> Array | None:
        return None


def _valid(X: Array, context: Context) -> Array | None:
    """(T, 1, m) 1 where a step of X counts, else 0; None where all do, as on images."""
    valid = None if X.ndim == 4 else context.valid(len(X))
    return None if valid is None else valid[:, None].astype(X.dtype)


@component("global_avg_pool")
class GlobalAvgPool(_GlobalPool):
    """Y = the mean of X over all pixels, or the steps that count.   X (C, H, W, m) or (T, n, m)   Y (C, m) or (n, m)

    dX = dY / number of pixels or steps, at each of them.  Lin et al. (2014), arXiv:1312.4400.
    """

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, Array]:
        if X.ndim == 4:
            _, H, W, _ = X.shape
            return X.mean(axis=(1, 2)), np.full((1, H, W, 1), 1 / (H * W), X.dtype)
        valid = context.valid(len(X))
        share: Array = np.full((len(X), 1, 1), 1 / len(X), X.dtype)
        if valid is not None:
            share = (valid / context.lengths)[:, None].astype(X.dtype)
        return (X * share).sum(axis=0), share

    def backward(self, p: Views, g: Views, dY: Array, share: Array) -> Array:
        return np.multiply(share, dY[:, None, None] if share.ndim == 4 else dY)


@component("mean_over_time")
class MeanOverTime(GlobalAvgPool):
    """global_avg_pool under the name that fits a sequence: y = Σ_t x_t / L over the L steps of each example."""


@component("global_max_pool")
class GlobalMaxPool(_GlobalPool):
    """Y = the maximum of X over all pixels, or the valid steps.   X (C, H, W, m) or (T, n, m)   Y (C, m) or (n, m)

    dX: dY at the first pixel (step) that was the maximum, else 0.
    """

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, tuple[Ints, int, Shape, Shape]]:
        shape, valid = X.shape, _valid(X, context)
        if valid is not None:
            X = np.where(valid > 0, X, -np.inf).astype(X.dtype)
        rows = X.reshape(X.shape[0], -1, X.shape[-1]) if X.ndim == 4 else X
        axis = 1 if X.ndim == 4 else 0
        at = np.expand_dims(rows.argmax(axis=axis), axis)
        return np.take_along_axis(rows, at, axis).squeeze(axis), (at, axis, rows.shape, shape)

    def backward(self, p: Views, g: Views, dY: Array, cache: tuple[Ints, int, Shape, Shape]) -> Array:
        at, axis, rows, shape = cache
        dX = np.zeros(rows, dY.dtype)
        np.put_along_axis(dX, at, np.expand_dims(dY, axis), axis)
        return dX.reshape(shape)


@component("upsample2d")
class Upsample2d(Layer):
    """Y = each pixel of X as a block of `factor` f times f (nearest neighbour).   X (C, H, W, m)   Y (C, H·f, W·f, m)

    dX = Σ dY over each block.
    """

    bounds = None
    factor: Size = arg("how many times as high and wide, one number for both", ge=1)

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        size, factor = image(self, shape), pair(self.factor)
        return (shape[0], size[0] * factor[0], size[1] * factor[1]), {}

    def flops(self, shape: Shape) -> int:
        return 0

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, Shape]:
        C, H, W, m = X.shape
        down, across = pair(self.factor)
        Y = np.empty((C, H, down, W, across, m), X.dtype)
        Y[...] = X[:, :, None, :, None]
        return Y.reshape(C, H * down, W * across, m), Y.shape

    def backward(self, p: Views, g: Views, dY: Array, blocks: Shape) -> Array:
        dX: Array = dY.reshape(blocks).sum(axis=(2, 4))
        return dX


@component("pad2d")
class Pad2d(Layer):
    """Y = X with zeros around it.   X (C, H, W, m)   Y (C, top + H + bottom, left + W + right, m)

    dX = the inside of dY.
    """

    bounds = None
    padding: int | tuple[int, int] | tuple[int, int, int, int] = arg(
        "pixels on every side; [above and below, left and right]; or [top, bottom, left, right]", ge=0
    )

    @property
    def sides(self) -> tuple[int, int, int, int]:
        """Pixels at the top, the bottom, the left and the right."""
        if isinstance(self.padding, tuple) and len(self.padding) == 4:
            return self.padding
        high, wide = pair(self.padding)
        return high, high, wide, wide

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        (H, W), (top, bottom, left, right) = image(self, shape), self.sides
        return (shape[0], H + top + bottom, W + left + right), {}

    def flops(self, shape: Shape) -> int:
        return 0

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, None]:
        top, bottom, left, right = self.sides
        return np.pad(X, ((0, 0), (top, bottom), (left, right), (0, 0))), None

    def backward(self, p: Views, g: Views, dY: Array, cache: None) -> Array:
        top, bottom, left, right = self.sides
        return np.ascontiguousarray(dY[:, top : dY.shape[1] - bottom, left : dY.shape[2] - right])

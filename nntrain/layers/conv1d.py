"""Convolution of sequences X (T, n_x, m) along their steps."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal, NamedTuple

import numpy as np

from nntrain.components import arg, component
from nntrain.kernels import correlation as kernel
from nntrain.kernels.windows import Window, window
from nntrain.layers.convolution import Geometry, check_groups, slide
from nntrain.model.initializers import HeNormal, Initializer, Zeros, fans
from nntrain.model.layer import Context, Layer, ShapeError, Tree, Views
from nntrain.model.parameters import Param
from nntrain.model.shapes import Array, Shape, show_shape


@component("conv1d")
class Conv1d(Layer):
    """Z = W ∗ X + b along the steps.   X (T, n_x, m)   W (filters, n_x/groups, k)   b (filters, 1)   Z (T', filters, m)

    Z[t, f] = Σ_{c,a} W[f, c, a] X[t·stride + a·dilation − padding, c] + b[f]: conv2d on an image of one row, whose
    channels are the features.

    dW correlates X with dZ,  dX correlates dZ with the flipped kernel,  db = Σ dZ over examples and steps.

    lengths   steps past an example's end count as zeros, and its outputs are those that it has alone: `same` pads it
              by its own length.  It has as many outputs as it would have alone, but at least one, with zeros behind
              an end that comes before the kernel's
    """

    overwritable = True
    filters: int = arg("number of filters, the features of the output", ge=1)
    kernel: int = arg("steps that a filter sees", ge=1)
    stride: int = arg("steps from one position of the filter to the next", default=1, ge=1)
    padding: int | Literal["valid", "same"] = arg(
        "zeros at each end; valid: none; same: the output has ⌈T / stride⌉ steps", default="valid", ge=0
    )
    dilation: int = arg("steps from one tap of the filter to the next", default=1, ge=1)
    groups: int = arg("groups of features that are convolved apart", default=1, ge=1)
    bias: bool = arg("add b", default=True)
    init: Initializer = arg("initial W", default=HeNormal())

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        if len(shape) != 2:
            raise ShapeError(f"expected a sequence (T, n), got {show_shape(shape)}", self)
        T, n_x = shape
        check_groups(self, self.groups, n_x, self.filters)
        found = slide(self, shape, (1, T), self._geometry(self.padding))
        weights = (self.filters, n_x // self.groups, self.kernel)
        tree = {"W": Param(weights, self.init, decay=True, fans=fans(weights, self.groups, self.stride))}
        if self.bias:
            tree["b"] = Param((self.filters, 1), Zeros())
        return (found.output_size((1, T))[1], self.filters), tree

    def _geometry(self, padding: int | Literal["valid", "same"]) -> Geometry:
        around = padding if isinstance(padding, str) else (0, padding)
        return Geometry((1, self.kernel), (1, self.stride), around, (1, self.dilation))

    @property
    def _extent(self) -> int:
        """Steps from the first that a filter sees to the last."""
        return self.dilation * (self.kernel - 1) + 1

    def flops(self, shape: Shape) -> int:
        return prod(self.declare(shape)[0]) * (2 * shape[1] // self.groups * self.kernel + self.bias)

    def output_lengths(self, lengths: Array) -> Array:
        outputs: Array
        if self.padding == "same":
            outputs = -(-lengths // self.stride)
        else:
            around = 0 if self.padding == "valid" else 2 * self.padding
            outputs = np.maximum((lengths + around - self._extent) // self.stride + 1, 1)
        return outputs

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, _Cache]:
        placed, geometry = None, self._geometry(self.padding)
        if context.lengths is not None:
            placed, geometry = self._place(len(X), context.lengths), self._geometry(0)
            X = placed.pad(X)
        row, slid = _as_row(X), window((1, len(X)), *geometry)
        Z = kernel.conv2d_forward(row, p.W[:, :, None], p.b if self.bias else None, slid, self.groups)
        return _as_steps(Z), _Cache(row, slid, placed)

    def _place(self, T: int, lengths: Array) -> Placed:
        """Where the convolution sees sequences of these lengths, padded to T steps."""
        spans = (self.output_lengths(np.append(lengths, T)) - 1) * self.stride + self._extent
        if self.padding == "same":
            before = np.maximum(spans[:-1] - lengths, 0) // 2
        else:
            before = np.full_like(lengths, 0 if self.padding == "valid" else self.padding)
        return Placed(lengths, before, T, int(spans[-1]))

    def backward(self, p: Views, g: Views, dZ: Array, cache: _Cache) -> Array:
        row, slid, placed = cache
        dRow = _as_row(dZ)
        size = 1, row.shape[2]
        dX = kernel.both_gradients(
            lambda: kernel.conv2d_backward_input(dRow, p.W[:, :, None], slid, size, self.groups),
            lambda: self._accumulate(g, dRow, row, slid),
            dRow,
        )
        return _as_steps(dX) if placed is None else placed.unpad(_as_steps(dX))

    def accumulate(self, p: Views, g: Views, dZ: Array, cache: _Cache) -> None:
        row, slid, _ = cache
        self._accumulate(g, _as_row(dZ), row, slid)

    def _accumulate(self, g: Views, dRow: Array, row: Array, slid: Window) -> None:
        g.W[...] += kernel.conv2d_backward_weights(row, dRow, slid, self.groups)[:, :, 0]
        if self.bias:
            g.b[...] += kernel.bias_gradient(dRow)


class _Cache(NamedTuple):
    """What forward keeps: the input as an image of one row, the window over it, where padded sequences lie in it."""

    row: Array
    slid: Window
    placed: Placed | None


@dataclass(frozen=True)
class Placed:
    """The sequences of a batch with zeros around them, as a convolution without padding sees them.

    lengths  (m,) valid steps        steps  T of them all, valid or not
    before   (m,) zeros before each  span   steps with the zeros
    """

    lengths: Array
    before: Array
    steps: int
    span: int

    def pad(self, X: Array) -> Array:
        """X (T, n, m) -> (span, n, m)"""
        t = np.arange(self.span)[:, None] - self.before
        return _taken(X, t, (t >= 0) & (t < self.lengths))

    def unpad(self, dX: Array) -> Array:
        """The derivative of `pad`: (span, n, m) -> (T, n, m)"""
        t = np.arange(self.steps)[:, None]
        at = t + self.before
        return _taken(dX, at, (t < self.lengths) & (at < self.span))


def _taken(X: Array, steps: Array, valid: Array) -> Array:
    """Each example's own steps (T', m) of X (T, n, m) where they are valid, else zeros: (T', n, m)."""
    taken = np.take_along_axis(X, np.where(valid, steps, 0)[:, None], axis=0)
    return np.where(valid[:, None], taken, X.dtype.type(0))


def _as_row(X: Array) -> Array:
    """A sequence (T, n, m) as an image (n, 1, T, m)."""
    return np.ascontiguousarray(X.transpose(1, 0, 2))[:, None]


def _as_steps(row: Array) -> Array:
    return np.ascontiguousarray(row[:, 0].transpose(1, 0, 2))

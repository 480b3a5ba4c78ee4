"""The forward pass of every layer as a function of arrays: what a file that stands alone calls.

The batch axis m is the last.  Where a layer calls a kernel, so does its function: the bits are those of nntrain.  Long
lists of sizes are passed by name.  Layers that look across steps stand in numpy_sequences.
"""

from __future__ import annotations

import numpy as np

from nntrain.export.numpy_sequences import only_counting
from nntrain.kernels import affine, correlation, elementwise, layer_norm, lookup, pool2d
from nntrain.kernels import batch_norm as batch_norm_kernel
from nntrain.kernels.columns import sequence
from nntrain.kernels.windows import Pair, Window
from nntrain.model.shapes import Array, Shape, feature_axis


def dense(W: Array, X: Array, b: Array | None = None) -> Array:
    """Z = W X + b, of a sequence at every step."""
    return affine.affine(W, X, b)


def bias(X: Array, b: Array) -> Array:
    """Z = X + b"""
    return X + b


def embedding(W: Array, X: Array) -> Array:
    """A_t = W e_x, the column of W for every symbol."""
    return lookup.forward(W, X)


def conv2d(
    W: Array,
    X: Array,
    b: Array | None,
    *,
    stride: Pair,
    padding: tuple[Pair, Pair],
    dilation: Pair,
    groups: int,
    how: str,
) -> Array:
    """Z = W ∗ X + b"""
    slid = Window((W.shape[2], W.shape[3]), stride, padding, dilation)
    return correlation.conv2d_forward(X, W, b, slid, groups, how)


def conv_transpose2d(
    W: Array,
    X: Array,
    b: Array | None,
    *,
    size: Pair,
    stride: Pair,
    padding: tuple[Pair, Pair],
    dilation: Pair,
    groups: int,
    how: str,
) -> Array:
    """Z = the dX of a convolution taken at X, plus b: an image of this size."""
    slid = Window((W.shape[2], W.shape[3]), stride, padding, dilation)
    return correlation.conv_transpose2d_forward(X, W, b, slid, size, groups, how)


def max_pool2d(X: Array, *, size: Pair, stride: Pair, padding: tuple[Pair, Pair]) -> Array:
    """The maximum under each window."""
    return pool2d.max_pool_forward(X, Window(size, stride, padding))[0]


def avg_pool2d(X: Array, *, size: Pair, stride: Pair, padding: tuple[Pair, Pair]) -> Array:
    """The mean under each window; padding counts as zeros."""
    return pool2d.avg_pool_forward(X, Window(size, stride, padding))


def global_avg_pool(X: Array) -> Array:
    """The mean over all pixels."""
    mean: Array = X.mean(axis=(1, 2))
    return mean


def global_max_pool(X: Array) -> Array:
    """The maximum over all pixels."""
    largest: Array = X.max(axis=(1, 2))
    return largest


def upsample2d(X: Array, down: int, across: int) -> Array:
    """Each pixel becomes a block of pixels."""
    return np.repeat(np.repeat(X, down, axis=1), across, axis=2)


def pad2d(X: Array, top: int, bottom: int, left: int, right: int) -> Array:
    """Zeros around an image."""
    return np.pad(X, ((0, 0), (top, bottom), (left, right), (0, 0)))


def batch_norm(X: Array, gamma: Array, beta: Array, mean: Array, variance: Array, epsilon: float) -> Array:
    """Z = gamma (X − mean) / √(variance + ε) + beta, with the running mean and variance."""
    scale = gamma / np.sqrt(variance + epsilon)
    rows = X.transpose(1, 0, 2) if X.ndim == 3 else X
    flat = rows.reshape(rows.shape[0], -1)
    Z = batch_norm_kernel.scale_and_shift(flat, scale, beta - scale * mean)
    if X.ndim != 3:
        return Z.reshape(X.shape)
    return np.ascontiguousarray(Z.reshape(rows.shape).transpose(1, 0, 2))


def normalise(X: Array, gamma: Array, beta: Array | None, epsilon: float, centred: bool) -> Array:
    """Z = gamma (X − μ) / √(mean((X − μ)²) + ε) + beta of each example, of a sequence each step; μ the mean, or 0."""
    return layer_norm.forward(X, gamma, beta, epsilon, centred)[0]


def reshape(X: Array, shape: Shape, *, lengths: Array | None = None) -> Array:
    """Another shape, in row-major order; of a sequence the steps that do not count are 0."""
    X = X if lengths is None else only_counting(X, lengths)
    return X.reshape(*shape, X.shape[-1])


def add(F: Array, S: Array) -> Array:
    """F + S"""
    return elementwise.add(F, S)


def concatenate(*parts: Array) -> Array:
    """The branches' outputs joined along the features."""
    return np.concatenate(parts, feature_axis(parts[0].shape[:-1]))


def multiply(*parts: Array) -> Array:
    """The product of the branches' outputs; a vector has a factor for all pixels, or all steps."""
    most = max(part.ndim for part in parts)
    spread = [part[:, None, None] if part.ndim == 2 and most == 4 else part for part in parts]
    Y = spread[0]
    for part in spread[1:]:
        Y = Y * part
    return Y


def patches(W: Array, X: Array, b: Array | None, *, size: Pair) -> Array:
    """Z_t = W x_t + b, x_t the pixels of patch t"""
    (C, H, width, m), (down, across) = X.shape, size
    cut = X.reshape(C, H // down, down, width // across, across, m).transpose(0, 2, 4, 5, 1, 3)
    Z = affine.affine(W, cut.reshape(W.shape[1], -1), b)
    return sequence(Z, cut.shape[4] * cut.shape[5])

"""The forward pass of every layer as a function of arrays: what a file that stands alone calls.

The batch axis m is the last.  Where a layer calls a kernel, so does its function: the bits are those of nntrain.  Long
lists of sizes are passed by name.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from nntrain.kernels import (
    affine,
    attention,
    correlation,
    elementwise,
    gru,
    layer_norm,
    lookup,
    lstm,
    pool2d,
    rnn,
    rotation,
)
from nntrain.kernels import batch_norm as batch_norm_kernel
from nntrain.kernels.attention import Masks
from nntrain.kernels.columns import columns, empty_columns, sequence
from nntrain.kernels.windows import Pair, Window
from nntrain.layers.position import sinusoidal_positions
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


def conv1d(W: Array, X: Array, b: Array | None, *, stride: int, padding: Pair, dilation: int, groups: int) -> Array:
    """Z = W ∗ X + b along the steps: a convolution of an image of one row."""
    slid = Window((1, W.shape[2]), (1, stride), ((0, 0), padding), (1, dilation))
    row = np.ascontiguousarray(X.transpose(1, 0, 2))[:, None]
    Z = correlation.conv2d_forward(row, W[:, :, None], b, slid, groups)
    return np.ascontiguousarray(Z[:, 0].transpose(1, 0, 2))


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
    """The mean over all pixels, or over all steps."""
    if X.ndim == 4:
        mean: Array = X.mean(axis=(1, 2))
        return mean
    share: Array = np.full((len(X), 1, 1), 1 / len(X), X.dtype)
    shares: Array = (X * share).sum(axis=0)
    return shares


def global_max_pool(X: Array) -> Array:
    """The maximum over all pixels, or over all steps."""
    largest: Array = X.max(axis=(1, 2) if X.ndim == 4 else 0)
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


def recurrent_rnn(X: Array, W: Array, U: Array, b: Array, *, last: bool, reverse: bool = False) -> Array:
    """a_t = tanh(W x_t + U a_{t-1} + b)"""
    A, ends, _ = rnn.forward(X, [W, U, b], [None], reverse=reverse, training=False)
    return ends[0] if last else A


def recurrent_lstm(X: Array, W: Array, U: Array, b: Array, *, last: bool, reverse: bool = False) -> Array:
    """c_t = Γ_u c̃ + Γ_f c_{t-1},  a_t = Γ_o tanh(c_t)"""
    A, ends, _ = lstm.forward(X, [W, U, b], [None, None], reverse=reverse, training=False)
    return ends[0] if last else A


def recurrent_gru(X: Array, W: Array, U: Array, b: Array, b_u: Array, *, last: bool, reverse: bool = False) -> Array:
    """a_t = (1 − Γ_u) c̃ + Γ_u a_{t-1}"""
    A, ends, _ = gru.forward(X, [W, U, b, b_u], [None], reverse=reverse, training=False)
    return ends[0] if last else A


def self_attention(
    X: Array, W_qkv: Array, b_qkv: Array | None, W_o: Array, b_o: Array | None, *, heads: int, causal: bool, rope: bool
) -> Array:
    """Y = W_o [O_1; …; O_h] + b_o,  O_i = V_i softmax(K_iᵀ Q_i / √d);  W_qkv is W_q, W_k, W_v below each other"""
    T, M = len(X), columns(X)
    projected = affine.affine(W_qkv, M, b_qkv)
    d = len(projected) // 3 // heads
    QKV = projected.reshape(3, heads, d, -1, T).swapaxes(2, 3)
    QKV[0] *= M.dtype.type(1 / sqrt(d))
    if rope:
        rotation.rotate(QKV[:2])
    O = np.empty((heads * d, M.shape[1]), M.dtype)
    Q, K, V = QKV
    attention.forward(Q, K, V, O.reshape(heads, d, -1, T).swapaxes(1, 2), Masks(causal), False)
    return sequence(affine.affine(W_o, O, b_o), T)


def last_step(X: Array) -> Array:
    """y = x_T"""
    return np.ascontiguousarray(X[-1])


def reshape(X: Array, shape: Shape) -> Array:
    """Another shape, in row-major order."""
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


def both(forward: Array, backward: Array) -> Array:
    """The outputs of both directions, the forward one's first."""
    return np.concatenate([forward, backward], axis=-2)


def position(X: Array, P: Array) -> Array:
    """Y_t = x_t + P_t"""
    Y = empty_columns(X)
    np.add(X, P[: len(X), :, None], out=Y)
    return Y


def sinusoidal(X: Array) -> Array:
    """Y_t = x_t + P_t,  P_t,2i = sin(t / 10000^(2i/n)),  P_t,2i+1 = cos(t / 10000^(2i/n))"""
    T, n, _ = X.shape
    return position(X, sinusoidal_positions(n, 0, T, X.dtype))


def patches(W: Array, X: Array, b: Array | None, *, size: Pair) -> Array:
    """Z_t = W x_t + b, x_t the pixels of patch t"""
    (C, H, width, m), (down, across) = X.shape, size
    cut = X.reshape(C, H // down, down, width // across, across, m).transpose(0, 2, 4, 5, 1, 3)
    Z = affine.affine(W, cut.reshape(W.shape[1], -1), b)
    return sequence(Z, cut.shape[4] * cut.shape[5])


def class_token(X: Array, c: Array) -> Array:
    """y_0 = c, y_t = x_{t−1}"""
    Y = empty_columns(X, len(X) + 1)
    Y[0], Y[1:] = c, X
    return Y


def first_step(X: Array) -> Array:
    """y = x_1"""
    return np.ascontiguousarray(X[0])

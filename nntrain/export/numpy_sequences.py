"""Layers that look across steps as functions of arrays, as numpy_functions has the others.

X (T, n, m).  `lengths` (m,) are the steps of each example that count, None where all do; what stands at the others may
be anything.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from nntrain.kernels import affine, attention, correlation, gru, lstm, rnn, rotation
from nntrain.kernels.attention import Masks
from nntrain.kernels.columns import columns, empty_columns, of_steps, sequence
from nntrain.kernels.windows import Pair, Window
from nntrain.layers.conv1d import Placed
from nntrain.layers.position import sinusoidal_positions
from nntrain.model.shapes import Array


def counting(X: Array, lengths: Array) -> Array:
    """(T, m) True at the steps that count."""
    return np.arange(len(X))[:, None] < lengths


def only_counting(X: Array, lengths: Array) -> Array:
    """X with zeros at the steps that do not count."""
    return np.where(counting(X, lengths)[:, None], X, X.dtype.type(0))


def conv1d(
    W: Array,
    X: Array,
    b: Array | None,
    *,
    stride: int,
    padding: Pair,
    dilation: int,
    groups: int,
    same: bool = False,
    lengths: Array | None = None,
) -> Array:
    """Z = W ∗ X + b along the steps: a convolution of an image of one row; `same` is padding: same."""
    if lengths is not None:
        extent = dilation * (W.shape[2] - 1) + 1
        after = conv1d_lengths(np.append(lengths, len(X)), W.shape[2], stride, padding[0], dilation, same)
        spans = (after - 1) * stride + extent
        before = np.maximum(spans[:-1] - lengths, 0) // 2 if same else np.full_like(lengths, padding[0])
        X, padding = Placed(lengths, before, len(X), int(spans[-1])).pad(X), (0, 0)
    slid = Window((1, W.shape[2]), (1, stride), ((0, 0), padding), (1, dilation))
    row = np.ascontiguousarray(X.transpose(1, 0, 2))[:, None]
    Z = correlation.conv2d_forward(row, W[:, :, None], b, slid, groups)
    return np.ascontiguousarray(Z[:, 0].transpose(1, 0, 2))


def conv1d_lengths(lengths: Array, kernel: int, stride: int, padding: int, dilation: int, same: bool) -> Array:
    """The steps that count behind conv1d."""
    if same:
        return -(-lengths // stride)
    least: Array = np.maximum((lengths + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1, 1)
    return least


def mean_over_time(X: Array, *, lengths: Array | None = None) -> Array:
    """y = Σ_t x_t / L over the L steps that count"""
    share: Array = np.full((len(X), 1, 1), 1 / len(X), X.dtype)
    if lengths is not None:
        share = (counting(X, lengths) / lengths)[:, None].astype(X.dtype)
    mean: Array = (X * share).sum(axis=0)
    return mean


def max_over_time(X: Array, *, lengths: Array | None = None) -> Array:
    """The maximum over the steps that count."""
    if lengths is not None:
        X = np.where(counting(X, lengths)[:, None], X, -np.inf)
    largest: Array = X.max(axis=0)
    return largest


def recurrent_rnn(
    X: Array, W: Array, U: Array, b: Array, *, last: bool, reverse: bool = False, lengths: Array | None = None
) -> Array:
    """a_t = tanh(W x_t + U a_{t-1} + b)"""
    A, ends, _ = rnn.forward(X, [W, U, b], [None], lengths, reverse=reverse, training=False)
    return ends[0] if last else A


def recurrent_lstm(
    X: Array, W: Array, U: Array, b: Array, *, last: bool, reverse: bool = False, lengths: Array | None = None
) -> Array:
    """c_t = Γ_u c̃ + Γ_f c_{t-1},  a_t = Γ_o tanh(c_t)"""
    A, ends, _ = lstm.forward(X, [W, U, b], [None, None], lengths, reverse=reverse, training=False)
    return ends[0] if last else A


def recurrent_gru(
    X: Array,
    W: Array,
    U: Array,
    b: Array,
    b_u: Array,
    *,
    last: bool,
    reverse: bool = False,
    lengths: Array | None = None,
) -> Array:
    """a_t = (1 − Γ_u) c̃ + Γ_u a_{t-1}"""
    A, ends, _ = gru.forward(X, [W, U, b, b_u], [None], lengths, reverse=reverse, training=False)
    return ends[0] if last else A


def self_attention(
    X: Array,
    W_qkv: Array,
    b_qkv: Array | None,
    W_o: Array,
    b_o: Array | None,
    *,
    heads: int,
    causal: bool,
    rope: bool,
    lengths: Array | None = None,
) -> Array:
    """Y = W_o [O_1; …; O_h] + b_o,  O_i = V_i softmax(K_iᵀ Q_i / √d);  W_qkv is W_q, W_k, W_v below each other"""
    T, M = len(X), columns(X)
    projected = affine.affine(W_qkv, M, b_qkv)
    d = len(projected) // 3 // heads
    QKV = projected.reshape(3, heads, d, -1, T).swapaxes(2, 3)
    QKV[0] *= M.dtype.type(1 / sqrt(d))
    if rope:
        rotation.rotate(QKV[:2])
    valid = None
    if lengths is not None:
        projected *= of_steps(counting(X, lengths))
        valid = np.arange(T) < lengths[:, None]
    O = np.empty((heads * d, M.shape[1]), M.dtype)
    Q, K, V = QKV
    attention.forward(Q, K, V, O.reshape(heads, d, -1, T).swapaxes(1, 2), Masks(causal, valid), False)
    return sequence(affine.affine(W_o, O, b_o), T)


def last_step(X: Array, *, lengths: Array | None = None) -> Array:
    """y = x_L, the last step that counts"""
    T, _, m = X.shape
    steps = np.full(m, T - 1) if lengths is None else lengths - 1
    return np.ascontiguousarray(X[steps, :, np.arange(m)].T)


def first_step(X: Array) -> Array:
    """y = x_1"""
    return np.ascontiguousarray(X[0])


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


def class_token(X: Array, c: Array) -> Array:
    """y_0 = c, y_t = x_{t−1}"""
    Y = empty_columns(X, len(X) + 1)
    Y[0], Y[1:] = c, X
    return Y

"""Pooling, one window after the other.   X (C, H, W, m)   Y (C, H', W', m)   Course 4, week 1."""

from __future__ import annotations

import numpy as np

from nntrain.kernels.reference.naive_convolution import padded, places, without_padding
from nntrain.kernels.windows import Pair, Window
from nntrain.model.shapes import Floats


def max_pool_forward(X: Floats, window: Window) -> Floats:
    """Y = the largest pixel under each window; padding is −∞."""
    P, size = padded(X, window, -np.inf), window.output_size((X.shape[1], X.shape[2]))
    Y = np.zeros((len(X), *size, X.shape[3]), X.dtype)
    for i, j, rows, columns in places(window, size):
        Y[:, i, j] = np.max(P[:, rows, columns], axis=(1, 2))
    return Y


def max_pool_backward(dY: Floats, X: Floats, window: Window) -> Floats:
    """dX: each dY goes to the pixel that was the largest; of equal ones to the first by column, then row."""
    P = padded(X, window, -np.inf)
    dP = np.zeros_like(P)
    for i, j, rows, columns in places(window, (dY.shape[1], dY.shape[2])):
        seen, d = P[:, rows, columns], dP[:, rows, columns]  # (C, kh, kw, m), a view
        for c in range(X.shape[0]):
            for k in range(X.shape[3]):
                at = np.argmax(seen[c, :, :, k].T)  # rows of the transposed are the columns
                b, a = np.unravel_index(at, seen.shape[2:0:-1])
                d[c, a, b, k] += dY[c, i, j, k]
    return without_padding(dP, window, (X.shape[1], X.shape[2]))


def average_pool_forward(X: Floats, window: Window) -> Floats:
    """Y = the mean under each window; padding is zeros, and counts."""
    P, size = padded(X, window), window.output_size((X.shape[1], X.shape[2]))
    Y = np.zeros((len(X), *size, X.shape[3]), X.dtype)
    for i, j, rows, columns in places(window, size):
        Y[:, i, j] = np.mean(P[:, rows, columns], axis=(1, 2))
    return Y


def average_pool_backward(dY: Floats, window: Window, size: Pair) -> Floats:
    """dX (C, *size, m): each dY is spread evenly over its window."""
    dP = padded(np.zeros((len(dY), *size, dY.shape[3]), dY.dtype), window)
    for i, j, rows, columns in places(window, (dY.shape[1], dY.shape[2])):
        dP[:, rows, columns] += dY[:, i, j][:, None, None] / (window.kernel[0] * window.kernel[1])
    return without_padding(dP, window, size)

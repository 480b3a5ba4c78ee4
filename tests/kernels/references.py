"""The sums of the textbook as plain loops over outputs and taps: slow, and too simple to be wrong."""

from __future__ import annotations

import itertools

import numpy as np


def pad(X, window):
    return np.pad(X, ((0, 0), *window.padding, (0, 0)))


def views(window, size):
    """Every output pixel with the slices of padded rows and columns under its window."""
    (kh, kw), (sh, sw), (dh, dw) = window.kernel, window.stride, window.dilation
    for i, j in itertools.product(range(size[0]), range(size[1])):
        yield i, j, slice(i * sh, i * sh + dh * (kh - 1) + 1, dh), slice(j * sw, j * sw + dw * (kw - 1) + 1, dw)


def output_size(X, window):
    padded = pad(X, window)
    return tuple(
        (padded.shape[1 + k] - window.dilation[k] * (window.kernel[k] - 1) - 1) // window.stride[k] + 1 for k in (0, 1)
    )


def convolution(X, W, b, window, groups):
    size = output_size(X, window)
    Z = np.zeros((W.shape[0], *size, X.shape[3]), X.dtype)
    padded, c, f = pad(X, window), X.shape[0] // groups, W.shape[0] // groups
    for i, j, rows, columns in views(window, size):
        for k in range(W.shape[0]):
            seen = padded[k // f * c : (k // f + 1) * c, rows, columns]
            Z[k, i, j] = (W[k, ..., None] * seen).sum(axis=(0, 1, 2)) + b[k]
    return Z


def convolution_gradients(X, W, dZ, window, groups):
    """dX, dW, db."""
    padded, c, f = pad(X, window), X.shape[0] // groups, W.shape[0] // groups
    dX, dW = np.zeros_like(padded), np.zeros_like(W)
    for i, j, rows, columns in views(window, dZ.shape[1:3]):
        for k in range(W.shape[0]):
            channels = slice(k // f * c, (k // f + 1) * c)
            dX[channels, rows, columns] += W[k, ..., None] * dZ[k, i, j]
            dW[k] += (padded[channels, rows, columns] * dZ[k, i, j]).sum(axis=-1)
    return crop(dX, X, window), dW, dZ.sum(axis=(1, 2, 3))[:, None]


def crop(padded, X, window):
    top, left = window.padding[0][0], window.padding[1][0]
    return padded[:, top : top + X.shape[1], left : left + X.shape[2]]


def pooling(X, window, dY, maximum):
    """Y and dX of max or average pooling."""
    size = output_size(X, window)
    padded = np.pad(X, ((0, 0), *window.padding, (0, 0)), constant_values=-np.inf if maximum else 0)
    Y, dX = np.zeros((X.shape[0], *size, X.shape[3]), X.dtype), np.zeros_like(padded)
    for i, j, rows, columns in views(window, size):
        seen = padded[:, rows, columns]
        if maximum:
            Y[:, i, j] = seen.max(axis=(1, 2))
            dX[:, rows, columns] += dY[:, i, j][:, None, None] * (seen == Y[:, i, j][:, None, None])
        else:
            Y[:, i, j] = seen.mean(axis=(1, 2))
            dX[:, rows, columns] += dY[:, i, j][:, None, None] / (seen.shape[1] * seen.shape[2])
    return Y, crop(dX, X, window)

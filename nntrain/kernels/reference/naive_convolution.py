"""Convolution, one output pixel after the other.   Course 4, week 1; transposed: week 3.

    Z[f, i, j] = Σ_{c,a,b} W[f, c, a, b] X[c, i·s_h + a·d_h − p_h, j·s_w + b·d_w − p_w] + b[f]

with strides s, dilations d, padding p, zeros outside X: a cross-correlation, as everywhere in deep learning.  With
groups, filter f sees its own group of channels c alone.
X (C, H, W, m)   W (filters, C/groups, kh, kw)   b (filters, 1)   Z (filters, H', W', m)
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nntrain.kernels.windows import Pair, Window
from nntrain.model.shapes import Floats

Place = tuple[int, int, slice, slice]


def padded(X: Floats, window: Window, value: float = 0.0) -> Floats:
    """X (C, H, W, m) with the padding around it."""
    return np.pad(X, ((0, 0), *window.padding, (0, 0)), constant_values=value)


def without_padding(P: Floats, window: Window, size: Pair) -> Floats:
    """The inside (C, *size, m) of a padded image."""
    top, left = window.padding[0][0], window.padding[1][0]
    return P[:, top : top + size[0], left : left + size[1]]


def places(window: Window, size: Pair) -> Iterator[Place]:
    """Each output pixel i, j of an output (H', W') = `size`, and the rows and columns of the padded image under it."""
    (kh, kw), (sh, sw), (dh, dw) = window.kernel, window.stride, window.dilation
    for i in range(size[0]):
        for j in range(size[1]):
            rows = slice(i * sh, i * sh + (kh - 1) * dh + 1, dh)
            columns = slice(j * sw, j * sw + (kw - 1) * dw + 1, dw)
            yield i, j, rows, columns


def convolution_forward(X: Floats, W: Floats, b: Floats, window: Window, groups: int = 1) -> Floats:
    """Z (filters, H', W', m), as the module's equation."""
    size = window.output_size((X.shape[1], X.shape[2]))
    Z = np.zeros((len(W), *size, X.shape[3]), X.dtype)
    P = padded(X, window)
    for i, j, rows, columns in places(window, size):
        for f in range(len(W)):
            seen = P[channels_of(f, W, groups), rows, columns]  # (C/groups, kh, kw, m)
            Z[f, i, j] = np.sum(W[f, :, :, :, None] * seen, axis=(0, 1, 2)) + b[f]
    return Z


def convolution_backward(
    dZ: Floats, X: Floats, W: Floats, window: Window, groups: int = 1
) -> tuple[Floats, Floats, Floats]:
    """dX, dW, db: each output pixel passes its derivative on to the pixels and the weights that it was made of."""
    P = padded(X, window)
    dP, dW, db = np.zeros_like(P), np.zeros_like(W), np.zeros((len(W), 1), W.dtype)
    for i, j, rows, columns in places(window, (dZ.shape[1], dZ.shape[2])):
        for f in range(len(W)):
            channels = channels_of(f, W, groups)
            dP[channels, rows, columns] += W[f, :, :, :, None] * dZ[f, i, j]
            dW[f] += np.sum(P[channels, rows, columns] * dZ[f, i, j], axis=-1)
            db[f] += np.sum(dZ[f, i, j])
    return without_padding(dP, window, (X.shape[1], X.shape[2])), dW, db


def channels_of(f: int, W: Floats, groups: int) -> slice:
    """The channels of X that filter f sees."""
    g, c = f // (len(W) // groups), W.shape[1]
    return slice(g * c, (g + 1) * c)


def transposed_convolution_forward(
    X: Floats, W: Floats, b: Floats, window: Window, size: Pair, groups: int = 1
) -> Floats:
    """Each pixel of X, times a kernel, is added to the patch of Z under the window there.

    X (C, H, W, m)   W (C, filters/groups, kh, kw)   b (filters, 1)   Z (filters, *size, m).  `window` is that of the
    convolution that this one transposes: it takes images of `size` to (H, W).
    """
    filters = W.shape[1] * groups
    P = padded(np.zeros((filters, *size, X.shape[3]), X.dtype), window)
    for i, j, rows, columns in places(window, (X.shape[1], X.shape[2])):
        for c in range(len(W)):
            P[channels_of(c, W, groups), rows, columns] += W[c, :, :, :, None] * X[c, i, j]
    return without_padding(P, window, size) + b[:, :, None, None]


def transposed_convolution_backward(
    dZ: Floats, X: Floats, W: Floats, window: Window, groups: int = 1
) -> tuple[Floats, Floats, Floats]:
    """dX, dW, db: each pixel of X gathers from the patch of dZ that it was added to."""
    dP = padded(dZ, window)
    dX, dW, db = np.zeros_like(X), np.zeros_like(W), np.zeros((len(dZ), 1), W.dtype)
    for i, j, rows, columns in places(window, (X.shape[1], X.shape[2])):
        for c in range(len(W)):
            patch = dP[channels_of(c, W, groups), rows, columns]
            dX[c, i, j] = np.sum(W[c, :, :, :, None] * patch, axis=(0, 1, 2))
            dW[c] += np.sum(patch * X[c, i, j], axis=-1)
    db[:, 0] = np.sum(dZ, axis=(1, 2, 3))
    return dX, dW, db

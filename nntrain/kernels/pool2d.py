"""Max and average pooling.   X (C, H, W, m) → Y (C, H', W', m)   (course 4, video "Pooling layers").

Where several pixels of a window hold the maximum, the gradient goes to one of them: the first by column, then row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from nntrain.kernels.elementwise import relu_backward
from nntrain.kernels.scratch import scratch
from nntrain.kernels.tiles import by_bytes
from nntrain.kernels.windows import Pair, Window, taps
from nntrain.model.shapes import Bools, Floats
from nntrain.runtime import threads


class Winners(NamedTuple):
    """Of 2×2 windows that tile the image: where the first of two rows, and then of two columns, held the maximum."""

    first_row: Bools  # (C, H/2, W, m)
    first_column: Bools  # (C, H/2, W/2, m)


class Pixels(NamedTuple):
    """Of other windows: what the maximum is compared with to be found again."""

    X: Floats
    Y: Floats


PoolCache = Winners | Pixels


def max_pool_forward(X: Floats, window: Window, relu: bool = False) -> tuple[Floats, PoolCache]:
    """Y = the maximum under each window (padding never wins), and what max_pool_backward needs to find it again.

    `relu`: max(0, Y) in place of Y.  Raises ValueError where a window may lie in the padding alone.
    """
    check(window)
    size = window.output_size((X.shape[1], X.shape[2]))
    Y = np.empty((X.shape[0], *size, X.shape[3]), X.dtype)
    if _halves(window, X):
        return Y, _halve_forward(X, Y, relu)

    def work(tile: slice) -> None:
        y = Y[tile]
        y[...] = -np.inf
        for _, inside, seen in _taps(X[tile], window, size):
            np.maximum(y[inside], seen, out=y[inside])
        if relu:
            np.clip(y, 0, np.inf, out=y)

    threads.run(work, by_bytes(len(X), X.nbytes))
    return Y, Pixels(X, Y)


def max_pool_backward(dY: Floats, cache: PoolCache, window: Window, size: Pair, A: Floats | None = None) -> Floats:
    """dX (C, H, W, m): each dY goes to the pixel that was the maximum.  `size` is X's (H, W).

    Where A = max(0, Y) is given, `dY` is dA: the derivative of relu is taken first.
    """
    dX = np.empty((dY.shape[0], *size, dY.shape[3]), dY.dtype)
    if isinstance(cache, Winners):
        _halve_backward(dY, cache, dX, A)
        return dX
    X, Y = cache

    def work(tile: slice) -> None:
        dx = dX[tile]
        dx[...] = 0
        left = scratch("unrouted", Y[tile].shape, dY.dtype)
        if A is None:
            left[...] = dY[tile]
        else:
            relu_backward(dY[tile], A[tile], left)
        outputs = dY.shape[1], dY.shape[2]
        pairs = zip(_taps(X[tile], window, outputs), _taps(dx, window, outputs), strict=True)
        for (_, inside, seen), (*_, target) in pairs:
            routed = left[inside] * (seen == Y[tile][inside])
            target += routed
            left[inside] -= routed

    threads.run(work, by_bytes(len(X), X.nbytes))
    return dX


def avg_pool_forward(X: Floats, window: Window) -> Floats:
    """Y = the mean under each window; padding counts as zeros.  Raises ValueError as max_pool_forward does."""
    check(window)
    size = window.output_size((X.shape[1], X.shape[2]))
    Y = np.empty((X.shape[0], *size, X.shape[3]), X.dtype)
    share = X.dtype.type(1 / (window.kernel[0] * window.kernel[1]))

    def work(tile: slice) -> None:
        y = Y[tile]
        y[...] = 0
        for _, inside, seen in _taps(X[tile], window, size):
            y[inside] += seen
        y *= share

    threads.run(work, by_bytes(len(X), X.nbytes))
    return Y


def avg_pool_backward(dY: Floats, window: Window, size: Pair) -> Floats:
    """dX (C, H, W, m): each dY is spread evenly over its window.  `size` is X's (H, W)."""
    dX = np.empty((dY.shape[0], *size, dY.shape[3]), dY.dtype)
    share = dY.dtype.type(1 / (window.kernel[0] * window.kernel[1]))

    def work(tile: slice) -> None:
        dx = dX[tile]
        dx[...] = 0
        even = scratch("share", dY[tile].shape, dY.dtype)
        np.multiply(dY[tile], share, out=even)
        for _, inside, target in _taps(dx, window, (dY.shape[1], dY.shape[2])):
            target += even[inside]

    threads.run(work, by_bytes(len(dX), dX.nbytes))
    return dX


def check(window: Window) -> None:
    """Raise ValueError where padding is as large as the kernel, so that a window may see no pixel at all."""
    for padding, kernel in zip(window.padding, window.kernel, strict=True):
        if max(padding) >= kernel:
            raise ValueError(f"padding {max(padding)} leaves windows of size {kernel} empty: it must be smaller")


def _halves(window: Window, X: Floats) -> bool:
    """Whether windows are 2×2 and tile the image."""
    return window == Window((2, 2), (2, 2)) and X.shape[1] % 2 == 0 and X.shape[2] % 2 == 0


def _halve_forward(X: Floats, Y: Floats, relu: bool) -> Winners:
    """Fill Y: the larger pixel of each pair of rows, then of each pair of columns of those."""
    C, H, W, m = X.shape
    first_row, first_column = np.empty((C, H // 2, W, m), np.bool_), np.empty(Y.shape, np.bool_)

    def work(tile: slice) -> None:
        pairs = X[tile].reshape(-1, H // 2, 2, W, m)
        rows = scratch("rows", first_row[tile].shape, X.dtype)
        np.greater_equal(pairs[:, :, 0], pairs[:, :, 1], out=first_row[tile])
        np.maximum(pairs[:, :, 0], pairs[:, :, 1], out=rows)
        np.greater_equal(rows[:, :, ::2], rows[:, :, 1::2], out=first_column[tile])
        np.maximum(rows[:, :, ::2], rows[:, :, 1::2], out=Y[tile])
        if relu:
            np.clip(Y[tile], 0, np.inf, out=Y[tile])

    threads.run(work, by_bytes(len(X), X.nbytes))
    return Winners(first_row, first_column)


def _halve_backward(dY: Floats, cache: Winners, dX: Floats, A: Floats | None) -> None:
    """Fill dX: to the pair of columns, then to the pair of rows, each time to the one that held the maximum."""
    _, H, W, m = dX.shape
    first_row, first_column = cache

    def work(tile: slice) -> None:
        d_rows = scratch("rows", first_row[tile].shape, dX.dtype)
        d = dY[tile]
        if A is not None:
            d = relu_backward(d, A[tile], scratch("dZ", d.shape, d.dtype))
        _route(d, first_column[tile], d_rows[:, :, ::2], d_rows[:, :, 1::2])
        pairs = dX[tile].reshape(-1, H // 2, 2, W, m)
        _route(d_rows, first_row[tile], pairs[:, :, 0], pairs[:, :, 1])

    threads.run(work, by_bytes(len(dX), dX.nbytes))


def _route(d: Floats, first_wins: Bools, d_first: Floats, d_second: Floats) -> None:
    """d to the first of a pair where it held the maximum, else to the second."""
    # The booleans become 0.0 and 1.0 in a pass of its own: multiplying by them converts in small pieces.
    wins = scratch("first wins", d.shape, d.dtype)
    np.copyto(wins, first_wins)
    np.multiply(d, wins, out=d_first)
    np.subtract(d, d_first, out=d_second)


def _taps(X: Floats, window: Window, size: Pair) -> Iterator[tuple[Pair, tuple[slice, ...], Floats]]:
    return taps(X, window.kernel, size, window.origin, window.stride, window.dilation)

"""Max and average pooling.   X (C, H, W, m) → Y (C, H', W', m)   (course 4, video "Pooling layers").

Where several pixels of a window hold the maximum, the gradient goes to one of them: the first by column, then row.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nntrain import threads
from nntrain.kernels.memory import scratch
from nntrain.kernels.windows import Pair, Window, channel_tiles, reach


def max_pool_forward(X: np.ndarray, window: Window) -> np.ndarray:
    """Y = the maximum under each window; padding never wins."""
    _check(window)
    size = window.output_size((X.shape[1], X.shape[2]))
    Y = np.empty((X.shape[0], *size, X.shape[3]), X.dtype)
    halving = _halves(window, X)

    def work(tile: slice) -> None:
        x, y = X[tile], Y[tile]
        if halving:
            _, rows = _max_of_rows(x)
            np.maximum(rows[:, :, ::2], rows[:, :, 1::2], out=y)
            return
        y[...] = -np.inf
        for inside, seen in _taps(x, window, size):
            np.maximum(y[inside], seen, out=y[inside])

    threads.run(work, channel_tiles(X))
    return Y


def max_pool_backward(dY: np.ndarray, X: np.ndarray, Y: np.ndarray, window: Window) -> np.ndarray:
    """dX: each dY goes to the pixel that was the maximum."""
    size = Y.shape[1], Y.shape[2]
    dX = np.empty(X.shape, dY.dtype)
    halving = _halves(window, X)

    def work(tile: slice) -> None:
        x, dx, d = X[tile], dX[tile], dY[tile]
        if halving:
            _halve_backward(x, dx, d)
            return
        dx[...] = 0
        left = scratch("unrouted", d.shape, dY.dtype)
        left[...] = d
        for (inside, seen), (_, target) in zip(_taps(x, window, size), _taps(dx, window, size), strict=True):
            routed = left[inside] * (seen == Y[tile][inside])
            target += routed
            left[inside] -= routed

    threads.run(work, channel_tiles(X))
    return dX


def avg_pool_forward(X: np.ndarray, window: Window) -> np.ndarray:
    """Y = the mean under each window; padding counts as zeros."""
    _check(window)
    size = window.output_size((X.shape[1], X.shape[2]))
    Y = np.empty((X.shape[0], *size, X.shape[3]), X.dtype)
    share = X.dtype.type(1 / (window.kernel[0] * window.kernel[1]))

    def work(tile: slice) -> None:
        y = Y[tile]
        y[...] = 0
        for inside, seen in _taps(X[tile], window, size):
            y[inside] += seen
        y *= share

    threads.run(work, channel_tiles(X))
    return Y


def avg_pool_backward(dY: np.ndarray, window: Window, size: Pair) -> np.ndarray:
    """dX (C, H, W, m): each dY is spread evenly over its window.  `size` is X's (H, W)."""
    dX = np.empty((dY.shape[0], *size, dY.shape[3]), dY.dtype)
    share = dY.dtype.type(1 / (window.kernel[0] * window.kernel[1]))

    def work(tile: slice) -> None:
        dx = dX[tile]
        dx[...] = 0
        even = scratch("share", dY[tile].shape, dY.dtype)
        np.multiply(dY[tile], share, out=even)
        for inside, target in _taps(dx, window, (dY.shape[1], dY.shape[2])):
            target += even[inside]

    threads.run(work, channel_tiles(dX))
    return dX


def _check(window: Window) -> None:
    for padding, kernel in zip(window.padding, window.kernel, strict=True):
        if max(padding) >= kernel:
            raise ValueError(f"padding {max(padding)} leaves windows of size {kernel} empty: it must be smaller")


def _halves(window: Window, X: np.ndarray) -> bool:
    """Whether this is the usual 2×2 pooling that divides the image evenly."""
    return window == Window((2, 2), (2, 2)) and X.shape[1] % 2 == 0 and X.shape[2] % 2 == 0


def _max_of_rows(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row pairs (C, H/2, 2, W, m) and the maximum of each pair (C, H/2, W, m)."""
    C, H, W, m = x.shape
    pairs = x.reshape(C, H // 2, 2, W, m)
    return pairs, np.maximum(pairs[:, :, 0], pairs[:, :, 1], out=scratch("rows", (C, H // 2, W, m), x.dtype))


def _halve_backward(x: np.ndarray, dx: np.ndarray, d: np.ndarray) -> None:
    """A tournament played backwards: the first of a pair takes d where it is not the smaller, the second the rest."""
    pairs, rows = _max_of_rows(x)
    d_rows = scratch("row gradients", rows.shape, x.dtype)
    _share(d, rows[:, :, ::2], rows[:, :, 1::2], d_rows[:, :, ::2], d_rows[:, :, 1::2])
    targets = dx.reshape(pairs.shape)
    _share(d_rows, pairs[:, :, 0], pairs[:, :, 1], targets[:, :, 0], targets[:, :, 1])


def _share(d: np.ndarray, first: np.ndarray, second: np.ndarray, d_first: np.ndarray, d_second: np.ndarray) -> None:
    # The comparison becomes 0.0 and 1.0 in a pass of its own: multiplying by booleans converts them in small pieces.
    wins = scratch("first wins", d.shape, d.dtype)
    np.copyto(wins, np.greater_equal(first, second, out=scratch("comparison", d.shape, np.bool_)))
    np.multiply(d, wins, out=d_first)
    np.subtract(d, d_first, out=d_second)


def _taps(X: np.ndarray, window: Window, size: Pair) -> Iterator[tuple[tuple[slice, ...], np.ndarray]]:
    """For each pixel of the window: the outputs for which it lies inside X, and what it sees there (a view)."""
    (kh, kw), (sh, sw), (dh, dw), (top, left) = window.kernel, window.stride, window.dilation, window.origin
    for b in range(kw):
        j0, j1 = reach(size[1], sw, b * dw + left, X.shape[2])
        for a in range(kh):
            i0, i1 = reach(size[0], sh, a * dh + top, X.shape[1])
            if i0 < i1 and j0 < j1:
                y, x = i0 * sh + a * dh + top, j0 * sw + b * dw + left
                seen = X[:, y : y + (i1 - i0 - 1) * sh + 1 : sh, x : x + (j1 - j0 - 1) * sw + 1 : sw]
                yield (slice(None), slice(i0, i1), slice(j0, j1)), seen

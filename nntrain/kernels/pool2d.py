"""Max and average pooling.   X (C, H, W, m) → Y (C, H', W', m)   (course 4, video "Pooling layers").

Where several pixels of a window hold the maximum, the gradient goes to one of them: the first by column, then row.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nntrain.kernels.elementwise import passed_by_relu
from nntrain.kernels.scratch import scratch
from nntrain.kernels.tiles import by_bytes
from nntrain.kernels.windows import Pair, Window, taps
from nntrain.runtime import threads


def max_pool_forward(X: np.ndarray, window: Window, relu: bool = False) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Y = the maximum under each window (padding never wins), and what max_pool_backward needs to find it again.

    With `relu` max(0, Y) in place of Y.
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
    return Y, (X, Y)


def max_pool_backward(
    dY: np.ndarray, cache: tuple[np.ndarray, ...], window: Window, size: Pair, A: np.ndarray | None = None
) -> np.ndarray:
    """dX (C, H, W, m): each dY goes to the pixel that was the maximum.  `size` is X's (H, W).

    With A = max(0, Y), `dY` is dA and passes on only where A > 0.
    """
    dX = np.empty((dY.shape[0], *size, dY.shape[3]), dY.dtype)
    if cache[0].dtype == np.bool_:
        first_row, first_column = cache
        _halve_backward(dY, first_row, first_column, dX, A)
        return dX
    X, Y = cache

    def work(tile: slice) -> None:
        dx = dX[tile]
        dx[...] = 0
        left = scratch("unrouted", Y[tile].shape, dY.dtype)
        if A is None:
            left[...] = dY[tile]
        else:
            passed_by_relu(dY[tile], A[tile], left)
        outputs = dY.shape[1], dY.shape[2]
        pairs = zip(_taps(X[tile], window, outputs), _taps(dx, window, outputs), strict=True)
        for (_, inside, seen), (*_, target) in pairs:
            routed = left[inside] * (seen == Y[tile][inside])
            target += routed
            left[inside] -= routed

    threads.run(work, by_bytes(len(X), X.nbytes))
    return dX


def avg_pool_forward(X: np.ndarray, window: Window) -> np.ndarray:
    """Y = the mean under each window; padding counts as zeros."""
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


def avg_pool_backward(dY: np.ndarray, window: Window, size: Pair) -> np.ndarray:
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
    for padding, kernel in zip(window.padding, window.kernel, strict=True):
        if max(padding) >= kernel:
            raise ValueError(f"padding {max(padding)} leaves windows of size {kernel} empty: it must be smaller")


def _halves(window: Window, X: np.ndarray) -> bool:
    """Whether this is the usual 2×2 pooling that divides the image evenly."""
    return window == Window((2, 2), (2, 2)) and X.shape[1] % 2 == 0 and X.shape[2] % 2 == 0


def _halve_forward(X: np.ndarray, Y: np.ndarray, relu: bool) -> tuple[np.ndarray, np.ndarray]:
    """A tournament: rows meet in pairs, the winners' columns meet in pairs; each first one's victories are noted."""
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
    return first_row, first_column


def _halve_backward(
    dY: np.ndarray, first_row: np.ndarray, first_column: np.ndarray, dX: np.ndarray, A: np.ndarray | None
) -> None:
    """The tournament backwards: where the first one won it takes the gradient; the second has the rest."""
    _, H, W, m = dX.shape

    def work(tile: slice) -> None:
        d_rows = scratch("rows", first_row[tile].shape, dX.dtype)
        d = dY[tile]
        if A is not None:
            d = passed_by_relu(d, A[tile], scratch("dZ", d.shape, d.dtype))
        _share(d, first_column[tile], d_rows[:, :, ::2], d_rows[:, :, 1::2])
        pairs = dX[tile].reshape(-1, H // 2, 2, W, m)
        _share(d_rows, first_row[tile], pairs[:, :, 0], pairs[:, :, 1])

    threads.run(work, by_bytes(len(dX), dX.nbytes))


def _share(d: np.ndarray, first_wins: np.ndarray, d_first: np.ndarray, d_second: np.ndarray) -> None:
    # The booleans become 0.0 and 1.0 in a pass of its own: multiplying by them converts in small pieces.
    wins = scratch("first wins", d.shape, d.dtype)
    np.copyto(wins, first_wins)
    np.multiply(d, wins, out=d_first)
    np.subtract(d, d_first, out=d_second)


def _taps(X: np.ndarray, window: Window, size: Pair) -> Iterator[tuple[Pair, tuple[slice, ...], np.ndarray]]:
    return taps(X, window.kernel, size, window.origin, window.stride, window.dilation)

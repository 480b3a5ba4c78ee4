"""Depthwise correlation: each channel has filters of its own, so there is no matrix product to make, only taps.

    Y[c·k + q, i, j] = Σ_{a,b} W[c·k + q, 0, a, b] · X[c, i·s_h + a·d_h + o_h, j·s_w + b·d_w + o_w]

X (C, H, W, m)   W (C·k, 1, kh, kw)   Y (C·k, H', W', m).  (MobileNet, Howard et al. 2017; course 4.)
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nntrain import threads
from nntrain.kernels.memory import scratch
from nntrain.kernels.windows import Pair, reach

TILE_BYTES = 1 << 18


def correlate(
    X: np.ndarray, W: np.ndarray, b: np.ndarray | None, Y: np.ndarray, origin: Pair, stride: Pair, dilation: Pair
) -> None:
    """Write the correlation (plus b (C·k, 1)) into Y."""
    C = X.shape[0]
    k = W.shape[0] // C
    _, rows, columns, m = Y.shape

    def work(channels: Pair) -> None:
        c0, c1 = channels
        product = scratch("taps", (c1 - c0, rows, columns, m), X.dtype)
        for q in range(k):
            filters = slice(c0 * k + q, c1 * k, k)
            target = Y[filters]
            target[...] = 0 if b is None else b[filters, :, None, None]
            for (a, c), inside, seen in _taps(X[c0:c1], W.shape[2:], (rows, columns), origin, stride, dilation):
                part = product[:, : seen.shape[1], : seen.shape[2]]
                np.multiply(seen, W[filters, :, a, c, None, None], out=part)
                target[inside] += part

    threads.run(work, _channel_tiles(C, rows * columns * m * X.itemsize))


def weight_gradient(
    X: np.ndarray, dY: np.ndarray, kernel: Pair, origin: Pair, stride: Pair, dilation: Pair
) -> np.ndarray:
    """dW[c·k + q, 0, a, b] = Σ_{i,j,m} dY[c·k + q, i, j] · X[c, …]   (C·k, 1, kh, kw)"""
    C = X.shape[0]
    k = dY.shape[0] // C
    size = dY.shape[1], dY.shape[2]
    dW = np.zeros((dY.shape[0], 1, *kernel), X.dtype)

    def work(channels: Pair) -> None:
        c0, c1 = channels
        for q in range(k):
            filters = slice(c0 * k + q, c1 * k, k)
            for (a, c), inside, seen in _taps(X[c0:c1], kernel, size, origin, stride, dilation):
                dW[filters, 0, a, c] = np.vecdot(dY[filters][inside], seen).sum(axis=(1, 2))

    threads.run(work, _channel_tiles(C, dY[0].nbytes))
    return dW


def _taps(
    X: np.ndarray, kernel: Pair, size: Pair, origin: Pair, stride: Pair, dilation: Pair
) -> Iterator[tuple[Pair, tuple[slice, ...], np.ndarray]]:
    """Each tap (a, b), the part of the output that it reaches, and the part of X that it sees from there."""
    for a in range(kernel[0]):
        top = a * dilation[0] + origin[0]
        i0, i1 = reach(size[0], stride[0], top, X.shape[1])
        for b in range(kernel[1]):
            left = b * dilation[1] + origin[1]
            j0, j1 = reach(size[1], stride[1], left, X.shape[2])
            if i0 < i1 and j0 < j1:
                seen = X[
                    :,
                    i0 * stride[0] + top : (i1 - 1) * stride[0] + top + 1 : stride[0],
                    j0 * stride[1] + left : (j1 - 1) * stride[1] + left + 1 : stride[1],
                ]
                yield (a, b), (slice(None), slice(i0, i1), slice(j0, j1)), seen


def _channel_tiles(channels: int, channel_bytes: int) -> list[Pair]:
    step = max(1, TILE_BYTES // max(1, channel_bytes))
    return [(c, min(c + step, channels)) for c in range(0, channels, step)]

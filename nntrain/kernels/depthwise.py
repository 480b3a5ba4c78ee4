"""Depthwise correlation: each channel has filters of its own.

    Y[c·k + q, i, j] = Σ_{a,b} W[c·k + q, 0, a, b] · X[c, i·s_h + a·d_h + o_h, j·s_w + b·d_w + o_w]

X (C, H, W, m)   W (C·k, 1, kh, kw)   Y (C·k, H', W', m).  (MobileNet, Howard et al. 2017; course 4.)

A row of the output is a banded matrix times the kh rows of X under it, and those lie one after the other in memory:
Y[i] = T · X[i·s_h + o_h …]   T (W', kh·W).  Most of T is zero, but up to 64 columns the product costs less than a pass
over the image for each tap, which is what wide images and dilated rows take.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from nntrain.kernels.scratch import scratch
from nntrain.kernels.tiles import by_bytes, runs
from nntrain.kernels.windows import Pair, reach, taps
from nntrain.model.shapes import Floats, Ints
from nntrain.runtime import threads

_BYTES_OF_A_TAP = 1 << 18  # of a tile that takes a pass for each tap: those stay in the second-level cache


def correlate(X: Floats, W: Floats, b: Floats | None, Y: Floats, origin: Pair, stride: Pair, dilation: Pair) -> None:
    """Write the correlation (plus b (C·k, 1)) into Y.   `origin`: where the first tap of the first output stands."""
    if _bands_pay(X, dilation):
        _correlate_bands(X, W, b, Y, origin, stride, dilation[1])
        return
    C = X.shape[0]
    k = W.shape[0] // C
    _, rows, columns, m = Y.shape

    def work(channels: slice) -> None:
        c0, c1 = channels.start, channels.stop
        product = scratch("taps", (c1 - c0, rows, columns, m), X.dtype)
        for q in range(k):
            filters = slice(c0 * k + q, c1 * k, k)
            target = Y[filters]
            target[...] = 0 if b is None else b[filters, :, None, None]
            for (a, c), inside, seen in taps(X[c0:c1], W.shape[2:], (rows, columns), origin, stride, dilation):
                part = product[:, : seen.shape[1], : seen.shape[2]]
                np.multiply(seen, W[filters, :, a, c, None, None], out=part)
                target[inside] += part

    threads.run(work, _tap_tiles(C, rows * columns * m * X.itemsize))


def weight_gradient(X: Floats, dY: Floats, kernel: Pair, origin: Pair, stride: Pair, dilation: Pair) -> Floats:
    """dW[c·k + q, 0, a, b] = Σ_{i,j,m} dY[c·k + q, i, j] · X[c, …]   (C·k, 1, kh, kw)"""
    C = X.shape[0]
    k = dY.shape[0] // C
    size = dY.shape[1], dY.shape[2]
    dW = np.zeros((dY.shape[0], 1, *kernel), X.dtype)
    if _bands_pay(X, dilation):
        _fill_band_gradient(dW, X, dY, origin, stride, dilation[1])
        return dW

    def work(channels: slice) -> None:
        c0, c1 = channels.start, channels.stop
        for q in range(k):
            filters = slice(c0 * k + q, c1 * k, k)
            for (a, c), inside, seen in taps(X[c0:c1], kernel, size, origin, stride, dilation):
                dW[filters, 0, a, c] = np.vecdot(dY[filters][inside], seen).sum(axis=(1, 2))

    threads.run(work, _tap_tiles(C, dY[0].nbytes))
    return dW


def _bands_pay(X: Floats, dilation: Pair) -> bool:
    """Whether the banded product costs less than a pass over the image for each tap."""
    return dilation[0] == 1 and X.shape[2] <= 64 and X.flags.c_contiguous


def _correlate_bands(
    X: Floats, W: Floats, b: Floats | None, Y: Floats, origin: Pair, stride: Pair, column_step: int
) -> None:
    """`correlate` by one banded matrix T for each filter."""
    C, _, width, m = X.shape
    F, rows, columns, _ = Y.shape
    kh, kw = W.shape[2:]
    k = F // C
    bands = np.zeros((F, columns, kh, width), X.dtype)
    for tap, (j, x) in enumerate(_diagonals(kw, columns, origin[1], stride[1], column_step, width)):
        bands[:, j, :, x] = W[:, 0, :, tap]
    T = bands.reshape(C, k, 1, columns, kh * width)

    def work(tile: slice) -> None:
        c0, c1 = tile.start, tile.stop
        y = Y[c0 * k : c1 * k].reshape(c1 - c0, k, rows, columns, m)
        unseen = np.ones(rows, np.bool_)
        for (first, last), (a, end), seen in _rows_seen(X[tile], kh, rows, origin[0], stride[0]):
            np.matmul(T[tile, ..., a * width : end * width], seen, out=y[:, :, first:last])
            unseen[first:last] = False
        y[:, :, unseen] = 0
        if b is not None:
            y += b.reshape(C, k, 1, 1, 1)[tile]

    threads.run(work, by_bytes(C, X.nbytes))


def _fill_band_gradient(dW: Floats, X: Floats, dY: Floats, origin: Pair, stride: Pair, column_step: int) -> None:
    """`weight_gradient`: the sums along the diagonals of dT = Σ dY Xᵀ."""
    C, _, width, m = X.shape
    F, rows, columns, _ = dY.shape
    kh, kw = dW.shape[2:]
    k = F // C
    images = dY.reshape(C, k, rows, columns, m)
    diagonals = _diagonals(kw, columns, origin[1], stride[1], column_step, width)

    def work(tile: slice) -> None:
        d = images[tile]
        dT = np.zeros((len(d), k, columns, kh * width), X.dtype)
        for (first, last), (a, end), seen in _rows_seen(X[tile], kh, rows, origin[0], stride[0]):
            products = np.matmul(d[:, :, first:last], seen.swapaxes(-1, -2))
            dT[..., a * width : end * width] += products.sum(axis=2)
        bands = dT.reshape(-1, columns, kh, width)
        part = dW[tile.start * k : tile.start * k + len(bands)]
        for tap, (j, x) in enumerate(diagonals):
            part[:, 0, :, tap] = bands[:, j, :, x].sum(axis=0)

    threads.run(work, by_bytes(C, X.nbytes))


def _diagonals(kernel: int, size: int, origin: int, stride: int, step: int, width: int) -> list[Ints]:
    """For each tap of a kernel's row: the places (j, x) of T where it stands, as (2, n)."""
    places: list[Ints] = []
    for b in range(kernel):
        j = np.arange(*reach(size, stride, b * step + origin, width))
        places.append(np.stack([j, j * stride + b * step + origin]))
    return places


def _rows_seen(X: Floats, kernel: int, rows: int, origin: int, stride: int) -> Iterator[tuple[Pair, Pair, Floats]]:
    """Output rows (first, last) that meet the taps (a, end), with X's rows under each: (C, 1, rows, (end − a)·W, m)."""
    C, H, W, m = X.shape
    lo = reach(rows, stride, origin, H)[0]
    hi = max(lo, reach(rows, stride, origin + kernel - 1, H)[1])
    s = X.strides
    for first, last in [*((i, i + 1) for i in range(lo)), (lo, hi), *((i, i + 1) for i in range(hi, rows))]:
        top = first * stride + origin
        a, end = max(0, -top), min(kernel, H - top)
        if first < last and a < end:
            shape = (C, 1, last - first, (end - a) * W, m)
            yield (first, last), (a, end), as_strided(X[:, top + a :], shape, (s[0], 0, stride * s[1], s[2], s[3]))


def _tap_tiles(channels: int, channel_bytes: int) -> tuple[slice, ...]:
    """Tiles of channels that take a pass for each tap."""
    return runs(channels, max(1, _BYTES_OF_A_TAP // max(1, channel_bytes)))

"""Depthwise correlation: each channel has filters of its own.

    Y[c·k + q, i, j] = Σ_{a,b} W[c·k + q, 0, a, b] · X[c, i·s_h + a·d_h + o_h, j·s_w + b·d_w + o_w]

X (C, H, W, m)   W (C·k, 1, kh, kw)   Y (C·k, H', W', m).  (MobileNet, Howard et al. 2017; course 4.)

Two ways.  Narrow images: a row of the output is a banded matrix times the kh rows of X under it, and those lie one
after the other in memory, Y[i] = T · X[i·s_h + o_h …], T (W', kh·W).  Most of T is zero, but up to six columns for
each tap of a kernel's row, or 64 columns where the stride leaves some out, the product costs less.  All others: the sum
as it stands, over a view of the padded image in which patches overlap, in one call that multiplies and adds while a row
of Y stays in the first-level cache.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from nntrain.kernels.scratch import scratch
from nntrain.kernels.tiles import by_bytes, runs
from nntrain.kernels.windows import Pair, reach
from nntrain.model.shapes import Floats, Ints
from nntrain.runtime import threads

_PADDED_BYTES = 1 << 19  # of the padded channels of one call: they stay in the second-level cache


def correlate(X: Floats, W: Floats, b: Floats | None, Y: Floats, origin: Pair, stride: Pair, dilation: Pair) -> None:
    """Write the correlation (plus b (C·k, 1)) into Y.   `origin`: where the first tap of the first output stands."""
    if _bands_pay(X, W.shape[3], stride, dilation):
        _correlate_bands(X, W, b, Y, origin, stride, dilation[1])
        return
    C = X.shape[0]
    k = W.shape[0] // C
    filters, (rows, columns, m) = W.reshape(C, k, *W.shape[2:]), Y.shape[1:]
    images = Y.reshape(C, k, rows, columns, m)

    def work(tile: slice) -> None:
        patches = _patches(X[tile], W.shape[2:], (rows, columns), origin, stride, dilation)
        y = np.einsum("ciab...,ckab->cki...", patches, filters[tile]).reshape(-1, k, rows, columns, m)
        if b is None:
            images[tile] = y
        else:
            np.add(y, b.reshape(C, k, 1, 1, 1)[tile], out=images[tile])

    threads.run(work, _padded_tiles(X))


def weight_gradient(X: Floats, dY: Floats, kernel: Pair, origin: Pair, stride: Pair, dilation: Pair) -> Floats:
    """dW[c·k + q, 0, a, b] = Σ_{i,j,m} dY[c·k + q, i, j] · X[c, …]   (C·k, 1, kh, kw)"""
    C = X.shape[0]
    k = dY.shape[0] // C
    if _bands_pay(X, kernel[1], stride, dilation):
        dW = np.zeros((dY.shape[0], 1, *kernel), X.dtype)
        _fill_band_gradient(dW, X, dY, origin, stride, dilation[1])
        return dW
    _, rows, columns, _ = dY.shape

    def work(tile: slice) -> Floats:
        patches = _patches(X[tile], kernel, (rows, columns), origin, stride, dilation)
        d = dY.reshape(C, k, rows, *patches.shape[4:])[tile]
        # Each row's sum apart: the sum of all pixels one after another would lose digits.
        of_rows: Floats = np.einsum("ciabjm,ckijm->ckabi" if stride[1] > 1 else "ciabn,ckin->ckabi", patches, d)
        of_taps: Floats = of_rows.sum(axis=-1)
        return of_taps

    return np.concatenate(threads.run(work, _padded_tiles(X))).reshape(C * k, 1, *kernel)


def _patches(X: Floats, kernel: Pair, size: Pair, origin: Pair, stride: Pair, dilation: Pair) -> Floats:
    """(C, rows, kh, kw, columns, m): a view of the padded image in scratch memory, in which patches overlap.

    With stride 1 the columns of an output row are one piece of memory, and one axis: (C, rows, kh, kw, columns·m).
    """
    C, H, W, m = X.shape
    across = [(n - 1) * s + (k - 1) * d + 1 for n, s, k, d in zip(size, stride, kernel, dilation, strict=True)]
    (i0, i1), (j0, j1) = reach(across[0], 1, origin[0], H), reach(across[1], 1, origin[1], W)
    padded = scratch("padded", (C, across[0], across[1], m), X.dtype)
    padded[:, :i0] = 0
    padded[:, i1:] = 0
    padded[:, i0:i1, :j0] = 0
    padded[:, i0:i1, j1:] = 0
    padded[:, i0:i1, j0:j1] = X[:, i0 + origin[0] : i1 + origin[0], j0 + origin[1] : j1 + origin[1]]
    channel, row, column, example = padded.strides
    shape = (C, size[0], *kernel)
    strides = (channel, stride[0] * row, dilation[0] * row, dilation[1] * column)
    if stride[1] == 1:
        return np.ndarray((*shape, size[1] * m), X.dtype, padded, strides=(*strides, example))
    return np.ndarray((*shape, size[1], m), X.dtype, padded, strides=(*strides, stride[1] * column, example))


def _padded_tiles(X: Floats) -> tuple[slice, ...]:
    """Tiles of channels whose padded images stay in the cache."""
    return runs(len(X), max(1, _PADDED_BYTES // max(1, X[0].nbytes)))


def _bands_pay(X: Floats, kw: int, stride: Pair, dilation: Pair) -> bool:
    """Whether the banded product costs less than the sum as it stands."""
    return dilation[0] == 1 and X.shape[2] <= (6 * kw if stride[1] == 1 else 64) and X.flags.c_contiguous


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

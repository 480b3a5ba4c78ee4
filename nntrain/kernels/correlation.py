"""Convolution of images, forward and backward, by the algorithm that suits the shapes.

    Z = W ∗ X + b      X (C, H, W, m)   W (filters, C/groups, kh, kw)   b (filters, 1)   Z (filters, H', W', m)

Every pass is a correlation: the gradient by the input correlates dZ with the flipped kernel, once for each position
of a pixel between two strides.  The rule that chooses the algorithm (`choose`) reads shapes and dtype alone:
never the number of threads, never a clock, so a run's bits depend on neither.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np

from nntrain.kernels import depthwise, direct, winograd
from nntrain.kernels.tiles import HALVED_BYTES, by_bytes
from nntrain.kernels.windows import Pair, Window
from nntrain.model.shapes import Floats
from nntrain.runtime import threads


def choose(
    channels: int,
    filters: int,
    groups: int,
    kernel: Pair,
    stride: Pair,
    dilation: Pair,
    size: Pair,
    m: int,
    dtype: np.dtype,
    algorithm: str = "auto",
) -> Literal["winograd", "depthwise", "direct"]:
    """The algorithm of one pass.  `size` (H', W') is that of the pass's output.

    Winograd's in float32 for 3×3 kernels with stride 1 and many channels in each group, where its transforms cost less
    than the products they save, unless `algorithm` is "direct"; depthwise where each group has one input channel;
    direct for everything else.  Raises ValueError for an `algorithm` that is neither "auto" nor "direct".
    """
    if algorithm not in ("auto", "direct"):
        raise ValueError(f"algorithm is 'auto' or 'direct', not {algorithm!r}")
    if groups > 1 and groups == channels:
        return "depthwise"
    if (
        algorithm == "auto"
        and dtype == np.float32
        and (kernel, stride, dilation) == ((3, 3), (1, 1), (1, 1))
        and winograd.pays(channels // groups, filters // groups, size, m)
    ):
        return "winograd"
    return "direct"


def conv2d_forward(
    X: Floats, W: Floats, b: Floats | None, window: Window, groups: int = 1, algorithm: str = "auto"
) -> Floats:
    """Z = W ∗ X + b (filters, H', W', m), a new array.   `algorithm` is "auto" (see `choose`) or "direct"."""
    size = window.output_size((X.shape[1], X.shape[2]))
    Z = np.empty((W.shape[0], *size, X.shape[3]), X.dtype)
    _correlate(X, W, b, Z, window.origin, window.stride, window.dilation, groups, algorithm)
    return Z


def conv2d_backward_input(
    dZ: Floats, W: Floats, window: Window, size: Pair, groups: int = 1, algorithm: str = "auto"
) -> Floats:
    """dX (C, H, W, m) from dZ; `size` is X's (H, W), which dZ's does not tell where strides are larger than 1."""
    return _spread(dZ, W, None, window, size, groups, algorithm)


def conv2d_backward_weights(X: Floats, dZ: Floats, window: Window, groups: int = 1, algorithm: str = "auto") -> Floats:
    """dW (filters, C/groups, kh, kw): the correlation of X with dZ."""
    C, F = X.shape[0], dZ.shape[0]
    size, m = (dZ.shape[1], dZ.shape[2]), X.shape[3]
    chosen = choose(C, F, groups, window.kernel, window.stride, window.dilation, size, m, X.dtype, algorithm)
    geometry = window.kernel, window.origin, window.stride, window.dilation
    if chosen == "depthwise":
        return depthwise.weight_gradient(X, dZ, *geometry)

    def of_group(x: Floats, d: Floats) -> Floats:
        if chosen == "winograd":
            return winograd.weight_gradient(x, d, window.origin)
        return direct.weight_gradient(x, d, *geometry)

    if groups == 1:
        return of_group(X, dZ)
    parts = zip(np.split(X, groups), np.split(dZ, groups), strict=True)
    return np.concatenate([of_group(x, d) for x, d in parts])


def bias_gradient(dZ: Floats) -> Floats:
    """db (filters, 1) = Σ dZ over pixels and examples."""
    flat = dZ.reshape(dZ.shape[0], -1)
    return flat @ np.ones((flat.shape[1], 1), dZ.dtype)


def both_gradients(input_gradient: Callable[[], Floats], accumulate: Callable[[], None], dZ: Floats) -> Floats:
    """dX = input_gradient(), while another thread accumulates dW and db, where dZ is large enough to share.

    The threads meet once, and what each gradient does on one thread overlaps.  Going on to the layers before it while
    dW is unfinished gained nothing more.
    """
    if dZ.nbytes >= HALVED_BYTES:
        dX: list[Floats] = []
        threads.run_concurrently(lambda: dX.append(input_gradient()), accumulate)
        return dX[0]
    accumulate()
    return input_gradient()


def conv_transpose2d_forward(
    X: Floats,
    W: Floats,
    b: Floats | None,
    window: Window,
    size: Pair,
    groups: int = 1,
    algorithm: str = "auto",
) -> Floats:
    """Z = the input gradient of the convolution `window` on an image of `size`, taken at X, plus b.

    X (C, H, W, m)   W (C, filters/groups, kh, kw)   b (filters, 1)   Z (filters, *size, m)   (Dumoulin and Visin 2016;
    course 4, video "Transpose convolutions".)
    """
    return _spread(X, W, b, window, size, groups, algorithm)


def conv_transpose2d_backward_input(
    dZ: Floats, W: Floats, window: Window, groups: int = 1, algorithm: str = "auto"
) -> Floats:
    """dX (C, H, W, m): the transpose of a transposed convolution is the convolution."""
    return conv2d_forward(dZ, W, None, window, groups, algorithm)


def conv_transpose2d_backward_weights(
    X: Floats, dZ: Floats, window: Window, groups: int = 1, algorithm: str = "auto"
) -> Floats:
    """dW (C, filters/groups, kh, kw): as convolution's, with X and dZ in each other's place."""
    return conv2d_backward_weights(dZ, X, window, groups, algorithm)


def transpose_output_size(size: Pair, window: Window) -> Pair:
    """(n − 1)·stride − padding + dilation·(kernel − 1) + 1: the smallest image that the convolution maps to `size`.

    Raises ValueError where that is less than one pixel.
    """
    h, w = (
        (n - 1) * s - sum(p) + d * (k - 1) + 1
        for n, s, p, d, k in zip(size, window.stride, window.padding, window.dilation, window.kernel, strict=True)
    )
    if min(h, w) < 1:
        raise ValueError(f"the output would be {h}×{w}: less padding or a larger kernel is needed")
    return h, w


def _correlate(
    X: Floats,
    W: Floats,
    b: Floats | None,
    Y: Floats,
    origin: Pair,
    stride: Pair,
    dilation: Pair,
    groups: int,
    algorithm: str,
) -> None:
    """Y = W ∗ X + b by the algorithm that suits; the first tap of the first output pixel stands at `origin` of X."""
    C, m, F = X.shape[0], X.shape[3], W.shape[0]
    kernel, size = (W.shape[2], W.shape[3]), (Y.shape[1], Y.shape[2])
    chosen = choose(C, F, groups, kernel, stride, dilation, size, m, X.dtype, algorithm)
    if chosen == "depthwise":
        depthwise.correlate(X, W, b, Y, origin, stride, dilation)
        return
    c, f = C // groups, F // groups
    for g in range(groups):
        part = slice(g * f, (g + 1) * f)
        x, y, bias = X[g * c : (g + 1) * c], Y[part], None if b is None else b[part]
        if chosen == "winograd":
            winograd.correlate(x, W[part], bias, y, origin)
        else:
            direct.correlate(x, W[part], bias, y, origin, stride, dilation)


def _spread(dZ: Floats, W: Floats, b: Floats | None, window: Window, size: Pair, groups: int, algorithm: str) -> Floats:
    """dX[c, y, x] = Σ W[f, c, a, b] dZ[f, i, j] over all i·s_h + a·d_h + o_h = y and j·s_w + b·d_w + o_w = x.

    Pixels y of one remainder modulo the stride meet the same taps, and those taps lie on an even grid: for each pair
    of remainders it is a correlation with stride 1 and a part of the flipped kernel, written into a strided view.
    """
    F, c, kh, kw = W.shape
    swapped = W.reshape(groups, F // groups, c, kh, kw).swapaxes(1, 2).reshape(groups * c, F // groups, kh, kw)
    dX = np.empty((groups * c, *size, dZ.shape[3]), dZ.dtype)
    for r in range(min(window.stride[0], size[0])):
        taps_h, first_h, gap_h = _taps_of_remainder(r, window, 0)
        for q in range(min(window.stride[1], size[1])):
            taps_w, first_w, gap_w = _taps_of_remainder(q, window, 1)
            target = dX[:, r :: window.stride[0], q :: window.stride[1]]
            part = np.ascontiguousarray(swapped[:, :, taps_h, taps_w])
            if part.size == 0:
                target[...] = 0
            else:
                _correlate(dZ, part, None, target, (first_h, first_w), (1, 1), (gap_h, gap_w), groups, algorithm)
    if b is not None:  # at last, as adding to a strided view takes four times as long

        def work(tile: slice) -> None:
            dX[tile] += b[tile, :, None, None]

        threads.run(work, by_bytes(len(dX), dX.nbytes))
    return dX


def _taps_of_remainder(r: int, window: Window, axis: int) -> tuple[slice, int, int]:
    """The taps a (descending) that meet pixels r, r+s, …; the first output that they see from r; their distance."""
    s, d, o, k = window.stride[axis], window.dilation[axis], window.origin[axis], window.kernel[axis]
    taps = [a for a in range(k) if (r - o - a * d) % s == 0]
    if not taps:
        return slice(0, 0), 0, 1
    g = math.gcd(s, d)
    step = s // g
    end = taps[0] - step
    return slice(taps[-1], None if end < 0 else end, -step), (r - o - taps[-1] * d) // s, d // g

"""Correlation of any geometry by matrix products, without the whole image's im2col in memory.

    Y[f, i, j] = Σ_{c,a,b} W[f, c, a, b] · X[c, i·s_h + a·d_h + o_h, j·s_w + b·d_w + o_w]      (zero outside X)

with origin o = −padding, stride s, dilation d.  X (C, H, W, m)   W (F, C, kh, kw)   Y (F, H', W', m).
Convolution forward, its gradient by the input and its transpose are all this sum with other weights and origins
(course 4, videos "Convolutions over volume" and "One layer of a convolutional network").
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.lib.stride_tricks import as_strided

from nntrain.kernels.products import LONGEST_SUM, SMALL_PRODUCT, multiply_transposed
from nntrain.kernels.scratch import scratch
from nntrain.kernels.tiles import MOST_TILES, by_work, equal, equal_parts, runs
from nntrain.kernels.windows import Pair, reach, taps
from nntrain.model.shapes import Floats
from nntrain.runtime import threads

WORK_OF_A_TILE = 7_000_000  # multiplications that pay for handing a tile to a thread
BLOCK_BYTES = 2 << 20  # bytes of a block of patches; _by_patches takes a whole row of them at least


def correlate(X: Floats, W: Floats, b: Floats | None, Y: Floats, origin: Pair, stride: Pair, dilation: Pair) -> None:
    """Write the correlation (plus b (F, 1)) into Y, whose rows and columns may be strided views."""
    m = X.shape[3]
    _, _, kh, kw = W.shape
    pixelwise = (kh, kw) == (1, 1) and Y[0].flags.c_contiguous
    if (dilation[1] == 1 or kw == 1) and m >= 16 and not pixelwise:
        _by_patches(X, W, b, Y, origin, stride, dilation[0])
    else:
        _by_columns(X, W, b, Y, origin, stride, dilation)


def _by_patches(X: Floats, W: Floats, b: Floats | None, Y: Floats, origin: Pair, stride: Pair, row_step: int) -> None:
    """A few rows at a time are laid out pixel first: (output row, column, kernel row, C, m).

    There the patch under an output pixel is one contiguous matrix (kw·kh·C, m): each pixel is copied kh times, by
    im2col kh·kw times, and the products are small enough for OpenBLAS to multiply without packing.
    """
    C, H, width, m = X.shape
    F, _, kh, kw = W.shape
    _, rows, columns, _ = Y.shape
    sh, sw = stride
    K = kw * kh * C
    padded = (columns - 1) * sw + kw
    j0, j1 = reach(padded, 1, origin[1], width)
    matrix = np.ascontiguousarray(W.transpose(0, 3, 2, 1)).reshape(F, K)
    height = max(1, BLOCK_BYTES // (padded * kh * C * min(m, 128) * X.itemsize))

    def work(tile: tuple[slice, slice]) -> None:
        rows_of_tile, examples = tile
        n = examples.stop - examples.start
        parts = equal_parts(F, SMALL_PRODUCT // (K * n))
        weights = matrix.reshape(parts, F // parts, K)
        for block in runs(rows_of_tile.stop, height, rows_of_tile.start):
            count = block.stop - block.start
            pixels = scratch("patches", (count, padded, kh, C, n), X.dtype)
            pixels[:, :j0] = 0
            pixels[:, j1:] = 0
            for a in range(kh):
                top = block.start * sh + a * row_step + origin[0]
                i0, i1 = reach(count, sh, top, H)
                pixels[:i0, :, a] = 0
                pixels[i1:, :, a] = 0
                if i0 < i1 and j0 < j1:
                    y = i0 * sh + top
                    seen = X[:, y : y + (i1 - i0 - 1) * sh + 1 : sh, j0 + origin[1] : j1 + origin[1], examples]
                    pixels[i0:i1, j0:j1, a] = seen.transpose(1, 2, 0, 3)
            s = pixels.strides
            patches = np.ndarray((count, columns, 1, K, n), X.dtype, pixels, strides=(s[0], sw * s[1], 0, s[3], s[4]))
            target = Y[:, block, :, examples]
            split = target.reshape(parts, F // parts, count, columns, n).transpose(2, 3, 0, 1, 4)
            np.matmul(weights, patches, out=split)
            if b is not None:
                target += b[:, :, None, None]

    products = F * K * rows * columns * m
    threads.run(work, _batch_tiles(rows, m, products), serial=products < 2 * WORK_OF_A_TILE)


def _by_columns(X: Floats, W: Floats, b: Floats | None, Y: Floats, origin: Pair, stride: Pair, dilation: Pair) -> None:
    """A few rows of im2col at a time and one plain product: for any geometry and batch; 1×1 kernels need no copy."""
    C, H, width, m = X.shape
    F, _, kh, kw = W.shape
    _, rows, columns, _ = Y.shape
    matrix = W.reshape(F, C * kh * kw)
    untouched = (kh, kw, *stride, *origin) == (1, 1, 1, 1, 0, 0) and (rows, columns) == (H, width)
    K = C * kh * kw

    def work(tile: slice) -> None:
        for i, j in _blocks(tile, columns, K * m * X.itemsize):
            target = Y[:, i, j]
            patches = X[:, i, j] if untouched else im2col(X, (kh, kw), i, j, origin, stride, dilation)
            patches = patches.reshape(K, -1)
            if Y[0].flags.c_contiguous:
                np.matmul(matrix, patches, out=target.reshape(F, -1))  # whole rows or parts of one: a view
            else:
                target[...] = np.matmul(matrix, patches).reshape(target.shape)
            if b is not None:
                target += b[:, :, None, None]

    threads.run(work, by_work(rows, F * K * rows * columns * m, WORK_OF_A_TILE))


def _batch_tiles(rows: int, m: int, work: int) -> list[tuple[slice, slice]]:
    """Tiles of rows, each cut into parts of the batch; `work` is the number of multiplications of all.

    An image with too few rows for as many tiles as there is work (sequences have one) is cut to 32 examples, and every
    batch to 128: wider blocks leave the cache and OpenBLAS's path for small products.
    """
    wanted = min(MOST_TILES, work // WORK_OF_A_TILE)
    across = max(1, -(-m // 128), min(-(-wanted // rows), m // 32))
    return list(product(by_work(rows, work, WORK_OF_A_TILE), equal(m, across)))


def _blocks(rows: slice, columns: int, patch_bytes: int) -> Iterator[tuple[slice, slice]]:
    """Rows and columns of the blocks whose patches take BLOCK_BYTES: whole rows, or parts of one where one is more."""
    pixels = max(1, BLOCK_BYTES // patch_bytes)
    width, height = min(pixels, columns), max(1, pixels // columns)
    return product(runs(rows.stop, height, rows.start), runs(columns, width))


def im2col(X: Floats, kernel: Pair, rows: slice, columns: slice, origin: Pair, stride: Pair, dilation: Pair) -> Floats:
    """The patches under some rows and columns of the output: (C, kh, kw, rows, columns, m), in a scratch buffer.

    One copy from a view in which patches overlap: with a copy for each tap, two threads lose more to the interpreter
    lock than they gain.  Dilated patches reach over more pixels than they have, and beyond the image
    all those would have to be copied first: they are laid out by taps.
    """
    (kh, kw), (sh, sw), (dh, dw) = kernel, stride, dilation
    height, width = rows.stop - rows.start, columns.stop - columns.start
    top, left = rows.start * sh + origin[0], columns.start * sw + origin[1]
    down, across = (height - 1) * sh + (kh - 1) * dh + 1, (width - 1) * sw + (kw - 1) * dw + 1
    patches = scratch("patches", (X.shape[0], kh, kw, height, width, X.shape[3]), X.dtype)
    inside = top >= 0 and left >= 0 and top + down <= X.shape[1] and left + across <= X.shape[2]
    if not inside and down * across > kh * kw * height * width:
        patches[...] = 0
        for (a, b), seeing, seen in taps(X, kernel, (height, width), (top, left), stride, dilation):
            patches[:, a, b][seeing] = seen
        return patches
    image = X[:, top : top + down, left : left + across] if inside else _padded(X, top, down, left, across)
    channel, row, column, example = image.strides
    strides = (channel, dh * row, dw * column, sh * row, sw * column, example)
    np.copyto(patches, as_strided(image, patches.shape, strides))
    return patches


def _padded(X: Floats, top: int, rows: int, left: int, columns: int) -> Floats:
    """Rows and columns of X from (top, left) on, zeros where they reach beyond X, in a scratch buffer."""
    C, H, W, m = X.shape
    (i0, i1), (j0, j1) = reach(rows, 1, top, H), reach(columns, 1, left, W)
    part = scratch("part", (C, rows, columns, m), X.dtype)
    part[:, :i0] = 0
    part[:, i1:] = 0
    part[:, i0:i1, :j0] = 0
    part[:, i0:i1, j1:] = 0
    if i0 < i1 and j0 < j1:
        part[:, i0:i1, j0:j1] = X[:, top + i0 : top + i1, left + j0 : left + j1]
    return part


def weight_gradient(X: Floats, dY: Floats, kernel: Pair, origin: Pair, stride: Pair, dilation: Pair) -> Floats:
    """dW[f, c, a, b] = Σ_{i,j,m} dY[f, i, j] · X[c, i·s_h + a·d_h + o_h, j·s_w + b·d_w + o_w]   (F, C, kh, kw)

    Each tile sums its own rows; the tiles' sums are added in their order.  Together they take no more memory than X
    and dY do: where dW is large, few tiles are the faster ones too.
    """
    C, _, _, m = X.shape
    F, rows, columns, _ = dY.shape
    K = C * kernel[0] * kernel[1]

    def work(tile: slice) -> Floats:
        total = np.zeros((F, K), X.dtype)
        for i, j in _blocks(tile, columns, K * m * X.itemsize):
            seen = dY[:, i, j]
            # The sum over pixels and examples is cut too, and its parts are added afterwards.
            cuts = equal_parts(seen.shape[1] * seen.shape[2], max(1, LONGEST_SUM // m))
            patches = im2col(X, kernel, i, j, origin, stride, dilation)
            products = scratch("weight products", (cuts, F, K), X.dtype)
            multiply_transposed(
                seen.reshape(F, cuts, -1).swapaxes(0, 1),
                patches.reshape(K, cuts, -1).swapaxes(0, 1),
                products,
            )
            for part in products:
                total += part
        return total

    most = min(MOST_TILES, most_sums(X, dY, F * K))
    tiles = by_work(rows, F * K * rows * columns * m, WORK_OF_A_TILE, most)
    return sum_in_order(threads.run(work, tiles)).reshape(F, C, *kernel)


def most_sums(X: Floats, dY: Floats, size: int) -> int:
    """How many sums of `size` elements take no more memory than X and dY: an even number, as two threads end together
    then, or one."""
    return max(1, (X.size + dY.size) // size // 2 * 2)


def sum_in_order(parts: list[Floats]) -> Floats:
    """The sum of the tiles' results, always in the order of the tiles; the first is overwritten."""
    total = parts[0]
    for part in parts[1:]:
        total += part
    return total

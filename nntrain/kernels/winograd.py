"""3×3 correlation with stride 1 by Winograd's F(4, 3), four rows at a time: half of the multiplications, in float32.

    Y = Aᵀ [ Σ_{b,c} (G W)[:, c, b] ⊙ (Bᵀ X)[:, c, j + b] ]

for each column j of four rows of Y, which see six rows of X: Bᵀ takes these to six points, G the three rows of a
kernel; at each point the sum over the kernel's columns b and the channels c is a matrix product; Aᵀ takes six points to
four rows (Winograd 1980; Lavin and Gray 2016, "Fast algorithms for convolutional neural networks", whose F(4×4, 3×3)
does the same once more along the columns).

Two dimensions would save half of the multiplications that are left, and cost twice the transforms, which with matrices
this small take as long as the products: training steps of all networks are faster with one.  Along the rows alone every
transform is one product for each channel on the image as it lies in memory, the weight gradient needs no copy of
anything, and a block takes half of the cache.

Errors are a few times those of the direct sum, and a few times below those of F(4×4, 3×3); the tests hold them below
1e-5 of the largest output.  Training curves do not show the difference.
"""

from __future__ import annotations

import numpy as np

from nntrain.kernels.direct import WORK_OF_A_TILE, most_sums, sum_in_order
from nntrain.kernels.products import LONGEST_SUM, multiply, multiply_transposed
from nntrain.kernels.scratch import scratch
from nntrain.kernels.tiles import equal, runs
from nntrain.kernels.windows import Pair, reach
from nntrain.model.shapes import Floats
from nntrain.runtime import threads

LONGEST_ROW = 2048  # columns × examples of a block

B_T = np.array(
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ],
    np.float32,
)
G = np.array([[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]], np.float32) / np.float32(24)
A_T = np.array([[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]], np.float32)
A = np.ascontiguousarray(A_T.T)
EVERYWHERE = 1  # the point that Aᵀ adds to each of the four rows once: where a bias belongs

Block = tuple[int, slice]  # number of the four rows; columns


def pays(channels: int, filters: int, size: Pair, m: int) -> bool:
    """Whether F(4, 3) is faster than the direct sum, as it was measured.   `size` (H', W') of Y

    16 channels and filters repay the transforms of X and Y, 28 million multiplications those of W and the many short
    calls.  Products of fewer than 16 examples are slow; with more than 1024 examples, or fewer than four columns, a
    block has too few columns beside the two of its neighbours that it transforms too.  More than half of the rows of
    the groups of four lie inside the image.
    """
    rows, columns = size
    return (
        min(channels, filters) >= 16
        and 16 <= m <= LONGEST_ROW // 2
        and columns >= 4
        and rows > 2 * -(-rows // 4)
        and channels * filters * 9 * rows * columns * m >= 4 * WORK_OF_A_TILE
    )


def correlate(X: Floats, W: Floats, b: Floats | None, Y: Floats, origin: Pair) -> None:
    """Y[f, i, j] = Σ W[f, c, a, b] X[c, i + a + o_h, j + b + o_w] + b.   X (C, H, W, m)   W (F, C, 3, 3)"""
    C, F, m = X.shape[0], W.shape[0], X.shape[3]
    columnwise = np.ascontiguousarray(W.transpose(2, 0, 3, 1)).reshape(3, -1)
    U = np.matmul(G, columnwise).reshape(6, 1, F, 3 * C)

    def work(block: Block) -> None:
        four, columns = block
        width = columns.stop - columns.start
        rows = _six_points(X, block, origin)
        # Pixel first, the 3 columns of C channels under an output pixel are one contiguous matrix.
        pixels = scratch("odd", (6, width + 2, C, m), X.dtype)
        np.copyto(pixels, rows.transpose(1, 2, 0, 3))
        patches = np.ndarray((6, width, 3 * C, m), X.dtype, pixels, strides=pixels.strides)
        M = scratch("even", (F, 6, width, m), X.dtype)
        multiply(U, patches, M.transpose(1, 2, 0, 3))
        if b is not None:
            M[:, EVERYWHERE] += b[:, :, None]
        target = Y[:, 4 * four : 4 * four + 4, columns]
        height = target.shape[1]
        if target[0, 0].flags.c_contiguous:
            np.matmul(A_T[:height], M.reshape(F, 6, -1), out=target.reshape(F, height, -1))
        else:
            target[...] = np.matmul(A_T[:height], M.reshape(F, 6, -1)).reshape(target.shape)

    threads.run(work, _blocks(Y, LONGEST_ROW))


def weight_gradient(X: Floats, dY: Floats, origin: Pair) -> Floats:
    """dW = Gᵀ [ Σ_{fours, j} (A dY)[:, f, j] ⊙ (Bᵀ X)[:, c, j + b] ]   (F, C, 3, 3)

    The blocks are summed in four fixed parts, fewer where dW is large, and the parts in their order.
    """
    C, F, m = X.shape[0], dY.shape[0], X.shape[3]
    blocks = _blocks(dY, LONGEST_SUM)
    count = min(4, most_sums(X, dY, 9 * F * C))
    length = -(-len(blocks) // count)

    def work(part: list[Block]) -> Floats:
        total = np.empty((6, 3, F, C), X.dtype)
        product = scratch("weight products", total.shape, X.dtype)
        for k, (four, columns) in enumerate(part):
            rows = _six_points(X, (four, columns), origin)
            d = dY[:, 4 * four : 4 * four + 4, columns]
            D = scratch("odd", (F, 6, d.shape[2] * m), X.dtype)
            np.matmul(A[:, : d.shape[1]], d.reshape(F, d.shape[1], -1), out=D)
            channel, point, column, example = rows.strides
            strides = (point, column, channel, example)
            shifted = np.ndarray((6, 3, C, D.shape[2]), X.dtype, rows, strides=strides)
            multiply_transposed(D.swapaxes(0, 1)[:, None], shifted, total if k == 0 else product)
            if k > 0:
                total += product
        part_of_dW: Floats = np.matmul(G.T, total.reshape(6, -1))
        return part_of_dW

    dW = sum_in_order(threads.run(work, [blocks[part] for part in runs(len(blocks), length)]))
    return dW.reshape(3, 3, F, C).transpose(2, 3, 0, 1)


def _blocks(Y: Floats, longest: int) -> list[Block]:
    """Four rows each, cut where columns × examples are more than `longest`; four or more, for as many threads."""
    _, rows, columns, m = Y.shape
    fours = -(-rows // 4)
    across = min(columns, max(-(-columns * m // longest), min(-(-4 // fours), columns // 2)))
    return [(i, part) for i in range(fours) for part in equal(columns, across)]


def _six_points(X: Floats, block: Block, origin: Pair) -> Floats:
    """Bᵀ X for the six rows and the columns that a block sees: (C, 6 points, columns + 2, m)"""
    C, H, W, m = X.shape
    four, columns = block
    top, left, width = 4 * four + origin[0], columns.start + origin[1], columns.stop - columns.start + 2
    (i0, i1), (j0, j1) = reach(6, 1, top, H), reach(width, 1, left, W)
    points = scratch("even", (C, 6, width, m), X.dtype)
    if i0 == i1 or j0 == j1:
        points[...] = 0
        return points
    points[:, :, :j0] = 0
    points[:, :, j1:] = 0
    seen = X[:, top + i0 : top + i1, left + j0 : left + j1].reshape(C, i1 - i0, -1)
    np.matmul(B_T[:, i0:i1], seen, out=points[:, :, j0:j1].reshape(C, 6, -1))
    return points

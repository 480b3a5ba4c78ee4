"""3×3 correlation with stride 1 by Winograd's F(4×4, 3×3): a quarter of the multiplications, in float32.

    Y = Aᵀ [ (G W Gᵀ) ⊙ (Bᵀ X B) ] A      for each 6×6 tile of X, which gives a 4×4 tile of Y

summed over channels, so that ⊙ becomes 36 matrix products (Lavin and Gray 2016, "Fast algorithms for convolutional
neural networks").  The transforms are matrix products too.  The constants of F(4×4) cost digits: the largest error is
about 1e-5 of the largest output, against 1e-6 for the direct sum (measured for 16 to 256 channels; tests hold the
bound 3e-5).  Training curves do not show the difference.

Two things about the machine shape the code.  A transform is one long product for each channel, at the price of a
copy (`_tiles`, `_write`): OpenBLAS takes a lock at every product that it packs, which on processors without AVX-512
is every one, and with a product for each tile two threads were no faster than one.  And every step reads one of two
scratch buffers, "even" and "odd", and writes the other, so that a block stays in cache: 3.8 ms in place of 4.8 for a
forward pass of 32 channels, 32 × 32 pixels, 64 examples (two threads, AVX2).
"""

from __future__ import annotations

import numpy as np

from nntrain import threads
from nntrain.kernels.direct import sum_in_order
from nntrain.kernels.memory import scratch
from nntrain.kernels.products import multiply, multiply_transposed
from nntrain.kernels.windows import Pair

BLOCK_ELEMENTS = 1 << 14  # channels × columns (tiles × examples) of one batch of products: it stays in cache
PADDING = 16  # elements between rows of tiles: rows a power of 2 apart would meet in the same lines of the cache

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
G = np.array([[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]], np.float64) / 24
A_T = np.array([[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]], np.float32)
A = np.ascontiguousarray(A_T.T)
# Tiles are kept column index first (see _tiles), so W is transformed with its two axes exchanged.
GG = np.einsum("ia,jb->jiab", G, G).reshape(36, 9).astype(np.float32)

Block = tuple[int, int, int]  # tile row; first and last tile column


def pays(channels: int, filters: int, size: Pair, m: int) -> bool:
    """Whether F(4×4) is faster than the direct sum.

    Enough products to repay the transforms of X and Y (16 channels), more than half of the tiles' pixels inside the
    image, and at least as many columns (tiles × examples) as channels to repay the transforms of W.
    """
    tiles = -(-size[0] // 4) * -(-size[1] // 4)
    narrow = min(channels, filters)
    return narrow >= 16 and m >= 16 and size[0] * size[1] > 8 * tiles and tiles * m >= narrow


def correlate(X: np.ndarray, W: np.ndarray, b: np.ndarray | None, Y: np.ndarray, origin: Pair) -> None:
    """Y[f, i, j] = Σ W[f, c, a, b] X[c, i + a + o_h, j + b + o_w] + b.   X (C, H, W, m)   W (F, C, 3, 3)"""
    C, F, m = X.shape[0], W.shape[0], X.shape[3]
    U = _transform_weights(W)

    def work(block: Block) -> None:
        n = (block[2] - block[1]) * m
        V = _tiles(X, B_T, block, origin, "even")
        M = _tile_rows("odd", F, n)
        multiply(U, _by_point(V), _by_point(M))
        if b is not None:
            _by_point(M)[1, 1] += b  # point (1, 1) enters every pixel of the tile with weight 1
        _write(M, Y, block)

    threads.run(work, _blocks(max(C, F), (Y.shape[1], Y.shape[2]), m))


def weight_gradient(X: np.ndarray, dY: np.ndarray, origin: Pair) -> np.ndarray:
    """dW = Gᵀ [ Σ_tiles (A dY Aᵀ) ⊙ (Bᵀ X B) ] G   (F, C, 3, 3)

    The tiles are summed in four fixed parts, and the parts in their order.
    """
    C, m, F = X.shape[0], X.shape[3], dY.shape[0]
    blocks = _blocks(max(C, F), (dY.shape[1], dY.shape[2]), m)
    quarter = max(1, -(-len(blocks) // 4))

    def work(part: list[Block]) -> np.ndarray:
        total = np.empty((6, 6, F, C), np.float32)
        product = scratch("weight products", total.shape, np.float32)
        for k, block in enumerate(part):
            D = _by_point(_tiles(dY, A, block, (0, 0), "gradient tiles"))
            V = _by_point(_tiles(X, B_T, block, origin, "even"))
            multiply_transposed(D, V, total if k == 0 else product)
            if k > 0:
                total += product
        return total

    parts = threads.run(work, [blocks[i : i + quarter] for i in range(0, len(blocks), quarter)])
    return _gradient_of_weights(sum_in_order(parts))


def _transform_weights(W: np.ndarray) -> np.ndarray:
    """G W Gᵀ for every filter and channel: (6 columns, 6 rows, F, C)."""
    F, C = W.shape[:2]
    kernels, U = W.reshape(F * C, 9), np.empty((36, F * C), np.float32)
    for tile in _kernel_tiles(F * C):
        np.matmul(GG, np.ascontiguousarray(kernels[tile].T), out=U[:, tile])
    return U.reshape(6, 6, F, C)


def _gradient_of_weights(dU: np.ndarray) -> np.ndarray:
    """dW (F, C, 3, 3) from dU (6 columns, 6 rows, F, C)."""
    F, C = dU.shape[2:]
    flat, dW = dU.reshape(36, F * C), np.empty((F * C, 9), np.float32)
    for tile in _kernel_tiles(F * C):
        dW[tile] = np.matmul(GG.T, flat[:, tile]).T
    return dW.reshape(F, C, 3, 3)


def _kernel_tiles(count: int) -> list[slice]:
    """Runs of 2048 kernels, whose products OpenBLAS does not pack: half of the time that one product takes."""
    return [slice(first, min(first + 2048, count)) for first in range(0, count, 2048)]


def _blocks(channels: int, size: Pair, m: int) -> list[Block]:
    rows, columns = size
    across = -(-columns // 4)
    most = min(512, max(256, BLOCK_ELEMENTS // channels))
    parts = min(across, -(-across * m // most))
    return [(t, across * k // parts, across * (k + 1) // parts) for t in range(-(-rows // 4)) for k in range(parts)]


def _tile_rows(name: str, channels: int, n: int) -> np.ndarray:
    """Room for transformed tiles: (6 columns, channels, 6 rows · n), n = tiles × examples of a block."""
    return scratch(name, (6, channels, 6 * n + PADDING), np.float32)[:, :, : 6 * n]


def _by_point(tiles: np.ndarray) -> np.ndarray:
    """The view (6 columns, 6 rows, channels, n) of tiles (6 columns, channels, 6 rows · n): a matrix for each point."""
    return tiles.reshape(6, tiles.shape[1], 6, -1).swapaxes(1, 2)


def _tiles(X: np.ndarray, T: np.ndarray, block: Block, origin: Pair, name: str) -> np.ndarray:
    """T x Tᵀ for the tiles x (p × p) of one block, T (6, p):  (6 columns, C, 6 rows · tiles · m)

    Tiles start every 4 pixels.  The rows are transformed first, because neighbours share them; then the columns that
    a tile sees are copied out, which makes the transform of columns one product for each channel.
    """
    C, H, W, m = X.shape
    p, count = T.shape[1], block[2] - block[1]
    top, left = 4 * block[0] + origin[0], 4 * block[1] + origin[1]
    width = 4 * (count - 1) + p
    i0, i1 = min(max(0, -top), p), max(0, min(p, H - top))
    j0, j1 = min(max(0, -left), width), max(0, min(width, W - left))
    strip = scratch("even", (C, 6, width, m), X.dtype)
    if i0 >= i1 or j0 >= j1:
        strip[...] = 0
    else:
        strip[:, :, :j0] = 0
        strip[:, :, j1:] = 0
        seen = X[:, top + i0 : top + i1, left + j0 : left + j1].reshape(C, i1 - i0, -1)
        np.matmul(T[:, i0:i1], seen, out=strip[:, :, j0:j1].reshape(C, 6, -1))
    s = strip.strides
    seen = np.ndarray((C, p, 6, count, m), X.dtype, strip, strides=(s[0], s[2], s[1], 4 * s[2], s[3]))
    columns = scratch("odd", seen.shape, X.dtype)
    np.copyto(columns, seen)
    tiles = _tile_rows(name, C, count * m)
    np.matmul(T, columns.reshape(C, p, -1), out=tiles.swapaxes(0, 1))
    return tiles


def _write(M: np.ndarray, Y: np.ndarray, block: Block) -> None:
    """Y = Aᵀ M A for the products M (6 columns, F, 6 rows · tiles · m) of one block; the last tiles may hang over."""
    F, m, count = Y.shape[0], Y.shape[3], block[2] - block[1]
    top, left = 4 * block[0], 4 * block[1]
    height, width = min(4, Y.shape[1] - top), min(4 * count, Y.shape[2] - left)
    columns = scratch("even", (F, 4, 6 * count * m), Y.dtype)
    np.matmul(A_T, M.swapaxes(0, 1), out=columns)
    pixels = scratch("odd", (F, 4, height, count, m), Y.dtype)
    np.matmul(A_T[:height], columns.reshape(F, 4, 6, -1), out=pixels.reshape(F, 4, height, -1))
    whole, rest = divmod(width, 4)
    tiles = pixels.transpose(0, 2, 3, 1, 4)
    target = Y[:, top : top + height, left : left + width]
    np.copyto(target[:, :, : 4 * whole].reshape(F, height, whole, 4, m), tiles[:, :, :whole])
    if rest:
        np.copyto(target[:, :, 4 * whole :], tiles[:, :, whole, :rest])

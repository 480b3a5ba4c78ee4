"""Columns of a table looked up at every step, and their gradients added up.

W (n, vocabulary)   X (T, m) integers   A (T, n, m), A[t, :, j] = W[:, X[t, j]]
"""

from __future__ import annotations

import numpy as np

from nntrain.kernels.columns import columns, in_columns, of_steps
from nntrain.kernels.tiles import by_work
from nntrain.model.shapes import Floats, Ints
from nntrain.runtime import threads

# Numbers to move that pay for handing a tile to a thread.
_WORK_OF_A_TILE = 250_000
_MOST_TILES = 8  # each sorts its symbols and sums them apart
_SHORT = 512  # symbols up to which a product with one-hot vectors is faster than bringing equal symbols together


def _tiles(X: Ints, n: int) -> tuple[slice, ...]:
    """Tiles of steps."""
    T, m = X.shape
    return by_work(T, T * m * n, _WORK_OF_A_TILE, _MOST_TILES)


def forward(W: Floats, X: Ints) -> Floats:
    """A_t = W e_x, the column of W for each symbol x: a new array (T, n, m).  Symbols are in 0 … vocabulary − 1."""
    T, m = X.shape
    A = np.empty((T, len(W), m), W.dtype)

    def run(steps: slice) -> None:
        np.copyto(A[steps], np.take(W, X[steps], axis=1).transpose(1, 0, 2))

    threads.run(run, _tiles(X, len(W)))
    return A


def backward(dA: Floats, X: Ints, g_W: Floats) -> None:
    """g_W[:, X[t, j]] += dA[t, :, j].

    Equal words are brought together by sorting, steps in order, and summed as one run: the order of additions, hence
    the bits, is always the same.  Of dA in columns a product with the one-hot vectors does it, where they are short.
    """
    n = len(g_W)
    if in_columns(dA) and g_W.shape[1] <= _SHORT:
        one_hot = np.zeros((X.size, g_W.shape[1]), dA.dtype)
        one_hot[np.arange(X.size), of_steps(X)] = 1
        g_W += columns(dA) @ one_hot
        return

    def run(steps: slice) -> tuple[Ints, Floats]:
        tokens = X[steps].ravel()
        order = np.argsort(tokens, kind="stable")
        words, starts = np.unique(tokens[order], return_index=True)
        rows = dA[steps].transpose(0, 2, 1).reshape(len(tokens), n)
        return words, np.add.reduceat(rows[order], starts, axis=0).T

    for words, sums in threads.run(run, _tiles(X, n)):
        g_W[:, words] += sums

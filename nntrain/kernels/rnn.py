"""The plain recurrent network over whole sequences (course 5, week 1; Elman 1990).

a_t = tanh(W x_t + U a_{t-1} + b)

X (T, n_x, m)   W (n, n_x)   U (n, n)   b (n, 1)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nntrain.kernels.recurrence import Block, Cache, Enter, WayBack, run_backward, run_forward
from nntrain.kernels.sequences import by_pieces
from nntrain.model.shapes import Floats, Ints


def forward(
    X: Floats,
    W: Floats,
    U: Floats,
    b: Floats,
    a0: Floats | None = None,
    lengths: Ints | None = None,
    mask: Floats | None = None,
    *,
    reverse: bool = False,
    training: bool = True,
) -> tuple[Floats, tuple[Floats], Cache | None]:
    """A (T, n, m), the state (a,) at each example's end, (n, m), and the cache (None unless training).

    `a0` (n, m) defaults to zeros.  `lengths` (m,): A is zero past an example's length.  `mask` (n, m) multiplies
    a_{t-1} before U, the same at all steps (Gal & Ghahramani 2016).  `reverse`: from each example's end to its start.
    """
    P = np.concatenate([W, b, U], axis=1)

    def advance(block: Block) -> tuple[Floats]:
        _advance(P, block)
        return (block.states,)

    A, (a,), cache = run_forward(advance, X, (W, U), (a0,), lengths, mask, reverse, training)
    return A, (a,), cache


def _advance(P: Floats, block: Block) -> None:
    R, states, mask = block.R, block.states, block.mask
    n, width = states.shape[1:]
    pieces = by_pieces(P, width)
    products = states.reshape(len(states), len(pieces), -1, width)
    for t in range(len(R) - 1):
        np.matmul(pieces, R[t], out=products[t + 1])
        np.tanh(states[t + 1], states[t + 1])
        if mask is not None:
            np.multiply(states[t + 1], mask, R[t + 1, -n:])


def backward(
    dA: Floats | None,
    d_last: tuple[Floats | None],
    cache: Cache,
    g_W: Floats,
    g_U: Floats,
    g_b: Floats,
    *,
    need_dX: bool = True,
) -> tuple[Floats | None, tuple[Floats]]:
    """dX (T, n_x, m) or None, and (da0,); the gradients of the parameters are added to g_W, g_U, g_b.

    `dA` (T, n, m) is the derivative at the outputs, `d_last` that at the last state; None stands for zeros.
    """
    W, U = cache.weights
    n, n_x = U.shape[1], W.shape[1]
    UT = U.T

    def steps(block: Block, start: int, stop: int, F: Floats, d_states: Sequence[Floats], enter: Enter) -> None:
        (da,) = d_states
        pieces = by_pieces(UT, da.shape[1])
        product = da.reshape(len(pieces), -1, da.shape[1])
        A = block.states[start + 1 : stop + 1]
        np.multiply(A, A, F)
        np.subtract(F.dtype.type(1), F, F)
        for k in range(len(F) - 1, -1, -1):
            enter(start + k + 1, d_states)
            dZ = F[k]
            np.multiply(dZ, da, dZ)
            np.matmul(pieces, dZ, out=product)
            if block.mask is not None:
                np.multiply(da, block.mask, da)

    way = WayBack(1, steps, (0, 1), W.T, (((0, 1), (0, n_x + 1 + n)),))
    dX, (da0,), (gradient,) = run_backward(way, cache, dA, d_last, need_dX)
    g_W += gradient[:, :n_x]
    g_b += gradient[:, n_x : n_x + 1]
    g_U += gradient[:, n_x + 1 :]
    return dX, (da0,)

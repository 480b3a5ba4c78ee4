"""The plain recurrent network over whole sequences (course 5, week 1; Elman 1990).

a_t = tanh(W x_t + U a_{t-1} + b)

X (T, n_x, m)   W (n, n_x)   U (n, n)   b (n, 1)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nntrain.kernels.recurrence import AddIncoming, Block, Cache, CellBackward, run_backward, run_forward
from nntrain.kernels.sequences import by_pieces
from nntrain.model.shapes import Floats, Ints


def forward(
    X: Floats,
    parameters: Sequence[Floats],
    initial: Sequence[Floats | None],
    lengths: Ints | None = None,
    mask: Floats | None = None,
    *,
    reverse: bool = False,
    training: bool = True,
) -> tuple[Floats, tuple[Floats, ...], Cache | None]:
    """A, the state (a,) at each example's end and the cache; see CellKernel.   parameters W, U, b; initial (a,)"""
    W, U, b = parameters
    P = np.concatenate([W, b, U], axis=1)

    def steps_forward(block: Block) -> tuple[Floats]:
        _steps_forward(P, block)
        return (block.states,)

    return run_forward(steps_forward, X, (W, U), initial, lengths, mask, reverse, training)


def _steps_forward(P: Floats, block: Block) -> None:
    """All steps of a block, into its states."""
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
    d_last: Sequence[Floats | None],
    cache: Cache,
    gradients: Sequence[Floats],
    *,
    need_dX: bool = True,
) -> tuple[Floats | None, tuple[Floats, ...]]:
    """dX or None, and (da0,); adds to the gradients of W, U, b: see CellKernel."""
    g_W, g_U, g_b = gradients
    W, U = cache.weights
    n, n_x = U.shape[1], W.shape[1]
    UT = np.ascontiguousarray(U.T)  # as in lstm

    def steps(block: Block, chunk: slice, F: Floats, d_states: Sequence[Floats], add_incoming: AddIncoming) -> None:
        (da,) = d_states
        pieces = by_pieces(UT, da.shape[1])
        product = da.reshape(len(pieces), -1, da.shape[1])
        A = block.states[chunk.start + 1 : chunk.stop + 1]
        np.multiply(A, A, F)
        np.subtract(F.dtype.type(1), F, F)
        for k in range(len(F) - 1, -1, -1):
            add_incoming(chunk.start + k + 1, d_states)
            dZ = F[k]
            np.multiply(dZ, da, dZ)
            np.matmul(pieces, dZ, out=product)
            if block.mask is not None:
                np.multiply(da, block.mask, da)

    cell = CellBackward(1, steps, (0, 1), W.T, (((0, 1), (0, n_x + 1 + n)),))
    dX, d_initial, (gradient,) = run_backward(cell, cache, dA, d_last, need_dX)
    g_W += gradient[:, :n_x]
    g_b += gradient[:, n_x : n_x + 1]
    g_U += gradient[:, n_x + 1 :]
    return dX, d_initial

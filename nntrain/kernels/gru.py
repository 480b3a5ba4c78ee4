"""Gated recurrent unit over whole sequences (Cho et al. 2014, in the form of cuDNN and PyTorch).

Γ_r = σ(W_r x_t + b_r + U_r a_{t-1} + d_r)      Γ_u = σ(W_u x_t + b_u + U_u a_{t-1} + d_u)
c̃ = tanh(W_c x_t + b_c + Γ_r (U_c a_{t-1} + d_c))
a_t = (1 - Γ_u) c̃ + Γ_u a_{t-1}

X (T, n_x, m)   W (3n, n_x)   U (3n, n)   b, d (3n, 1), rows in the order reset, update, candidate.
In code d is b_u, the bias beside U.

The course (course 5, week 1) writes c_t = Γ_u c̃ + (1 - Γ_u) c_{t-1}, its Γ_u being 1 - Γ_u here, and resets before
the product: c̃ = tanh(W_c x_t + U_c (Γ_r c_{t-1}) + b_c).  Here the reset follows the product, so that weights can be
exchanged and all products with a_{t-1} are taken together.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nntrain.kernels.recurrence import AddIncoming, Block, Cache, CellBackward, run_backward, run_forward
from nntrain.kernels.sequences import by_pieces, multiply_steps
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
    """A, the state (a,) at each example's end and the cache; see CellKernel.   parameters W, U, b, b_u; initial (a,)"""
    W, U, b, b_u = parameters
    n = U.shape[1]
    gates = np.concatenate([W, b + b_u, U], axis=1)[: 2 * n]
    gates *= 0.5  # σ(z) = ½ tanh(z/2) + ½, which is exact enough for a gate, as in lstm
    from_state = np.concatenate([b_u, U], axis=1)[2 * n :]
    from_input = np.concatenate([W, b], axis=1)[2 * n :]

    def steps_forward(block: Block) -> tuple[Floats]:
        block.saved = _steps_forward(gates, from_state, from_input, block)
        return (block.states,)

    return run_forward(steps_forward, X, (W, U), initial, lengths, mask, reverse, training)


def _steps_forward(P: Floats, from_state: Floats, from_input: Floats, block: Block) -> tuple[Floats, Floats]:
    """All steps of a block: Γ_r, Γ_u, q = U_c a_{t-1} + d_c (T, 3n, columns) and c̃ (T, n, columns)."""
    R, states, mask = block.R, block.states, block.mask
    T, n, width = len(R) - 1, states.shape[1], R.shape[2]
    k = R.shape[1] - n  # rows of [x_t; 1]
    gates, candidates = np.empty((T, 3 * n, width), P.dtype), np.empty((T, n, width), P.dtype)
    multiply_steps(by_pieces(from_input, width), R[:T, :k], candidates)
    gate_pieces, state_pieces = by_pieces(P, width), by_pieces(from_state, width)
    gate_products = gates[:, : 2 * n].reshape(T, len(gate_pieces), -1, width)
    state_products = gates[:, 2 * n :].reshape(T, len(state_pieces), -1, width)
    half, term = P.dtype.type(0.5), np.empty((n, width), P.dtype)
    matmul, multiply, add, subtract, tanh = np.matmul, np.multiply, np.add, np.subtract, np.tanh
    for t in range(T):
        sigmoids, reset, update, q = gates[t, : 2 * n], gates[t, :n], gates[t, n : 2 * n], gates[t, 2 * n :]
        c, a = candidates[t], states[t + 1]
        matmul(gate_pieces, R[t], out=gate_products[t])
        matmul(state_pieces, R[t, k - 1 :], out=state_products[t])
        tanh(sigmoids, sigmoids)
        multiply(sigmoids, half, sigmoids)
        add(sigmoids, half, sigmoids)
        multiply(reset, q, term)
        add(c, term, c)
        tanh(c, c)
        subtract(states[t], c, term)
        multiply(term, update, term)
        add(term, c, a)
        if mask is not None:
            multiply(a, mask, R[t + 1, k:])
    return gates, candidates


def backward(
    dA: Floats | None,
    d_last: Sequence[Floats | None],
    cache: Cache,
    gradients: Sequence[Floats],
    *,
    need_dX: bool = True,
) -> tuple[Floats | None, tuple[Floats, ...]]:
    """dX or None, and (da0,); adds to the gradients of W, U, b, b_u: see CellKernel."""
    g_W, g_U, g_b, g_b_u = gradients
    W, U = cache.weights
    n, n_x = U.shape[1], W.shape[1]
    # Gradients lie in the order candidate (its input side), update, reset, candidate (its state side).
    reset, update, candidate = (slice(i * n, i * n + n) for i in range(3))
    WT = np.concatenate([W[candidate], W[update], W[reset]]).T
    UT = np.ascontiguousarray(np.concatenate([U[update], U[reset], U[candidate]]).T)  # as in lstm

    def steps(block: Block, chunk: slice, F: Floats, d_states: Sequence[Floats], add_incoming: AddIncoming) -> None:
        gates, candidates = block.saved
        _factors(gates[chunk], candidates[chunk], block.states[chunk], F)
        _steps_backward(UT, chunk.start, F, d_states[0], block.mask, add_incoming)

    outer = (((1, 4), (0, n_x + 1)), ((2, 5), (n_x, n_x + 1 + n)))
    dX, d_initial, (of_input, of_state) = run_backward(
        CellBackward(5, steps, (1, 4), WT, outer), cache, dA, d_last, need_dX
    )
    for i, (gate, other) in enumerate(((candidate, update), (update, reset), (reset, candidate))):
        rows = slice(i * n, i * n + n)
        g_W[gate] += of_input[rows, :n_x]
        g_b[gate] += of_input[rows, n_x:]
        g_b_u[other] += of_state[rows, :1]
        g_U[other] += of_state[rows, 1:]
    return dX, d_initial


def _factors(gates: Floats, candidates: Floats, before: Floats, F: Floats) -> None:
    """Everything of a chunk's gradient that does not depend on da, in five slabs of n rows:

    Γ_u    (1 - Γ_u) (1 - c̃²)    (a_{t-1} - c̃) Γ_u'    q Γ_r'    Γ_r      with Γ' = Γ (1 - Γ).
    """
    n = candidates.shape[1]
    multiply, subtract = np.multiply, np.subtract
    reset, update, q = gates[:, :n], gates[:, n : 2 * n], gates[:, 2 * n :]
    one = F.dtype.type(1)
    keep, d_candidate, d_update, d_reset = (F[:, i * n : i * n + n] for i in range(4))
    multiply(update, update, d_update)
    subtract(update, d_update, d_update)  # Γ_u'
    subtract(before, candidates, keep)
    multiply(d_update, keep, d_update)
    multiply(candidates, candidates, d_candidate)
    subtract(one, d_candidate, d_candidate)
    subtract(one, update, keep)
    multiply(d_candidate, keep, d_candidate)
    multiply(reset, reset, d_reset)
    subtract(reset, d_reset, d_reset)
    multiply(d_reset, q, d_reset)
    F[:, :n] = update
    F[:, 4 * n :] = reset


def _steps_backward(
    UT: Floats, start: int, F: Floats, da: Floats, mask: Floats | None, add_incoming: AddIncoming
) -> None:
    """The steps of a chunk: slabs 1 to 4 of F become dZ of candidate, update, reset, and dq."""
    n, width = da.shape
    pieces = by_pieces(UT, width)
    product = np.empty((len(pieces), n // len(pieces), width), da.dtype)
    through_U = product.reshape(n, width)
    matmul, multiply, add = np.matmul, np.multiply, np.add
    for k in range(len(F) - 1, -1, -1):
        add_incoming(start + k + 1, (da,))
        f = F[k]
        through_a, through_c = f[: 3 * n].reshape(3, n, width), f[3 * n :].reshape(2, n, width)
        multiply(through_a, da, through_a)
        multiply(through_c, f[n : 2 * n], through_c)
        matmul(pieces, f[2 * n :], out=product)
        if mask is not None:
            multiply(through_U, mask, through_U)
        add(through_U, f[:n], da)

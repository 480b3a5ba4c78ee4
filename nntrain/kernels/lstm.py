"""Long short-term memory over whole sequences (course 5, week 1; Hochreiter & Schmidhuber 1997, Gers et al. 2000).

Γ_u = σ(W_u x_t + U_u a_{t-1} + b_u)      Γ_f, Γ_o alike      c̃ = tanh(W_c x_t + U_c a_{t-1} + b_c)
c_t = Γ_u c̃ + Γ_f c_{t-1}                  a_t = Γ_o tanh(c_t)

X (T, n_x, m)   W (4n, n_x)   U (4n, n)   b (4n, 1), gate rows in the order update, forget, output, candidate.

Inside, rows are kept in the order output, update, forget, candidate, c_{t-1}: then Γ_u c̃ and Γ_f c_{t-1} are one
multiplication of two contiguous halves, going forward and going back.
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
    """A, the states (a, c) at each example's end and the cache; see CellKernel.   parameters W, U, b; initial (a, c)"""
    W, U, b = parameters
    _, c0 = initial
    P = _gate_order(np.concatenate([W, b, U], axis=1))
    # σ(z) = ½ tanh(z/2) + ½: one tanh serves all four.  A gate near 0 then has no relative accuracy, and needs none: it
    # is a factor in sums, which are rounded by as much.
    P[: 3 * U.shape[1]] *= 0.5

    def steps_forward(block: Block) -> tuple[Floats, Floats]:
        block.saved = _steps_forward(P, block, None if c0 is None else c0[:, block.columns])
        return block.states, block.saved[0][:, len(P) :]

    return run_forward(steps_forward, X, (W, U), initial, lengths, mask, reverse, training)


def _gate_order(M: Floats) -> Floats:
    """Rows of update, forget, output, candidate as output, update, forget, candidate."""
    n = len(M) // 4
    return np.concatenate([M[2 * n : 3 * n], M[: 2 * n], M[3 * n :]])


def _steps_forward(P: Floats, block: Block, c0: Floats | None) -> tuple[Floats, Floats]:
    """All steps of a block: Γ_o, Γ_u, Γ_f, c̃, c_{t-1} (T+1, 5n, columns) and tanh c_t (T, n, columns)."""
    R, states, mask = block.R, block.states, block.mask
    T, n, width = len(R) - 1, states.shape[1], R.shape[2]
    gates, tanh_c = np.empty((T + 1, 5 * n, width), P.dtype), np.empty((T, n, width), P.dtype)
    gates[0, 4 * n :] = 0 if c0 is None else c0
    pieces = by_pieces(P, width)
    products = gates[:, : 4 * n].reshape(T + 1, len(pieces), -1, width)
    half, terms = P.dtype.type(0.5), np.empty((2 * n, width), P.dtype)
    update_term, forget_term = terms[:n], terms[n:]
    matmul, multiply, add, tanh = np.matmul, np.multiply, np.add, np.tanh
    # Iterating makes the views of a step faster than indexing does: two threads share the interpreter lock.
    of_a_step = zip(
        R[:-1],
        products[:-1],
        gates[:-1, : 4 * n],
        gates[:-1, : 3 * n],
        gates[:-1, :n],
        gates[:-1, n : 3 * n],
        gates[:-1, 3 * n :],
        gates[1:, 4 * n :],
        tanh_c,
        states[1:],
        R[1:, -n:],
        strict=True,
    )
    for inputs, product, activations, sigmoids, output, factors, candidate_and_c, c, tanh_of_c, a, masked in of_a_step:
        matmul(pieces, inputs, product)
        tanh(activations, activations)
        multiply(sigmoids, half, sigmoids)
        add(sigmoids, half, sigmoids)
        multiply(factors, candidate_and_c, terms)
        add(update_term, forget_term, c)
        tanh(c, tanh_of_c)
        multiply(output, tanh_of_c, a)
        if mask is not None:
            multiply(a, mask, masked)
    return gates, tanh_c


def backward(
    dA: Floats | None,
    d_last: Sequence[Floats | None],
    cache: Cache,
    gradients: Sequence[Floats],
    *,
    need_dX: bool = True,
) -> tuple[Floats | None, tuple[Floats, ...]]:
    """dX or None, and (da0, dc0); adds to the gradients of W, U, b: see CellKernel."""
    g_W, g_U, g_b = gradients
    W, U = cache.weights
    n, n_x = U.shape[1], W.shape[1]
    UT = np.ascontiguousarray(_gate_order(U).T)  # a view would be packed column by column at every step

    def steps(block: Block, chunk: slice, F: Floats, d_states: Sequence[Floats], add_incoming: AddIncoming) -> None:
        gates, tanh_c = block.saved
        _factors(gates[chunk], tanh_c[chunk], block.states[chunk.start + 1 : chunk.stop + 1], F)
        _steps_backward(UT, chunk.start, F, d_states, block.mask, add_incoming)

    cell = CellBackward(6, steps, (1, 5), _gate_order(W).T, (((1, 5), (0, n_x + 1 + n)),))
    dX, d_initial, (gradient,) = run_backward(cell, cache, dA, d_last, need_dX)
    for packed, saved in ((0, 2), (1, 0), (2, 1), (3, 3)):
        rows, gate = gradient[packed * n : packed * n + n], slice(saved * n, saved * n + n)
        g_W[gate] += rows[:, :n_x]
        g_b[gate] += rows[:, n_x : n_x + 1]
        g_U[gate] += rows[:, n_x + 1 :]
    return dX, d_initial


def _factors(gates: Floats, tanh_c: Floats, A: Floats, F: Floats) -> None:
    """Everything of a chunk's gradient that depends on neither da nor dc, in six slabs of n rows:

    Γ_o (1 - tanh² c)    Γ_o' tanh c    Γ_u' c̃    Γ_f' c_{t-1}    Γ_u (1 - c̃²)    Γ_f      with Γ' = Γ (1 - Γ),

    the first two from a = Γ_o tanh c as Γ_o - a tanh c and a - a Γ_o.
    """
    n = tanh_c.shape[1]
    multiply, subtract = np.multiply, np.subtract
    output, update, candidate = gates[:, :n], gates[:, n : 2 * n], gates[:, 3 * n : 4 * n]
    through_tanh, d_output, slopes, d_candidate = F[:, :n], F[:, n : 2 * n], F[:, 2 * n : 4 * n], F[:, 4 * n : 5 * n]
    multiply(A, tanh_c, through_tanh)
    subtract(output, through_tanh, through_tanh)
    multiply(A, output, d_output)
    subtract(A, d_output, d_output)
    multiply(gates[:, n : 3 * n], gates[:, n : 3 * n], slopes)
    subtract(gates[:, n : 3 * n], slopes, slopes)
    multiply(slopes, gates[:, 3 * n :], slopes)
    multiply(candidate, candidate, d_candidate)
    multiply(d_candidate, update, d_candidate)
    subtract(update, d_candidate, d_candidate)
    F[:, 5 * n :] = gates[:, 2 * n : 3 * n]


def _steps_backward(
    UT: Floats, start: int, F: Floats, d_states: Sequence[Floats], mask: Floats | None, add_incoming: AddIncoming
) -> None:
    """The steps of a chunk: slabs 1 to 4 of F become dZ of output, update, forget, candidate."""
    da, last_dc = d_states
    n, width = da.shape
    pieces = by_pieces(UT, width)
    product = da.reshape(len(pieces), -1, width)
    matmul, multiply, add = np.matmul, np.multiply, np.add
    dc = last_dc
    slabs = F.reshape(-1, 6, n, width)[::-1]
    steps = range(start + len(F), start, -1)
    for t, through_a, through_c, total_dc, dZ, next_dc in zip(
        steps, slabs[:, :2], slabs[:, 2:], slabs[:, 0], F[::-1, n : 5 * n], slabs[:, 5], strict=True
    ):
        add_incoming(t, (da, dc))
        multiply(through_a, da, through_a)
        add(total_dc, dc, total_dc)
        multiply(through_c, total_dc, through_c)
        dc = next_dc
        matmul(pieces, dZ, product)
        if mask is not None:
            multiply(da, mask, da)
    last_dc[:] = dc

"""What the recurrent kernels share: both passes over the blocks of a batch; a cell adds its own steps.

In a block, R[t] = [x_t; 1; a_{t-1}] lies in one buffer, so that input, bias and state of a step cost one product.
In the backward pass, everything that depends on no derivative is computed for a chunk of steps in large calls (the
factors F); the steps then turn the factors into derivatives in place, and the chunk's weight gradients are one large
product.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from nntrain.kernels.sequences import (
    Steps,
    blocks,
    by_pieces,
    chunks_backwards,
    multiply_rows,
    multiply_steps,
    rows_first,
    rows_last,
)
from nntrain.model.shapes import Floats, Ints, Shape
from nntrain.runtime import threads


@dataclass
class Block:
    """Some columns of a batch, all their steps; what backward needs of them."""

    columns: slice
    steps: Steps
    R: Floats  # (T+1, n_x + 1 + n, columns): [x_t; 1; a_{t-1}], the state times the recurrent mask
    states: Floats  # (T+1, n, columns): a_{t-1}; without a mask the last rows of R
    mask: Floats | None  # (n, columns)
    saved: tuple[Floats, ...] = field(default=())  # the cell's own


@dataclass
class Cache:
    """What backward needs of a forward pass."""

    weights: tuple[Floats, Floats]  # W, U
    blocks: list[Block]
    shape: Shape  # of X
    padded: bool  # whether some examples are shorter than T


class CellKernel(Protocol):
    """A recurrent cell over whole sequences: the modules rnn, lstm and gru.   X (T, n_x, m)   A (T, n, m)

    Parameters come in the order W, U, b (of gru: b_u), states in the order a (of lstm: c), each (n, m).
    """

    def forward(
        self,
        X: Floats,
        parameters: Sequence[Floats],
        initial: Sequence[Floats | None],
        lengths: Ints | None = None,
        mask: Floats | None = None,
        *,
        reverse: bool = False,
        training: bool = True,
    ) -> tuple[Floats, tuple[Floats, ...], Cache | None]:
        """A, the states at each example's end, and the cache for backward (None unless `training`).

        initial  states before the first step; None stands for zeros
        lengths  (m,): A is zero past an example's length
        mask     (n, m), multiplies a_{t-1} before U, the same at all steps (Gal & Ghahramani 2016)
        reverse  from each example's end to its start
        """

    def backward(
        self,
        dA: Floats | None,
        d_last: Sequence[Floats | None],
        cache: Cache,
        gradients: Sequence[Floats],
        *,
        need_dX: bool = True,
    ) -> tuple[Floats | None, tuple[Floats, ...]]:
        """dX (None unless `need_dX`) and the derivatives by the initial states; adds to the parameters' `gradients`.

        `dA` (T, n, m) is the derivative by the outputs, `d_last` those by the last states; None stands for zeros.
        """


def _read_block(X: Floats, n: int, columns: slice, a0: Floats | None, steps: Steps, mask: Floats | None) -> Block:
    """A block with its inputs in R, and its initial state."""
    T, n_x, _ = X.shape
    R = np.empty((T + 1, n_x + 1 + n, columns.stop - columns.start), X.dtype)
    if steps.valid is not None:
        R[:, :n_x] = 0
    steps.copy(X[:, :, columns], R[:T, :n_x])
    R[:, n_x] = 1
    if mask is None:
        states = R[:, n_x + 1 :]
    else:
        mask = np.ascontiguousarray(mask[:, columns])
        states = np.empty((T + 1, n, R.shape[2]), X.dtype)
    states[0] = 0 if a0 is None else a0[:, columns]
    if mask is not None:
        np.multiply(states[0], mask, R[0, n_x + 1 :])
    return Block(columns, steps, R, states, mask)


def run_forward(
    steps_forward: Callable[[Block], Sequence[Floats]],
    X: Floats,
    weights: tuple[Floats, Floats],
    initial: Sequence[Floats | None],
    lengths: Ints | None,
    mask: Floats | None,
    reverse: bool,
    training: bool,
) -> tuple[Floats, tuple[Floats, ...], Cache | None]:
    """The forward pass of a cell, as CellKernel has it.

    `steps_forward` takes a block through its steps and returns for each kind of state (a, or a and c) all of them,
    (T+1, n, columns).
    """
    T, _, m = X.shape
    n = weights[1].shape[1]
    A = np.empty((T, n, m), X.dtype) if lengths is None else np.zeros((T, n, m), X.dtype)
    last = tuple(np.empty((n, m), X.dtype) for _ in initial)

    def run(columns: slice) -> Block | None:
        steps = Steps(T, None if lengths is None else lengths[columns], reverse)
        block = _read_block(X, n, columns, initial[0], steps, mask)
        for states, out in zip(steps_forward(block), last, strict=True):
            steps.last(states, out[:, columns])
        steps.copy(block.states[1:], A[:, :, columns])
        return block if training else None

    done = threads.run(run, blocks(m, T * m * (weights[0].size + weights[1].size)))
    if not training:
        return A, last, None
    return A, last, Cache(weights, [block for block in done if block is not None], X.shape, lengths is not None)


AddIncoming = Callable[[int, Sequence[Floats]], None]
"""(t, d_states): adds, in place, what reaches the states after t steps from outside: from outputs and last states."""


@dataclass(frozen=True)
class CellBackward:
    """The backward pass of a cell.  Slabs of n rows of the factors F (steps, slabs · n, columns) become derivatives.

    slabs             of F
    steps             (block, chunk, F, d_states, add_incoming): takes the chunk's steps, last to first; F and d_states
                      (those after the chunk, then those before it) change in place
    input_slabs       first and end of the slabs that reach x_t
    input_weights     (n_x, rows of those slabs)
    weight_gradients  of each: first and end of the slabs, first and end of the rows of R, of which it is the product
    """

    slabs: int
    steps: Callable[[Block, slice, Floats, Sequence[Floats], AddIncoming], None]
    input_slabs: tuple[int, int]
    input_weights: Floats
    weight_gradients: tuple[tuple[tuple[int, int], tuple[int, int]], ...]


def run_backward(
    cell: CellBackward, cache: Cache, dA: Floats | None, d_last: Sequence[Floats | None], need_dX: bool
) -> tuple[Floats | None, tuple[Floats, ...], list[Floats]]:
    """dX, the derivatives by the initial states, and the weight gradients that `cell.weight_gradients` lists."""
    n, m = cache.weights[1].shape[1], cache.shape[2]
    dtype = cache.weights[0].dtype
    dX: Floats | None = None
    if need_dX:
        dX = np.zeros(cache.shape, dtype) if cache.padded else np.empty(cache.shape, dtype)
    d_initial = tuple(np.empty((n, m), dtype) for _ in d_last)

    def run(block: Block) -> list[Floats]:
        columns = block.columns
        return _block_backward(
            cell,
            block,
            None if dA is None else dA[:, :, columns],
            [None if d is None else d[:, columns] for d in d_last],
            None if dX is None else dX[:, :, columns],
            [d[:, columns] for d in d_initial],
        )

    gradients, *rest = threads.run(run, cache.blocks)
    for others in rest:
        for gradient, other in zip(gradients, others, strict=True):
            gradient += other
    return dX, d_initial, gradients


def _block_backward(
    cell: CellBackward,
    block: Block,
    dA: Floats | None,
    d_last: Sequence[Floats | None],
    dX: Floats | None,
    d_initial: Sequence[Floats],
) -> list[Floats]:
    """The backward pass of a block: writes dX and d_initial, returns the block's weight gradients."""
    steps, R, dtype = block.steps, block.R, block.R.dtype
    T, n, width = len(R) - 1, block.states.shape[1], R.shape[2]
    chunks = chunks_backwards(T, width)
    length = chunks[-1].stop
    F = np.empty((length, cell.slabs * n, width), dtype)
    D_buffer, R_buffer = (np.empty(rows * length * width, dtype) for rows in (F.shape[1], R.shape[1]))
    gradients = [np.empty(((j - i) * n, l - k), dtype) for (i, j), (k, l) in cell.weight_gradients]
    shares = [np.empty_like(gradient) for gradient in gradients]
    low, high = min(i for (i, _), _ in cell.weight_gradients), max(j for (_, j), _ in cell.weight_gradients)
    d_states = [np.zeros((n, width), dtype) for _ in d_last]
    outputs = None if dA is None else steps.read(dA)
    pieces = by_pieces(cell.input_weights, width)
    dx = None if dX is None else np.empty(dX.shape, dtype)

    def add_incoming(t: int, d_states: Sequence[Floats]) -> None:
        if t in steps.ends:
            ending = steps.ends[t]
            for d, end in zip(d_states, d_last, strict=True):
                if end is not None:
                    d[:, ending] += end[:, ending]
        if outputs is not None and t > 0:
            np.add(d_states[0], outputs[t - 1], d_states[0])

    for chunk in chunks:
        f = F[: chunk.stop - chunk.start]
        cell.steps(block, chunk, f, d_states, add_incoming)
        if dx is not None:
            i, j = cell.input_slabs
            multiply_steps(pieces, f[:, i * n : j * n], dx[chunk])
        D = rows_first(f[:, low * n : high * n], D_buffer)
        inputs = rows_last(R[chunk], R_buffer)
        for gradient, share, ((i, j), (k, l)) in zip(gradients, shares, cell.weight_gradients, strict=True):
            rows = D[(i - low) * n : (j - low) * n]
            if chunk.stop == T:  # the first of the chunks
                multiply_rows(rows, inputs[:, k:l], gradient)
            else:
                multiply_rows(rows, inputs[:, k:l], share)
                np.add(gradient, share, gradient)
    add_incoming(0, d_states)
    if dX is not None and dx is not None:
        steps.copy(dx, dX)
    for out, d in zip(d_initial, d_states, strict=True):
        out[:] = d
    return gradients

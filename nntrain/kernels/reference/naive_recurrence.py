"""Recurrent cells over whole sequences: each example alone, up to its own length.   Course 5, week 1.

X (T, n_x, m)   A (T, n, m)   states (n, m).  `lengths` (m,): of example i the steps 0 … lengths[i] − 1 count; outputs
past them are 0.  `mask` (n, m): the recurrent mask D of each example.  `reverse`: from each example's end to its start.
"""

from __future__ import annotations

import numpy as np

from nntrain.kernels.reference.naive_cells import CELLS, Parameters, States
from nntrain.model.shapes import Floats


def recurrent_forward(
    cell: str,
    p: Parameters,
    X: Floats,
    first: States,
    lengths: Floats | None = None,
    mask: Floats | None = None,
    reverse: bool = False,
) -> tuple[Floats, States]:
    """The outputs A and the state at each example's last step, of the cell "rnn", "lstm" or "gru"."""
    A = np.zeros((len(X), *first[0].shape), X.dtype)
    last = tuple(np.zeros_like(state) for state in first)
    for i in range(X.shape[2]):
        steps = _steps(X, i, lengths, reverse)
        states = _states_before(cell, p, X, first, mask, steps, i)
        for t, after in zip(steps, states[1:], strict=True):
            A[t, :, i] = after[0]
        for out, state in zip(last, states[-1], strict=True):
            out[:, i] = state
    return A, last


def recurrent_backward(
    cell: str,
    p: Parameters,
    X: Floats,
    first: States,
    dA: Floats,
    d_last: States,
    lengths: Floats | None = None,
    mask: Floats | None = None,
    reverse: bool = False,
) -> tuple[Floats, States, Parameters]:
    """dX, the derivatives by the first states, and those by the parameters: back-propagation through time."""
    dX, d_first = np.zeros_like(X), tuple(np.zeros_like(state) for state in first)
    g = {name: np.zeros_like(array) for name, array in p.items()}
    _, backward = CELLS[cell]
    for i in range(X.shape[2]):
        steps = _steps(X, i, lengths, reverse)
        states = _states_before(cell, p, X, first, mask, steps, i)
        d = tuple(array[:, i] for array in d_last)
        for t, before in reversed(list(zip(steps, states[:-1], strict=True))):
            d = (d[0] + dA[t, :, i], *d[1:])
            dX[t, :, i], d = backward(p, g, X[t, :, i], before, _mask(mask, first, i), d)
        for out, derivative in zip(d_first, d, strict=True):
            out[:, i] = derivative
    return dX, d_first, g


def _steps(X: Floats, i: int, lengths: Floats | None, reverse: bool) -> list[int]:
    """The steps of example i, in the order in which the cell takes them."""
    steps = range(len(X) if lengths is None else int(lengths[i]))
    return list(reversed(steps) if reverse else steps)


def _states_before(
    cell: str, p: Parameters, X: Floats, first: States, mask: Floats | None, steps: list[int], i: int
) -> list[States]:
    """The states of example i before each step, and behind them the last one."""
    forward, _ = CELLS[cell]
    states = [tuple(state[:, i] for state in first)]
    for t in steps:
        states.append(forward(p, X[t, :, i], states[-1], _mask(mask, first, i)))
    return states


def _mask(mask: Floats | None, first: States, i: int) -> Floats:
    return np.ones(len(first[0])) if mask is None else mask[:, i]

"""How much of the targets' variance a model explains, the mean over outputs.

Σ y² − (Σ y)²/n would lose all digits where the mean is far from 0.  So a state holds, for d = y − y₀ with y₀ the first
value, the mean of d and the sum of squares around it; a batch of k values joins n others by

    d̄ ← d̄ + k δ / (n + k),   S ← S + S_k + δ² n k / (n + k),   δ = d̄_k − d̄

where weights of examples are summed in place of n and k.  Chan, Golub and LeVeque (1979), "Updating formulae and a
pairwise algorithm for computing sample variances".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from nntrain.components import component
from nntrain.metrics.base import Better, Saved
from nntrain.metrics.value_metrics import ValueMetric
from nntrain.model.shapes import Array

if TYPE_CHECKING:
    from nntrain.data.facts import Facts

SPREAD = 4  # rows of a spread: Σ w, y₀, d̄, S = Σ w (d − d̄)² of every output


def widen(spread: Array, V: Array, w: Array | None) -> None:
    """More values (n_y, k) to a spread, in place."""
    count, first = spread[:2]  # views of its rows
    if not count.any():
        first[...] = V[:, 0]
    D = V - first[:, None]
    if w is None:
        k: float = V.shape[1]
        mean_of_batch = D.mean(axis=1)
        squares_of_batch = np.square(D - mean_of_batch[:, None]).sum(axis=1)
    else:
        k = float(w.sum())
        if k == 0:
            return
        mean_of_batch = D @ w / k
        squares_of_batch = np.square(D - mean_of_batch[:, None]) @ w
    _join(spread, k, mean_of_batch, squares_of_batch)


def merge(spread: Array, later: Array) -> None:
    """The values of another spread to this one, in place."""
    if not spread[0].any():
        spread[...] = later
    elif later[0].any():
        k, first, mean, squares = later
        _join(spread, k, mean + (first - spread[1]), squares)


def _join(spread: Array, k: float | Array, mean_of_batch: Array, squares_of_batch: Array) -> None:
    count, _, mean, squares = spread
    apart = mean_of_batch - mean
    squares += squares_of_batch + apart**2 * (count * k / (count + k))
    mean += apart * (k / (count + k))
    count += k


def explained(left: Array, squares: Array) -> float:
    """The mean over outputs of 1 − left / squares.  Where there is no variance, 0, or 1 if nothing is left of it."""
    constant = squares == 0  # every d is 0, so nothing was rounded
    return float(np.where(constant, left == 0, 1 - left / np.where(constant, 1, squares)).mean())


class Explained(ValueMetric):
    """Base.  The state: the spread of y, rows of its own, and the number of examples."""

    better: ClassVar[Better | None] = "more"
    rows: ClassVar[int]

    def start(self, facts: Facts) -> Array:
        return np.zeros((SPREAD + self.rows + 1, facts.outputs or 1))

    def add(self, state: Array, P: Array, V: Array, w: Array | None) -> None:
        if w is not None:
            P, V, w = P[:, w > 0], V[:, w > 0], w[w > 0]
        if V.shape[1]:
            widen(state[:SPREAD], V, w)
            self.add_errors(state[SPREAD:-1], V - P, w)
            state[-1] += V.shape[1]

    def merge(self, state: Array, later: Array) -> None:
        merge(state[:SPREAD], later[:SPREAD])
        self.merge_errors(state[SPREAD:-1], later[SPREAD:-1])
        state[-1] += later[-1]

    def merge_errors(self, rows: Array, later: Array) -> None:
        """The errors of another state to the metric's own rows, in place."""
        rows += later

    def add_errors(self, rows: Array, E: Array, w: Array | None) -> None:
        """More errors y − ŷ (n_y, k) to the metric's own rows, in place."""
        raise NotImplementedError


@component("r2")
class R2(Explained):
    """R² = 1 − Σ (ŷ − y)² / Σ (y − ȳ)², the share of the variance that is explained; the mean over outputs.

    An output whose targets are all equal has R² 0, or 1 where every prediction is exact.  Of one example it is not a
    number, as in scikit-learn.
    """

    rows: ClassVar[int] = 1  # Σ e²

    def add_errors(self, rows: Array, E: Array, w: Array | None) -> None:
        rows += np.square(E).sum(axis=1) if w is None else np.square(E) @ w

    def value(self, state: Array) -> float:
        return explained(state[SPREAD], state[SPREAD - 1]) if state[-1].min() >= 2 else float("nan")

    def restore(self, state: Array, saved: Saved) -> None:
        saved = np.asarray(saved, np.float64)
        if len(saved) == 4:  # n, Σ y, Σ y², Σ e²: what checkpoints held first
            count, whole, of_squares, errors = saved
            mean = whole / np.maximum(count, 1)
            spread = of_squares - whole * mean
            saved = np.stack([count, 0 * mean, mean, np.where(spread > 1e-14 * of_squares, spread, 0), errors])
        if len(saved) == 5:  # without the number of examples
            saved = np.concatenate([saved, saved[:1]])
        super().restore(state, saved)


@component("explained_variance")
class ExplainedVariance(Explained):
    """1 − Var(y − ŷ) / Var(y): R², but an error that all predictions share is forgiven; the mean over outputs.

    Where targets are all equal it is 0, or 1 where all errors are equal too.
    """

    rows: ClassVar[int] = SPREAD  # of y − ŷ

    def add_errors(self, rows: Array, E: Array, w: Array | None) -> None:
        widen(rows, E, w)

    def merge_errors(self, rows: Array, later: Array) -> None:
        merge(rows, later)

    def value(self, state: Array) -> float:
        squares = SPREAD - 1
        return explained(state[SPREAD + squares], state[squares]) if state[-1].all() else float("nan")

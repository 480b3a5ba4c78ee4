"""Metrics of values, over all examples and outputs.  Outputs and targets come in the data's units."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from nntrain.components import component
from nntrain.files.plain_values import Json
from nntrain.metrics.base import Metric, ratio
from nntrain.model.layer import ShapeError
from nntrain.model.shapes import Array

if TYPE_CHECKING:
    from nntrain.data.facts import Facts
    from nntrain.losses import Loss


class ValueMetric(Metric):
    """A metric of ŷ against y."""

    better: ClassVar[Literal["more", "less"] | None] = "less"
    of_predictions = True

    def declare(self, facts: Facts, loss: Loss) -> None:
        if facts.target == "labels":
            raise ShapeError(f"{self.type} is for values, the dataset gives labels: use accuracy or f1")


def pairs(Z: Array, Y: Array, mask: Array | None) -> tuple[Array, Array]:
    """Ŷ and Y as float64 (outputs, everything that counts)."""
    Y = Y.reshape(Z.shape)
    if mask is not None:
        Z, Y = (np.moveaxis(V, -2, 0)[:, mask] for V in (Z, Y))
    elif Z.ndim > 2:
        Z, Y = (np.moveaxis(V, -2, 0).reshape(V.shape[-2], -1) for V in (Z, Y))
    return Z.astype(np.float64), Y.astype(np.float64)


@component("mae")
class MeanAbsoluteError(ValueMetric):
    """Mean |ŷ − y| over all examples and outputs."""

    def start(self, facts: Facts) -> Array:
        return np.zeros(2)  # Σ |e|, count

    def update(self, state: Array, Z: Array, Y: Array, mask: Array | None = None, *, threshold: float = 0.0) -> None:
        P, V = pairs(Z, Y, mask)
        state += (np.abs(P - V).sum(), V.size)

    def value(self, state: Array) -> float:
        return ratio(state[0], state[1])


@component("rmse")
class RootMeanSquaredError(ValueMetric):
    """√ mean (ŷ − y)²: the root of one mean over all examples and outputs.

    With several outputs that is the root of their mean squared error, as of the loss `mse`, in which the output with
    the largest errors weighs most; scikit-learn's root_mean_squared_error is the mean of the outputs' roots.
    """

    def start(self, facts: Facts) -> Array:
        return np.zeros(2)  # Σ e², count

    def update(self, state: Array, Z: Array, Y: Array, mask: Array | None = None, *, threshold: float = 0.0) -> None:
        P, V = pairs(Z, Y, mask)
        state += (np.square(P - V).sum(), V.size)

    def value(self, state: Array) -> float:
        return float(ratio(state[0], state[1]) ** 0.5)


@component("r2")
class R2(ValueMetric):
    """R² = 1 − Σ (ŷ − y)² / Σ (y − ȳ)², the share of the variance that is explained; the mean over outputs.

    An output whose targets are all equal has R² 0, or 1 where every prediction is exact.

    Σ y² − (Σ y)²/n would lose all digits where the mean is far from 0.  So the state holds, for d = y − y₀ with y₀ the
    first target, the mean of d and the sum of squares around it; a batch of k targets joins n others by

        d̄ ← d̄ + k δ / (n + k),   S ← S + S_k + δ² n k / (n + k),   δ = d̄_k − d̄

    Chan, Golub and LeVeque (1979), "Updating formulae and a pairwise algorithm for computing sample variances".
    """

    better: ClassVar[Literal["more", "less"] | None] = "more"

    def start(self, facts: Facts) -> Array:
        return np.zeros((5, facts.outputs or 1))  # n, y₀, d̄, S = Σ (d − d̄)², Σ e² of every output

    def update(self, state: Array, Z: Array, Y: Array, mask: Array | None = None, *, threshold: float = 0.0) -> None:
        P, V = pairs(Z, Y, mask)
        k = V.shape[1]
        if k == 0:
            return
        count, first, mean, squares, errors = state  # views of its rows
        if not count.any():
            first[...] = V[:, 0]
        D = V - first[:, None]
        mean_of_batch = D.mean(axis=1)
        apart = mean_of_batch - mean
        squares += np.square(D - mean_of_batch[:, None]).sum(axis=1) + apart**2 * (count * k / (count + k))
        mean += apart * (k / (count + k))
        errors += np.square(P - V).sum(axis=1)
        count += k

    def value(self, state: Array) -> float:
        count, _, _, squares, errors = state
        if not count.all():
            return float("nan")
        constant = squares == 0  # every d is 0, so nothing was rounded
        explained = 1 - errors / np.where(constant, 1, squares)
        return float(np.where(constant, errors == 0, explained).mean())

    def restore(self, state: Array, saved: list[Json]) -> None:
        if len(saved) == 4:  # n, Σ y, Σ y², Σ e²: what checkpoints held first
            count, total, of_squares, errors = np.array(saved, np.float64)
            mean = total / np.maximum(count, 1)
            spread = of_squares - total * mean
            saved = [count, 0 * mean, mean, np.where(spread > 1e-14 * of_squares, spread, 0), errors]
        super().restore(state, saved)

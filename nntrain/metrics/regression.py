"""Metrics of values, over all examples and outputs.  Outputs and targets come in the data's units."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from nntrain.components import component
from nntrain.layers.base import ShapeError
from nntrain.metrics.base import Metric, ratio
from nntrain.params import Array

if TYPE_CHECKING:
    from nntrain.data.base import Facts
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
    """Mean |ŷ − y|."""

    def start(self, facts: Facts) -> Array:
        return np.zeros(2)  # Σ |e|, count

    def update(self, state: Array, Z: Array, Y: Array, mask: Array | None = None, *, threshold: float = 0.0) -> None:
        P, V = pairs(Z, Y, mask)
        state += (np.abs(P - V).sum(), V.size)

    def value(self, state: Array) -> float:
        return ratio(state[0], state[1])


@component("rmse")
class RootMeanSquaredError(ValueMetric):
    """√ mean (ŷ − y)²."""

    def start(self, facts: Facts) -> Array:
        return np.zeros(2)  # Σ e², count

    def update(self, state: Array, Z: Array, Y: Array, mask: Array | None = None, *, threshold: float = 0.0) -> None:
        P, V = pairs(Z, Y, mask)
        state += (np.square(P - V).sum(), V.size)

    def value(self, state: Array) -> float:
        return ratio(state[0], state[1]) ** 0.5


@component("r2")
class R2(ValueMetric):
    """R² = 1 − Σ (ŷ − y)² / Σ (y − ȳ)², the share of the variance that is explained; the mean over outputs.

    An output whose targets are all equal has R² 0, or 1 where every prediction is exact.
    """

    better: ClassVar[Literal["more", "less"] | None] = "more"

    def start(self, facts: Facts) -> Array:
        return np.zeros((4, facts.outputs or 1))  # count, Σ y, Σ y², Σ e² of every output

    def update(self, state: Array, Z: Array, Y: Array, mask: Array | None = None, *, threshold: float = 0.0) -> None:
        P, V = pairs(Z, Y, mask)
        state[0] += V.shape[1]
        state[1] += V.sum(axis=1)
        state[2] += np.square(V).sum(axis=1)
        state[3] += np.square(P - V).sum(axis=1)

    def value(self, state: Array) -> float:
        count, total, squares, errors = state
        if not count.all():
            return float("nan")
        spread = squares - total**2 / count
        constant = spread <= 1e-14 * squares  # rounding of the sums: nothing is left of the spread
        explained = 1 - errors / np.where(constant, 1, spread)
        return float(np.where(constant, errors == 0, explained).mean())

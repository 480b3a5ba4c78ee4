"""Metrics of values, over all examples and outputs.  Outputs and targets come in the data's units."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from nntrain.components import component
from nntrain.metrics.base import Better, Metric, of_outputs, ratio, total, weights_of
from nntrain.model.layer import ShapeError
from nntrain.model.shapes import Array

if TYPE_CHECKING:
    from nntrain.data.facts import Facts
    from nntrain.losses import Loss


class ValueMetric(Metric[Array]):
    """A metric of ŷ against y."""

    better: ClassVar[Better | None] = "less"
    of_predictions = True

    def declare(self, facts: Facts, loss: Loss) -> None:
        if facts.target == "labels":
            raise ShapeError(f"{self.type} is for values, the dataset gives labels: use accuracy or f1")

    def update(
        self,
        state: Array,
        Z: Array,
        Y: Array,
        mask: Array | None = None,
        *,
        threshold: float = 0.0,
        weights: Array | None = None,
    ) -> None:
        P, V = (of_outputs(values, mask).astype(np.float64) for values in (Z, Y.reshape(Z.shape)))
        self.add(state, P, V, weights_of(weights, Z, mask))

    def add(self, state: Array, P: Array, V: Array, w: Array | None) -> None:
        """Predictions and targets (n_y, K) of the examples, or steps, that count, to the state, in place.

        w   (K,) their weights; None where all count for 1
        """
        raise NotImplementedError


class MeanError(ValueMetric):
    """Base: from the mean over all examples and outputs of an error of single outputs."""

    def start(self, facts: Facts) -> Array:
        return np.zeros(2)  # Σ error, count

    def add(self, state: Array, P: Array, V: Array, w: Array | None) -> None:
        state += total(self.errors(P, V), w), V.size if w is None else len(V) * w.sum()

    def value(self, state: Array) -> float:
        return ratio(state[0], state[1])

    def errors(self, P: Array, V: Array) -> Array:
        """The error of every ŷ against its y."""
        raise NotImplementedError


@component("mae")
class MeanAbsoluteError(MeanError):
    """Mean |ŷ − y| over all examples and outputs."""

    def errors(self, P: Array, V: Array) -> Array:
        errors: Array = np.abs(P - V)
        return errors


@component("mape")
class MeanAbsolutePercentageError(MeanError):
    """Mean |ŷ − y| / |y| over all examples and outputs, 0.1 for 10 %.

    As in scikit-learn a |y| below 2.2e-16 counts as that: where targets are 0, the value is huge.
    """

    def errors(self, P: Array, V: Array) -> Array:
        errors: Array = np.abs(P - V) / np.maximum(np.abs(V), np.finfo(np.float64).eps)
        return errors


@component("rmse")
class RootMeanSquaredError(MeanError):
    """√ mean (ŷ − y)²: the root of one mean over all examples and outputs.

    With several outputs that is the root of their mean squared error, as of the loss `mse`, in which the output with
    the largest errors weighs most; scikit-learn's root_mean_squared_error is the mean of the outputs' roots.
    """

    def errors(self, P: Array, V: Array) -> Array:
        errors: Array = np.square(P - V)
        return errors

    def value(self, state: Array) -> float:
        return float(super().value(state) ** 0.5)

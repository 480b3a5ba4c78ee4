"""Metrics of whole sequences."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from nntrain.components import component
from nntrain.losses.base import decided
from nntrain.metrics.base import Better, Metric, ratio
from nntrain.model.layer import ShapeError
from nntrain.model.shapes import Array

if TYPE_CHECKING:
    from nntrain.data.facts import Facts
    from nntrain.losses.base import Loss


@component("exact_match")
class ExactMatch(Metric[Array]):
    """Share of examples that are right at every step that counts; of several yes-or-no questions, in every answer.

    Of an encoder and a decoder it is the share of texts that greedy decoding writes without a mistake: as long as all
    symbols were right, what the decoder has written is what it is given to read here.  Where steps have weights, those
    of weight 0 do not count, and the example counts for the mean of the others.
    """

    better: ClassVar[Better | None] = "more"

    def declare(self, facts: Facts, loss: Loss) -> None:
        if facts.target == "values" and loss.target == "values":
            raise ShapeError("exact_match is for classes, the dataset gives values: use mae, rmse or r2")

    def start(self, facts: Facts) -> Array:
        return np.zeros(2)  # right, all

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
        answers = Y.ndim == Z.ndim
        right = (np.greater(Z, threshold) == (Y > 0.5)).all(axis=-2) if answers else decided(Z, threshold) == Y
        w = np.ones(right.shape) if weights is None else np.broadcast_to(weights.astype(np.float64), right.shape)
        w = (w if mask is None else np.where(mask, w, 0)).reshape(-1, right.shape[-1])
        counted = np.count_nonzero(w, axis=0)
        of_example = w.sum(axis=0) / np.maximum(counted, 1)
        exact = (right.reshape(w.shape) | (w == 0)).all(axis=0)
        state += (of_example * exact).sum(), of_example.sum()

    def value(self, state: Array) -> float:
        return ratio(state[0], state[1])

"""How surprised a model is by the labels: metrics of −log p(y)."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from nntrain.components import component
from nntrain.kernels import cross_entropy
from nntrain.kernels.logistic import losses_and_probabilities
from nntrain.metrics.base import Better, Metric, of_outputs, of_positions, ratio, total, weights_of
from nntrain.model.layer import ShapeError
from nntrain.model.shapes import Array

if TYPE_CHECKING:
    from nntrain.data.facts import Facts
    from nntrain.losses import Loss

_LEAST = float(np.finfo(np.float64).eps)


class Surprise(Metric[Array]):
    """Base: from the mean of −log p(y), p = softmax(Z), over all labels that count; whatever the loss adds to that."""

    better: ClassVar[Better | None] = "less"

    def declare(self, facts: Facts, loss: Loss) -> None:
        if facts.target != "labels" or loss.target != "labels":
            raise ShapeError(f"{self.type} wants an output for every class: use cross_entropy")

    def start(self, facts: Facts) -> Array:
        return np.zeros(2)  # Σ −log p, count

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
        L = cross_entropy.losses(Z, Y if mask is None else np.where(mask, Y, 0))
        if weights is not None:
            w = weights_of(weights, Z, mask)
            state += total(of_positions(L, mask), w), 0.0 if w is None else w.sum()
            return
        state[0] += L.sum(dtype=np.float64) if mask is None else L.sum(dtype=np.float64, where=mask)
        state[1] += L.size if mask is None else np.count_nonzero(mask)


@component("perplexity")
class Perplexity(Surprise):
    """e^(mean −log p): among how many equally likely symbols the model hesitates."""

    def value(self, state: Array) -> float:
        mean = ratio(state[0], state[1])
        return float(np.exp(mean))


@component("bits_per_character")
class BitsPerCharacter(Surprise):
    """mean −log₂ p: bits that a character takes when the model compresses the text."""

    def declare(self, facts: Facts, loss: Loss) -> None:
        super().declare(facts, loss)
        if facts.text is not None and facts.text.level == "words":
            raise ShapeError("bits_per_character is for characters, these symbols are words: use perplexity")

    def value(self, state: Array) -> float:
        return ratio(state[0], state[1]) / log(2)


@component("log_loss")
class LogLoss(Surprise):
    """Mean −log p(y): the cross-entropy of the classes, whatever smoothing and class weights the loss adds to it.

    As in scikit-learn a p below 2.2e-16, float64's distance from 1, counts as that: one example costs at most 36.04.
    """

    def declare(self, facts: Facts, loss: Loss) -> None:
        if facts.target != "labels":
            raise ShapeError("log_loss is for classes, the dataset gives values: the loss itself says as much")

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
        w = weights_of(weights, Z, mask)
        Z, Y = of_outputs(Z, mask).astype(np.float64), of_positions(Y, mask)
        if len(Z) > 1:
            L = cross_entropy.losses(Z, Y)
        elif threshold == 0:
            L = losses_and_probabilities(Z, Y[None])[0][0]
        else:  # the output is a probability already
            P = np.clip(np.where(Y > 0, Z[0], 1 - Z[0]), _LEAST, 1 - _LEAST)
            L = np.negative(np.log(P))
        L = np.clip(L, _LEAST, -log(_LEAST))
        state += total(L, w), L.size if w is None else w.sum()

    def value(self, state: Array) -> float:
        return ratio(state[0], state[1])

"""How surprised a model is by a text."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from nntrain.components import component
from nntrain.kernels import cross_entropy
from nntrain.metrics.base import Metric, ratio
from nntrain.model.layer import ShapeError
from nntrain.model.shapes import Array

if TYPE_CHECKING:
    from nntrain.data.facts import Facts
    from nntrain.losses import Loss


class Surprise(Metric):
    """Base: from the mean of −log p(y), p = softmax(Z), over all labels that count; whatever the loss adds to that."""

    better: ClassVar[Literal["more", "less"] | None] = "less"

    def declare(self, facts: Facts, loss: Loss) -> None:
        if facts.target != "labels" or loss.target != "labels":
            raise ShapeError(f"{self.type} wants an output for every class: use cross_entropy")

    def start(self, facts: Facts) -> Array:
        return np.zeros(2)  # Σ −log p, count

    def update(self, state: Array, Z: Array, Y: Array, mask: Array | None = None, *, threshold: float = 0.0) -> None:
        L = cross_entropy.losses(Z, Y if mask is None else np.where(mask, Y, 0))
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

"""Metrics of decisions between classes: how many are right.

The class of an example is decided by the rule of `losses.base.decided`.  Where targets are values (several yes-or-no
questions an example, under binary_cross_entropy), every single output counts as a decision between no and yes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from nntrain.components import arg, component
from nntrain.files.plain_values import Json
from nntrain.losses.base import decided
from nntrain.metrics.base import Better, Metric, of_outputs, of_positions, ratio, total, weights_of
from nntrain.model.layer import ShapeError
from nntrain.model.shapes import Array

if TYPE_CHECKING:
    from nntrain.data.facts import Facts
    from nntrain.losses.base import Loss


class DecisionMetric(Metric[Array]):
    """A metric of the decided class against the true one."""

    better: ClassVar[Better | None] = "more"

    def declare(self, facts: Facts, loss: Loss) -> None:
        if facts.target == "values" and loss.target == "values":
            raise ShapeError(f"{self.type} is for classes, the dataset gives values: use mae, rmse or r2")

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
        guess, truth = decide(Z, Y, mask, threshold)
        self.add(state, guess, truth, weights_of(weights, Z, mask))

    def add(self, state: Array, guess: Array, truth: Array, w: Array | None) -> None:
        """Decided and true classes (K,), or no and yes (n, K) where targets are values, to the state, in place.

        w   (K,) the weights of the examples, or steps; None where all count for 1
        """
        raise NotImplementedError


def classes_of(facts: Facts) -> int:
    """The number of classes; 2 for a question of yes and no."""
    return facts.classes or 2


def decide(Z: Array, Y: Array, mask: Array | None, threshold: float) -> tuple[Array, Array]:
    """Decided and true classes of all examples, or steps, that count: (K,), or no and yes (n, K) where targets are
    values."""
    if Y.ndim < Z.ndim:
        return of_positions(decided(Z, threshold), mask), of_positions(Y, mask)
    return of_outputs(np.greater(Z, threshold), mask), of_outputs(Y > 0.5, mask)


@component("accuracy")
class Accuracy(DecisionMetric):
    """Share of right decisions; of several yes-or-no questions, of all their answers."""

    def start(self, facts: Facts) -> Array:
        return np.zeros(2)  # right, all

    def add(self, state: Array, guess: Array, truth: Array, w: Array | None) -> None:
        right = guess == truth
        state[0] += total(right, w)
        state[1] += right.size if w is None else total(np.ones(right.shape), w)

    def value(self, state: Array) -> float:
        return ratio(state[0], state[1])


@component("top_k")
class TopK(DecisionMetric):
    """Share of examples whose label is among the k largest outputs; of equal outputs the first counts as larger."""

    k: int = arg("how many guesses an example has", default=5, ge=1)

    def declare(self, facts: Facts, loss: Loss) -> None:
        super().declare(facts, loss)
        if facts.target != "labels" or loss.target != "labels":
            raise ShapeError("top_k wants an output for every class: use cross_entropy")
        if self.k >= classes_of(facts):
            raise ShapeError(f"top_k: k = {self.k} of {facts.classes} classes is always right; make k smaller")

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
        w = weights_of(weights, Z, mask)
        Z, Y = of_outputs(Z, mask), of_positions(Y, mask)
        label = Y[None].astype(np.intp, copy=False)
        score = np.take_along_axis(Z, label, 0)
        before = np.arange(len(Z))[:, None] < label
        # what is not clearly below the label's score stands before it, so NaN is never right
        below = np.less(Z, score) | (np.equal(Z, score) & ~before)
        right = np.count_nonzero(~below, axis=0) < self.k
        state += (np.count_nonzero(right), right.size) if w is None else (total(right, w), w.sum())

    def value(self, state: Array) -> float:
        return ratio(state[0], state[1])


@component("confusion")
class Confusion(DecisionMetric):
    """Counts (classes, classes), or sums of weights: the row is the true class, the column the decided one."""

    better: ClassVar[Better | None] = None

    def start(self, facts: Facts) -> Array:
        return np.zeros((classes_of(facts), classes_of(facts)))

    def add(self, state: Array, guess: Array, truth: Array, w: Array | None) -> None:
        place = truth.astype(np.intp) * len(state) + guess
        each = None if w is None else np.broadcast_to(w, place.shape).reshape(-1)
        state += np.bincount(place.reshape(-1), each, minlength=state.size).reshape(state.shape)

    def value(self, state: Array) -> Json:
        whole = bool((state == np.floor(state)).all())
        return state.astype(int).tolist() if whole else state.tolist()

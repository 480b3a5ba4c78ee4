"""Metrics of decisions between classes.

The class of an example is decided by the rule of `losses.base.decided`.  Where targets are values (several yes-or-no
questions an example, under binary_cross_entropy), every single output counts as a decision between 0 and 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from nntrain.components import arg, component
from nntrain.files.plain_values import Json
from nntrain.losses.base import decided
from nntrain.metrics.base import Metric, ratio
from nntrain.model.layer import ShapeError
from nntrain.model.shapes import Array

if TYPE_CHECKING:
    from nntrain.data.facts import Facts
    from nntrain.losses import Loss


class DecisionMetric(Metric):
    """A metric of the decided class against the true one."""

    better: ClassVar[Literal["more", "less"] | None] = "more"

    def declare(self, facts: Facts, loss: Loss) -> None:
        if facts.target == "values" and loss.target == "values":
            raise ShapeError(f"{self.type} is for classes, the dataset gives values: use mae, rmse or r2")


def classes_of(facts: Facts) -> int:
    """How many classes a decision is between; 2 where every output is a yes or no of its own."""
    return facts.classes or 2


def decide(Z: Array, Y: Array, mask: Array | None, threshold: float) -> tuple[Array, Array]:
    """Decided and true classes of all examples (steps, outputs) that count."""
    if Y.ndim < Z.ndim:
        guess, truth = decided(Z, threshold), Y
    else:
        guess, truth = np.greater(Z, threshold), Y > 0.5
        mask = None if mask is None else np.broadcast_to(mask[..., None, :], Z.shape)
    return (guess, truth) if mask is None else (guess[mask], truth[mask])


@component("accuracy")
class Accuracy(DecisionMetric):
    """Share of right decisions."""

    def start(self, facts: Facts) -> Array:
        return np.zeros(2)  # right, all

    def update(self, state: Array, Z: Array, Y: Array, mask: Array | None = None, *, threshold: float = 0.0) -> None:
        guess, truth = decide(Z, Y, mask, threshold)
        state[0] += np.count_nonzero(guess == truth)
        state[1] += truth.size

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

    def update(self, state: Array, Z: Array, Y: Array, mask: Array | None = None, *, threshold: float = 0.0) -> None:
        if mask is not None:
            Z, Y = np.moveaxis(Z, -2, 0)[:, mask], Y[mask]
        label = Y[..., None, :].astype(np.intp, copy=False)
        score = np.take_along_axis(Z, label, -2)
        before = np.arange(Z.shape[-2])[:, None] < label
        # what is not clearly below the label's score stands before it, so NaN is never right
        below = np.less(Z, score) | (np.equal(Z, score) & ~before)
        rank = np.count_nonzero(~below, axis=-2)
        state[0] += np.count_nonzero(rank < self.k)
        state[1] += rank.size

    def value(self, state: Array) -> float:
        return ratio(state[0], state[1])


@dataclass(frozen=True)
class ClassAverage(DecisionMetric):
    """A score of every class, and its average.

    TP examples of a class decided so, P = TP + FP decided so, A = TP + FN that are of the class.
    macro    plain mean over the classes that occur, in the labels or in the decisions
    micro    TP, P and A are summed over the classes first: with one label an example all three scores are the accuracy
    binary   the score of class 1 (the positive class) alone; for two classes
    A score 0/0 is 0 (a class that is never decided for has precision 0).
    """

    average: Literal["macro", "micro", "binary"] = arg("how the classes' scores become one", default="macro")

    def declare(self, facts: Facts, loss: Loss) -> None:
        super().declare(facts, loss)
        if self.average == "binary" and classes_of(facts) != 2:
            raise ShapeError(f"average: binary is for 2 classes, the data have {facts.classes}; use macro")

    def start(self, facts: Facts) -> Array:
        return np.zeros((3, classes_of(facts)))  # TP, P, A of every class

    def update(self, state: Array, Z: Array, Y: Array, mask: Array | None = None, *, threshold: float = 0.0) -> None:
        guess, truth = decide(Z, Y, mask, threshold)
        for row, classes in enumerate((truth[guess == truth], guess, truth)):
            state[row] += np.bincount(classes.reshape(-1), minlength=state.shape[1])

    def value(self, state: Array) -> float:
        if not state.any():
            return float("nan")
        if self.average == "micro":
            state = state.sum(axis=1, keepdims=True)
        score, whole = self.score(*state)
        scores = np.divide(score, whole, out=np.zeros_like(score), where=whole > 0)
        if self.average == "binary":
            return float(scores[1])
        return float(scores[state.any(axis=0)].mean())

    def score(self, tp: Array, p: Array, a: Array) -> tuple[Array, Array]:
        """Numerator and denominator of every class's score."""
        raise NotImplementedError


@component("precision")
class Precision(ClassAverage):
    """TP / (TP + FP): of those decided to be of a class, the share that is."""

    def score(self, tp: Array, p: Array, a: Array) -> tuple[Array, Array]:
        return tp, p


@component("recall")
class Recall(ClassAverage):
    """TP / (TP + FN): of those that are of a class, the share that was found."""

    def score(self, tp: Array, p: Array, a: Array) -> tuple[Array, Array]:
        return tp, a


@component("f1")
class F1(ClassAverage):
    """2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall.

    Course: "Single number evaluation metric" (C3W1L03).
    """

    def score(self, tp: Array, p: Array, a: Array) -> tuple[Array, Array]:
        return 2 * tp, p + a


@component("confusion")
class Confusion(DecisionMetric):
    """Counts (classes, classes): the row is the true class, the column the decided one."""

    better: ClassVar[Literal["more", "less"] | None] = None

    def start(self, facts: Facts) -> Array:
        return np.zeros((classes_of(facts), classes_of(facts)))

    def update(self, state: Array, Z: Array, Y: Array, mask: Array | None = None, *, threshold: float = 0.0) -> None:
        guess, truth = decide(Z, Y, mask, threshold)
        place = truth.astype(np.intp) * len(state) + guess
        state += np.bincount(place.reshape(-1), minlength=state.size).reshape(state.shape)

    def value(self, state: Array) -> Json:
        return state.astype(int).tolist()

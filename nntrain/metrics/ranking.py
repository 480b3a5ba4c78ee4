"""Metrics of the order in which examples come by their scores: whatever the threshold of a decision is.

Of a class c the score of an example is the log-odds log(p_c / (1 − p_c)), in which it comes where it comes by p_c: read
off the outputs themselves, so that what rounding makes equally likely stays apart.  Two classes have that of class 1
alone; of several yes-or-no questions it is the output.

The order of all examples is needed, so the state keeps their scores: for N examples and n classes N (n + 2) numbers,
which a checkpoint in the middle of an epoch keeps too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from nntrain.components import arg, component, component_base
from nntrain.metrics.base import Better, Metric, Saved, of_outputs, of_positions, weights_of
from nntrain.model.layer import ShapeError
from nntrain.model.shapes import Array

if TYPE_CHECKING:
    from nntrain.data.facts import Facts
    from nntrain.losses.base import Loss

Average = Literal["macro", "micro", "weighted"]
AVERAGE_HELP = (
    "of several classes or questions: macro, the plain mean of their values; weighted, by their examples; micro, every "
    "pair of an example and a class is an example of its own"
)


def log_odds(Z: Array) -> Array:
    """z_c − log Σ_{k ≠ c} e^{z_k} of every class, in float64.   Z (n, K) logits, n ≥ 2

    Sums are taken in order of size: examples whose outputs are those of another in another order have equal scores.
    """
    Z = Z.astype(np.float64)
    if len(Z) == 2:
        return np.subtract(Z, Z[::-1])
    ordered = np.sort(Z, axis=0)
    top, second = ordered[-1], ordered[-2]
    all_together = np.exp(ordered - top).sum(axis=0)
    # The largest would leave next to nothing of the sum, so the others are summed anew; after any other ½ of it stays.
    without_top = second - top + np.log(np.exp(ordered[:-1] - second).sum(axis=0))
    without_one = np.log(np.maximum(all_together - np.exp(Z - top), 0.5))
    odds: Array = Z - top - np.where(top == Z, without_top, without_one)
    return odds


@component_base()
class RankingMetric(Metric[list[Array]]):
    """Base.  A batch of K examples leaves a table: of classes their scores, the label and the weight, (n + 2, K); of
    two classes, and of questions, score, truth and weight of each, (3, n, K)."""

    better: ClassVar[Better | None] = "more"
    needs_every_class: ClassVar[bool] = False  # else a class without examples has no part in the mean
    average: Average = arg(AVERAGE_HELP, default="macro")

    def declare(self, facts: Facts, loss: Loss) -> None:
        if facts.target == "values" and loss.target == "values":
            raise ShapeError(f"{self.type} is for classes, the dataset gives values: use mae, rmse or r2")

    def positive_class(self, facts: Facts) -> str | None:
        return facts.class_names[1] if facts.target == "labels" and facts.classes == 2 else None

    def start(self, facts: Facts) -> list[Array]:
        if facts.target == "labels" and (facts.classes or 2) > 2:
            return [np.zeros(((facts.classes or 2) + 2, 0))]
        return [np.zeros((3, (facts.outputs or 1) if facts.target == "values" else 1, 0))]

    def update(
        self,
        state: list[Array],
        Z: Array,
        Y: Array,
        mask: Array | None = None,
        *,
        threshold: float = 0.0,
        weights: Array | None = None,
    ) -> None:
        w = weights_of(weights, Z, mask)
        scores, of_labels = of_outputs(Z, mask), Y.ndim < Z.ndim
        if of_labels and len(scores) > 1:
            scores = log_odds(scores)
        if state[0].ndim == 2:
            each = np.ones(scores.shape[1]) if w is None else w
            state.append(np.concatenate([scores, of_positions(Y, mask)[None], each[None]], dtype=np.float64))
            return
        table = np.ones((3, len(state[0][0]), scores.shape[1]))
        table[0] = scores[-1:] if of_labels else scores
        table[1] = of_positions(Y, mask) if of_labels else of_outputs(Y, mask) > 0.5
        if w is not None:
            table[2] = w
        state.append(table)

    def merge(self, state: list[Array], later: list[Array]) -> None:
        state += later

    def value(self, state: list[Array]) -> float:
        table = self.save(state)
        if not table.shape[-1]:
            return float("nan")
        if table.ndim == 3:
            scores, truths, w = table[0], table[1] > 0, table[2, 0]
        else:
            scores, w = table[:-2], table[-1]
            truths = table[-2] == np.arange(len(scores))[:, None]
            if not self.needs_every_class:
                there = truths.any(axis=1)
                scores, truths = scores[there], truths[there]
        if np.isnan(scores).any():
            return float("nan")
        if self.average == "micro":
            return self.of_two(scores.reshape(-1), truths.reshape(-1), np.tile(w, len(scores)))
        found = np.array([self.of_two(score, truth, w) for score, truth in zip(scores, truths, strict=True)])
        if self.average == "macro" or len(found) == 1:
            return float(found.mean())
        examples = truths @ w
        counts = examples > 0
        return float((found[counts] * examples[counts]).sum() / examples.sum()) if counts.any() else 0.0

    def of_two(self, scores: Array, truths: Array, w: Array) -> float:
        """The value for one class against the rest: score, truth and weight of every example, (K,)."""
        raise NotImplementedError

    def save(self, state: list[Array]) -> Array:
        return np.concatenate(state, axis=-1)

    def restore(self, state: list[Array], saved: Saved) -> None:
        table = np.array(saved, np.float64)
        if table.shape[:-1] != state[0].shape[:-1]:
            raise ValueError(f"scores {table.shape} where {state[0].shape} begins")
        state[:] = [table]


def found_and_false(scores: Array, truths: Array, w: Array) -> tuple[Array, Array]:
    """TP and FP where the threshold lies below each different score, from the highest score on.  Equal scores go over
    it together; what weighs nothing is left out."""
    weighs = w > 0
    scores, truths, w = scores[weighs], truths[weighs], w[weighs]
    order = np.argsort(-scores, kind="stable")
    scores, truths, w = scores[order], truths[order], w[order]
    last = np.flatnonzero(np.append(scores[1:] != scores[:-1], np.ones(len(scores[:1]), bool)))
    return np.cumsum(w * truths)[last], np.cumsum(w * ~truths)[last]


@component("roc_auc")
class RocAuc(RankingMetric):
    """Area under the curve of TP / A over FP / (N − A): the share of pairs of examples in the right order.

    A pair is an example of the class and one of another; where their scores are equal, it counts half.

    Two classes have one value.  Of several it is each against all others, and their mean (`average`); where a class, or
    the rest, has no example, it is not a number.

    Hanley and McNeil (1982), "The meaning and use of the area under a ROC curve"; Fawcett (2006), section 9.
    """

    needs_every_class: ClassVar[bool] = True

    def of_two(self, scores: Array, truths: Array, w: Array) -> float:
        tp, fp = (np.concatenate([[0.0], sums]) for sums in found_and_false(scores, truths, w))
        if not (tp[-1] > 0 and fp[-1] > 0):
            return float("nan")
        return float((np.diff(fp) / fp[-1] * (tp[1:] + tp[:-1]) / tp[-1]).sum() / 2)


@component("average_precision")
class AveragePrecision(RankingMetric):
    """Σ (R_k − R_{k−1}) P_k over the thresholds k, highest first: precision, weighed by the recall that it adds.

    What a rare class asks for, where roc_auc is near 1 soon.

    Two classes have one value.  Of several it is each against all others, and the mean (`average`) over those that have
    examples; of questions over all, 0 where there is no yes.

    Scikit-learn's definition, without interpolation between thresholds.
    """

    def of_two(self, scores: Array, truths: Array, w: Array) -> float:
        tp, fp = found_and_false(scores, truths, w)
        if not (len(tp) and tp[-1] > 0):
            return 0.0
        return float((np.diff(tp, prepend=0.0) / tp[-1] * tp / np.where(tp > 0, tp + fp, 1)).sum())

"""Scores of single classes, and what becomes of them: precision, recall, F1, their table, balanced accuracy, MCC.

Of a class: TP its examples that are decided so, P = TP + FP all that are decided so, A = TP + FN all of its examples.
Where targets are values, the classes are the yes of every question, and nothing else.  Where examples have weights,
these are summed in place of counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from nntrain.components import arg, component, component_base
from nntrain.files.plain_values import Json
from nntrain.metrics.base import Better, Saved
from nntrain.metrics.label_metrics import DecisionMetric, classes_of
from nntrain.model.layer import ShapeError
from nntrain.model.shapes import Array

if TYPE_CHECKING:
    from nntrain.data.facts import Facts
    from nntrain.losses.base import Loss

Average = Literal["macro", "micro", "weighted", "binary"]
AVERAGE_HELP = "how the scores of the classes become one; default: binary for two classes, else macro"
ROWS = 5  # of a state: TP, P and A of every class; 0 where it never occurred; 1 where it has a part in the average


class ClassSums(DecisionMetric):
    """Base: TP, P and A of every class, and whether it occurs, in the targets or in the decisions."""

    def start(self, facts: Facts) -> Array:
        state = np.zeros((ROWS, questions_or_classes(facts)))
        state[4] = 1
        return state

    def add(self, state: Array, guess: Array, truth: Array, w: Array | None) -> None:
        if guess.ndim == 2:  # yes or no (n, K)
            each = np.ones(guess.shape[1]) if w is None else w
            state[:4] += (guess & truth) @ each, guess @ each, truth @ each, guess.shape[1] * np.ones(len(guess))
            return
        right, classes = guess == truth, state.shape[1]
        state[0] += np.bincount(truth[right], None if w is None else w[right], minlength=classes)
        state[1] += np.bincount(guess, w, minlength=classes)
        state[2] += np.bincount(truth, w, minlength=classes)
        state[3] += np.bincount(guess, minlength=classes) + np.bincount(truth, minlength=classes)

    def merge(self, state: Array, later: Array) -> None:
        state[:4] += later[:4]

    def restore(self, state: Array, saved: Saved) -> None:
        if len(saved) == 3:  # TP, P, A: what checkpoints held first
            earlier = np.asarray(saved, np.float64)
            if earlier.any():
                state[:3], state[3] = earlier, earlier[1] + earlier[2]
        else:
            super().restore(state, saved)


def questions_or_classes(facts: Facts) -> int:
    """How many counts a score keeps: one a class, or one a question of a network that answers several."""
    return (facts.outputs or 1) if facts.target == "values" else classes_of(facts)


def names_of(facts: Facts) -> Sequence[str]:
    """Names of the classes, or of the questions."""
    if facts.target == "labels":
        return facts.class_names
    return facts.output_names or tuple(map(str, range(facts.outputs or 1)))


def precision_of(state: Array) -> Array:
    """P = TP / (TP + FP) of each class, from the sums (TP, TP + FP, TP + FN)."""
    return quotient(state[0], state[1])


def recall_of(state: Array) -> Array:
    """R = TP / (TP + FN) of each class, from the sums (TP, TP + FP, TP + FN)."""
    return quotient(state[0], state[2])


def f1_of(state: Array) -> Array:
    """F1 = 2 P R / (P + R) = 2 TP / (2 TP + FP + FN) of each class."""
    return quotient(2 * state[0], state[1] + state[2])


def quotient(part: Array, whole: Array) -> Array:
    """Part by part; 0/0 is 0."""
    found: Array = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    return found


@component_base()
class ClassAverage(ClassSums):
    """A score of every class, and its average, as in scikit-learn."""

    average: Average | None = arg(AVERAGE_HELP, default=None)

    def declare(self, facts: Facts, loss: Loss) -> None:
        super().declare(facts, loss)
        if self.average == "binary" and (facts.target == "values" or classes_of(facts) != 2):
            have = f"{facts.outputs} questions" if facts.target == "values" else str(facts.classes)
            raise ShapeError(f"average: binary is for 2 classes, the data have {have}; use macro")

    def positive_class(self, facts: Facts) -> str | None:
        two = facts.target == "labels" and classes_of(facts) == 2
        return facts.class_names[1] if two and self.average in (None, "binary") else None

    def start(self, facts: Facts) -> Array:
        state = super().start(facts)
        if self.positive_class(facts) is not None:
            state[4] = 0, 1
        return state

    def value(self, state: Array) -> float:
        if not state[3].any():
            return float("nan")
        if self.average == "micro":
            state = state.sum(axis=1, keepdims=True)
        found, (examples, occurs, counts) = self.of_classes(state), state[2:]
        if self.average == "weighted" and examples.any():
            return float((found * examples).sum() / examples.sum())
        if not counts.all():
            return float(found[counts > 0].mean())
        return float(found[occurs > 0].mean())

    def of_classes(self, state: Array) -> Array:
        """The score of every class."""
        raise NotImplementedError


@component("precision")
class Precision(ClassAverage):
    """TP / (TP + FP): of those decided to be of a class, the share that is.

    `average` makes one number of the classes' scores, as in scikit-learn:

    binary     the score of class 1, the positive class, alone; for two classes, where it is the default
    macro      plain mean over the classes that occur, in the labels or in the decisions; the default else
    weighted   mean in which each class counts for its examples
    micro      TP, P and A are summed over the classes first: with one label an example that is the accuracy

    Of several yes-or-no questions macro is the mean over the questions, and micro counts the yes of all of them.
    A score 0/0 is 0, such as the precision of a class that is never decided for.
    """

    def of_classes(self, state: Array) -> Array:
        return precision_of(state)


@component("recall")
class Recall(ClassAverage):
    """TP / (TP + FN): of those that are of a class, the share that was found.  Averages as of precision."""

    def of_classes(self, state: Array) -> Array:
        return recall_of(state)


@component("f1")
class F1(ClassAverage):
    """2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall.  Averages as of precision.

    Course: "Single number evaluation metric" (C3W1L03).
    """

    def of_classes(self, state: Array) -> Array:
        return f1_of(state)


@component("per_class")
class PerClass(ClassSums):
    """Precision, recall, F1 and support (the number of examples) of every class, or of the yes of every question."""

    better: ClassVar[Better | None] = None

    def value(self, state: Array) -> list[dict[str, float]]:
        support = state[2]
        rows = zip(precision_of(state), recall_of(state), f1_of(state), support, strict=True)
        names = ("precision", "recall", "f1", "support")
        return [dict(zip(names, map(float, row), strict=True)) for row in rows]

    def named(self, value: Json, facts: Facts) -> dict[str, dict[str, float]]:
        return dict(zip(names_of(facts), value, strict=True))


class LabelSums(ClassSums):
    """Base of the metrics that mean something for one label an example alone."""

    def declare(self, facts: Facts, loss: Loss) -> None:
        super().declare(facts, loss)
        if facts.target == "values":
            raise ShapeError(
                f"{self.type} is for one label an example, the dataset asks yes or no: use f1 or per_class"
            )


@component("balanced_accuracy")
class BalancedAccuracy(LabelSums):
    """Mean over the classes that have examples of their recall TP / A: of always one answer 1/n for n classes."""

    def value(self, state: Array) -> float:
        there = state[2] > 0
        return float(recall_of(state)[there].mean()) if there.any() else float("nan")


@component("mcc")
class MCC(LabelSums):
    """Matthews' correlation coefficient of decisions and labels, −1 … 1; 0 where either are of one class alone.

    With N examples, Σ TP = c:   (N c − Σ P A) / √((N² − Σ P²) (N² − Σ A²));   of two classes
    (TP TN − FP FN) / √((TP + FP) (TP + FN) (TN + FP) (TN + FN)).

    Matthews (1975); for several classes Gorodkin (2004), "Comparing two K-category assignments by a K-category
    correlation coefficient".
    """

    def value(self, state: Array) -> float:
        if not state[3].any():
            return float("nan")
        tp, p, a = state[:3]
        if min(np.count_nonzero(p), np.count_nonzero(a)) < 2:
            return 0.0
        whole = p.sum()
        spread = (whole**2 - p @ p) * (whole**2 - a @ a)
        return float((tp.sum() * whole - p @ a) / np.sqrt(spread)) if spread > 0 else 0.0

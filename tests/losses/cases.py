"""Cases of every loss: what the gradient check and the comparisons run on.

A loss without a case here fails the suite.  Sizes within a case differ from each other, so that a transposed or swapped
axis cannot go unseen.  A case takes a stream and gives the loss, Z, Y and the mask.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from nntrain.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    GANLoss,
    HingeLoss,
    Huber,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
    WassersteinLoss,
)
from nntrain.runtime.streams import Stream

Case = Callable[[Stream], tuple[Loss, np.ndarray, np.ndarray, Any]]

LENGTHS = np.array([3, 4, 1, 2, 4])  # of five sequences of at most four steps
MASK = np.arange(4)[:, None] < LENGTHS
WEIGHTS = (0.5, 2.0, 1.25)  # of classes


def labels(loss: Loss, *shape: int, mask: np.ndarray | None = None) -> Case:
    """Logits of this shape, with labels."""

    def case(stream: Stream) -> tuple[Loss, np.ndarray, np.ndarray, Any]:
        *steps, n, m = shape
        return loss, 2 * stream.normal(shape), stream.integers(n, (*steps, m)), mask

    return case


def binary(loss: Loss, *shape: int, mask: np.ndarray | None = None) -> Case:
    """One output, with labels 0 and 1."""

    def case(stream: Stream) -> tuple[Loss, np.ndarray, np.ndarray, Any]:
        Z = stream.normal(shape) if loss.threshold == 0 else 0.1 + 0.8 * stream.uniform(shape)
        return loss, Z, stream.integers(2, (*shape[:-2], shape[-1])), mask

    return case


def values(loss: Loss, *shape: int, mask: np.ndarray | None = None) -> Case:
    """Outputs with values of the same shape; shares for binary_cross_entropy.

    Every error lies at a distance from the places where mae and huber have a kink.
    """

    def case(stream: Stream) -> tuple[Loss, np.ndarray, np.ndarray, Any]:
        if loss.target == "either":
            Z = stream.normal(shape) if loss.threshold == 0 else 0.1 + 0.8 * stream.uniform(shape)
            return loss, Z, stream.uniform(shape), mask
        Y = stream.normal(shape)
        sizes = np.array([0.2, 0.4, 1.3, 2.1])[stream.integers(4, shape)] + 0.1 * stream.uniform(shape)
        return loss, Y + np.where(stream.uniform(shape) < 0.5, -sizes, sizes), Y, mask

    return case


def of_values(loss: Loss) -> list[Case]:
    return [
        values(loss, 3, 5),
        values(loss, 2, 1),
        values(loss, 1, 7),
        values(loss, 4, 3, 5),
        values(loss, 4, 3, 5, mask=MASK),
    ]


def of_labels(loss: Loss) -> list[Case]:
    return [labels(loss, 3, 7), labels(loss, 3, 1), labels(loss, 4, 3, 5), labels(loss, 4, 3, 5, mask=MASK)]


def of_scores(loss: Loss) -> list[Case]:
    return [
        binary(loss, 1, 7),
        binary(loss, 1, 1),
        binary(loss, 4, 1, 5),
        binary(loss, 4, 1, 5, mask=MASK),
    ]


def of_binary(loss: Loss) -> list[Case]:
    return [*of_scores(loss), *of_values(loss)]


def weighted(case: Case) -> Callable[[Stream], tuple[Loss, np.ndarray, np.ndarray, Any, np.ndarray]]:
    """The case with weights of its examples, or of its steps: pairwise distinct, and one of them 0."""

    def with_weights(stream: Stream) -> tuple[Loss, np.ndarray, np.ndarray, Any, np.ndarray]:
        loss, Z, Y, mask = case(stream)
        w = 0.25 + 2 * stream.uniform((*Z.shape[:-2], Z.shape[-1]))
        if w.size > 1:
            w.flat[1] = 0
        return loss, Z, Y, mask, w

    return with_weights


CASES: dict[str, list[Case]] = {
    "cross_entropy": [
        *of_labels(CrossEntropy()),
        *of_labels(CrossEntropy(label_smoothing=0.1)),
        *of_labels(CrossEntropy(class_weights=WEIGHTS)),
        *of_labels(CrossEntropy(label_smoothing=0.2, class_weights=WEIGHTS)),
    ],
    "binary_cross_entropy": [
        *of_binary(BinaryCrossEntropy()),
        *of_binary(BinaryCrossEntropy(from_logits=False)),
        *of_scores(BinaryCrossEntropy(class_weights=WEIGHTS[:2])),
        *of_binary(BinaryCrossEntropy(pos_weight=2.5)),
        values(BinaryCrossEntropy(pos_weight=WEIGHTS), 3, 5),
        values(BinaryCrossEntropy(pos_weight=WEIGHTS), 4, 3, 5, mask=MASK),
        values(BinaryCrossEntropy(from_logits=False, pos_weight=WEIGHTS), 3, 5),
    ],
    "gan": [*of_scores(GANLoss()), *of_scores(GANLoss(label_smoothing=0.1))],
    "hinge": of_scores(HingeLoss()),
    "wasserstein": of_scores(WassersteinLoss()),
    "mse": of_values(MeanSquaredError()),
    "mae": of_values(MeanAbsoluteError()),
    "huber": [*of_values(Huber()), values(Huber(delta=0.35), 3, 5)],
}

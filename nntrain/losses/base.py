"""The loss contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from nntrain.components import Component
from nntrain.model.layer import Bounds, ShapeError
from nntrain.model.shapes import Array, Shape, show_shape

if TYPE_CHECKING:
    from nntrain.data.facts import Facts


class Loss(Component):
    """Base of all losses: the cost J of a batch and dZ = ∂J/∂Z, where Z is the output of the last layer.

    Z (n, m), or (T, n, m) for an output at every step.  J is the mean over the examples, over the steps, and over the
    outputs where the loss is a sum of terms of single outputs.

    mask      (T, m), or (m,) where there is one target an example: True where it counts
    weights   w (m,) of the examples or (T, m) of the steps, ≥ 0: J = Σ w 𝓛 / Σ w, a mean in which each counts so much

    A loss is called with `weights` where the data have some, and without the argument else.

    target        what Y must be: "labels" (integers (m,) or (T, m)), "values" (floats like Z), or "either"
    adversarial   a game of two networks, for the loops that play one
    """

    kind: ClassVar[str] = "loss"
    target: ClassVar[Literal["labels", "values", "either"]]
    adversarial: ClassVar[bool] = False

    @property
    def applies(self) -> str | None:
        """The activation that the loss applies itself: a layer of this type in front of it would apply it twice."""
        return None

    @property
    def threshold(self) -> float:
        """Where a single output begins to mean class 1: 0 for a logit, ½ for a probability."""
        return 0.0

    def declare(self, output_shape: Shape, facts: Facts) -> None:
        """Raise ShapeError where outputs of this shape (without the batch axis) cannot meet these targets."""
        raise NotImplementedError

    def check_bounds(self, bounds: Bounds) -> None:
        """Raise ShapeError where outputs between these bounds may be none that the loss is defined for."""

    def ignored(self, facts: Facts) -> int | None:
        """The number of a class that is passed over: its targets stand outside every mask.  Raises ShapeError."""
        return None

    def resolved(self, facts: Facts, counts: Callable[[], Array]) -> Loss:
        """The loss with numbers in place of what it takes from the data, such as `class_weights: balanced`.

        counts   of the training part: examples, or steps, of every class (classes,); of values the sums of 1 − y and of
                 y, (2, n_y).  To count takes a pass over the targets, so it is called where it is needed alone

        Raises ShapeError where the config names a class that is none.
        """
        return self

    def __call__(
        self, Z: Array, Y: Array, mask: Array | None = None, weights: Array | None = None
    ) -> tuple[float, Array]:
        """J and dZ, in the dtype of Z.  Writes into neither Z nor Y.

        Labels are trusted to lie in their range: data are checked when they are loaded.  Where nothing counts, J and dZ
        are 0.
        """
        raise NotImplementedError

    def evaluate(self, Z: Array, Y: Array, mask: Array | None = None, weights: Array | None = None) -> float:
        """J alone."""
        return self(Z, Y, mask, weights)[0]

    def weight(self, Y: Array, mask: Array | None = None, weights: Array | None = None) -> float:
        """What J of this batch counts for in a mean over batches: its targets, its steps under a mask, or their w."""
        counted = share(mask, weights)
        return float(Y.size if counted is None else counted.sum())

    @property
    def counts_alike(self) -> bool:
        """Whether all targets count alike in J where there are neither masks nor weights of examples."""
        return type(self).weight is Loss.weight

    def predict(self, Z: Array) -> Array:
        """Ŷ: probabilities or values, the shape of Z."""
        return Z

    # where targets are labels

    def decide(self, Z: Array) -> Array:
        """The class of every example, (m,) or (T, m)."""
        return decided(Z, self.threshold)

    def probabilities(self, Z: Array) -> Array:
        """The probability of every class, (classes, m) or (T, classes, m); a single output is that of class 1."""
        P = self.predict(Z)
        if P.shape[-2] == 1:
            P = np.concatenate([1 - P, P], axis=-2)
        return P

    def surprise(self, Z: Array, Y: Array) -> Array:
        """−log p(y) of every label, like Y."""
        P = np.take_along_axis(self.probabilities(Z), Y[..., None, :], -2)[..., 0, :]
        surprise: Array = -np.log(np.maximum(P, np.finfo(P.dtype).tiny))
        return surprise


class ElementwiseLoss(Loss):
    """A mean of terms, one for every single output: n of them for each of m examples (and each step).

    J = (1/(n m)) Σ 𝓛,   dZ = (1/(n m)) ∂𝓛/∂z
    """

    def terms(self, Z: Array, Y: Array) -> tuple[Array, Array]:
        """Loss and derivative of every single output: two fresh arrays like Z."""
        raise NotImplementedError

    def __call__(
        self, Z: Array, Y: Array, mask: Array | None = None, weights: Array | None = None
    ) -> tuple[float, Array]:
        if Y.shape != Z.shape:
            Y = one_output(Y, Z)
        L, dZ = self.terms(Z, Y)
        whole: float = Z.size
        if (counted := share(mask, weights)) is not None:
            counted = np.broadcast_to(counted, (*Z.shape[:-2], Z.shape[-1]))
            whole = float(counted.sum()) * Z.shape[-2] or 1.0
            each = counted[..., None, :]
            np.multiply(L, each, L)
            np.multiply(dZ, each, dZ)
        np.multiply(dZ, Z.dtype.type(1 / whole), dZ)
        return float(np.add.reduce(L, None)) / whole, dZ


def share(mask: Array | None, weights: Array | None) -> Array | None:
    """What each example or step counts for: its weight, 0 outside the mask; the mask where there are no weights; None
    where all count alike.   (m,) or (T, m)"""
    if weights is None:
        return mask
    return weights.astype(np.float64) if mask is None else np.where(mask, weights, 0.0)


def decided(Z: Array, threshold: float) -> Array:
    """The class that outputs mean, (m,) or (T, m): that of the largest, the first of equals; of a single output class 1
    above the threshold.

    The one rule for metrics, predictions and reports.  It reads Z itself: rounded to probabilities, different outputs
    can become equal.   Z (n, m) or (T, n, m)
    """
    if Z.shape[-2] > 1:
        largest: Array = Z.argmax(axis=-2)
        return largest
    return np.greater(Z[..., 0, :], threshold).astype(np.intp)


def one_output(Y: Array, Z: Array) -> Array:
    """Targets (m,) or (T, m) beside one output (1, m) or (T, 1, m)."""
    if Z.shape[-2] != 1 or Y.shape != (*Z.shape[:-2], Z.shape[-1]):
        raise ValueError(f"targets of shape {Y.shape} do not fit outputs of shape {Z.shape}")
    return Y[..., None, :]


def vector_output(loss: Loss, output_shape: Shape, count: int, what: str) -> None:
    """Raise ShapeError unless the network gives `count` numbers an example, or at every step."""
    if len(output_shape) not in (1, 2) or output_shape[-1] != count:
        outputs = f"{count} output{'s' if count > 1 else ''}"
        hint = "; put flatten and dense behind it" if len(output_shape) > 2 else ""
        raise ShapeError(f"{loss.type} wants {outputs}, {what}; the last layer gives {show_shape(output_shape)}{hint}")

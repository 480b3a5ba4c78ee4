"""The loss of yes or no, for one output or several.

The derivative at the logits is A − Y, as in the course: the sigmoid with the logistic loss ("Logistic regression
gradient descent", C1W2L09).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from nntrain.components import arg, component
from nntrain.kernels.elementwise import sigmoid
from nntrain.kernels.logistic import losses_and_probabilities
from nntrain.losses.base import ElementwiseLoss, one_output, vector_output
from nntrain.losses.class_weights import WEIGHTS_HELP, ClassWeights, by_class, numbers, positive_weights
from nntrain.model.layer import Bounds, ShapeError
from nntrain.model.shapes import Array, Shape

if TYPE_CHECKING:
    from nntrain.data.facts import Facts


@component("binary_cross_entropy")
class BinaryCrossEntropy(ElementwiseLoss):
    """𝓛 = −(y log a + (1 − y) log(1 − a)),   J the mean over examples and outputs.   Z (n, m)   y in [0, 1]

    Course: "Logistic regression cost function" (C1W2L03).  Y is labels 0 and 1 (m,) for one output, or values (n, m).

    from_logits true    a = σ(z), applied here,   ∂𝓛/∂z = a − y.
                        Computed as 𝓛 = |z| |y − [z > 0]| + log(1 + e^−|z|), which loses nothing
    from_logits false   the outputs are probabilities a, which the last layer has to promise (Layer.bounds):
                        ∂𝓛/∂a = −y/a + (1 − y)/(1 − a).  At a = 0 and a = 1 both have poles: a is first moved into what
                        its dtype tells from 0 and from 1, in float32 1.2e-38 … 1 − 6e-8.  So a wrong certainty costs
                        at most 87.3 (a = 0) or 16.6 (a = 1), and nothing is NaN.  Numbers near 1 are that coarse: a
                        sigmoid layer learns nothing from y = 0 at z > 17, where its float32 output is 1, and logits do
    pos_weight p        𝓛 = −(p y log a + (1 − y) log(1 − a)); J stays the plain mean, as in PyTorch
    class_weights w     J = Σ w_y 𝓛 / Σ w_y, as of cross_entropy
    """

    target: ClassVar[Literal["labels", "values", "either"]] = "either"
    from_logits: bool = arg("outputs are logits; false: probabilities, from a sigmoid layer", default=True)
    pos_weight: float | tuple[float, ...] | Literal["balanced"] | None = arg(
        "what a yes (y = 1) counts for, a number for all outputs or one each; balanced: the training part's no / yes",
        default=None,
        ge=0,
    )
    class_weights: ClassWeights | None = arg(WEIGHTS_HELP + "; where the data give labels", default=None, ge=0)

    @property
    def applies(self) -> str | None:
        return "sigmoid" if self.from_logits else None

    @property
    def threshold(self) -> float:
        return 0.0 if self.from_logits else 0.5

    def declare(self, output_shape: Shape, facts: Facts) -> None:
        positive_weights(self.pos_weight, facts)
        if facts.target == "values":
            if self.class_weights is not None:
                raise ShapeError("class_weights are for labels, the dataset gives values: use pos_weight")
            vector_output(self, output_shape, facts.outputs or 1, "one a target")
            return
        if facts.classes != 2:
            raise ShapeError(f"binary_cross_entropy is for 2 classes, the data have {facts.classes}: use cross_entropy")
        vector_output(self, output_shape, 1, "the score of class 1")
        by_class(self.class_weights, facts)

    def resolved(self, facts: Facts, counts: Callable[[], Array]) -> BinaryCrossEntropy:
        return replace(
            self,
            pos_weight=positive_weights(self.pos_weight, facts, counts),
            class_weights=by_class(self.class_weights, facts, counts),
        )

    def check_bounds(self, bounds: Bounds) -> None:
        lower, upper = bounds
        if not self.from_logits and (lower < 0 or upper > 1):
            given = "any number" if bounds == (-inf, inf) else f"numbers in {lower:g} … {upper:g}"
            raise ShapeError(
                f"binary_cross_entropy with from_logits: false expects probabilities, numbers in 0 … 1, got {given}; "
                "put sigmoid behind it, or leave from_logits: false out"
            )

    def __call__(
        self, Z: Array, Y: Array, mask: Array | None = None, weights: Array | None = None
    ) -> tuple[float, Array]:
        return super().__call__(Z, Y, mask, self._example_weights(Y, mask, weights))

    @property
    def counts_alike(self) -> bool:
        return self.class_weights is None

    def weight(self, Y: Array, mask: Array | None = None, weights: Array | None = None) -> float:
        return super().weight(Y, mask, self._example_weights(Y, mask, weights))

    def _example_weights(self, Y: Array, mask: Array | None, weights: Array | None) -> Array | None:
        """Those of the examples times those of their classes."""
        if self.class_weights is None:
            return weights
        of_label: Array = numbers(self.class_weights)[Y if mask is None else np.where(mask, Y, 0)]
        return of_label if weights is None else of_label * weights

    def terms(self, Z: Array, Y: Array) -> tuple[Array, Array]:
        return self._plain(Z, Y) if self.pos_weight is None else self._weighted(Z, Y.astype(Z.dtype, copy=False))

    def _plain(self, Z: Array, Y: Array) -> tuple[Array, Array]:
        if self.from_logits:
            L, A = losses_and_probabilities(Z, Y)
            return L, np.subtract(A, Y, A)
        A, Y = _inside(Z), Y.astype(Z.dtype, copy=False)
        return -(Y * np.log(A) + (1 - Y) * np.log1p(-A)), (1 - Y) / (1 - A) - Y / A

    def _weighted(self, Z: Array, Y: Array) -> tuple[Array, Array]:
        """p y times the loss of a yes plus 1 − y times that of a no: neither is negative, so nothing cancels."""
        yes, no = numbers(self.pos_weight).reshape(-1, 1).astype(Z.dtype) * Y, 1 - Y
        if self.from_logits:
            L_yes, A = losses_and_probabilities(Z, np.ones_like(Z))
            L_no, B = losses_and_probabilities(-Z, np.ones_like(Z))  # B = 1 − A, which keeps its digits
            return yes * L_yes + no * L_no, no * A - yes * B
        A = _inside(Z)
        return -(yes * np.log(A) + no * np.log1p(-A)), no / (1 - A) - yes / A

    def predict(self, Z: Array) -> Array:
        return sigmoid(Z) if self.from_logits else Z

    def probabilities(self, Z: Array) -> Array:
        # 1 − σ(z) is σ(−z), which keeps its digits
        return sigmoid(np.concatenate([-Z, Z], axis=-2)) if self.from_logits else super().probabilities(Z)

    def surprise(self, Z: Array, Y: Array) -> Array:
        return self._plain(Z, one_output(Y, Z))[0][..., 0, :]


def _inside(A: Array) -> Array:
    """Probabilities as their dtype tells them from 0 and from 1."""
    real = np.finfo(A.dtype)
    return np.clip(A, real.tiny, 1 - real.epsneg)

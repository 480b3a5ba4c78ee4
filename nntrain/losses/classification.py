"""Losses for classes.

The derivative at the logits is A − Y for both, as in the course: softmax with cross-entropy ("Training a softmax
classifier", C2W3L09) and the sigmoid with the logistic loss ("Logistic regression gradient descent", C1W2L09).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from nntrain.components import arg, component
from nntrain.kernels import cross_entropy as kernel
from nntrain.kernels.columns import columns, in_columns, of_steps, sequence
from nntrain.kernels.elementwise import exp_shifted, sigmoid, softmax
from nntrain.kernels.logistic import losses_and_probabilities
from nntrain.losses.base import ElementwiseLoss, Loss, one_output, share, vector_output
from nntrain.losses.class_weights import WEIGHTS_HELP, ClassWeights, by_class, class_number, numbers, positive_weights
from nntrain.model.layer import Bounds, ShapeError
from nntrain.model.shapes import Array, Shape

if TYPE_CHECKING:
    from nntrain.data.facts import Facts


@component("cross_entropy")
class CrossEntropy(Loss):
    """J = −(1/m) Σ log a_y,   A = softmax(Z),   dZ = (A − Y) / m with Y one-hot.   Z (n, m)   labels y (m,)

    Course: "Softmax regression" (C2W3L08), "Training a softmax classifier" (C2W3L09).  It takes logits: the softmax is
    applied here, where log and exp meet and nothing overflows or underflows.

    label_smoothing ε   the target is 1 − ε at the label plus ε/n everywhere (Szegedy et al. 2016)
    class_weights w     J = Σ w_y 𝓛 / Σ w_y: the weighted mean, as in PyTorch; a batch whose weights are all 0 costs 0.
                        In the smoothed part each class has its own weight (PyTorch's convention too).  See
                        losses.class_weights for the three ways to give them.  Weights of examples multiply them
    ignore              a class whose examples, or steps, count nowhere: not in cost, derivative, or metrics; -1 where
                        the targets of an array are −1 for those that have no label
    """

    target: ClassVar[Literal["labels", "values", "either"]] = "labels"
    label_smoothing: float = arg("share ε of the target spread over all classes", default=0.0, ge=0, lt=1)
    class_weights: ClassWeights | None = arg(WEIGHTS_HELP, default=None, ge=0)
    ignore: str | None = arg("a class to pass over, by name, such as unknown", default=None)

    @property
    def applies(self) -> str:
        return "softmax"

    def declare(self, output_shape: Shape, facts: Facts) -> None:
        if facts.target != "labels" or facts.classes is None:
            raise ShapeError("cross_entropy wants labels, the dataset gives values: use mse, mae or huber")
        vector_output(self, output_shape, facts.classes, "one a class")
        by_class(self.class_weights, facts)
        self.ignored(facts)

    def ignored(self, facts: Facts) -> int | None:
        if self.ignore == "-1" and "-1" not in facts.class_names:
            return -1  # no class, but what stands where there is no label
        return None if self.ignore is None else class_number(self.ignore, facts, "ignore")

    def resolved(self, facts: Facts, counts: Callable[[], Array]) -> CrossEntropy:
        return replace(self, class_weights=by_class(self.class_weights, facts, counts, self.ignored(facts)))

    def __call__(
        self, Z: Array, Y: Array, mask: Array | None = None, weights: Array | None = None
    ) -> tuple[float, Array]:
        if Y.ndim != Z.ndim - 1:
            raise ValueError(f"labels of shape {Y.shape} do not fit outputs of shape {Z.shape}")
        if in_columns(Z):
            w = None if weights is None else of_steps(np.broadcast_to(weights, Y.shape))
            J, dM = self(columns(Z), of_steps(Y), None if mask is None else of_steps(mask), w)
            return J, sequence(dM, len(Z))
        plain = weights is None and self.class_weights is None
        if not plain or (self.label_smoothing and mask is not None):
            return self._weighted(Z, Y, mask, weights)
        J, dZ = kernel.mean_and_derivative(Z, Y, mask)
        return self._smoothed(J, dZ, Z, Y) if self.label_smoothing else (J, dZ)

    def evaluate(self, Z: Array, Y: Array, mask: Array | None = None, weights: Array | None = None) -> float:
        plain = weights is None and self.class_weights is None
        if not plain or self.label_smoothing or mask is not None:
            return self(Z, Y, mask, weights)[0]
        return float(np.add.reduce(kernel.losses(Z, Y), None)) / Y.size

    def _smoothed(self, J: float, dZ: Array, Z: Array, Y: Array) -> tuple[float, Array]:
        """What smoothing adds at every position: ε (z_y − mean z) to 𝓛, ε (Y − 1/n) to its derivative."""
        n, at = Z.shape[-2], kernel.label_places(Y, Z.shape)
        share = self.label_smoothing / Y.size
        np.subtract(dZ, Z.dtype.type(share / n), dZ)
        dZ.reshape(-1)[at] += Z.dtype.type(share)
        above = Z.take(at)[..., None, :] - Z  # z_y − z of every class: small where the logits are large
        return J + share / n * float(np.add.reduce(above, None)), dZ

    def _weighted(self, Z: Array, Y: Array, mask: Array | None, weights: Array | None) -> tuple[float, Array]:
        """Every position has its own target distribution Q (n, m), already divided by the sum of the weights:
        J = −Σ Q log A,   dZ = A ΣQ − Q."""
        n, real = Z.shape[-2], Z.dtype.type
        counted = share(mask, weights)
        w = np.ones(Y.shape) if counted is None else np.broadcast_to(counted, Y.shape)
        if mask is not None:
            Y = np.where(mask, Y, 0)  # padding may hold any number
        of_class = self._weights(n)
        of_label = of_class[Y] * w
        total_weight = of_label.sum() or 1.0
        smooth = self.label_smoothing / n * of_class[:, None] * w[..., None, :]
        Q = np.ascontiguousarray(smooth / total_weight)
        Q.reshape(-1)[kernel.label_places(Y, Z.shape)] += (1 - self.label_smoothing) / total_weight * of_label
        Q = Q.astype(real, copy=False)

        E, total, top = exp_shifted(Z, -2)
        S = Z - top
        S -= np.log(total)  # log A
        J = -float(np.add.reduce(S * Q, None))
        dZ = np.multiply(E, Q.sum(-2, keepdims=True) / total, E)
        return J, np.subtract(dZ, Q, dZ)

    def _weights(self, classes: int) -> Array:
        return np.ones(classes) if self.class_weights is None else numbers(self.class_weights)

    @property
    def counts_alike(self) -> bool:
        return self.class_weights is None

    def weight(self, Y: Array, mask: Array | None = None, weights: Array | None = None) -> float:
        if self.class_weights is None:
            return super().weight(Y, mask, weights)
        counted = share(mask, weights)
        of_class = numbers(self.class_weights)
        if counted is None:
            return float(of_class[Y].sum())
        return float((of_class[Y if mask is None else np.where(mask, Y, 0)] * counted).sum())

    def predict(self, Z: Array) -> Array:
        return softmax(Z, -2)

    def surprise(self, Z: Array, Y: Array) -> Array:
        return kernel.losses(Z, Y)


@component("binary_cross_entropy")
class BinaryCrossEntropy(ElementwiseLoss):
    """𝓛 = −(y log a + (1 − y) log(1 − a)),   J the mean over examples and outputs.   Z (n, m)   y in [0, 1]

    Course: "Logistic regression cost function" (C1W2L03).  Y is labels 0 and 1 (m,) for one output, or values (n, m).

    from_logits true    a = σ(z) is applied here: 𝓛 = |z| |y − [z > 0]| + log(1 + e^−|z|), ∂𝓛/∂z = a − y
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

"""The loss of one class among several.

The derivative at the logits is A − Y, as in the course: softmax with cross-entropy ("Training a softmax classifier",
C2W3L09).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from nntrain.components import arg, component
from nntrain.kernels import cross_entropy as kernel
from nntrain.kernels.columns import columns, in_columns, of_steps, sequence
from nntrain.kernels.elementwise import exp_shifted, softmax
from nntrain.losses.base import Loss, share, vector_output
from nntrain.losses.class_weights import WEIGHTS_HELP, ClassWeights, by_class, class_number, numbers
from nntrain.model.layer import ShapeError
from nntrain.model.shapes import Array, Shape

if TYPE_CHECKING:
    from nntrain.data.facts import Facts


@component("cross_entropy")
class CrossEntropy(Loss):
    """J = −(1/m) Σ log a_y,   A = softmax(Z),   dZ = (A − Y) / m with Y one-hot.   Z (n, m)   labels y (m,)

    Course: "Softmax regression" (C2W3L08), "Training a softmax classifier" (C2W3L09).  It takes logits: the softmax is
    applied here, where log and exp meet and nothing overflows or underflows.

    label_smoothing ε   J = −(1/m) Σ Σ y log a,   dZ = (A − Y) / m with Y one-hot times 1 − ε, plus ε/n everywhere.
                    (Szegedy et al. 2016)
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
        if not self.label_smoothing:
            return kernel.mean_and_derivative(Z, Y, mask)
        at = kernel.label_places(Y, Z.shape)
        return self._smoothed(*kernel.mean_and_derivative(Z, Y, None, at), Z, at)

    def evaluate(self, Z: Array, Y: Array, mask: Array | None = None, weights: Array | None = None) -> float:
        plain = weights is None and self.class_weights is None
        if not plain or self.label_smoothing or mask is not None:
            return self(Z, Y, mask, weights)[0]
        return float(np.add.reduce(kernel.losses(Z, Y), None)) / Y.size

    def _smoothed(self, J: float, dZ: Array, Z: Array, at: Array) -> tuple[float, Array]:
        """What smoothing adds at every position: ε (z_y − mean z) to 𝓛, ε (Y − 1/n) to its derivative."""
        n = Z.shape[-2]
        share = self.label_smoothing / at.size
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

"""Losses for values: e = ŷ − y, J the mean over examples, over steps and over outputs (PyTorch's mean).

A network with n_y outputs thus has 1/n_y of the cost and of the gradient that a sum over outputs would give.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from nntrain.components import arg, component
from nntrain.losses.base import ElementwiseLoss, vector_output
from nntrain.model.layer import ShapeError
from nntrain.model.shapes import Array, Shape

if TYPE_CHECKING:
    from nntrain.data.facts import Facts


class ValueLoss(ElementwiseLoss):
    """A loss of the error:   e = ŷ − y,   Ŷ = Z, what the network gives.   Y (n_y, m)"""

    target: ClassVar[Literal["labels", "values", "either"]] = "values"

    def declare(self, output_shape: Shape, facts: Facts) -> None:
        if facts.target == "labels":
            known = f"{self.type} wants values, the dataset gives labels of {facts.classes} classes"
            raise ShapeError(f"{known}: use cross_entropy{' or binary_cross_entropy' if facts.classes == 2 else ''}")
        vector_output(self, output_shape, facts.outputs or 1, "one a target")

    def terms(self, Z: Array, Y: Array) -> tuple[Array, Array]:
        return self.of_error(np.subtract(Z, Y, np.empty(Z.shape, Z.dtype)))

    def of_error(self, E: Array) -> tuple[Array, Array]:
        """𝓛(e) and 𝓛′(e)."""
        raise NotImplementedError


@component("mse")
class MeanSquaredError(ValueLoss):
    """𝓛 = e²,   𝓛′ = 2 e.   The course writes ½ e² in places; here the factor is 1, as in PyTorch."""

    def of_error(self, E: Array) -> tuple[Array, Array]:
        return E * E, E + E


@component("mae")
class MeanAbsoluteError(ValueLoss):
    """𝓛 = |e|,   𝓛′ = sign e, and 0 at e = 0."""

    def of_error(self, E: Array) -> tuple[Array, Array]:
        return np.abs(E), np.sign(E)


@component("huber")
class Huber(ValueLoss):
    """𝓛 = ½ e² for |e| ≤ δ, else δ (|e| − ½ δ);   𝓛′ = e within ±δ, else ±δ.   (Huber 1964)"""

    delta: float = arg("error δ where the square turns into a straight line, in the targets' units", default=1.0, gt=0)

    def of_error(self, E: Array) -> tuple[Array, Array]:
        # with c = e clipped to ±δ both pieces are c (e − ½ c)
        delta = E.dtype.type(self.delta)
        C = np.clip(E, -delta, delta)
        return C * (E - E.dtype.type(0.5) * C), C

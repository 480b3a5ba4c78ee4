"""Activation functions A = g(Z), element by element (softmax: over the features).  Course 1, week 3."""

from __future__ import annotations

from typing import Any

import numpy as np

from nntrain.components import component
from nntrain.layers.base import Array, Context, Layer, Views


@component("relu")
class ReLU(Layer):
    """A = max(0, Z).   dZ = dA where A > 0, else 0"""

    def forward(self, p: Views, Z: Array, context: Context) -> tuple[Array, Any]:
        A = np.maximum(Z, 0)
        return A, A

    def backward(self, p: Views, g: Views, dA: Array, A: Any) -> Array:
        return dA * (A > 0)

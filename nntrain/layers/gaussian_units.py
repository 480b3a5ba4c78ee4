"""The Gaussian error linear unit: a room of its own, as its kernel is read by the networks alone that have one."""

from __future__ import annotations

from typing import Literal

import numpy as np

from nntrain.components import arg, component
from nntrain.kernels import elementwise, gelu
from nntrain.model.layer import Context, Layer, Past, Reader, Views
from nntrain.model.shapes import Array


@component("gelu")
class GELU(Layer):
    """A = Z Φ(Z), Φ the normal distribution's share below Z.   dZ = dA · (Φ(Z) + Z φ(Z)).  Hendrycks, Gimpel (2016).

    approximate tanh    ½ Z (1 + tanh u), u = √(2/π) (Z + 0.044715 Z³): the paper's approximation, less than 0.0005 off;
                        that of GPT-2
    approximate none    Z Φ(Z) itself, which takes twice as long: that of PyTorch where nothing is said, and of nanoGPT
    """

    approximate: Literal["tanh", "none"] = arg("by tanh, or exact", default="tanh")

    def forward(self, p: Views, Z: Array, context: Context) -> tuple[Array, Array]:
        return gelu.forward(Z, self._form)

    def apply(self, p: Views, Z: Array, context: Context) -> Array:
        return gelu.apply(Z, self._form)

    def reader(self, p: Views) -> Reader:
        form = self._form

        def read(z: Array, past: Past) -> Array:
            a = np.empty_like(z)
            form(z, a, None)
            return a

        return read

    @property
    def _form(self) -> gelu.Form:
        return gelu.exact if self.approximate == "none" else gelu.by_tanh

    def backward(self, p: Views, g: Views, dA: Array, derivative: Array) -> Array:
        return elementwise.by_tiles(np.multiply, derivative, dA)

"""Activations as whole numbers from −127 to 127 with a scale for each layer, calibrated on training data.

    X ≈ s Q,  Q = X / s to the nearest, halves away from 0, between ±127,  s = c max |X| / 127

so that W X of int8 weights is a sum of whole numbers.  c, from 0.4 to 1, is the one with the smallest Σ (X − s Q)².
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import ClassVar, Union

import numpy as np

from nntrain.components import component_base
from nntrain.components.declaration import values
from nntrain.layers.conv1d import Conv1d
from nntrain.layers.convolution import Conv2d
from nntrain.layers.dense import Dense, Linear
from nntrain.model.layer import Context, Layer, Views
from nntrain.model.network import Network
from nntrain.model.shapes import Array

CUTS = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
LONGEST = 2**31 // 127**2  # numbers in a sum that fits into 32 bits
ROUNDED = (Dense, Linear, Conv2d, Conv1d)  # the layers whose inputs are rounded
_Parts = tuple[Union[Layer, "_Parts"], ...]  # layers, or lists of them
_NEAR = 1e-4  # to the border between two whole numbers


@dataclass(eq=False)
class Activations:
    """The scale of each layer's input, by the layer's path; a layer that has none yet gets it from the next input.

    doubtful   (m,) the examples of the last pass with an input so near to the border between two whole numbers that
               other last bits of a float take it to the other one; None before a pass
    """

    scales: dict[str, float] = field(default_factory=dict)
    doubtful: Array | None = None

    def into(self, network: Network) -> None:
        """Let the network compute as the rounded one does."""
        network.root = self._rounded(network.root)

    def _rounded(self, layer: Layer) -> Layer:
        if type(layer) in ROUNDED:
            return _Rounded(layer, self)
        known = values(layer)
        lists = {name: self._each(known[name]) for name in ("layers", "shortcut") if name in known}
        return type(layer)(**{**known, **lists}) if lists else layer

    def _each(self, parts: _Parts) -> _Parts:
        return tuple(self._rounded(one) if isinstance(one, Layer) else self._each(one) for one in parts)


def inverse(scale: float, dtype: np.dtype) -> np.floating:
    """1 / s as the network's kind of number: what is multiplied by, here and in C."""
    number: np.floating = dtype.type(1 / scale)
    return number


def whole(X: Array, scale: float) -> Array:
    """Q, in X's dtype."""
    V = np.clip(X * inverse(scale, X.dtype), -127, 127)
    Q: Array = np.trunc(V + np.copysign(X.dtype.type(0.5), V))
    return Q


def best_scale(X: Array) -> float:
    """s for these inputs."""
    largest = max(float(np.abs(X).max(initial=0)), 1e-30)
    tried = [cut * largest / 127 for cut in CUTS]
    errors = [float(np.square(X - X.dtype.type(s) * whole(X, s)).sum(dtype=np.float64)) for s in tried]
    return tried[int(np.argmin(errors))]


@component_base()
class _Rounded(Layer):
    """A layer that sees its input rounded, in evaluation."""

    type: ClassVar[str] = "rounded"
    of: Layer
    to: Activations

    def output_lengths(self, lengths: Array) -> Array | None:
        return self.of.output_lengths(lengths)

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, None]:
        if prod(p.W.shape[1:]) > LONGEST:
            return self.of.apply(p, X, context), None
        valid = context.valid(len(X)) if X.ndim == 3 else None
        if p.path not in self.to.scales:
            self.to.scales[p.path] = best_scale(X if valid is None else X * valid[:, None])
        scale = self.to.scales[p.path]
        V = np.abs(X * inverse(scale, X.dtype))
        near = (np.abs(V - np.trunc(V) - 0.5) < _NEAR) & (V < 127)
        doubtful: Array = near.reshape(-1, X.shape[-1]).any(axis=0)
        known = self.to.doubtful
        self.to.doubtful = doubtful if known is None or len(known) != len(doubtful) else known | doubtful
        return self.of.apply(p, whole(X, scale) * X.dtype.type(scale), context), None

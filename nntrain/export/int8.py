"""Weights as whole numbers from −127 to 127 with a scale for each row, calibrated on training data.

    W ≈ s q,  s = c max |W| / 127 of each row (the channel of an output),  q = round(W / s) between ±127

c, from 0.7 to 1, is chosen for each array in turn: the one with which the network's outputs on training examples are
nearest to those of the float network.  A little is cut off the largest weights where the others gain more by it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nntrain.export.placed import place
from nntrain.inference.load import Loaded
from nntrain.model.shapes import Array

CUTS = (1.0, 0.95, 0.9, 0.8, 0.7)
MOST = 512  # training examples of the calibration


@dataclass(frozen=True, eq=False)
class Quantized:
    """values int8 like W, scale (rows,) in W's dtype."""

    values: Array
    scale: Array

    @property
    def weights(self) -> Array:
        """What they stand for."""
        rows = self.scale.reshape(-1, *[1] * (self.values.ndim - 1))
        weights: Array = self.values.astype(self.scale.dtype) * rows
        return weights


def quantized(W: Array, cut: float) -> Quantized:
    """The weights as int8, the largest of each row cut to this share."""
    rows = W.reshape(len(W), -1)
    scale = np.maximum(cut * np.abs(rows).max(axis=1) / 127, np.finfo(W.dtype).tiny).astype(W.dtype)
    values = np.clip(np.rint(rows / scale[:, None]), -127, 127).astype(np.int8)
    return Quantized(values.reshape(W.shape), scale)


def quantize(loaded: Loaded, outputs: Callable[[], Array]) -> dict[str, Quantized]:
    """Every weight matrix of the network as int8, by saved name; the network is then that of the rounded weights.

    outputs   what the network as it is says to the training examples of the calibration
    """
    (network,) = loaded.networks.values()
    arrays = network.layout.arrays(network.theta)
    names = {saved for one in place(network).walk() for own, saved in one.saved.items() if _is_matrix(own)}
    wanted, found = outputs(), {}
    for name in (name for name in arrays if name in names):
        W = arrays[name].copy()
        tried = []
        for cut in CUTS:
            candidate = quantized(W, cut)
            arrays[name][...] = candidate.weights
            tried.append((float(np.square(outputs() - wanted).mean()), candidate))
        found[name] = min(tried, key=lambda one: one[0])[1]
        arrays[name][...] = found[name].weights
    return found


def _is_matrix(own: str) -> bool:
    """Whether a layer's parameter is one of weights: W, U, forward.W, W_q."""
    return own.split(".")[-1].split("_")[0] in ("W", "U")

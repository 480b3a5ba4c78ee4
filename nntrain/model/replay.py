"""The passes of a small network as a list of calls on arrays that stay, made again for every batch.

Where arrays are small, a batch is handed from function to function for longer than it is computed with.  All of that
depends on the shape of X alone: which form of a product is taken, where results lie, what stands behind what.  A layer
that has `Layer.calls` decides it once for a shape, and what is left of a step is the arithmetic.
"""

from __future__ import annotations

import numpy as np

from nntrain.model.calls import Calls
from nntrain.model.layer import Layer
from nntrain.model.shapes import Array
from nntrain.model.views import Views


class Replay:
    """The forward and backward pass of a network on batches of one shape."""

    def __init__(self, X: Array, calls: Calls):
        self.X, self.Y, self.dY = X, calls.Y, np.empty_like(calls.Y)
        self._forward = tuple(calls.forward)
        self._backward = tuple(calls.backward(self.dY, False)[1])

    def forward(self, X: Array) -> Array:
        """Y of a batch, a new array."""
        np.copyto(self.X, X)
        for call in self._forward:
            call()
        return self.Y.copy()

    def backward(self, dY: Array) -> None:
        """Write ∂J/∂θ of the batch that went forward last."""
        np.copyto(self.dY, dY)
        for call in self._backward:
            call()


def calls_of(layer: Layer, p: Views, g: Views, X: Array) -> Calls | None:
    """`layer.calls`, unless it is inherited by a class with a forward or backward pass of its own, or some of the
    parameters do not learn or are another layer's too."""
    if g.frozen or g.shared or not _belongs(type(layer)):
        return None
    return layer.calls(p, g, X)


def _belongs(kind: type[Layer]) -> bool:
    """Whether `calls` is that of the class's forward and backward passes."""
    defined = [next(i for i, base in enumerate(kind.__mro__) if name in vars(base)) for name in _PASSES]
    return defined[0] <= min(defined[1:])


_PASSES = ("calls", "forward", "backward", "accumulate")


def replay(root: Layer, p: Views, g: Views, X: Array) -> Replay | None:
    """The passes of a network on batches like X; None where one of its layers has no `calls`."""
    stays = np.zeros_like(X)
    calls = calls_of(root, p, g, stays)
    return None if calls is None else Replay(stays, calls)

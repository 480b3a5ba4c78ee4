"""Gradient descent, plain and with momentum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nntrain.components import arg, component
from nntrain.model.shapes import Array
from nntrain.optimizers.base import Optimizer, scratch_like


@component("sgd")
class SGD(Optimizer):
    """Gradient descent on mini-batches:   θ ← θ − α dθ   "Mini-batch gradient descent" (C2W2L01)

    With momentum β:   v ← β v + dθ,   θ ← θ − α v.   "Gradient descent with momentum" (C2W2L06) writes (1 − β) dθ:
    its α is 1/(1 − β) times this one, which is PyTorch's.
    nesterov:   θ ← θ − α (dθ + β v).   Sutskever et al. 2013.
    weight_decay λ:  dW ← dW + λ W for the weights, before all that.
    """

    lr: float = arg("learning rate α", default=0.01, ge=0)
    momentum: float = arg("share β of the velocity that stays; 0: plain gradient descent", default=0.0, ge=0, lt=1)
    nesterov: bool = arg("look ahead along the velocity", default=False)
    weight_decay: float = arg("λ of the L2 term on weights", default=0.0, ge=0)

    def __post_init__(self) -> None:
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov needs momentum; set momentum: 0.9")

    def slot_names(self) -> tuple[str, ...]:
        return ("velocity",) if self.momentum else ()

    def update(self, theta: Array, dtheta: Array, slots: Sequence[Array], lr: float, t: int) -> None:
        real = theta.dtype.type
        step = dtheta
        if self.momentum:
            beta, (v,) = real(self.momentum), slots
            np.multiply(v, beta, v)
            np.add(v, dtheta, v)
            if self.nesterov:
                np.add(dtheta, np.multiply(v, beta, scratch_like(v)), dtheta)
            else:
                step = v
        np.multiply(step, real(lr), dtheta)
        np.subtract(theta, dtheta, theta)

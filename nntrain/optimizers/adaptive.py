"""Optimizers that scale every component of the gradient by its own history.

Squares gather in S.  Where a moving average has a factor 1 − β, the slot is kept without it (S/(1 − β) in the formulas'
terms) and the factor goes into scalars, as bias corrections do: one pass over the vector less for each.
ε stands outside the root, as in PyTorch.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np

from nntrain.components import arg, component
from nntrain.model.shapes import Array
from nntrain.optimizers.base import Optimizer, scratch_like


@component("adagrad")
class Adagrad(Optimizer):
    """S ← S + dθ²,   θ ← θ − α dθ / (√S + ε).   Duchi, Hazan, Singer 2011.

    weight_decay λ:  dW ← dW + λ W for the weights, before all that.
    """

    lr: float = arg("learning rate α", default=0.01, ge=0)
    epsilon: float = arg("ε, keeps the quotient finite", default=1e-10, gt=0)
    weight_decay: float = arg("λ of the L2 term on weights", default=0.0, ge=0)

    def slot_names(self) -> tuple[str, ...]:
        return ("square",)

    def update(self, theta: Array, dtheta: Array, slots: Sequence[Array], lr: float, t: int) -> None:
        real, (S,) = theta.dtype.type, slots
        root = np.multiply(dtheta, dtheta, scratch_like(dtheta))
        np.add(S, root, S)
        np.sqrt(S, root)
        np.add(root, real(self.epsilon), root)
        np.divide(dtheta, root, dtheta)
        np.multiply(dtheta, real(lr), dtheta)
        np.subtract(theta, dtheta, theta)


@component("rmsprop")
class RMSprop(Optimizer):
    """S ← ρ S + (1 − ρ) dθ²,   θ ← θ − α dθ / (√S + ε)   "RMSprop" (C2W2L07), where ρ is β₂

    Hinton's lecture 6e, 2012.  PyTorch calls ρ alpha.
    With momentum β:   v ← β v + dθ / (√S + ε),   θ ← θ − α v.
    weight_decay λ:  dW ← dW + λ W for the weights, before all that.
    """

    lr: float = arg("learning rate α", default=0.001, ge=0)
    rho: float = arg("share ρ of the mean square that stays", default=0.99, ge=0, lt=1)
    momentum: float = arg("share β of the velocity that stays", default=0.0, ge=0, lt=1)
    epsilon: float = arg("ε, keeps the quotient finite", default=1e-8, gt=0)
    weight_decay: float = arg("λ of the L2 term on weights", default=0.0, ge=0)

    def slot_names(self) -> tuple[str, ...]:
        return ("square", "velocity") if self.momentum else ("square",)

    def update(self, theta: Array, dtheta: Array, slots: Sequence[Array], lr: float, t: int) -> None:
        real, S = theta.dtype.type, slots[0]
        unit = sqrt(1 - self.rho)  # √ of the factor that S is kept without
        root = np.multiply(dtheta, dtheta, scratch_like(dtheta))
        np.multiply(S, real(self.rho), S)
        np.add(S, root, S)
        np.sqrt(S, root)
        np.add(root, real(self.epsilon / unit), root)
        np.divide(dtheta, root, dtheta)
        if self.momentum:
            v = slots[1]  # without the factor 1/unit
            np.multiply(v, real(self.momentum), v)
            np.add(v, dtheta, v)
            np.multiply(v, real(lr / unit), dtheta)
        else:
            np.multiply(dtheta, real(lr / unit), dtheta)
        np.subtract(theta, dtheta, theta)


@component("adam")
class Adam(Optimizer):
    """V ← β₁ V + (1 − β₁) dθ,   S ← β₂ S + (1 − β₂) dθ²,   θ ← θ − α V̂ / (√Ŝ + ε)

    with the bias corrections  V̂ = V / (1 − β₁ᵗ),  Ŝ = S / (1 − β₂ᵗ).  Course: "Adam optimization algorithm" (C2W2L08);
    Kingma, Ba 2015, where V is m and S is v.
    weight_decay λ:  dW ← dW + λ W for the weights, before all that; the quotient scales it too, that of adamw not.
    """

    lr: float = arg("learning rate α", default=0.001, ge=0)
    beta1: float = arg("share β₁ of the mean gradient that stays", default=0.9, ge=0, lt=1)
    beta2: float = arg("share β₂ of the mean square that stays", default=0.999, ge=0, lt=1)
    epsilon: float = arg("ε, keeps the quotient finite", default=1e-8, gt=0)
    weight_decay: float = arg("λ of the L2 term on weights", default=0.0, ge=0)

    def slot_names(self) -> tuple[str, ...]:
        return ("velocity", "square")

    def update(self, theta: Array, dtheta: Array, slots: Sequence[Array], lr: float, t: int) -> None:
        real, (V, S) = theta.dtype.type, slots
        # V and S are kept without 1 − β: V̂ = V (1 − β₁)/(1 − β₁ᵗ), √Ŝ = √S · unit
        unit = sqrt((1 - self.beta2) / (1 - self.beta2**t))
        rate = lr * (1 - self.beta1) / (1 - self.beta1**t) / unit
        np.multiply(V, real(self.beta1), V)
        np.add(V, dtheta, V)
        np.multiply(dtheta, dtheta, dtheta)
        np.multiply(S, real(self.beta2), S)
        np.add(S, dtheta, S)
        np.sqrt(S, dtheta)
        np.add(dtheta, real(self.epsilon / unit), dtheta)
        np.divide(V, dtheta, dtheta)
        np.multiply(dtheta, real(rate), dtheta)
        np.subtract(theta, dtheta, theta)


@component("adamw")
class AdamW(Adam):
    """Adam with decoupled weight decay, which acts on the weights before Adam's step.   Loshchilov, Hutter 2019.

    V ← β₁ V + (1 − β₁) dθ,   S ← β₂ S + (1 − β₂) dθ²,   θ ← θ − α V̂ / (√Ŝ + ε).
    With the bias corrections  V̂ = V / (1 − β₁ᵗ),  Ŝ = S / (1 − β₂ᵗ).
    weight_decay λ:  W ← W − α λ W for the weights, before all that.
    """

    weight_decay: float = arg("share λ of the weights taken off, times α, every step", default=0.01, ge=0)

    def decay(self, theta: Array, dtheta: Array, lr: float) -> None:
        np.multiply(theta, theta.dtype.type(1 - lr * self.weight_decay), theta)

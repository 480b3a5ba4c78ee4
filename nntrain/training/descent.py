"""What every loop does with a gradient: from dθ as the backward pass left it to the next θ."""

from __future__ import annotations

from math import inf, isfinite

import numpy as np

from nntrain.builder import Networks
from nntrain.config.settings import Training
from nntrain.errors import DivergedError
from nntrain.model.shapes import Array
from nntrain.optimizers.base import Optimizer
from nntrain.optimizers.gradient import clip_by_norm, clip_by_value, penalty
from nntrain.optimizers.groups import stretches


class Descent:
    """Networks that go down one cost together, under one optimizer.

    slots   network -> slot of the optimizer -> a vector like its trainable θ, 0 at the beginning
    whose   names them in messages, where a loop has several descents
    """

    def __init__(self, networks: Networks, optimizer: Optimizer, training: Training, whose: str = ""):
        self.networks, self.optimizer, self.training, self.whose = networks, optimizer, training, whose
        self.stretches = {name: stretches(network.layout, optimizer) for name, network in networks.items()}
        self.slots: dict[str, dict[str, Array]] = {
            name: {slot: np.zeros_like(network.dtheta) for slot in optimizer.slot_names()}
            for name, network in networks.items()
        }

    def clear_gradient(self) -> None:
        """dθ = 0, before a backward pass."""
        for network in self.networks.values():
            network.clear_gradient()

    def update(self, cost: float, lr: float, t: int, step: int) -> float:
        """One step down, by dθ of this cost with the L1 and L2 terms; the cost with them.

        lr is α, t counts the steps of this descent from 1, `step` finished steps of the run.  Raises DivergedError,
        θ as it was, where the cost or dθ is not finite.
        """
        cost = self._complete_gradient(cost, step)
        for name, network in self.networks.items():
            for stretch in self.stretches[name]:
                stretch.step(network.trainable, network.dtheta, self.slots[name], lr, t)
        return cost

    def _complete_gradient(self, cost: float, step: int) -> float:
        """Add the L1 and L2 terms to dθ and clip it, as the config says; the cost with these terms."""
        training, networks = self.training, self.networks.values()
        if training.l1 or training.l2:
            for network in networks:
                decayed = network.layout.decayed
                cost += penalty(network.theta[:decayed], training.l1, training.l2, network.dtheta[:decayed])
        if training.clip_value is not None:
            for network in networks:
                clip_by_value(network.dtheta, training.clip_value)
        first, *others = (network.dtheta for network in networks)
        length = clip_by_norm(first, training.clip_norm or inf, *others)
        if not (isfinite(cost) and isfinite(length)):
            raise self._diverged(cost, length, step)
        return cost

    def _diverged(self, cost: float, length: float, step: int) -> DivergedError:
        owner = f"{self.whose}'s " if self.whose else ""
        what = f"the {owner}cost is {cost}" if not isfinite(cost) else f"the norm of the {owner}gradient is {length}"
        lr = f"optimizer.{self.whose}.lr" if self.whose else "optimizer.lr"
        return DivergedError(f"diverged at step {step + 1}: {what}; lower {lr} or set training.clip_norm")
